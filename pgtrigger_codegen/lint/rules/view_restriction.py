"""PGT210: INSTEAD OF where it cannot be, and the rest where only INSTEAD OF can be."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named, table_owner
from pgtrigger_codegen.lint.facts.views import needs_table
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.sql.definition import Definition


class ViewRestriction(Rule):
    """## What it does
    Reports a trigger with `pgtrigger.InsteadOf` that is on a table, has a condition, names
    columns (`UpdateOf`), or is at statement level. And a row-level trigger before or after the
    event, or one on TRUNCATE, on a view: an unmanaged model whose view a migration of the
    project creates.

    ## Why is this bad?
    PostgreSQL allows INSTEAD OF triggers only on views, for each row and without a condition. On
    views it allows no other row-level triggers. It refuses to create the trigger, and the
    migration fails.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="write_through",
        when=pgtrigger.InsteadOf,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(new__paid=True),
        func="UPDATE shop_order SET paid = NEW.paid WHERE id = NEW.id; RETURN NEW;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="write_through",
        when=pgtrigger.InsteadOf,
        operation=pgtrigger.Update,
        func=\"\"\"
            IF NEW.paid THEN
                UPDATE shop_order SET paid = NEW.paid WHERE id = NEW.id;
            END IF;
            RETURN NEW;
        \"\"\",
    )
    ```
    """

    code = "PGT210"
    name = "view-restriction"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger, definition in context.definitions():
            model = table_owner(context.analysis, trigger)
            for problem, help in _problems(context, definition, model):
                yield self.diagnostic(
                    f"{named(trigger)} {problem}: PostgreSQL refuses it", trigger.span, help=help
                )


def _problems(
    context: LintContext, definition: Definition, model: ModelFact | None
) -> Iterator[tuple[str, str]]:
    if definition.timing != "INSTEAD OF":
        if model is not None and needs_table(context, definition, model):
            what = "TRUNCATE" if "TRUNCATE" in definition.events else f"{definition.timing} rows"
            yield (
                f"is for {what}, but `{model.table}` is a view",
                "Views have INSTEAD OF triggers at row level: `when=pgtrigger.InsteadOf`",
            )
        return
    if model and model.managed:
        yield (
            f"is INSTEAD OF, but `{model.table}` is a table and no view",
            "Use `pgtrigger.Before`, and return NULL to keep a row from being written",
        )
    if not definition.is_row_level:
        yield "is INSTEAD OF at statement level", "Leave out `level`: views need row level"
    if definition.has_condition:
        yield "is INSTEAD OF with a condition", "Test the condition in the function"
    if definition.is_update_of:
        yield (
            "is INSTEAD OF with a list of columns",
            "Use `pgtrigger.Update`, and compare the columns in the function",
        )
