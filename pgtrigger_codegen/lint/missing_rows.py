"""OLD in an INSERT and NEW in a DELETE, which PostgreSQL takes for NULL."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.bodies import BodyTrigger, bodies, row_bodies
from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.sql.body_facts import Return, RowUse
from pgtrigger_codegen.sql.definition import Event, Row


def uses_of_missing_row(
    analysis: Analysis, row: Row, event: Event
) -> Iterator[tuple[BodyTrigger, RowUse]]:
    """Where the row is used and only that event gets to, which does not have it."""
    for trigger, body in row_bodies(analysis):
        for use in body.uses:
            path = use.state.get(event)
            if use.row != row or path is None or len(use.state) > 1 or use.minds_null:
                continue
            # With the event in a variable, or a whole row as an argument, NULL may be meant.
            if not path.doubtful and not body.copies_context and (use.column or use.written):
                yield trigger, use


def cancelling_returns(
    analysis: Analysis, row: Row, event: Event
) -> Iterator[tuple[BodyTrigger, Return]]:
    """Where a BEFORE trigger returns the row to that event, which does not have it."""
    for trigger, body in bodies(analysis):
        for statement in body.returns if body.decides_write else ():
            path = statement.state.get(event)
            if statement.value == row and path is not None and not path.doubtful:
                yield trigger, statement
