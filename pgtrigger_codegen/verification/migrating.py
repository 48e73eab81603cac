"""The project's migrations, applied in the room from source, with the locks that they take.

Django's operations run through its schema editor and `RunSQL` as it stands, in Django's order. The
first operation that cannot be replayed ends the replay: nothing is said of what comes after it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.contrib.postgres.operations import CreateExtension
from django.db import Error as DjangoError
from django.db import connections
from django.db.migrations.operations import (
    AlterModelManagers,
    CreateModel,
    RunPython,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import options
from msgspec import Struct

from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.database.catalog import table_reference
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph
from pgtrigger_codegen.migrations.reading.own_operations import own_effects
from pgtrigger_codegen.migrations.reading.reader import EvaluatedMigration, Key
from pgtrigger_codegen.sql.names import quote_name
from pgtrigger_codegen.verification.locks import Lock, held_locks, tables_with_triggers
from pgtrigger_codegen.verification.room import RefusedStatement, Room


class Stop(Exception):
    """Why the replay ends, in words.

    Attributes:
        is_failure: Whether a server refused something, and not that this package cannot read it.
    """

    def __init__(self, where: str, reason: str, *, is_failure: bool = False) -> None:
        super().__init__(f"{where}: {reason}")
        self.is_failure = is_failure


class Skipped(Struct, frozen=True):
    """An operation that was left out."""

    where: str
    reason: str


class Applied(Struct):
    """How far the replay has come.

    Attributes:
        migrations: Those that were applied to their end.
        skipped: Operations that were left out.
        locks: What was really taken on tables with triggers, in order.
        stop: Why it did not go on, None where it came to the end.
    """

    migrations: list[Key]
    skipped: list[Skipped]
    locks: list[Lock]
    stop: Stop | None = None


class Replayer:
    """Applies the migrations of a graph, and takes them back."""

    def __init__(self, room: Room, graph: MigrationGraph, say: Callable[[str], None]) -> None:
        self._room = room
        self._graph = graph
        self._order = graph.order()
        self._say = say
        self._states: dict[Key, ProjectState] = {}
        self._skips: dict[str, Skipped] = {}
        self._extensions: dict[str, bool] = {}
        self._connection = room.django_connection(connections.create_connection("default"))

    @confined()
    def forwards(self) -> Applied:
        """Apply all migrations."""
        applied = Applied([], [], [])
        self._create_extensions()
        state = ProjectState()
        try:
            with _triggers_in_options():
                for number, key in enumerate(self._order, start=1):
                    self._say(f"Applying migrations: {number} of {len(self._order)}")
                    self._states[key] = state.clone()
                    state = self._apply(key, state, applied.locks)
                    applied.migrations.append(key)
        except Stop as stop:
            applied.stop = stop
        applied.skipped = list(self._skips.values())
        return applied

    def _create_extensions(self) -> None:
        """Create all extensions before any SQL of the project has run.

        The administrator creates them, whose session must not meet what a project has made.
        """
        for key in self._order:
            listed = self._graph.migrations[key].operations
            for operation in () if isinstance(listed, Unknown) else listed:
                for one in _extensions(operation):
                    if one not in self._extensions:
                        self._extensions[one] = self._room.extend(one)

    @confined()
    def backwards(self, migrations: Sequence[Key]) -> Stop | None:
        """Take migrations back, the last first; why that did not go to the end."""
        for number, key in enumerate(reversed(migrations), start=1):
            self._say(f"Taking migrations back: {number} of {len(migrations)}")
            try:
                with _triggers_in_options():
                    self._unapply(key)
            except Stop as stop:
                return stop
        return None

    def _apply(self, key: Key, state: ProjectState, locks: list[Lock]) -> ProjectState:
        migration = self._migration(key)
        with self._editor(key, migration) as editor:
            for index, operation in enumerate(self._operations(key, migration)):
                where = _where(key, index, operation)
                before = state.clone()
                self._change(state, key, where, operation)
                tables, held = tables_with_triggers(self._room), held_locks(self._room)
                if not self._is_skipped(where, operation):
                    with self._explained(where):
                        self._make_schema(operation)
                        if not _runs_trigger_sql(operation, key[0], editor, before, state):
                            operation.database_forwards(key[0], editor, before, state)
                if migration.atomic:
                    concerned = {*tables, *tables_with_triggers(self._room)}
                    locks += (
                        Lock(key, index, type(operation).__name__, table, mode)
                        for oid, (table, mode) in held_locks(self._room).items()
                        if oid in concerned and held.get(oid) != (table, mode)
                    )
        return state

    def _unapply(self, key: Key) -> None:
        migration = self._migration(key)
        state = self._states[key].clone()
        steps: list[tuple[int, Operation, ProjectState, ProjectState]] = []
        for index, operation in enumerate(self._operations(key, migration)):
            where = _where(key, index, operation)
            if not operation.reversible:
                raise Stop(where, "it cannot be reversed")
            before, state = state, state.clone()
            self._change(state, key, where, operation)
            steps.append((index, operation, before, state))
        with self._editor(key, migration) as editor:
            for index, operation, before, after in reversed(steps):
                where = _where(key, index, operation)
                if not self._is_skipped(where, operation):
                    with self._explained(where):
                        self._make_schema(operation)
                        if not _runs_trigger_sql(operation, key[0], editor, after, before):
                            operation.database_backwards(key[0], editor, after, before)

    def _change(self, state: ProjectState, key: Key, where: str, operation: Operation) -> None:
        """Change Django's state by an operation."""
        with self._explained(where):
            operation.state_forwards(key[0], state)

    def _migration(self, key: Key) -> EvaluatedMigration:
        migration = self._graph.migrations[key]
        if isinstance(migration.operations, Unknown):
            raise Stop(".".join(key), f"it cannot be read: {migration.operations.reason}")
        return migration

    def _operations(self, key: Key, migration: EvaluatedMigration) -> Iterator[Operation]:
        assert not isinstance(migration.operations, Unknown)
        for index, operation in enumerate(migration.operations):
            where = f"{'.'.join(key)}, operation {index + 1}"
            if isinstance(operation, Unknown):
                raise Stop(where, f"it cannot be read: {operation.reason}")
            if not isinstance(operation, Operation):
                raise Stop(where, "it is no operation")
            effects = own_effects(operation)
            if not (effects.state and effects.database and effects.unread is None):
                raise Stop(where, f"`{type(operation).__name__}` does what cannot be followed")
            yield _without_managers(operation)

    def _make_schema(self, operation: Operation) -> None:
        """Schemas are made by hand, and tables name them."""
        if isinstance(operation, CreateModel):
            table = operation.options.get("db_table")
            schema = table_reference(table).schema if isinstance(table, str) else None
            if schema is not None:
                self._room.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_name(schema)}")

    def _is_skipped(self, where: str, operation: Operation) -> bool:
        """Whether an operation is left out: what Python would do, and extensions."""
        if isinstance(operation, RunPython):
            self._skips[where] = Skipped(where, "Python of the project is never run")
            return True
        if isinstance(operation, CreateExtension):
            if not self._extensions.get(operation.name):
                self._skips[where] = Skipped(where, f"extension {operation.name} is missing")
            return True
        if isinstance(operation, SeparateDatabaseAndState):
            return any(self._is_skipped(where, each) for each in operation.database_operations)
        return False

    @contextmanager
    def _editor(self, key: Key, migration: EvaluatedMigration) -> Iterator[Any]:
        """A schema editor for one migration, whose transaction ends with it."""
        editor: Any = self._connection.schema_editor(atomic=False)
        editor.deferred_sql = []
        editor.effective_default = _default_if_known(editor.effective_default)
        with self._room.migrating(atomic=migration.atomic):
            yield editor
            with self._explained(".".join(key)):
                for statement in editor.deferred_sql:
                    editor.execute(statement)

    @contextmanager
    def _explained(self, where: str) -> Iterator[None]:
        try:
            with self._room.asking(), _as_the_server_says():
                yield
        except Refusal as refusal:
            raise Stop(where, f"it cannot be replayed: {refusal.unknown.reason}") from refusal
        except RefusedStatement as refused:
            raise _stop(where, refused) from refused
        except DjangoError as error:
            raise Stop(where, " ".join(str(error).split())) from error
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # Django's ways to say that a state does not fit.
            reason = f"it cannot be replayed: {type(error).__name__}: {error}"
            raise Stop(where, reason) from error


