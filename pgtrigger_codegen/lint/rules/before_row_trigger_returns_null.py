"""PGT307: RETURN NULL after NEW has been changed."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.bodies import bodies
from pgtrigger_codegen.lint.body_places import BodyPlaces
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.sql.body import Body


class BeforeRowTriggerReturnsNull(Rule):
    """## What it does
    Reports `RETURN NULL` in a BEFORE row-level trigger for INSERT or UPDATE, on a path that has
    assigned to `NEW` before.

    `RETURN NULL` alone is a way to ignore a write on purpose, and is not reported.

    ## Why is this bad?
    NULL cancels the write of the row, without an error. Whoever changes `NEW` first wants the
    changed row to be written; `RETURN NULL` is right for AFTER triggers.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="stamp",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func="NEW.updated_at = NOW(); RETURN NULL;",
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

    code = "PGT307"
    name = "before-row-trigger-returns-null"
    severity = Severity.ERROR

    def check(self, analysis: Analysis) -> Iterator[Diagnostic]:
        places = BodyPlaces(analysis)
        for trigger, body in bodies(analysis):
            if not body.decides_write or _is_written_elsewhere(body):
                continue
            for statement in body.returns:
                paths = [statement.state.get(event) for event in ("INSERT", "UPDATE")]
                assigned = any(path is not None and path.assigned for path in paths)
                if statement.value == "NULL" and assigned:
                    yield self.diagnostic(
                        "RETURN NULL drops the row whose values the function has just set",
                        places.span(trigger, statement.place),
                        help="Return NEW to write the changed row",
                    )


def _is_written_elsewhere(body: Body) -> bool:
    """Whether what is set is also read: the row may go into another table on purpose."""
    written = (use for use in body.uses if use.row == "NEW" and use.written)
    return any(body.is_read_after(use) for use in written)
