"""Stage migrations: replays the history, which gives the state that it leaves.

Django's operations say which tables there are, `RunSQL` is read as SQL, and django-pgtrigger's
`AddTrigger` and `RemoveTrigger` as the SQL that they run. What cannot be read is noted and
passed over: a migration that may have done something more does not undo what another did.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from msgspec import Struct, field
from msgspec.structs import replace
from pgtrigger import compiler
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from pgtrigger_codegen.crashes import contain
from pgtrigger_codegen.evaluator.values.own_kinds import type_name
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph, Unreadable
from pgtrigger_codegen.migrations.reading.own_operations import own_effects
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.migrations.reading.well_formed import malformed
from pgtrigger_codegen.migrations.replaying.contests import (
    backward_faults,
    contests,
    crossing_pairs,
    other_orders,
)
from pgtrigger_codegen.migrations.replaying.disturbances import together
from pgtrigger_codegen.migrations.replaying.faults import missing_order, order_faults, unsettled
from pgtrigger_codegen.migrations.replaying.moment import ReplayedState, Watcher
from pgtrigger_codegen.migrations.replaying.sql_statements import statements
from pgtrigger_codegen.migrations.replaying.state import (
    URI_HINT,
    Contest,
    Disturbance,
    InstalledTrigger,
    MigrationState,
    OrderFault,
    in_search_path,
)
from pgtrigger_codegen.migrations.replaying.trigger_history import MadeBy, Record, TriggerHistory
from pgtrigger_codegen.migrations.schema.fields import ModelKey
from pgtrigger_codegen.migrations.schema.tables import RetypedColumn, Tables
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName, table_name
from pgtrigger_codegen.sql.statements import DropTriggerStatement
from pgtrigger_codegen.triggers.compiled import TriggerParts


def replay(graph: MigrationGraph, watcher: Watcher | None = None) -> MigrationState:
    """Run all migrations of the graph in thought, as Django does in a new database.

    Where that fails for want of a dependency, they are run again as if it were there. Where other
    databases may have taken another way, the outcome says how their triggers differ.

    Args:
        watcher: Sees the migrations in Django's own order.
    """
    written = graph
    run = _run_all(graph, written, watcher)
    faults: list[OrderFault] = []
    while missing := missing_order(run.faults, graph):
        faults += missing
        graph = graph.with_order((fault.migration, fault.after) for fault in missing)
        run = _run_all(graph, written)
    history = run.history
    triggers = {trigger.key: trigger for trigger in history.triggers()}
    elsewhere = _other_databases(run, triggers, graph, written)
    return MigrationState(
        triggers=triggers,
        tables=run.tables.by_name,
        functions={app: frozenset(names) for app, names in history.functions.items()},
        unreadable=tuple(run.unreadable),
        disturbances=together(history.disturbed, elsewhere.disturbances, graph),
        noticed=tuple(history.noticed),
        orphans=history.orphans,
        changes=history.changes,
        contests=elsewhere.contests,
        table_changes=history.lines.by_name(),
        writers=history.lines.writers(),
        faults=(*faults, *elsewhere.faults),
    )


def _run_all(
    graph: MigrationGraph, written: MigrationGraph, watcher: Watcher | None = None
) -> _Replay:
    """Run the migrations in the order of one graph.

    Args:
        written: The graph as the files have it, without dependencies that are only supposed.
    """
    run = _Replay(unreadable=list(graph.unreadable), ancestors=written.ancestors)
    for key in graph.order():
        migration = graph.migrations[key]
        if not isinstance(migration.operations, Unknown):
            for index, operation in enumerate(migration.operations):
                moment = ReplayedState(key, index, operation, run.tables, run.history)
                replay_one = functools.partial(_run_one, run, moment, watcher)
                crash = contain("the replay of an operation", replay_one)
                if crash is not None:
                    run.unreadable.append(Unreadable(key, "operations", Unknown(crash.reason)))
        run.history.end_migration(key)
    return run


def _run_one(run: _Replay, moment: ReplayedState, watcher: Watcher | None) -> None:
    run.history.installed.changed.clear()
    if isinstance(moment.operation, Operation) and malformed(moment.operation):
        run.run([moment.operation], _Step(moment.migration, moment.index))
        return
    if watcher:
        watcher.before(moment)
    run.run([moment.operation], _Step(moment.migration, moment.index))
    if watcher:
        watcher.after(moment)


class _Elsewhere(Struct, frozen=True):
    """What databases may have that have run the migrations in another order."""

    contests: Mapping[TriggerKey, Contest] = field(default_factory=dict)
    disturbances: Sequence[Mapping[TriggerKey, Sequence[Disturbance]]] = ()
    faults: Sequence[OrderFault] = ()


def _other_databases(
    run: _Replay,
    triggers: Mapping[TriggerKey, InstalledTrigger],
    graph: MigrationGraph,
    written: MigrationGraph,
) -> _Elsewhere:
    pairs = crossing_pairs(run.history.lines, run.late_references(), graph)
    states, disturbances = [triggers], []
    faults = [fault for fault in run.faults if fault.backwards]
    for ordered in other_orders(pairs, graph) if pairs else ():
        other = _run_all(ordered, written)
        failed = [
            replace(fault, in_new_database=False)
            for fault in other.faults
            if (min(fault.pair), max(fault.pair)) in pairs
        ]
        faults += failed
        if all(fault.backwards for fault in failed):
            states.append({trigger.key: trigger for trigger in other.history.triggers()})
            disturbances.append(other.history.disturbed)
    if pairs:
        known = {fault.pair for fault in faults}
        backwards = backward_faults(run.history.lines, graph)
        faults += [fault for fault in backwards if fault.pair not in known]
    return _Elsewhere(
        contests(states, pairs), disturbances, tuple(unsettled(faults, run.history.lines, graph))
    )


class _Step(Struct, frozen=True):
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


class _Replay(Struct):
    unreadable: list[Unreadable]
    ancestors: Callable[[Key], Collection[Key]]
    tables: Tables = field(default_factory=Tables)
    history: TriggerHistory = field(default_factory=TriggerHistory)
    faults: list[OrderFault] = field(default_factory=list)
    retyped: list[tuple[Key, ModelKey, str]] = field(default_factory=list)

    def late_references(self) -> Iterator[tuple[Key, QualifiedName, str]]:
        """Columns that would have got another type by a migration, had they been there.

        What refers to the column that it changes can be newer in a new database, and older in
        those that are there.
        """
        for migration, model, name in self.retyped:
            for table, column in self.tables.references(model, name):
                yield migration, in_search_path(table), column

    def run(self, listed: Iterable[object], step: _Step) -> None:
        """Run operations, or only their effect on Django's state or on the database."""
        for operation in listed:
            if not isinstance(operation, Operation):
                self._note(operation, step.migration)
            elif (reason := malformed(operation)) is not None:
                self._note(Unknown(reason), step.migration)
            else:
                own = own_effects(operation)
                if own.unread is not None:
                    self._note(own.unread, step.migration)
                followed = replace(
                    step,
                    state=step.state and own.state,
                    database=step.database and own.database,
                )
                self._run(operation, followed)

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
            changes = self.tables.changes(operation, app_label)
            for change in changes:
                self.history.change_table(change, step.migration, step.index)
            if isinstance(operation, operations.AlterField) and any(
                isinstance(change, RetypedColumn) for change in changes
            ):
                model = (app_label, operation.model_name.lower())
                self.retyped.append((step.migration, model, operation.name))
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
            scripts=tuple(
                text
                for sql in (operation.sql, operation.reverse_sql)
                for text in sql_texts(sql)
                if isinstance(text, str)
            ),
        )
        for sql in sql_texts(operation.sql):
            if isinstance(sql, Unknown):
                self._note(sql, migration)
            else:
                self._read_sql(sql, record, step.index)

    def _note(self, unread: object, migration: Key) -> None:
        """Remember something that is no operation, or not one that can be read."""
        if not isinstance(unread, Unknown):
            unread = Unknown(f"{type_name(unread)} where an operation is expected")
        self.unreadable.append(Unreadable(migration, "operations", unread))

    def _read_sql(self, sql: str, record: Record, index: int) -> None:
        for found in statements(sql):
            if isinstance(found, Unknown):
                self._note(found, record.made_by)
            else:
                text, statement = found
                written = replace(record, sql=text)
                self.faults += order_faults(
                    statement, written, self.history, self.tables.by_name, self.ancestors
                )
                self.history.apply(statement, written, index)

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
                    self.history.apply(
                        DropTriggerStatement(record.made_on or key[0], key[1]), record
                    )


def _parts(sql: compiler.UpsertTriggerSql) -> TriggerParts:
    values = {**sql.defaults, **sql.kwargs}
    return TriggerParts(**{name: str(values[name]) for name in TriggerParts.__struct_fields__})
