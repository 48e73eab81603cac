"""What the migrations leave, beside what is declared: there, back to zero, and there again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.database.catalog import table_reference
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from pgtrigger_codegen.verification.installing import difference_from_declared
from pgtrigger_codegen.verification.locks import Lock
from pgtrigger_codegen.verification.migrating import Replayer
from pgtrigger_codegen.verification.room import Room
from pgtrigger_codegen.verification.schema import DJANGOS_OWN
from pgtrigger_codegen.verification.skipped import Cause, Skipped


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
        applied: How many migrations were applied, but for single operations.
        operations: How many of their operations were performed.
        skipped: Operations that were left out, in whatever direction.
        locks: What was really taken on tables with triggers, in order.
        equal: How many triggers the migrations leave as the source declares them.
        differences: The others.
        not_judged: Differences that an operation left out may explain.
        back: Why the way back to zero ended early, None where it did not.
        left: Triggers that are there after the way back to zero.
        left_functions: Functions of triggers that are there then; django-pgtrigger's own operations
            never drop them.
    """

    applied: int
    operations: int
    skipped: tuple[Skipped, ...]
    locks: tuple[Lock, ...]
    equal: int = 0
    differences: tuple[HistoryDifference, ...] = ()
    not_judged: tuple[HistoryDifference, ...] = ()
    back: str | None = None
    left: tuple[str, ...] = ()
    left_functions: tuple[str, ...] = ()

    @property
    def has_failed(self) -> bool:
        has_failure = any(one.cause is Cause.FAILED for one in self.skipped)
        return bool(has_failure or self.differences or self.left)

    @property
    def is_complete(self) -> bool:
        """Whether nothing kept the migrations from being judged as a whole."""
        return (
            all(one.cause.is_usual for one in self.skipped)
            and not self.not_judged
            and self.back is None
        )


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
    found = _compare(room, analysis)
    equal = len(analysis.triggers) - sum(one.trigger is not None for one in found)
    there = _triggers(room)
    back = replayer.backwards(applied.migrations)
    left: list[_Found] = []
    functions: Sequence[str] = ()
    if back is None:
        left, functions = [_left(row) for row in _triggers(room)], _functions(room)
        replayer.forwards()
        found += _after_the_way_back(there, _triggers(room))
    doubts = replayer.left_out
    judged = [(one, doubts.doubt(one.names)) for one in (*found, *left)]
    return MigrationsVerdict(
        len(applied.migrations),
        applied.operations,
        doubts.all,
        tuple(applied.locks),
        equal=equal,
        differences=tuple(
            HistoryDifference(one.name, one.reason)
            for one, doubt in judged
            if doubt is None and one not in left
        ),
        not_judged=tuple(
            HistoryDifference(one.name, f"{one.reason}, and {doubt} was left out")
            for one, doubt in judged
            if doubt is not None
        ),
        back=back,
        left=tuple(one.name for one, doubt in judged if doubt is None and one in left),
        left_functions=tuple(functions),
    )


class _Found(Struct, frozen=True):
    """Something that is not as it should be.

    Attributes:
        names: Of tables and triggers: an operation that has one of them may explain it.
        trigger: The declared one.
    """

    name: str
    reason: str
    names: tuple[str, ...]
    trigger: CompiledTrigger | None = None


def _compare(room: Room, analysis: Analysis) -> list[_Found]:
    """The triggers that are not there as they are declared, and those that nothing declares."""
    found = [
        _Found(trigger.uri, reason, _names(trigger.table, trigger.pgid), trigger)
        for trigger in analysis.triggers
        if (reason := difference_from_declared(room, trigger)) is not None
    ]
    known = {trigger.pgid.lower() for trigger in (*analysis.triggers, *analysis.foreign_triggers)}
    if not analysis.certificate.blocking:
        found += [
            _Found(f"{name} on {table}", "nothing declares it", (table, name))
            for table, name, _, _ in _triggers(room)
            if name not in known
        ]
    return found


def _names(table: str, pgid: str) -> tuple[str, str]:
    return table_reference(table).name, pgid.lower()


def _left(row: Row) -> _Found:
    table, name, _, _ = row
    return _Found(f"trigger {name} on {table}", "the way back to zero leaves it", (table, name))


def _after_the_way_back(before: Sequence[Row], after: Sequence[Row]) -> list[_Found]:
    """How the triggers differ that the migrations leave the second time."""
    changed = sorted({(table, name) for table, name, _, _ in {*before} ^ {*after}})
    return [
        _Found(
            f"{name} on {table}",
            "after the way back, the migrations leave it otherwise than before",
            (table, name),
        )
        for table, name in changed
    ]


Row = tuple[str, str, str, str]


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
