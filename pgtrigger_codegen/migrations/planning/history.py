"""Stage migrations: the history of the apps with triggers, read once for all users."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.changes.requirements import (
    History,
    apps_touched,
    model_apps_by_table,
)
from pgtrigger_codegen.migrations.planning.plan import PlanningSource
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph, build_graph
from pgtrigger_codegen.migrations.reading.reader import (
    EvaluatedMigration,
    Key,
    LoadMigration,
    MigrationReader,
)
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.migrations.replaying.state import MigrationState
from pgtrigger_codegen.migrations.watching.operation_facts import OperationFacts, OperationWatcher


class Replayed(Struct, frozen=True):
    """The migrations that would run, and the state that they leave.

    Attributes:
        operations: What there is to tell of single operations.
    """

    graph: MigrationGraph
    state: MigrationState
    operations: OperationFacts


class ProjectHistory(Struct, frozen=True):
    """The history for whoever plans, lints or talks to a database."""

    history: History
    operations: OperationFacts


Replay = Callable[[MigrationReader, Collection[str]], Replayed]


def project_history(
    source: PlanningSource, load_migration: LoadMigration, replay: Replay
) -> ProjectHistory:
    """The history of the project's own apps, and of those whose tables its triggers need.

    Raises:
        MigrationsError: The migrations go in a circle.
    """
    reader = MigrationReader(source.project.apps, load_migration)
    replayed = replay(reader, apps_of_history(source, reader))
    history = History(reader, replayed.graph, replayed.state, source.models)
    return ProjectHistory(history, replayed.operations)


@confined()
def replay_apps(reader: MigrationReader, app_labels: Collection[str]) -> Replayed:
    """Replays the migrations of apps and of all that they depend on.

    Raises:
        MigrationsError: The migrations go in a circle.
    """
    graph = build_graph(reader, app_labels)
    watcher = OperationWatcher()
    state = replay(graph, watcher)
    graph = graph.with_order(state.assumed_order)
    return Replayed(graph, state, watcher.facts())


def apps_of_history(source: PlanningSource, reader: MigrationReader) -> set[str]:
    """The project's own apps, and those whose migrations make tables that triggers use."""
    own = {label for label, app in source.project.apps.items() if app.first_party}
    others = {
        table: app_label
        for table, app_label in model_apps_by_table(source.models).items()
        if app_label not in own and reader.names(app_label)
    }
    needed = {app for trigger in source.triggers for app in apps_touched(trigger, others)}
    required = {app for trigger in source.triggers for app, _ in trigger.requires}
    return own | needed | required


def reading_again(graph: MigrationGraph, reader: MigrationReader) -> MigrationGraph:
    """A graph that was made without operations, with migrations that are read when asked for."""
    return replace(graph, migrations=_Migrations(reader, graph.parents))


class _Migrations(Mapping[Key, EvaluatedMigration]):
    """The migrations of a graph, each read when somebody asks for it."""

    def __init__(self, reader: MigrationReader, keys: Mapping[Key, object]) -> None:
        self._reader = reader
        self._keys = keys

    def __getitem__(self, key: Key) -> EvaluatedMigration:
        if key not in self._keys:
            raise KeyError(key)
        found = self._reader.read(key)
        if isinstance(found, Unknown):
            return EvaluatedMigration(key[1], self._reader.path(key), operations=found)
        return found

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
