"""Stage migrations: the history replayed, and what it leaves installed.

Django's operations say which tables there are, `RunSQL` is read as SQL, and django-pgtrigger's
`AddTrigger` and `RemoveTrigger` as the SQL that they run. What cannot be read is noted and
passed over: a migration that may have done something more does not undo what another did.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from pgtrigger import compiler
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from pgtrigger_codegen.evaluator.values import Unknown
from pgtrigger_codegen.migrations.columns import names_column, rename_column
from pgtrigger_codegen.migrations.disturbances import changed_table, disturbance
from pgtrigger_codegen.migrations.fields import ModelKey
from pgtrigger_codegen.migrations.graph import MigrationGraph, Unreadable
from pgtrigger_codegen.migrations.reader import Key
from pgtrigger_codegen.migrations.recovery import split_statements
from pgtrigger_codegen.migrations.sql_texts import sql_texts
from pgtrigger_codegen.migrations.state import (
    URI_HINT,
    Disturbance,
    InstalledTrigger,
    MigrationState,
    db_table,
    in_search_path,
)
from pgtrigger_codegen.migrations.tables import (
    DroppedColumn,
    DroppedTable,
    RenamedColumn,
    RenamedTable,
    RetypedColumn,
    TableChange,
    Tables,
)
from pgtrigger_codegen.sql.equivalence import InstalledTriggers, TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName, table_name
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.sql.statements import (
    CommentOnTrigger,
    CreateFunction,
    CreateTrigger,
    DropTable,
    DropTrigger,
    RenameTable,
    RenameTrigger,
    Statement,
    read_script,
    read_statements,
)
from pgtrigger_codegen.triggers.compiled import TriggerParts

# What cannot change a trigger need not be parsed.
_RELEVANT = re.compile(r"trigger|function|rename|drop", re.IGNORECASE)


def replay(graph: MigrationGraph) -> MigrationState:
    """Run all migrations of the graph in thought."""
    history = _History(unreadable=list(graph.unreadable))
    for key in graph.order():
        migration = graph.migrations[key]
        if not isinstance(migration.operations, Unknown):
            for index, operation in enumerate(migration.operations):
                history.run([operation], _Step(key, index))
    return MigrationState(
        triggers={trigger.key: trigger for trigger in history.triggers()},
        tables=history.tables.by_name,
        functions={app: frozenset(names) for app, names in history.functions.items()},
        unreadable=tuple(history.unreadable),
        disturbances={key: tuple(found) for key, found in history.disturbed.items()},
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """Which migration an operation is part of, and what it has an effect on.

    Attributes:
        index: The place among the migration's own operations.
        state: Django's state.
        database: The database.
    """

    migration: Key
    index: int
    state: bool = True
    database: bool = True


@dataclass(frozen=True, slots=True)
class _Record:
    """Where a trigger came from."""

    made_by: Key
    sql: str
    by: Literal["runsql", "addtrigger"]
    parts: TriggerParts | None = None
    uri: str | None = None
    model: ModelKey | None = None
    name: str | None = None
    followed: bool = False


@dataclass(slots=True)
class _History:
    unreadable: list[Unreadable]
    tables: Tables = field(default_factory=Tables)
    installed: InstalledTriggers = field(default_factory=InstalledTriggers)
    records: dict[TriggerKey, _Record] = field(default_factory=dict)
    functions: dict[str, set[QualifiedName]] = field(default_factory=dict)
    function_sql: dict[QualifiedName, str] = field(default_factory=dict)
    disturbed: dict[TriggerKey, list[Disturbance]] = field(default_factory=dict)

    def triggers(self) -> Iterator[InstalledTrigger]:
        for key in sorted(self.installed.triggers, key=str):
            yield self._trigger(key)

    def _trigger(self, key: TriggerKey) -> InstalledTrigger:
        definition, record = self.installed.triggers[key], self.records[key]
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
        )

    def run(self, listed: Iterable[object], step: _Step) -> None:
        """Run operations, or only their effect on Django's state or on the database."""
        for operation in listed:
            if isinstance(operation, Operation):
                self._run(operation, step)
            else:
                self._note(operation, step.migration)

    def _run(self, operation: Operation, step: _Step) -> None:
        app_label = step.migration[0]
        match operation:
            case operations.SeparateDatabaseAndState():
                self._run_on_database(operation.database_operations, step)
                self._run_on_state(operation.state_operations, step)
            case operations.RunSQL():
                if step.database:
                    self._run_sql(operation, step.migration)
                self._run_on_state(operation.state_operations, step)
            case AddTrigger():
                model = (app_label, operation.model_name.lower())
                self._add_trigger(model, operation.trigger, step)
            case RemoveTrigger():
                model = (app_label, operation.model_name.lower())
                self._remove_trigger(model, operation.name, step)
            case _:
                self._run_on_tables(operation, step)

    def _run_on_database(self, listed: Iterable[object], step: _Step) -> None:
        if step.database:
            self.run(listed, replace(step, state=False))

    def _run_on_state(self, listed: Iterable[object], step: _Step) -> None:
        if step.state:
            self.run(listed, replace(step, database=False))

    def _run_on_tables(self, operation: Operation, step: _Step) -> None:
        app_label = step.migration[0]
        if step.database:
            for change in self.tables.changes(operation, app_label):
                self._disturb(change, step)
                self._change_table(change)
        if step.state:
            self._rename_model(operation, app_label)
            self.tables.apply(operation, app_label, step.migration)
        if isinstance(operation, operations.CreateModel):
            # Squashing can move AddTrigger into the model's options.
            for trigger in operation.options.get("triggers", ()):
                self._add_trigger((app_label, operation.name.lower()), trigger, step)

    def _run_sql(self, operation: operations.RunSQL, migration: Key) -> None:
        hints: Mapping[str, Any] = operation.hints or {}
        uri, model_name = hints.get(URI_HINT), hints.get("model_name")
        record = _Record(
            migration,
            "",
            "runsql",
            uri=uri if isinstance(uri, str) else None,
            model=(migration[0], model_name.lower()) if isinstance(model_name, str) else None,
        )
        for sql in sql_texts(operation.sql):
            if isinstance(sql, Unknown):
                self._note(sql, migration)
            else:
                self._read_sql(sql, record)

    def _note(self, unread: object, migration: Key) -> None:
        """Remember something that is no operation, or not one that can be read."""
        if not isinstance(unread, Unknown):
            unread = Unknown(f"{type(unread).__name__} where an operation is expected")
        self.unreadable.append(Unreadable(migration, "operations", unread))

    def _read_sql(self, sql: str, record: _Record) -> None:
        if not _RELEVANT.search(sql):
            return
        for text, statements in self._statements(sql, record.made_by):
            for statement in statements:
                self._apply(_normalised(statement), replace(record, sql=text))

    def _statements(self, sql: str, migration: Key) -> Iterator[tuple[str, list[Statement]]]:
        """What can be read of a script, even where some statement does not parse."""
        try:
            yield from read_script(sql)
        except SqlSyntaxError:
            for text in split_statements(sql):
                try:
                    yield text, read_statements(text)
                except SqlSyntaxError as error:
                    self._note(Unknown(f"SQL that does not parse: {error.message}"), migration)

    def _apply(self, statement: Statement, record: _Record) -> None:
        match statement:
            case CreateFunction():
                self._record_function(statement, record)
            case CreateTrigger() | DropTrigger() | RenameTrigger() | CommentOnTrigger():
                self._record_trigger(statement, record)
            case DropTable(table=table):
                self._drop_records(table)
            case RenameTable(table=table, new_name=new_name):
                self._move_records(table, table._replace(name=new_name))
            case _:
                pass
        self.installed = self.installed.after([statement])

    def _record_function(self, statement: CreateFunction, record: _Record) -> None:
        function = statement.function
        if statement.arguments:
            self.functions.setdefault(record.made_by[0], set()).add(function)
            return
        self.function_sql[function] = record.sql
        self._forget_parts(function)
        for key, trigger in self.installed.triggers.items():
            if trigger.calls == function:
                self.disturbed.pop(key, None)

    def _record_trigger(
        self,
        statement: CreateTrigger | DropTrigger | RenameTrigger | CommentOnTrigger,
        record: _Record,
    ) -> None:
        key = (statement.table, statement.name)
        before = self.records.get(key)
        match statement:
            case CreateTrigger():
                if before and before.by == "addtrigger" and record.by == "runsql":
                    # Django's state has it still, whatever SQL made of it since.
                    record = replace(record, by="addtrigger", model=before.model, name=before.name)
                if before and record.uri is None:
                    record = replace(record, uri=before.uri)
                self.records[key] = record
                self.disturbed.pop(key, None)
            case RenameTrigger(table=table, new_name=new_name):
                if before:
                    self.records[table, new_name] = replace(self.records.pop(key), parts=None)
            case DropTrigger():
                # Django's state keeps what AddTrigger made, whatever SQL makes of it.
                if before and before.by == "runsql":
                    del self.records[key]
                    self.disturbed.pop(key, None)
            case CommentOnTrigger():
                if before:
                    self.records[key] = replace(before, followed=False)
                    self.disturbed.pop(key, None)

    def _forget_parts(self, function: QualifiedName) -> None:
        """A function written anew is no longer the one that the parts render to."""
        for key, trigger in self.installed.triggers.items():
            if trigger.calls == function:
                self.records[key] = replace(self.records[key], parts=None)

    def _add_trigger(self, model: ModelKey, trigger: object, step: _Step) -> None:
        if not isinstance(trigger, compiler.Trigger):
            self._note(trigger, step.migration)
            return
        parts = _parts(trigger.sql)
        uri = f"{model[0]}.{self.tables.object_name(model)}:{trigger.name}"
        if step.database:
            record = _Record(step.migration, "", "runsql", uri=uri, model=model)
            self._read_sql(str(trigger.sql), record)
        key = (in_search_path(table_name(parts.table)), parts.pgid)
        if key in self.records:
            by: Literal["runsql", "addtrigger"] = "addtrigger" if step.state else "runsql"
            self.records[key] = replace(
                self.records[key], by=by, parts=parts, uri=uri, model=model, name=trigger.name
            )

    def _remove_trigger(self, model: ModelKey, name: str, step: _Step) -> None:
        for key, record in list(self.records.items()):
            if record.by == "addtrigger" and (record.model, record.name) == (model, name):
                if step.state:
                    self.records[key] = replace(record, by="runsql")
                if step.database:
                    self._apply(DropTrigger(*key), record)

    def _rename_model(self, operation: Operation, app_label: str) -> None:
        if not isinstance(operation, operations.RenameModel):
            return
        old = (app_label, operation.old_name.lower())
        new = (app_label, operation.new_name.lower())
        for key, record in self.records.items():
            if record.model == old:
                self.records[key] = replace(record, model=new)

    def _disturb(self, change: TableChange, step: _Step) -> None:
        """Note which triggers the change does not leave as they are."""
        table = changed_table(change)
        for key in [key for key in self.installed.triggers if key[0] == table]:
            if self.records[key].by == "addtrigger":
                continue
            if found := disturbance(change, self._trigger(key), step.migration, step.index):
                self.disturbed.setdefault(key, []).append(found)

    def _change_table(self, change: TableChange) -> None:
        match change:
            case RenamedTable(old=old, new=new):
                self._move_triggers(in_search_path(old), in_search_path(new))
            case DroppedTable(table=table):
                self._drop_records(in_search_path(table))
                self.installed = self.installed.after([DropTable(in_search_path(table))])
            case RenamedColumn():
                self._rename_column(change)
            case DroppedColumn(table=table, column=column):
                self._drop_triggers_on(in_search_path(table), column)
            case RetypedColumn():
                pass

    def _rename_column(self, change: RenamedColumn) -> None:
        table = in_search_path(change.table)
        for key, record in list(self.records.items()):
            if key[0] == table and key in self.installed.triggers:
                sql = rename_column(record.sql, change.old, change.new)
                if sql != record.sql:
                    self.records[key] = replace(record, sql=sql, parts=None, followed=True)
                    # The statement may name the table or trigger as it was once.
                    for statement in read_statements(sql):
                        if isinstance(statement, CreateTrigger):
                            current = replace(statement, table=key[0], name=key[1])
                            self.installed = self.installed.after([_normalised(current)])

    def _drop_triggers_on(self, table: QualifiedName, column: str) -> None:
        """Django drops columns with CASCADE before 6.0, and later fails where a trigger is left.

        What AddTrigger made stays in Django's state, and counts as there.
        """
        for key, record in list(self.records.items()):
            if key[0] == table and record.by == "runsql" and names_column(record.sql, column):
                self.installed = self.installed.after([DropTrigger(*key)])
                del self.records[key]

    def _move_triggers(self, old: QualifiedName, new: QualifiedName) -> None:
        self._move_records(old, new)
        for key in self.records:
            if key[0] == new:
                self.records[key] = replace(self.records[key], followed=True)
        moved = {
            (new if table == old else table, name): (
                replace(trigger, table=new) if table == old else trigger
            )
            for (table, name), trigger in self.installed.triggers.items()
        }
        self.installed = replace(self.installed, triggers=moved)

    def _move_records(self, old: QualifiedName, new: QualifiedName) -> None:
        for key in [key for key in self.records if key[0] == old]:
            self.records[new, key[1]] = self.records.pop(key)
        for key in [key for key in self.disturbed if key[0] == old]:
            self.disturbed[new, key[1]] = self.disturbed.pop(key)

    def _drop_records(self, table: QualifiedName) -> None:
        for key in [key for key in self.records if key[0] == table]:
            del self.records[key]


def _parts(sql: compiler.UpsertTriggerSql) -> TriggerParts:
    values = {**sql.defaults, **sql.kwargs}
    return TriggerParts(**{part.name: str(values[part.name]) for part in fields(TriggerParts)})


def _normalised(statement: Statement) -> Statement:
    """The same with tables and functions named without `public`."""
    names: dict[str, Any] = {
        part.name: in_search_path(value)
        for part in fields(statement)
        if isinstance(value := getattr(statement, part.name), QualifiedName)
    }
    return replace(statement, **names) if names else statement
