"""What `verify --fire` prints of a trigger's events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.source.wording import counted
from pgtrigger_codegen.verification.facts import Fired, Outcome


def as_text(fired: Sequence[Fired]) -> Iterator[str]:
    """A line for each event."""
    for one in fired:
        yield one_line(f"    {one.event}: {_words(one)}")


def as_json(fired: Sequence[Fired]) -> list[dict[str, Any]]:
    """Everything."""
    return [
        {
            "event": one.event,
            "outcome": str(one.outcome),
            "message": one.message,
            "sqlstate": one.sqlstate,
            "rows": one.rows,
            "columns": list(one.columns),
            "written": [{"table": table, "rows": rows} for table, rows in one.written],
        }
        for one in fired
    ]


def _words(one: Fired) -> str:
    if one.outcome is Outcome.ERROR:
        return f"error {one.sqlstate}: {one.message}"
    if one.outcome is not Outcome.DONE:
        return f"{one.outcome}: {one.message}"
    words = ["done" if one.rows is None else f"{counted(one.rows, 'row')} changed"]
    if one.columns:
        words.append(f"the trigger sets {', '.join(one.columns)}")
    words += [f"the trigger writes {table} ({rows})" for table, rows in one.written]
    return "; ".join(words)
