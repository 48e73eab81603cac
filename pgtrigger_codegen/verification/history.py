"""What the migrations leave, beside what is declared: there, back to zero, and there again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.verification.installing import difference_from_declared
from pgtrigger_codegen.verification.locks import Lock
from pgtrigger_codegen.verification.migrating import Replayer, Skipped
from pgtrigger_codegen.verification.room import Room
from pgtrigger_codegen.verification.schema import DJANGOS_OWN


class HistoryDifference(Struct, frozen=True):
    """A trigger of which the migrations leave something else than the source declares.

    Attributes:
        name: Its URI, or the trigger's name and table where nothing declares it.
    """

    name: str
    reason: str


class MigrationsVerdict(Struct, frozen=True):
    """What came of applying the migrations.

    Attributes:
        applied: How many were applied to their end.
        stop: Why no more were, None for all of them.
        stop_is_failure: Whether a server refused something.
        skipped: Operations that were left out.
        locks: What was really taken on tables with triggers, in order.
        differences: Judged only where all migrations were applied.
        back: Why the way back to zero ended early, None where it did not, or was not gone.
        left: Triggers that are there after the way back to zero.
        left_functions: Functions of triggers that are there then; django-pgtrigger's own operations
            never drop them.
    """

    applied: int
    stop: str | None
    stop_is_failure: bool
    skipped: tuple[Skipped, ...]
    locks: tuple[Lock, ...]
    differences: tuple[HistoryDifference, ...] = ()
    back: str | None = None
    left: tuple[str, ...] = ()
    left_functions: tuple[str, ...] = ()

    @property
    def has_failed(self) -> bool:
        return bool(self.stop_is_failure or self.differences or self.left)


def verify_migrations(
    room: Room, analysis: Analysis, say: Callable[[str], None]
) -> MigrationsVerdict:
    """Apply the project's migrations to the empty database, take them back, and apply them again.

    Raises:
        CodegenError: The migrations go in a circle, or the server is gone.
    """
    room.attempt(DJANGOS_OWN)
    room.keep()
    replayer = Replayer(room, analysis.history().history.graph, say)
    applied = replayer.forwards()
    found = MigrationsVerdict(
        len(applied.migrations),
        None if applied.stop is None else str(applied.stop),
        applied.stop is not None and applied.stop.is_failure,
        tuple(applied.skipped),
        tuple(applied.locks),
    )
    if applied.stop is not None:
        return found
    differences = _differences(room, analysis)
    there = _triggers(room)
    back = replayer.backwards(applied.migrations)
    left: Sequence[str] = ()
    functions: Sequence[str] = ()
    if back is None:
        left, functions = _names(_triggers(room)), _functions(room)
        again = replayer.forwards()
        if again.stop is not None:
            differences.append(HistoryDifference("after the way back", str(again.stop)))
        elif _triggers(room) != there:
            differences.append(
                HistoryDifference(
                    "after the way back", "the migrations leave other triggers than before"
                )
            )
    return MigrationsVerdict(
        found.applied,
        None,
        stop_is_failure=False,
        skipped=found.skipped,
        locks=found.locks,
        differences=tuple(differences),
        back=None if back is None else str(back),
        left=tuple(left),
        left_functions=tuple(functions),
    )


def _differences(room: Room, analysis: Analysis) -> list[HistoryDifference]:
    found = [
        HistoryDifference(trigger.uri, reason)
        for trigger in analysis.triggers
        if (reason := difference_from_declared(room, trigger)) is not None
    ]
    known = {trigger.pgid.lower() for trigger in (*analysis.triggers, *analysis.foreign_triggers)}
    if not analysis.certificate.blocking:
        found += [
            HistoryDifference(f"{name} on {table}", "nothing declares it")
            for table, name, _, _ in _triggers(room)
            if name not in known
        ]
    return found


Row = tuple[str, str, str, str]


def _names(rows: Sequence[Row]) -> list[str]:
    """Triggers in words."""
    return [f"trigger {name} on {table}" for table, name, _, _ in rows]


def _triggers(room: Room) -> list[Row]:
    rows = room.rows(_TRIGGERS)
    room.keep()
    return [(table, name, definition, function) for table, name, definition, function in rows]


def _functions(room: Room) -> list[str]:
    rows = room.rows(_FUNCTIONS)
    room.keep()
    return [f"function {name}" for (name,) in rows]


_TRIGGERS = r"""
SELECT c.relname::pg_catalog.text, t.tgname::pg_catalog.text,
    pg_catalog.pg_get_triggerdef(t.oid), pg_catalog.pg_get_functiondef(t.tgfoid)
FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgname ~ '^pgtrigger_'
ORDER BY 1, 2
"""
_FUNCTIONS = r"""
SELECT p.oid::pg_catalog.regprocedure::pg_catalog.text
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname ~ '^pgtrigger_' AND n.nspname <> 'pg_catalog'
ORDER BY 1
"""
