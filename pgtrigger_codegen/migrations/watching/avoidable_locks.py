"""Stage migrations: operations that drop a trigger only to create it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.db.migrations import RunSQL
from msgspec import Struct, field
from msgspec.structs import replace

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.flattening import on_database
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.migrations.replaying.moment import ReplayedState
from pgtrigger_codegen.migrations.replaying.state import URI_HINT
from pgtrigger_codegen.migrations.watching.recreations import Recreation, Replacement, recreations
from pgtrigger_codegen.sql.equivalence import TriggerDefinition, TriggerKey
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.sql.render import STATE_SETTING

Changed = tuple[Replacement, ...]
Changes = tuple[tuple[str, Changed], ...]
"""Scripts, each with what is to be changed in it."""


class AvoidableLock(Struct, frozen=True):
    """A trigger that a migration drops and creates.

    Attributes:
        index: The operation that drops it, among its migration's own.
        changes: What replaces the trigger instead, there and back; None where that takes more
            thought.
    """

    migration: Key
    index: int
    recreation: Recreation
    changes: Changes | None


class _Run(Struct):
    """Operations with SQL that follow each other, with nothing between them."""

    migration: Key
    before: Mapping[TriggerKey, TriggerDefinition]
    scripts: list[str] = field(default_factory=list)
    owners: list[tuple[int, RunSQL]] = field(default_factory=list)


class AvoidableLocks:
    """Watches a history for them."""

    def __init__(self) -> None:
        self.found: list[AvoidableLock] = []
        self._run: _Run | None = None

    def __getstate__(self) -> dict[str, object]:
        """Without the operations, which do not leave their process."""
        return {"found": self.found, "_run": None}

    def before(self, moment: ReplayedState) -> None:
        if self._run is None or self._run.migration != moment.migration:
            self._run = _Run(moment.migration, moment.definitions)
        for operation in on_database(moment.operation):
            if isinstance(operation, RunSQL):
                self._add(operation, moment, self._run)
            else:
                self._run = _Run(moment.migration, moment.definitions)

    def after(self, moment: ReplayedState) -> None:
        """Reverse SQL of what is to be changed may be changed in the same way."""
        here = (moment.migration, moment.index)
        for number, lock in enumerate(self.found):
            if (lock.migration, lock.index) == here and lock.changes is not None:
                back = tuple(_changes_back(moment, lock))
                self.found[number] = replace(lock, changes=(*lock.changes, *back))

    def _add(self, operation: RunSQL, moment: ReplayedState, run: _Run) -> None:
        scripts = list(_scripts(operation.sql))
        if not any("trigger" in script.lower() for script in scripts):
            # Anything may happen in it.
            run.scripts.clear()
            run.owners.clear()
            return
        start = len(run.scripts)
        run.scripts += scripts
        run.owners += [(moment.index, operation)] * len(scripts)
        for recreation in _recreations(run.scripts, run.before):
            table = moment.tables.get(recreation.trigger[0])
            made_here = table is not None and table.named_by == moment.migration
            if recreation.creates >= start and not made_here:
                if recreation.needs == "function" and _is_disabled(recreation, moment):
                    # Created anew it would fire again, and left alone it stays disabled.
                    recreation = replace(recreation, changes=None)  # noqa: PLW2901
                self._find(recreation, run, start)

    def _find(self, recreation: Recreation, run: _Run, start: int) -> None:
        (index, drops), (_, creates) = (
            run.owners[recreation.drops],
            run.owners[recreation.creates],
        )
        if drops is not creates and _is_written_by_us(drops) and _is_written_by_us(creates):
            return  # the operations of a converted history
        if STATE_SETTING in run.scripts[recreation.drops]:
            return  # written for PostgreSQL before 14: --no-replace-trigger
        changes = None
        if drops is creates and recreation.changes is not None:
            pairs = zip(run.scripts[start:], recreation.changes[start:], strict=True)
            changes = tuple((script, made) for script, made in pairs if made)
        self.found.append(AvoidableLock(run.migration, index, recreation, changes))


def _is_disabled(recreation: Recreation, moment: ReplayedState) -> bool:
    """Whether migrations have made the trigger another thing than simply enabled."""
    key = recreation.trigger
    return key in moment.definitions and moment.trigger(key).enabled != "ENABLED"


def _changes_back(moment: ReplayedState, lock: AvoidableLock) -> Iterator[tuple[str, Changed]]:
    for operation in on_database(moment.operation):
        if isinstance(operation, RunSQL) and operation.reversible:
            scripts = list(_scripts(operation.reverse_sql))
            for found in _recreations(scripts, moment.definitions):
                if found.trigger == lock.recreation.trigger and found.changes is not None:
                    pairs = zip(scripts, found.changes, strict=True)
                    yield from ((script, made) for script, made in pairs if made)


def _recreations(
    scripts: Sequence[str], before: Mapping[TriggerKey, TriggerDefinition]
) -> list[Recreation]:
    # Most scripts only create, and to know that takes no parser.
    if not any("drop" in script.lower() for script in scripts):
        return []
    try:
        return recreations(scripts, before)
    except SqlSyntaxError:
        return []


def _scripts(sql: object) -> Iterator[str]:
    for text in sql_texts(sql):
        # What cannot be read may do anything, as anything else that is about no trigger.
        yield "SELECT 1" if isinstance(text, Unknown) else text


def _is_written_by_us(operation: RunSQL) -> bool:
    return URI_HINT in (operation.hints or {})
