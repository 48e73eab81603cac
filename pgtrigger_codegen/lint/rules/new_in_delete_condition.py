"""PGT202: the condition of a delete trigger names NEW."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.rule import Rule


class NewInDeleteCondition(Rule):
    """## What it does
    Reports a trigger with DELETE among its operations whose condition refers to the new row.

    ## Why is this bad?
    A delete has no new row. PostgreSQL refuses to create the trigger ("DELETE trigger's WHEN
    condition cannot reference NEW values"), also when it fires on updates as well, so the
    migration fails.

    ## Example
    ```python
    pgtrigger.Protect(
        name="keep_paid",
        operation=pgtrigger.Delete,
        condition=pgtrigger.Q(new__paid=True),
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Protect(
        name="keep_paid",
        operation=pgtrigger.Delete,
        condition=pgtrigger.Q(old__paid=True),
    )
    ```
    """

    code = "PGT202"
    name = "new-in-delete-condition"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger, definition in context.definitions():
            new = [item for item in definition.references if item.row == "NEW"]
            if new and definition.is_row_level and "DELETE" in definition.events:
                yield self.diagnostic(
                    f"{named(trigger)} fires on DELETE, but its condition refers to `{new[0]}`:"
                    " a delete has no new row, and PostgreSQL refuses the trigger",
                    trigger.span,
                    help=_help(only_delete=definition.events == ("DELETE",)),
                )


def _help(*, only_delete: bool) -> str:
    if only_delete:
        return "Use `old__…` in the condition"
    return "Split the trigger: one for DELETE with `old__…` alone, and one for the other operations"
