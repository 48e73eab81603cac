"""Stage migrations: the history replayed, and what it leaves installed.

Django's operations say which tables there are, `RunSQL` is read as SQL, and django-pgtrigger's
`AddTrigger` and `RemoveTrigger` as the SQL that they run. What cannot be read is noted and
passed over: a migration that may have done something more does not undo what another did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, fields, replace
from typing import Any

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from pgtrigger import compiler
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from pgtrigger_codegen.evaluator.values import Unknown
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph, Unreadable
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.migrations.replaying.contests import Writes
from pgtrigger_codegen.migrations.replaying.moment import Moment, Watcher
from pgtrigger_codegen.migrations.replaying.sql_statements import statements
from pgtrigger_codegen.migrations.replaying.state import URI_HINT, MigrationState, in_search_path
from pgtrigger_codegen.migrations.replaying.trigger_history import MadeBy, Record, TriggerHistory
from pgtrigger_codegen.migrations.schema.fields import ModelKey
from pgtrigger_codegen.migrations.schema.tables import Tables
from pgtrigger_codegen.records import dataclass
from pgtrigger_codegen.sql.names import table_name
from pgtrigger_codegen.sql.statements import DropTrigger
from pgtrigger_codegen.triggers.compiled import TriggerParts


def replay(graph: MigrationGraph, watcher: Watcher | None = None) -> MigrationState:
    """Run all migrations of the graph in thought."""
    run = _Replay(unreadable=list(graph.unreadable))
    writes = Writes()
    for key in graph.order():
        migration = graph.migrations[key]
        if not isinstance(migration.operations, Unknown):
            for index, operation in enumerate(migration.operations):
                moment = Moment(key, index, operation, run.tables, run.history)
                run.history.installed.changed.clear()
                if watcher:
                    watcher.before(moment)
                run.run([operation], _Step(key, index))
                if watcher:
                    watcher.after(moment)
        for written, left in run.history.take_written():
            writes.note(key, written, left)
    history = run.history
    return MigrationState(
        triggers={trigger.key: trigger for trigger in history.triggers()},
        tables=run.tables.by_name,
        functions={app: frozenset(names) for app, names in history.functions.items()},
        unreadable=tuple(run.unreadable),
        disturbances={key: tuple(found) for key, found in history.disturbed.items()},
        noticed=tuple(history.noticed),
        orphans=history.orphans,
        changes=history.changes,
        contests=writes.contests(graph),
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


@dataclass(slots=True)
class _Replay:
    unreadable: list[Unreadable]
    tables: Tables = field(default_factory=Tables)
    history: TriggerHistory = field(default_factory=TriggerHistory)

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
                    self._run_sql(operation, step)
                self._run_on_state(operation.state_operations, step)
            case AddTrigger():
                model = (app_label, operation.model_name.lower())
                self._add_trigger(model, operation.trigger, step)
            case RemoveTrigger():
                model = (app_label, operation.model_name.lower())
                self._remove_trigger(model, operation.name, step)
            case _:
                self._run_on_tables(operation, step)

    def _run_on_database(self, listed: Sequence[object], step: _Step) -> None:
        """Each of the operations finds the tables as the one before has left them."""
        if not step.database:
            return
        for operation, tables in self._stages(listed, step):
            before, self.tables = self.tables, tables
            self.run([operation], replace(step, state=False))
            self.tables = before

    def _stages(self, listed: Sequence[object], step: _Step) -> Iterator[tuple[object, Tables]]:
        tables = self.tables
        for number, operation in enumerate(listed):
            yield operation, tables
            if isinstance(operation, Operation) and number + 1 < len(listed):
                # Django's state is as it was once the operations have run.
                tables = tables.copy() if tables is self.tables else tables
                tables.apply(operation, step.migration[0], step.migration)

    def _run_on_state(self, listed: Iterable[object], step: _Step) -> None:
        if step.state:
            self.run(listed, replace(step, database=False))

    def _run_on_tables(self, operation: Operation, step: _Step) -> None:
        app_label = step.migration[0]
        if step.database:
            for change in self.tables.changes(operation, app_label):
                self.history.change_table(change, step.migration, step.index)
        if step.state:
            if isinstance(operation, operations.RenameModel):
                self.history.rename_model(
                    (app_label, operation.old_name.lower()), (app_label, operation.new_name.lower())
                )
            self.tables.apply(operation, app_label, step.migration)
        if isinstance(operation, operations.CreateModel):
            # Squashing can move AddTrigger into the model's options.
            for trigger in operation.options.get("triggers", ()):
                self._add_trigger((app_label, operation.name.lower()), trigger, step)

    def _run_sql(self, operation: operations.RunSQL, step: _Step) -> None:
        migration = step.migration
        hints: Mapping[str, Any] = operation.hints or {}
        uri, model_name = hints.get(URI_HINT), hints.get("model_name")
        record = Record(
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
                self._read_sql(sql, record, step.index)

    def _note(self, unread: object, migration: Key) -> None:
        """Remember something that is no operation, or not one that can be read."""
        if not isinstance(unread, Unknown):
            unread = Unknown(f"{type(unread).__name__} where an operation is expected")
        self.unreadable.append(Unreadable(migration, "operations", unread))

    def _read_sql(self, sql: str, record: Record, index: int) -> None:
        for found in statements(sql):
            if isinstance(found, Unknown):
                self._note(found, record.made_by)
            else:
                text, statement = found
                self.history.apply(statement, replace(record, sql=text), index)

    def _add_trigger(self, model: ModelKey, trigger: object, step: _Step) -> None:
        if not isinstance(trigger, compiler.Trigger):
            self._note(trigger, step.migration)
            return
        parts = _parts(trigger.sql)
        uri = f"{model[0]}.{self.tables.object_name(model)}:{trigger.name}"
        if step.database:
            record = Record(step.migration, "", "runsql", uri=uri, model=model)
            self._read_sql(str(trigger.sql), record, step.index)
        key = (in_search_path(table_name(parts.table)), parts.pgid)
        if record_now := self.history.records.get(key):
            by: MadeBy = "addtrigger" if step.state else "runsql"
            self.history.records[key] = replace(
                record_now,
                by=by,
                parts=parts,
                uri=uri,
                model=model,
                name=trigger.name,
                made_on=key[0],
            )

    def _remove_trigger(self, model: ModelKey, name: str, step: _Step) -> None:
        records = self.history.records
        for key, record in list(records.items()):
            if record.by == "addtrigger" and (record.model, record.name) == (model, name):
                if step.state:
                    records[key] = replace(record, by="runsql")
                if step.database:
                    # By the table's name of then: where it has another one now, the trigger
                    # stays, and `DROP TRIGGER IF EXISTS` says nothing of it.
                    self.history.apply(DropTrigger(record.made_on or key[0], key[1]), record)


def _parts(sql: compiler.UpsertTriggerSql) -> TriggerParts:
    values = {**sql.defaults, **sql.kwargs}
    return TriggerParts(**{part.name: str(values[part.name]) for part in fields(TriggerParts)})
