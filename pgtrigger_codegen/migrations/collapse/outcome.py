"""Stage migrations: the outcome of collapsing a run, and the proof that it is equivalent.

The new history is replayed as the old one was, from the very operations that are to be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.migrations import RunSQL
from msgspec import Struct, field
from msgspec.structs import replace

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.changes.operations import TriggerOperation
from pgtrigger_codegen.migrations.collapse.runs import Run
from pgtrigger_codegen.migrations.collapse.trigger_steps import OperationPlace
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.migrations.replaying.state import URI_HINT, MigrationState
from pgtrigger_codegen.sql.render import Style, ignore_function


class Rewritten(Struct, frozen=True):
    """One operation in the place of several.

    Attributes:
        operation: None where nothing is left to do.
        origins: What it stands for.
    """

    name: str
    operation: TriggerOperation | None
    style: Style
    origins: tuple[OperationPlace, ...]


class Apart(Struct, frozen=True):
    """Two operations on one trigger that cannot be merged."""

    name: str
    first: OperationPlace
    second: OperationPlace
    reason: str


class Collapse(Struct):
    """The outcome of collapsing a run.

    Attributes:
        replaced: By what operations go on, by their places; None for an operation that is
            gone, or is part of another one now.
        ignore_functions: Names of ignore functions to create before an operation.
        dependencies: What migrations have to come after as well.
    """

    run: Run
    rewritten: list[Rewritten] = field(default_factory=list)
    replaced: dict[OperationPlace, Rewritten | None] = field(default_factory=dict)
    ignore_functions: dict[OperationPlace, list[str]] = field(default_factory=dict)
    dependencies: dict[Key, set[Key]] = field(default_factory=dict)
    apart: list[Apart] = field(default_factory=list)


def require_same(outcome: Collapse, state: MigrationState) -> None:
    """Refuse an outcome that does not leave what the old history leaves.

    Raises:
        MigrationsError: It does not.
    """
    new = replay(_rewritten_graph(outcome.run.graph, outcome))
    if _essence(new) != _essence(state):
        raise MigrationsError(
            "the migrations would not leave the same triggers afterwards; nothing was written",
            help="collapse fewer migrations at a time, and please report this",
        )


def _rewritten_graph(graph: MigrationGraph, outcome: Collapse) -> MigrationGraph:
    changed = {place.migration for place in (*outcome.replaced, *outcome.ignore_functions)}
    migrations = dict(graph.migrations)
    for key in changed:
        migration = migrations[key]
        assert not isinstance(migration.operations, Unknown)
        listed = list(_rewritten_operations(key, migration.operations, outcome))
        migrations[key] = replace(migration, operations=listed)
    parents = {
        key: tuple(sorted({*before, *outcome.dependencies.get(key, ())}))
        for key, before in graph.parents.items()
    }
    return replace(graph, migrations=migrations, parents=parents)


def _rewritten_operations(
    key: Key, listed: Iterable[object], outcome: Collapse
) -> Iterator[object]:
    for index, operation in enumerate(listed):
        place = OperationPlace(key, index)
        for name in outcome.ignore_functions.get(place, ()):
            yield RunSQL(ignore_function(name), RunSQL.noop)
        if place not in outcome.replaced:
            yield operation
        elif rewritten := outcome.replaced[place]:
            done = rewritten.operation
            assert done is not None
            yield RunSQL(
                done.to_sql(rewritten.style),
                done.reverse().to_sql(rewritten.style),
                hints={"model_name": done.trigger.model_name, URI_HINT: done.trigger.uri},
            )


def _essence(state: MigrationState) -> object:
    """What a history leaves, whichever of its migrations did it."""
    triggers = {
        key: (trigger.definition, trigger.uri, trigger.by)
        for key, trigger in state.triggers.items()
    }
    disturbed = {
        key: [(item.migration, item.what) for item in found]
        for key, found in state.disturbances.items()
    }
    return triggers, disturbed
