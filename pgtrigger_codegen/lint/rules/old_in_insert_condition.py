"""PGT201: the condition of an insert trigger names OLD."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.rule import Rule


class OldInInsertCondition(Rule):
    """## What it does
    Reports a trigger with INSERT among its operations whose condition refers to the old row.

    ## Why is this bad?
    An insert has no old row. PostgreSQL refuses to create the trigger ("INSERT trigger's WHEN
    condition cannot reference OLD values"), also when it fires on updates as well, so the
    migration fails.

    ## Example
    ```python
    pgtrigger.Protect(
        name="keep_paid",
        operation=pgtrigger.Insert | pgtrigger.Update,
        condition=pgtrigger.Q(old__paid=True),
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Protect(
        name="keep_paid",
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__paid=True),
    )
    ```

    What shall happen on inserts is a trigger of its own.
    """

    code = "PGT201"
    name = "old-in-insert-condition"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger, definition in context.definitions():
            old = [item for item in definition.references if item.row == "OLD"]
            if old and definition.is_row_level and "INSERT" in definition.events:
                yield self.diagnostic(
                    f"{named(trigger)} fires on INSERT, but its condition refers to `{old[0]}`:"
                    " an insert has no old row, and PostgreSQL refuses the trigger",
                    trigger.span,
                    help=_help(only_insert=definition.events == ("INSERT",)),
                )


def _help(*, only_insert: bool) -> str:
    if only_insert:
        return "Use `new__…` in the condition"
    return "Split the trigger: one for INSERT with `new__…` alone, and one for the other operations"
