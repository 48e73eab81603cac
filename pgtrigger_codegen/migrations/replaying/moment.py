"""Stage migrations: the state of the history before and after one operation.

To rewrite a history it is not enough to know where it leads: what is there before an operation,
and what the operation does to tables, decides whether another may move across it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from django.db.migrations.operations.base import Operation
from msgspec import Struct

from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger
from pgtrigger_codegen.migrations.replaying.trigger_history import TriggerHistory
from pgtrigger_codegen.migrations.schema.tables import Table, TableChange, Tables
from pgtrigger_codegen.sql.equivalence import TriggerDefinition, TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName


class Watcher(Protocol):
    """Looks at the history before and after each of its operations."""

    def before(self, moment: ReplayedState) -> None: ...

    def after(self, moment: ReplayedState) -> None: ...


class ReplayedState(Struct, frozen=True):
    """The state while an operation runs; valid only then.

    Attributes:
        index: The place among the migration's own operations.
    """

    migration: Key
    index: int
    operation: object
    _tables: Tables
    _history: TriggerHistory

    @property
    def definitions(self) -> Mapping[TriggerKey, TriggerDefinition]:
        return self._history.installed.triggers

    @property
    def changed(self) -> Collection[TriggerKey]:
        """After the operation: the triggers that it made, changed or dropped."""
        return self._history.installed.changed

    @property
    def tables(self) -> Mapping[QualifiedName, Table]:
        return self._tables.by_name

    @property
    def functions(self) -> Collection[QualifiedName]:
        """Functions with parameters that the app's migrations have made."""
        return self._history.functions.get(self.migration[0], ())

    def trigger(self, key: TriggerKey) -> InstalledTrigger:
        return self._history.trigger(key)

    def changes(self, operation: Operation) -> Sequence[TableChange]:
        """What an operation does, or would do, to the tables."""
        return self._tables.changes(operation, self.migration[0])

    def object_name(self, model: str) -> str:
        """A model's name as its class has it, given in any case."""
        return self._tables.object_name((self.migration[0], model.lower()))
