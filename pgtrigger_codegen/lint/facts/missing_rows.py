"""OLD in an INSERT and NEW in a DELETE, which PostgreSQL takes for NULL."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgtrigger_codegen.lint.facts.bodies import BodyTrigger
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.sql.body_facts import ReturnStatement, RowUse
from pgtrigger_codegen.sql.definition import Event, Row

WITHOUT_ROWS: dict[Row, str] = {
    "OLD": "a statement-level trigger has no old row",
    "NEW": "a statement-level trigger has no new row",
}
HELP_WITHOUT_ROWS = "Make it a row-level trigger, or read a transition table (`referencing=`)"


def uses_of_missing_row(
    context: LintContext, row: Row, event: Event
) -> Iterator[tuple[BodyTrigger, RowUse]]:
    """Where the row is used and only that event gets to, which does not have it."""
    yield from _in_statement_triggers(context, row)
    for trigger, body in context.row_bodies():
        for use in body.uses:
            path = use.state.get(event)
            if use.row != row or path is None or len(use.state) > 1 or use.minds_null:
                continue
            # With the event in a variable, or a whole row as an argument, NULL may be meant.
            if not path.doubtful and not body.copies_context and (use.column or use.written):
                yield trigger, use


def _in_statement_triggers(context: LintContext, row: Row) -> Iterator[tuple[BodyTrigger, RowUse]]:
    """A statement-level trigger is given no row, whatever fires it."""
    for trigger, body in context.bodies():
        names_table = re.search(rf"\b(AS|FROM|JOIN|,)\s+{row}\b", trigger.func, re.IGNORECASE)
        if body.definition.is_row_level or names_table:
            continue
        for use in body.uses:
            doubtful = body.copies_context or any(path.doubtful for path in use.state.values())
            if use.row == row and use.column and not (use.written or use.minds_null or doubtful):
                yield trigger, use


def why_missing(use: RowUse, event: Event) -> str:
    """Why there is no such row, in words that go on after `always NULL here:`."""
    if set(use.state) == {event}:
        return {"OLD": "an INSERT has no old row", "NEW": "a DELETE has no new row"}[use.row]
    return WITHOUT_ROWS[use.row]


def cancelling_returns(
    context: LintContext, row: Row, event: Event
) -> Iterator[tuple[BodyTrigger, ReturnStatement]]:
    """Where a BEFORE trigger returns the row to that event, which does not have it."""
    for trigger, body in context.bodies():
        for statement in body.returns if body.decides_write else ():
            path = statement.state.get(event)
            if statement.value == row and path is not None and not path.doubtful:
                yield trigger, statement
