"""Stage migrations: the triggers that django-pgtrigger's operations hold in Django's state.

`RemoveTrigger` names a trigger and no more, so its reverse has to be taken from what came before.
Where the trigger is by then differs from what was recorded: tables and columns get other names
in the meantime.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from msgspec import Struct, field
from msgspec.structs import replace

from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.columns import rename_column
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.migrations.schema.fields import ModelKey
from pgtrigger_codegen.migrations.schema.tables import (
    DroppedTable,
    RenamedColumn,
    RenamedTable,
    TableChange,
    Tables,
)
from pgtrigger_codegen.sql import render
from pgtrigger_codegen.sql.names import QualifiedName, db_table, table_name
from pgtrigger_codegen.triggers.compiled import TriggerParts


class HeldTrigger(Struct):
    """A trigger that an operation made, in its present form.

    Attributes:
        model: In Django's state.
        verbatim: The SQL that installs it, where our own cannot say the same.
        table: Where the trigger is now.
        in_state: Whether Django's state has it.
        in_database: Whether the database has it.
    """

    name: str
    uri: str
    model: ModelKey
    parts: TriggerParts
    hash: str
    verbatim: str | None
    table: QualifiedName
    in_state: bool
    in_database: bool
    renamed_columns: list[tuple[str, str]] = field(default_factory=list)

    @property
    def has_moved(self) -> bool:
        """Whether its table has got another name since the trigger was made."""
        return self.table != in_search_path(table_name(self.parts.table))

    def install_sql(self, *, with_ignore_function: bool = False) -> str:
        """What makes the trigger as it is now."""
        if self.verbatim is not None:
            return self.verbatim
        parts = replace(self.parts, table=db_table(self.table)) if self.has_moved else self.parts
        create = render.install_sql if with_ignore_function else render.create_trigger
        sql = create(parts, self.hash)
        for old, new in self.renamed_columns:
            # Only where PostgreSQL follows: a function's body is text, and keeps the old name.
            statement = render.trigger_statement(parts)
            sql = sql.replace(statement, rename_column(statement, old, new))
        return sql


class HeldTriggers:
    """The triggers of all apps at some point of the history."""

    def __init__(self) -> None:
        self.tables = Tables()
        self._triggers: list[HeldTrigger] = []

    def add(self, trigger: HeldTrigger) -> None:
        """A trigger was made, in the state, in the database, or in both."""
        for held in self._triggers:
            if (held.model, held.name, held.parts) == (trigger.model, trigger.name, trigger.parts):
                held.in_state |= trigger.in_state
                held.in_database |= trigger.in_database
                if held.hash == trigger.hash:
                    return
        self._triggers.append(trigger)

    def find(self, model: ModelKey, name: str) -> HeldTrigger | None:
        """The trigger of that name in Django's state; the first, as django-pgtrigger has it."""
        for held in self._triggers:
            if held.in_state and (held.model, held.name) == (model, name):
                return held
        return None

    def forget(self, trigger: HeldTrigger, *, state: bool, database: bool) -> None:
        """A trigger was removed, from the state, from the database, or from both."""
        trigger.in_state &= not state
        trigger.in_database &= not database
        self._sweep()

    def dropped_with(self, operation: Operation, app_label: str) -> Iterator[HeldTrigger]:
        """Triggers that go with their model's table, and come back with it in reverse."""
        if not isinstance(operation, operations.DeleteModel):
            return
        model = (app_label, operation.name.lower())
        changes = self.tables.changes(operation, app_label)
        dropped = {in_search_path(c.table) for c in changes if isinstance(c, DroppedTable)}
        for held in self._triggers:
            is_there = held.in_state and held.in_database
            if is_there and held.model == model and held.table in dropped:
                yield held

    def shares_function(self, trigger: HeldTrigger) -> bool:
        """Whether another trigger in the database calls the function that this one calls."""
        pgid = trigger.parts.pgid.lower()
        return any(
            held is not trigger and held.in_database and held.parts.pgid.lower() == pgid
            for held in self._triggers
            if held.table != trigger.table
        )

    def apply(
        self, operation: Operation, app_label: str, migration: Key, *, state: bool, database: bool
    ) -> None:
        """Follow one of Django's own operations."""
        if database:
            for change in self.tables.changes(operation, app_label):
                self._change(change)
        if state:
            self._rename_model(operation, app_label)
            self.tables.apply(operation, app_label, migration)
        self._sweep()

    def _change(self, change: TableChange) -> None:
        for held in self._triggers:
            match change:
                case RenamedTable(old=old, new=new) if held.table == in_search_path(old):
                    held.table = in_search_path(new)
                case DroppedTable(table=table) if held.table == in_search_path(table):
                    held.in_database = False
                case RenamedColumn(table=table) if held.table == in_search_path(table):
                    held.renamed_columns.append((change.old, change.new))
                case _:
                    pass

    def _rename_model(self, operation: Operation, app_label: str) -> None:
        match operation:
            case operations.RenameModel():
                for held in self._triggers:
                    if held.model == (app_label, operation.old_name.lower()):
                        held.model = (app_label, operation.new_name.lower())
            case operations.DeleteModel():
                for held in self._triggers:
                    if held.model == (app_label, operation.name.lower()):
                        held.in_state = False
            case _:
                pass

    def _sweep(self) -> None:
        self._triggers = [held for held in self._triggers if held.in_state or held.in_database]
