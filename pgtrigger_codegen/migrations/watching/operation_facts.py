"""Stage migrations, watching: all facts about single operations of a history."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pgtrigger_codegen.migrations.replaying.moment import ReplayedState
from pgtrigger_codegen.migrations.watching.avoidable_locks import AvoidableLock, AvoidableLocks
from pgtrigger_codegen.migrations.watching.faulty_sql import FaultySql, FaultySqlWatcher
from pgtrigger_codegen.migrations.watching.irreversible import Irreversible, IrreversibleSql
from pgtrigger_codegen.migrations.watching.long_locks import LongLock, LongLocks
from pgtrigger_codegen.migrations.watching.origins import AuthoringOperations, Origins, Writing
from pgtrigger_codegen.migrations.watching.renamings import Renaming, Renamings
from pgtrigger_codegen.migrations.watching.written_cascades import WrittenCascades
from pgtrigger_codegen.sql.foreign_keys import CascadingKey


class OperationFacts(Struct, frozen=True):
    """The facts that rules need about single operations, in the order of the history.

    Attributes:
        origins: By the trigger's name, which no change of its table changes.
        writings: The triggers that operations have made or changed.
        cascades: Foreign keys that SQL makes, with which the database deletes on its own.
        faulty_sql: Trigger SQL that fails, or leaves triggers off or unsafe.
    """

    renamings: tuple[Renaming, ...]
    avoidable_locks: tuple[AvoidableLock, ...]
    long_locks: tuple[LongLock, ...]
    origins: Mapping[str, AuthoringOperations]
    writings: tuple[Writing, ...]
    irreversible: tuple[Irreversible, ...]
    cascades: tuple[CascadingKey, ...]
    faulty_sql: tuple[FaultySql, ...] = ()


class OperationWatcher:
    """Watches a history for them."""

    def __init__(self) -> None:
        self._renamings = Renamings()
        self._avoidable_locks = AvoidableLocks()
        self._long_locks = LongLocks()
        self._origins = Origins()
        self._irreversible = IrreversibleSql()
        self._cascades = WrittenCascades()
        self._faulty_sql = FaultySqlWatcher()
        self._watchers = (
            self._renamings,
            self._avoidable_locks,
            self._long_locks,
            self._origins,
            self._irreversible,
            self._cascades,
            self._faulty_sql,
        )

    def before(self, moment: ReplayedState) -> None:
        for watcher in self._watchers:
            watcher.before(moment)

    def after(self, moment: ReplayedState) -> None:
        for watcher in self._watchers:
            watcher.after(moment)

    def facts(self) -> OperationFacts:
        """What was seen, to be asked for after the last operation."""
        return OperationFacts(
            renamings=tuple(self._renamings.found),
            avoidable_locks=tuple(self._avoidable_locks.found),
            long_locks=tuple(self._long_locks.found),
            origins=dict(self._origins.found),
            writings=tuple(self._origins.writings),
            irreversible=tuple(self._irreversible.found),
            cascades=tuple(self._cascades.found),
            faulty_sql=self._faulty_sql.found,
        )