@contextmanager
def _as_the_server_says() -> Iterator[None]:
    """Django's errors as those of psycopg that they were made from."""
    try:
        yield
    except DjangoError as error:
        if isinstance(error.__cause__, psycopg.Error):
            raise error.__cause__ from error
        raise


# No syntax, and what is there already. Of all else something may be missing that is made elsewhere:
# a schema, the table of a package that was not read, a right, what was left out before.
_FAILURES = frozenset({"42601", "42710", "42723", "42P06", "42P07"})


def _stop(where: str, refused: RefusedStatement) -> Stop:
    return Stop(where, refused.message, is_failure=refused.sqlstate in _FAILURES)


def _extensions(operation: object) -> Iterator[str]:
    match operation:
        case CreateExtension():
            yield operation.name
        case SeparateDatabaseAndState():
            for inner in operation.database_operations:
                yield from _extensions(inner)


def _runs_trigger_sql(
    operation: Operation, app_label: str, editor: Any, before: ProjectState, after: ProjectState
) -> bool:
    """Runs the SQL of django-pgtrigger's operation, if it is one; itself it asks for settings.

    Args:
        before, after: In the direction that is gone.
    """
    if type(operation).__module__ != "pgtrigger.migrations":
        return False
    model_name = str(getattr(operation, "model_name", "")).lower()
    was, now = (_triggers(state, (app_label, model_name)) for state in (before, after))
    for name in was.keys() - now.keys():
        editor.execute(was[name].uninstall_sql, params=None)
    for name in now.keys() - was.keys():
        editor.execute(now[name].install_sql, params=None)
    return True


