"""Stage migrations: the triggers at a point of the history, with their origins.

`InstalledTriggers` knows what SQL leaves behind. Here stands what a migration adds to that: who
made a trigger and by which operation, what it was rendered from, and which changes of its table
it has not been adapted to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.columns import names_column, rename_column
from pgtrigger_codegen.migrations.replaying.disturbances import changed_table, disturbance
from pgtrigger_codegen.migrations.replaying.sql_statements import normalised
from pgtrigger_codegen.migrations.replaying.state import (
    Disturbance,
    InstalledTrigger,
    SchemaChange,
    in_search_path,
)
from pgtrigger_codegen.migrations.replaying.table_lines import TableLines, TriggerWrite
from pgtrigger_codegen.migrations.replaying.trigger_states import TriggerStates
from pgtrigger_codegen.migrations.schema.fields import ModelKey
from pgtrigger_codegen.migrations.schema.tables import (
    DroppedColumn,
    DroppedTable,
    RenamedColumn,
    RenamedTable,
    RetypedColumn,
    TableChange,
)
from pgtrigger_codegen.sql.equivalence import InstalledTriggers, TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName, db_table
from pgtrigger_codegen.sql.statements import (
    CommentOnTrigger,
    CreateFunction,
    CreateTriggerStatement,
    Do,
    DropColumn,
    DropFunction,
    DropTable,
    DropTriggerStatement,
    MoveTable,
    RenameColumn,
    RenameTable,
    RenameTrigger,
    RetypeColumn,
    SetTriggerState,
    Statement,
    read_statements,
)
from pgtrigger_codegen.triggers.compiled import TriggerParts

MadeBy = Literal["runsql", "addtrigger"]


class Record(Struct, frozen=True):
    """The origin of a trigger.

    Attributes:
        sql: The statement that made it.
        parts: What it was rendered from, where the history has that.
        model, name: In Django's state.
        followed: Whether its table or a column has got another name since.
        owner: The app whose migrations bring it; another app's may put it back after a change
            of its table.
        touched_by: The last migration that wrote anything of it.
        made_on: The table that the `AddTrigger` named which made it.
        scripts: What the operation runs that writes it, forwards and back.
    """

    made_by: Key
    sql: str
    by: MadeBy
    parts: TriggerParts | None = None
    uri: str | None = None
    model: ModelKey | None = None
    name: str | None = None
    followed: bool = False
    owner: str = ""
    touched_by: Key | None = None
    made_on: QualifiedName | None = None
    scripts: tuple[str, ...] = ()


class TriggerHistory(Struct):
    """The triggers installed by the migrations so far.

    Attributes:
        functions: Functions with parameters that each app's migrations create.
        disturbed: Changes of tables after which no migration has written the trigger anew.
        noticed: All such changes, whatever came after, and whoever holds the trigger.
        orphans: Functions that are left of triggers that went with their table or a column, with
            the last of these.
        changes: What was done to each table, in order.
        lines: The same by table, whatever names that went by.
    """

    installed: InstalledTriggers = field(default_factory=InstalledTriggers)
    records: dict[TriggerKey, Record] = field(default_factory=dict)
    functions: dict[str, set[QualifiedName]] = field(default_factory=dict)
    function_sql: dict[QualifiedName, str] = field(default_factory=dict)
    disturbed: dict[TriggerKey, list[Disturbance]] = field(default_factory=dict)
    noticed: list[Disturbance] = field(default_factory=list)
    orphans: dict[QualifiedName, InstalledTrigger] = field(default_factory=dict)
    changes: dict[QualifiedName, list[SchemaChange]] = field(default_factory=dict)
    lines: TableLines = field(default_factory=TableLines)
    _states: TriggerStates = field(default_factory=TriggerStates)
    _written: dict[TriggerKey, dict[str, None]] = field(default_factory=dict)
    _dropped: dict[Key, list[tuple[int, Record]]] = field(default_factory=dict)
    _changing: set[Key] = field(default_factory=set)
    _operation: tuple[Key, int] | None = None
    _before: dict[TriggerKey, InstalledTrigger] = field(default_factory=dict)

    def triggers(self) -> Iterator[InstalledTrigger]:
        """All that are there, sorted."""
        for key in sorted(self.installed.triggers, key=str):
            yield self.trigger(key)

    def trigger(self, key: TriggerKey) -> InstalledTrigger:
        """One that is there."""
        definition, record = self.installed[key], self.records[key]
        table = db_table(definition.table)
        return InstalledTrigger(
            definition=definition,
            exact_parts=record.parts and replace(record.parts, table=table),
            trigger_sql=record.sql,
            function_sql=self.function_sql.get(definition.calls),
            uri=record.uri,
            model_name=record.model[1] if record.model else None,
            made_by=record.made_by,
            by=record.by,
            followed=record.followed and record.by == "runsql",
            owner=record.owner or record.made_by[0],
            touched_by=record.touched_by or record.made_by,
            enabled=self._states.of(key),
        )

    def end_migration(self, migration: Key) -> None:
        """Note which triggers the migration has written, by their tables."""
        for (table, pgid), scripts in self._written.items():
            record = self.records.get((table, pgid))
            text = ""
            if record and (table, pgid) in self.installed:
                calls = self.installed[table, pgid].calls
                text = f"{record.sql} {self.function_sql.get(calls, '')}"
            write = TriggerWrite(migration, pgid, text, tuple(scripts))
            self.lines.on(table).writes.append(write)
        self._written.clear()

    def apply(self, statement: Statement, record: Record, index: int = 0) -> None:
        """A migration runs a statement.

        Args:
            record: What is known of a trigger that the statement makes.
            index: The place of the operation that holds the statement.
        """
        match statement:
            case CreateFunction():
                self._record_function(statement, record)
            case DropFunction(function=function, arguments=0):
                self._drop_function(function, record, index)
            case (
                CreateTriggerStatement()
                | DropTriggerStatement()
                | RenameTrigger()
                | CommentOnTrigger()
            ):
                self._record_trigger(statement, record, index)
            case SetTriggerState() | Do():
                pass
            case _:
                if change := _change(statement):
                    self.change_table(change, record.made_by, index)
                return
        self._states.apply(statement, self.installed)
        self.installed.apply([statement])

    def change_table(self, change: TableChange, migration: Key, index: int) -> None:
        """A migration changes a table by the operation at that place."""
        if self._operation != (migration, index):
            self._operation = (migration, index)
            self._before.clear()
        self._changing.add(migration)
        made = SchemaChange(change, migration, index)
        self.changes.setdefault(changed_table(change), []).append(made)
        self.lines.note(changed_table(change), made)
        self._disturb(change, migration, index)
        match change:
            case RenamedTable(old=old, new=new):
                self._move_triggers(in_search_path(old), in_search_path(new))
            case DroppedTable(table=table):
                dropped = in_search_path(table)
                self._lose(self.installed.on_table(dropped))
                self._drop_records(dropped)
            case RenamedColumn():
                self._rename_column(change)
            case DroppedColumn(table=table, column=column):
                self._lose(self._on_column(in_search_path(table), column))
            case RetypedColumn():
                pass

    def rename_model(self, old: ModelKey, new: ModelKey) -> None:
        """Django's state calls a model by another name."""
        for key, record in self.records.items():
            if record.model == old:
                self.records[key] = replace(record, model=new)

    def _record_function(self, statement: CreateFunction, record: Record) -> None:
        function = statement.function
        if statement.arguments:
            self.functions.setdefault(record.made_by[0], set()).add(function)
            return
        self.function_sql[function] = record.sql
        for key in self.installed.callers(function):
            # A function written anew is no longer the one that the parts render to.
            self.records[key] = replace(self.records[key], parts=None, touched_by=record.made_by)
            self.disturbed.pop(key, None)
            self._note_written(key, record)

    def _note_written(self, key: TriggerKey, record: Record) -> None:
        self._written.setdefault(key, {}).update(dict.fromkeys(record.scripts))

    def _drop_function(self, function: QualifiedName, record: Record, index: int) -> None:
        """With CASCADE, a dropped function takes the triggers along that call it."""
        if orphan := self.orphans.pop(function, None):
            # Whoever drops it knows that its trigger is gone, and asks no more.
            self.disturbed.pop(orphan.key, None)
        for table, name in self.installed.callers(function):
            self._record_trigger(DropTriggerStatement(table, name), record, index)

    def _record_trigger(
        self,
        statement: CreateTriggerStatement | DropTriggerStatement | RenameTrigger | CommentOnTrigger,
        record: Record,
        index: int,
    ) -> None:
        key = (statement.table, statement.name)
        before = self.records.get(key)
        self._note_written(key, record)
        match statement:
            case CreateTriggerStatement():
                if before and before.by == "addtrigger" and record.by == "runsql":
                    # Django's state has it still, whatever SQL made of it since.
                    record = replace(record, by="addtrigger", model=before.model, name=before.name)
                if before and record.uri is None:
                    record = replace(record, uri=before.uri)
                owner = self._owner(record, key, index)
                self.records[key] = replace(record, owner=owner, touched_by=record.made_by)
                self.disturbed.pop(key, None)
                self.orphans.pop(statement.calls, None)
            case RenameTrigger(table=table, new_name=new_name):
                self._note_written((table, new_name), record)
                if before:
                    self.records[table, new_name] = replace(
                        self.records.pop(key), parts=None, touched_by=record.made_by
                    )
            case DropTriggerStatement():
                # Django's state keeps what AddTrigger made, whatever SQL makes of it.
                if before and before.by == "runsql":
                    self._dropped.setdefault(record.made_by, []).append((index, before))
                    del self.records[key]
                    self.disturbed.pop(key, None)
            case CommentOnTrigger():
                if before:
                    self.records[key] = replace(before, followed=False, touched_by=record.made_by)
                    self.disturbed.pop(key, None)

    def _owner(self, made: Record, key: TriggerKey, index: int) -> str:
        """The app whose trigger it is.

        One that is put back around a change of a table keeps its app. So does one that gets another
        name meanwhile, along with its model; but a model that has moved to another app has taken
        it along. An app that makes the trigger anew, in one operation and in a migration that
        changes no table, has taken it over.
        """
        app_label, name = made.made_by[0], (made.uri or key[1]).rpartition(":")[2]
        changes_tables = made.made_by in self._changing
        kept = [self.records[key]] if changes_tables and key in self.records else []
        kept += [
            record
            for place, record in self._dropped.get(made.made_by, [])
            if changes_tables or place != index
        ]
        for record in kept:
            has_moved = _app_label(record.uri) != app_label == _app_label(made.uri)
            if record.uri and record.uri.rpartition(":")[2] == name and not has_moved:
                return record.owner
        return app_label

    def _disturb(self, change: TableChange, migration: Key, index: int) -> None:
        """Note which triggers the change does not leave as they are."""
        table = changed_table(change)
        for key in self.installed.on_table(table):
            trigger = self.trigger(key)
            # One operation may hold several changes, and the trigger goes before all of them.
            self._before.setdefault(key, trigger)
            if found := disturbance(change, trigger, migration, index):
                found = replace(found, trigger=self._before[key])
                self.noticed.append(found)
                if trigger.by == "runsql":
                    self.disturbed.setdefault(key, []).append(found)

    def _rename_column(self, change: RenamedColumn) -> None:
        table = in_search_path(change.table)
        for key in self.installed.on_table(table):
            if record := self.records.get(key):
                sql = rename_column(record.sql, change.old, change.new)
                if sql != record.sql:
                    self.records[key] = replace(record, sql=sql, parts=None, followed=True)
                    # The statement may name the table or trigger as it was once.
                    for statement in read_statements(sql):
                        if isinstance(statement, CreateTriggerStatement):
                            current = replace(statement, table=key[0], name=key[1])
                            self.installed.apply([normalised(current)])

    def _on_column(self, table: QualifiedName, column: str) -> list[TriggerKey]:
        """The triggers that go with a column.

        Django drops columns with CASCADE before 6.0, and later fails where a trigger is left.
        What AddTrigger made stays in Django's state, and counts as there.
        """
        return [
            key
            for key in self.installed.on_table(table)
            if (record := self.records.get(key))
            and record.by == "runsql"
            and names_column(record.sql, column)
        ]

    def _lose(self, keys: Iterable[TriggerKey]) -> None:
        """The triggers go, by no statement that names them, and leave their functions."""
        lost = [self.trigger(key) for key in keys]
        self.installed.apply(DropTriggerStatement(*trigger.key) for trigger in lost)
        for trigger in lost:
            del self.records[trigger.key]
            calls = trigger.definition.calls
            if calls in self.installed.functions and not self.installed.callers(calls):
                self.orphans[calls] = trigger

    def _move_triggers(self, old: QualifiedName, new: QualifiedName) -> None:
        self._move_records(old, new)
        for key in self.records:
            if key[0] == new:
                self.records[key] = replace(self.records[key], followed=True)
        self.installed.move(old, new)

    def _move_records(self, old: QualifiedName, new: QualifiedName) -> None:
        self._states.move(old, new)
        for key in [key for key in self.records if key[0] == old]:
            self.records[new, key[1]] = self.records.pop(key)
        for key in [key for key in self._written if key[0] == old]:
            self._written[new, key[1]] = self._written.pop(key)
        for listed in (self.disturbed, self._before):
            for key in [key for key in listed if key[0] == old]:
                listed[new, key[1]] = listed.pop(key)  # type: ignore[assignment]

    def _drop_records(self, table: QualifiedName) -> None:
        for key in [key for key in self.records if key[0] == table]:
            del self.records[key]


def _app_label(uri: str | None) -> str | None:
    return uri and uri.partition(".")[0]


def _change(statement: Statement) -> TableChange | None:
    """What a statement does to a table, as Django's operations do."""
    match statement:
        case DropTable(table=table):
            return DroppedTable(table)
        case RenameTable(table=table, new_name=name):
            return RenamedTable(table, table._replace(name=name))
        case MoveTable(table=table, schema=schema):
            return RenamedTable(table, in_search_path(table._replace(schema=schema)))
        case RenameColumn(table=table, column=column, new_name=name):
            return RenamedColumn(table, column, name)
        case DropColumn(table=table, column=column):
            return DroppedColumn(table, column)
        case RetypeColumn(table=table, column=column):
            return RetypedColumn(table, column, by_hand=True)
        case _:
            return None
