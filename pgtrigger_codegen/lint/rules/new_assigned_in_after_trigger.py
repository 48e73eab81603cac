"""PGT308: NEW changed when the row has been written."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule


class NewAssignedInAfterTrigger(Rule):
    """## What it does
    Reports an assignment to `NEW` in an AFTER row-level trigger, when nothing in the function
    reads the value afterwards.

    ## Why is this bad?
    The row has been written by then. The assignment changes a copy and has no effect.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="stamp",
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        func="NEW.updated_at = NOW(); RETURN NEW;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="stamp",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func="NEW.updated_at = NOW(); RETURN NEW;",
    )
    ```
    """

    code = "PGT308"
    name = "new-assigned-in-after-trigger"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places = BodyPlaces(context.analysis)
        for trigger, body in context.row_bodies():
            if body.definition.timing != "AFTER":
                continue
            for use in body.uses:
                if use.row == "NEW" and use.written and not body.is_read_after(use):
                    column = f"NEW.{use.column}" if use.column else "NEW"
                    yield self.diagnostic(
                        f"Assigning to `{column}` has no effect in an AFTER trigger",
                        places.span(trigger, use.place),
                        help="Use a BEFORE trigger, or an UPDATE statement",
                    )
