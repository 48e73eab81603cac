"""PGT204: a condition on columns at statement level."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.rule import Rule


class ColumnsInStatementCondition(Rule):
    """## What it does
    Reports a statement-level trigger whose condition refers to columns.

    ## Why is this bad?
    A statement-level trigger fires once for all rows, so the condition has no row to read.
    PostgreSQL refuses to create the trigger ("statement trigger's WHEN condition cannot reference
    column values"), and the migration fails.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="log_payments",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(new__paid=True),
        func="INSERT INTO log DEFAULT VALUES; RETURN NULL;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Composer(
        name="log_payments",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(new__paid=True),
        func=pgtrigger.Func(
            "INSERT INTO log (order_id) SELECT new_values.id FROM {cond_new_values}; RETURN NULL;"
        ),
    )
    ```
    """

    code = "PGT204"
    name = "columns-in-statement-condition"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger, definition in context.definitions():
            if definition.references and not definition.is_row_level:
                yield self.diagnostic(
                    f"{named(trigger)} is at statement level, but its condition refers to"
                    f" `{definition.references[0]}`: there is no row, and PostgreSQL refuses it",
                    trigger.span,
                    help="Use `pgtrigger.Composer`, whose function gets the rows that meet the"
                    " condition (`{cond_new_values}`), or make it a row-level trigger",
                )
