"""Stage migrations: the history of the apps that triggers concern, read once for all who ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.evaluator.values import Unknown
from pgtrigger_codegen.migrations.changes.requirements import (
    History,
    apps_touched,
    model_apps_by_table,
)
from pgtrigger_codegen.migrations.planning.plan import Source
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


@dataclass(frozen=True, slots=True)
class Replayed:
    """The migrations that would run, and what they leave behind.

    Attributes:
        operations: What there is to tell of single operations; None where nobody wants to know.
    """

    graph: MigrationGraph
    state: MigrationState
    operations: OperationFacts | None = None


@confined()
def replay_apps(reader: MigrationReader, app_labels: Iterable[str], *, watched: bool) -> Replayed:
    """Replays the migrations of apps and of all that they depend on.

    Args:
        watched: Whether somebody wants to know of single operations.

    Raises:
        MigrationsError: The migrations go in a circle.
    """
    graph = build_graph(reader, app_labels)
    watcher = OperationWatcher() if watched else None
    state = replay(graph, watcher)
    graph = graph.with_order(state.assumed_order)
    return Replayed(graph, state, watcher.facts() if watcher else None)


def read_history(source: Source, load_migration: LoadMigration) -> History:
    """Read the project's own migrations, and those of the tables that triggers need.

    Raises:
        MigrationsError: The migrations go in a circle.
    """
    reader = MigrationReader(source.project.apps, load_migration)
    replayed = replay_apps(reader, apps_of_history(source, reader), watched=False)
    return History(reader, replayed.graph, replayed.state, source.models)


def apps_of_history(source: Source, reader: MigrationReader) -> set[str]:
    """The project's own apps, and those whose migrations make tables that triggers use."""
    own = {label for label, app in source.project.apps.items() if app.first_party}
    return own | _needed_apps(source, reader, own)


def history_of(
    replayed: Replayed | None, source: Source, load_migration: LoadMigration
) -> History | None:
    """The history that was replayed already; None when it lacks an app that a trigger needs."""
    if replayed is None:
        return None
    reader = MigrationReader(source.project.apps, load_migration)
    read = {app_label for app_label, _ in replayed.graph.parents}
    if _needed_apps(source, reader, read):
        return None
    return History(reader, replayed.graph, replayed.state, source.models)


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


def _needed_apps(source: Source, reader: MigrationReader, read: Collection[str]) -> set[str]:
    """Apps besides these whose migrations make tables that triggers use."""
    others = {
        table: app_label
        for table, app_label in model_apps_by_table(source.models).items()
        if app_label not in read and reader.names(app_label)
    }
    needed = {app for trigger in source.triggers for app in apps_touched(trigger, others)}
    needed.update(app for trigger in source.triggers for app, _ in trigger.requires)
    return needed - {*read}
