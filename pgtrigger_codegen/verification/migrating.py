"""The project's migrations, applied in the room from source, with the locks that they take.

Django's operations run through its schema editor and `RunSQL` as it stands, in Django's order. An
operation that cannot be replayed is left out, with all of its effects, and the replay goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.operations import CreateExtension
from django.db import connections
from django.db.migrations.operations import (
    AddField,
    AlterField,
    CreateModel,
    RunPython,
    RunSQL,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from msgspec import Struct

from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.database.catalog import table_reference
from pgtrigger_codegen.evaluator.django.unread_operation import UnreadOperation
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph
from pgtrigger_codegen.migrations.reading.own_operations import DjangoEffects, own_effects
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.sql.names import quote_name
from pgtrigger_codegen.verification.explaining import NotReplayed, explained
from pgtrigger_codegen.verification.extent import Extent, extent, tables_of
from pgtrigger_codegen.verification.left_out import LeftOut
from pgtrigger_codegen.verification.locks import Lock, held_locks, tables_with_triggers
from pgtrigger_codegen.verification.memory import collecting, without_apps
from pgtrigger_codegen.verification.missing_packages import (
    Label,
    missing_models,
    stand_in_model,
)
from pgtrigger_codegen.verification.playable import (
    default_if_known,
    does_nothing,
    extensions_of,
    may_run_sql,
    runs_python,
    triggers_in_options,
    unknown_columns,
    without_columns,
    without_managers,
    without_python,
)
from pgtrigger_codegen.verification.room import RefusedStatement, Room
from pgtrigger_codegen.verification.skipped import Cause, Skipped
from pgtrigger_codegen.verification.steps import Step, where_of


class Applied(Struct):
    """How far the replay has come.

    Attributes:
        migrations: Those of which nothing but single operations was left out.
        operations: How many were performed.
        locks: What was really taken on tables with triggers, in order.
    """

    migrations: list[Key]
    locks: list[Lock]
    operations: int = 0


class _Played(Struct, frozen=True):
    """An operation whose effect on Django's state is known.

    Attributes:
        is_performed: Whether the database has its effect, too.
    """

    index: int
    operation: Operation
    effects: DjangoEffects
    is_performed: bool


class Replayer:
    """Applies the migrations of a graph, and takes them back.

    Attributes:
        left_out: The operations that could not be performed, in whatever direction.
    """

    def __init__(self, room: Room, graph: MigrationGraph, say: Callable[[str], None]) -> None:
        self.left_out = LeftOut()
        self._room = room
        self._graph = graph
        self._order = graph.order()
        self._say = say
        self._states: dict[Key, ProjectState] = {}
        self._played: dict[Key, list[_Played]] = {}
        self._irreversible: dict[Key, str] = {}
        self._unknown: set[tuple[str, str, str]] = set()
        self._extensions: dict[str, bool] = {}
        self._standing: set[Label] = set()
        self._guarded: set[int] = set()  # oids of the tables that have, or had, a trigger
        self._with_migrations = {app_label for app_label, _ in self._order}
        self._with_gaps: set[str] = set()
        self._connection = room.django_connection(connections.create_connection("default"))

    @confined()
    def forwards(self) -> Applied:
        """Apply all migrations."""
        applied = Applied([], [])
        self._create_extensions()
        state = ProjectState()
        with triggers_in_options(), collecting():
            for number, key in enumerate(self._order, start=1):
                self._say(f"Applying migrations: {number} of {len(self._order)}")
                state = self._apply(key, state, applied)
        return applied

    def _create_extensions(self) -> None:
        """Create all extensions before any SQL of the project has run.

        The administrator creates them, whose session must not meet what a project has made.
        """
        for key in self._order:
            listed = self._graph.migrations[key].operations
            for operation in () if isinstance(listed, Unknown) else listed:
                for one in extensions_of(operation):
                    if one not in self._extensions:
                        self._extensions[one] = self._room.extend(one)

    @confined()
    def backwards(self, migrations: Sequence[Key]) -> str | None:
        """Take migrations back, the last first; why that did not go to the end."""
        with triggers_in_options(), collecting():
            for number, key in enumerate(reversed(migrations), start=1):
                self._say(f"Taking migrations back: {number} of {len(migrations)}")
                if (where := self._irreversible.get(key)) is not None:
                    return f"{where}: it cannot be reversed"
                with self._editor(key) as editor:
                    for step in reversed(self._performed(key, editor)):
                        self._unapply(step, editor)
        return None

    def _apply(self, key: Key, state: ProjectState, applied: Applied) -> ProjectState:
        listed = self._graph.migrations[key].operations
        if isinstance(listed, Unknown):
            reason = f"it cannot be read: {listed.reason}"
            self._leave_out(".".join(key), reason, Cause.UNREAD, Extent(is_known=False))
            self._with_gaps.add(key[0])
            return state
        self._states[key] = without_apps(state)
        played = self._played[key] = []
        with self._editor(key) as editor:
            for index, operation in enumerate(listed):
                step = self._step(key, index, operation, state, editor)
                if step is None and not isinstance(operation, RunPython):
                    self._with_gaps.add(key[0])
                if step is not None:
                    done = step.effects.database and self._perform(step, editor, applied)
                    played.append(_Played(index, step.operation, step.effects, done))
                    state = step.after
        applied.migrations.append(key)
        return state

    def _performed(self, key: Key, editor: Any) -> list[Step]:
        """The operations of a migration that were performed, with Django's states as then."""
        steps = []
        state = self._states[key].clone() if key in self._states else ProjectState()
        for one in self._played.get(key, ()):
            self._stand_in(one.operation, key[0], state, editor)
            after = state.clone()
            if one.effects.state:
                one.operation.state_forwards(key[0], after)
            if one.is_performed:
                steps.append(Step(key, one.index, one.operation, one.effects, state, after))
            state = after
        return steps

    def _step(
        self, key: Key, index: int, operation: object, state: ProjectState, editor: Any
    ) -> Step | None:
        """The operation with its effect on Django's state; None where that is not known."""
        where = where_of(key, index, operation)
        if isinstance(operation, Unknown):
            reason = f"it cannot be read: {operation.reason}"
            self._leave_out(where, reason, Cause.UNREAD, Extent(is_known=False))
            return None
        if not isinstance(operation, Operation):
            self._leave_out(where, "it is no operation", Cause.UNREAD, Extent(is_known=False))
            return None
        if not operation.reversible:
            self._irreversible.setdefault(key, where)
        effects = own_effects(operation)
        if effects.unread is not None:
            reason = f"it cannot be read: {effects.unread.reason}"
            self._leave_out(where, reason, Cause.UNREAD, Extent(is_known=False))
            return None
        playable = self._playable(key, where, operation, state)
        if playable is None:
            return None
        self._stand_in(playable, key[0], state, editor)
        after = state.clone()
        if effects.state:
            try:
                with explained(self._room):
                    playable.state_forwards(key[0], after)
            except NotReplayed as reason:
                about = extent(playable, key[0], state)
                cause = Cause.FOLLOWS if self.left_out.doubt(about.names) else Cause.UNREAD
                self._leave_out(where, str(reason), cause, about)
                return None
        return Step(key, index, playable, effects, state, after)

    def _playable(
        self, key: Key, where: str, operation: Operation, state: ProjectState
    ) -> Operation | None:
        """The operation without what is never run or not known."""
        if isinstance(operation, UnreadOperation) and operation.kind != RunPython.__name__:
            reason = f"it cannot be read: {operation.unknown.reason}"
            self._leave_out(where, reason, Cause.UNREAD, Extent())
            return None
        playable = without_managers(operation)
        if isinstance(operation, RunPython) and does_nothing(operation):
            return None
        if runs_python(playable):
            about = Extent(is_known=not may_run_sql(self._graph.migrations[key].path))
            self._leave_out(where, "Python of the project is never run", Cause.PYTHON, about)
            return None if isinstance(playable, RunPython) else without_python(playable)
        model = str(getattr(playable, "model_name", getattr(playable, "name", ""))).lower()
        unknown = unknown_columns(playable, self._connection)
        for name, reason in unknown.items():
            self._unknown.add((key[0], model, name))
            about = extent(playable, key[0], state)
            about = Extent(about.names | {f"{key[0]}_{model}"})
            self._leave_out(
                f"{where}, field {name}", f"it cannot be read: {reason}", Cause.UNREAD, about
            )
        if isinstance(playable, CreateModel):
            return without_columns(playable, set(unknown)) if unknown else playable
        if unknown:
            return None
        if isinstance(playable, AlterField):
            place = (key[0], model, playable.name)
            if place in self._unknown and not _has_field(state, *place):
                # What it was before is not known, and what it is from here on is.
                return AddField(playable.model_name, playable.name, playable.field)
        return playable

    def _stand_in(
        self, operation: Operation, app_label: str, state: ProjectState, editor: Any
    ) -> None:
        """Make the models, and tables, that an operation needs and no migration makes."""
        for label in missing_models(operation, app_label, state):
            if label[0] in self._with_migrations and label[0] not in self._with_gaps:
                continue  # a later operation makes the model
            model = stand_in_model(label)
            state.add_model(model)
            if label in self._standing:
                continue
            self._standing.add(label)
            reason = "no migration makes this model; a table with a key stands for it"
            try:
                with self._room.part(), explained(self._room):
                    editor.create_model(state.apps.get_model(*label))
            except (NotReplayed, RefusedStatement) as refused:
                reason = f"no migration makes this model: {refused}"
            about = Extent(frozenset(tables_of(label, model)))
            self._leave_out(".".join(label), reason, Cause.PACKAGE, about)

    def _perform(self, step: Step, editor: Any, applied: Applied) -> bool:
        """Whether the operation was performed."""
        for name in extensions_of(step.operation):
            if not self._extensions.get(name):
                about = Extent() if isinstance(step.operation, CreateExtension) else step.extent
                reason = f"extension {name} is missing"
                self._leave_out(step.where, reason, Cause.EXTENSION, about)
                return False
        if isinstance(step.operation, CreateExtension):
            return False  # the administrator has created it
        self._guarded.update(tables_with_triggers(self._room))
        held = held_locks(self._room)
        try:
            with self._part(step.key), explained(self._room):
                self._make_schema(step.operation)
                step.forwards(editor)
        except (NotReplayed, RefusedStatement) as reason:
            self.left_out.refused(step.where, reason, step.extent)
            return False
        applied.operations += 1
        if self._graph.migrations[step.key].atomic:
            self._guarded.update(tables_with_triggers(self._room))
            applied.locks += (
                Lock(step.key, step.index, type(step.operation).__name__, table, mode)
                for oid, (table, mode) in held_locks(self._room).items()
                if oid in self._guarded and held.get(oid) != (table, mode)
            )
        return True

    def _unapply(self, step: Step, editor: Any) -> None:
        try:
            with self._part(step.key), explained(self._room):
                self._make_schema(step.operation)
                step.backwards(editor)
        except (NotReplayed, RefusedStatement) as reason:
            self.left_out.refused(f"{step.where}, backwards", reason, step.extent)

    def _leave_out(self, where: str, reason: str, cause: Cause, about: Extent) -> None:
        self.left_out.add(Skipped(where, reason, cause), about)

    def _make_schema(self, operation: Operation) -> None:
        """Schemas are made by hand, and tables name them."""
        if isinstance(operation, CreateModel):
            table = operation.options.get("db_table")
            schema = table_reference(table).schema if isinstance(table, str) else None
            if schema is not None:
                self._room.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_name(schema)}")

    @contextmanager
    def _part(self, key: Key) -> Iterator[None]:
        """A part that is undone as a whole, where the migration is."""
        if self._graph.migrations[key].atomic:
            with self._room.part():
                yield
        else:
            yield

    @contextmanager
    def _editor(self, key: Key) -> Iterator[Any]:
        """A schema editor for one migration, whose transaction ends with it."""
        editor: Any = self._connection.schema_editor(atomic=False)
        editor.deferred_sql = []
        editor.effective_default = default_if_known(editor.effective_default)
        with self._room.migrating(atomic=self._graph.migrations[key].atomic):
            yield editor
            for number, statement in enumerate(editor.deferred_sql, start=1):
                try:
                    with self._part(key), explained(self._room):
                        editor.execute(statement)
                except (NotReplayed, RefusedStatement) as reason:
                    where = f"{'.'.join(key)}, deferred statement {number}"
                    self.left_out.refused(where, reason, extent(RunSQL(str(statement)), key[0]))


def _has_field(state: ProjectState, app_label: str, model: str, name: str) -> bool:
    found = state.models.get((app_label, model))
    return found is not None and name in found.fields
