"""PGT215: a condition that does not depend on the row."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.definitions import definitions, named
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.pipeline import Analysis


class AlwaysTrueOrFalseCondition(Rule):
    """## What it does
    Reports a condition that is true for every row, or for none. Only what is certain from the
    SQL alone is reported: constants, a column compared with itself, and `= NULL`.

    ## Why is this bad?
    A trigger whose condition is never true never fires: what it was to protect is unprotected,
    and nothing says so. The usual reasons are `= NULL`, which is null and never true, and OLD
    on both sides where NEW was meant. A condition that is always true says less than none.

    ## Example
    ```python
    pgtrigger.Protect(
        name="keep_author",
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__author__df=pgtrigger.F("old__author")),
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Protect(
        name="keep_author",
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__author__df=pgtrigger.F("new__author")),
    )
    ```
    """

    code = "PGT215"
    name = "always-true-or-false-condition"
    severity = Severity.WARNING

    def check(self, analysis: Analysis) -> Iterator[Diagnostic]:
        for trigger, definition in definitions(analysis):
            if definition.constant is False:
                yield self.diagnostic(
                    f"{named(trigger)} never fires: its condition is not true for any row",
                    trigger.span,
                    help="Compare OLD with NEW, and test for null with `IS NULL` (`__isnull=True`)",
                )
            elif definition.constant is True:
                yield self.diagnostic(
                    f"{named(trigger)} has a condition that is true for every row",
                    trigger.span,
                    help="Leave the condition out",
                )