def _triggers(state: ProjectState, model: tuple[str, str]) -> Mapping[str, Any]:
    """The triggers that a model has in Django's state, by their names."""
    found = state.models.get(model)
    return {one.name: one for one in found.options.get("triggers", ())} if found else {}


def _default_if_known(ask: Callable[[Any], object]) -> Callable[[Any], object]:
    """A default that is not evaluated is none: all tables are empty, and have no row to fill."""

    def effective_default(field: Any) -> object:
        try:
            return ask(field)
        except Refusal:
            return None

    return effective_default


@contextmanager
def _triggers_in_options() -> Iterator[None]:
    """Django's models may have `triggers` in their `Meta`, as django-pgtrigger's app allows."""
    names = options.DEFAULT_NAMES
    options.DEFAULT_NAMES = (*names, "triggers")
    try:
        yield
    finally:
        options.DEFAULT_NAMES = names


def _without_managers(operation: Operation) -> Operation:
    """Managers touch no table, and to render one its module would be imported."""
    match operation:
        case CreateModel() | AlterModelManagers() if operation.managers:
            changed = copy.copy(operation)
            changed.managers = []
            return changed
        case SeparateDatabaseAndState():
            both = copy.copy(operation)
            both.state_operations = [*map(_without_managers, operation.state_operations)]
            both.database_operations = [*map(_without_managers, operation.database_operations)]
            return both
        case _:
            return operation


def _where(key: Key, index: int, operation: Operation) -> str:
    return f"{'.'.join(key)}, operation {index + 1} ({type(operation).__name__})"
