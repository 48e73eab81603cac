"""Stage migrations: a run of an app's migrations → the same with one operation for each trigger.

What is created and then changed is created as it is in the end; what is created and removed
again never was. Operations become one in pairs, as long as nothing that runs in between could
notice (`crossing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db.migrations import RunSQL

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values import Unknown
from pgtrigger_codegen.migrations.autodetector import installed_trigger
from pgtrigger_codegen.migrations.crossing import Crossings
from pgtrigger_codegen.migrations.graph import MigrationGraph, build_graph
from pgtrigger_codegen.migrations.operations import (
    AlterTriggerFunction,
    CreateTrigger,
    DropTrigger,
    RecordHash,
    ReplaceTrigger,
    Trigger,
    TriggerOperation,
)
from pgtrigger_codegen.migrations.passing import Recorder
from pgtrigger_codegen.migrations.reader import Key, MigrationReader
from pgtrigger_codegen.migrations.replay import replay
from pgtrigger_codegen.migrations.state import (
    URI_HINT,
    InstalledTrigger,
    MigrationState,
    in_search_path,
)
from pgtrigger_codegen.migrations.tables import RenamedTable
from pgtrigger_codegen.migrations.trigger_steps import Place, Step, merged
from pgtrigger_codegen.sql.equivalence import TriggerKey, same_definition, same_function
from pgtrigger_codegen.sql.names import called_function
from pgtrigger_codegen.sql.render import Style, ignore_function, uses_own_function


@dataclass(frozen=True, slots=True)
class Run:
    """Migrations of one app that follow each other.

    Attributes:
        keys: In the order in which they run.
    """

    app_label: str
    keys: tuple[Key, ...]
    graph: MigrationGraph
    reader: MigrationReader


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One operation in the place of several.

    Attributes:
        operation: None where nothing is left to do.
        origins: What it stands for.
    """

    name: str
    operation: TriggerOperation | None
    style: Style
    origins: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """Two operations on one trigger that do not become one."""

    name: str
    first: Place
    second: Place
    reason: str


@dataclass(slots=True)
class Collapse:
    """What becomes of a run.

    Attributes:
        replaced: By what operations go on, by their places; None for an operation that is
            gone, or is part of another one now.
        ignore_functions: Names of ignore functions to create before an operation.
        dependencies: What migrations have to come after as well.
    """

    run: Run
    rewritten: list[Rewritten] = field(default_factory=list)
    replaced: dict[Place, Rewritten | None] = field(default_factory=dict)
    ignore_functions: dict[Place, list[str]] = field(default_factory=dict)
    dependencies: dict[Key, set[Key]] = field(default_factory=dict)
    apart: list[Apart] = field(default_factory=list)


def find_run(
    reader: MigrationReader, own_apps: Iterable[str], app_label: str, first: str, last: str | None
) -> Run:
    """The migrations from one to another, by their names or how these begin.

    Raises:
        MigrationsError: There are no such migrations, or the one is not before the other.
    """
    own = sorted(own_apps)
    if app_label not in own:
        raise MigrationsError(
            f"no app of the project has the label {app_label!r}",
            help=f"apps of the project: {', '.join(own) or 'none'}",
        )
    graph = build_graph(reader, own)
    for item in graph.unreadable:
        if item.migration[0] == app_label and item.part != "operations":
            raise MigrationsError(
                f"{item.part} of migration {'.'.join(item.migration)} cannot be read: "
                f"{item.unknown.reason}",
                help="what comes before and after it must be known",
            )
    start = _find(reader, graph, app_label, first)
    leaf = graph.leaf(app_label)
    assert leaf is not None
    end = _find(reader, graph, app_label, last) if last else leaf
    ancestors = graph.ancestors(end) | {end}
    if start not in ancestors:
        raise MigrationsError(
            f"migration {'.'.join(start)} does not come before {'.'.join(end)}",
            help="name the earlier one first",
        )
    after = graph_descendants(graph, start)
    keys = tuple(
        key
        for key in graph.order()
        if key[0] == app_label and key in ancestors and (key in after or key == start)
    )
    return Run(app_label, keys, graph, reader)


def collapse(run: Run, declared: Mapping[str, str], editable: Iterable[Key]) -> Collapse:
    """Find out which operations can become one.

    Args:
        declared: The files of declarations by URI, as the output shows them.
        editable: Migrations whose operations can be replaced one by one.

    Raises:
        MigrationsError: The migrations would not do the same afterwards.
    """
    return _Collapser(run, declared, frozenset(editable)).collapse()


def graph_descendants(graph: MigrationGraph, key: Key) -> set[Key]:
    """All migrations that come after one."""
    children: dict[Key, list[Key]] = {}
    for child, parents in graph.parents.items():
        for parent in parents:
            children.setdefault(parent, []).append(child)
    found: set[Key] = set()
    pending = [key]
    while pending:
        for child in children.get(pending.pop(), ()):
            if child not in found:
                found.add(child)
                pending.append(child)
    return found


def _find(reader: MigrationReader, graph: MigrationGraph, app_label: str, name: str) -> Key:
    """A migration by its name or how that begins, as Django's commands take it."""
    names = [other for label, other in graph.migrations if label == app_label]
    found = [name] if name in names else [other for other in names if other.startswith(name)]
    if len(found) == 1:
        return app_label, found[0]
    if found:
        raise MigrationsError(
            f"several migrations of app {app_label!r} begin with {name!r}: "
            f"{', '.join(sorted(found))}",
            help="write more of the name",
        )
    for key, by in sorted(graph.replaced.items()):
        if key[0] == app_label and key[1].startswith(name) and key[1] in reader.names(app_label):
            raise MigrationsError(
                f"migration {'.'.join(key)} is replaced by {'.'.join(by)}",
                help="a migration that was squashed is not rewritten; take later ones",
            )
    raise MigrationsError(
        f"app {app_label!r} has no migration {name!r}",
        help=f"it has {', '.join(sorted(names)) or 'none'}",
    )


@dataclass(slots=True)
class _Lineage:
    """The steps of one trigger, without gaps."""

    steps: list[Step] = field(default_factory=list)


class _Collapser:
    def __init__(self, run: Run, declared: Mapping[str, str], editable: frozenset[Key]) -> None:
        self._run = run
        self._declared = declared
        self._editable = editable
        graph, first, last = run.graph, run.keys[0], run.keys[-1]
        around = (graph_descendants(graph, first) | graph.ancestors(last) | {first, last}) - (
            graph.ancestors(first)
        )
        recorder = Recorder(around, run.app_label)
        self._state = replay(graph, recorder)
        self._passed = {passed.place: passed for passed in recorder.passed}
        self._crossings = Crossings(graph, self._passed)
        self._outcome = Collapse(run)

    def collapse(self) -> Collapse:
        lineages = self._lineages()
        whole = {step.place: step for lineage in lineages for step in lineage.steps}
        for lineage in lineages:
            self._merge(lineage)
        left = [step for lineage in lineages for step in lineage.steps]
        self._rewrite(left, whole)
        if self._outcome.replaced:
            self._settle_ignore_functions(left)
            self._settle_adoptions(left)
            self._check()
        return self._outcome

    def _lineages(self) -> list[_Lineage]:
        """The triggers that the run changes, each with the operations on it."""
        found: list[_Lineage] = []
        keys = frozenset(self._run.keys)
        current: dict[TriggerKey, _Lineage] = {}
        for place, passed in self._passed.items():
            for change in passed.changes:
                if isinstance(change, RenamedTable):
                    _move(current, change)
            step = passed.step
            if step is None or place.migration not in keys or place.migration not in self._editable:
                if not passed.changes:
                    for other in passed.touched:
                        current.pop(other, None)
                continue
            before = step.before.key if step.before else None
            after = step.after.key if step.after else None
            key, known = after or before, before or after
            assert key
            assert known
            lineage = current.pop(known, None)
            if lineage is None:
                lineage = _Lineage()
                found.append(lineage)
            lineage.steps.append(step)
            current[key] = lineage
        return found

    def _merge(self, lineage: _Lineage) -> None:
        """Make two of the steps one until no two can be."""
        apart: dict[Place, Apart] = {}
        index = 0
        while index + 1 < len(lineage.steps):
            first, second = lineage.steps[index : index + 2]
            spot = self._crossings.spot(first, second)
            if isinstance(spot, str):
                apart[first.place] = Apart(second.name, first.place, second.place, spot)
                index += 1
                continue
            one = merged(first, second, spot.place)
            if spot.dependencies:
                self._outcome.dependencies.setdefault(spot.place.migration, set()).update(
                    spot.dependencies
                )
            if _is_nothing(one):
                self._leave_out(lineage, index, one, second.name)
            else:
                lineage.steps[index : index + 2] = [one]
            apart.clear()
            index = 0
        self._outcome.apart += apart.values()

    def _leave_out(self, lineage: _Lineage, index: int, nothing: Step, name: str) -> None:
        """Two steps come to nothing; where the trigger is created after them, by that alone."""
        del lineage.steps[index : index + 2]
        if index < len(lineage.steps) and lineage.steps[index].before is None:
            created = lineage.steps[index]
            origins = (*nothing.origins, *created.origins)
            lineage.steps[index] = replace(created, origins=origins, adopted_in=nothing.adopted_in)
            return
        self._outcome.rewritten.append(Rewritten(name, None, nothing.style, nothing.origins))
        self._outcome.replaced.update(dict.fromkeys(nothing.origins))

    def _rewrite(self, left: Sequence[Step], whole: Mapping[Place, Step]) -> None:
        for step in left:
            operation = self._operation(step, left)
            if len(step.origins) == 1 and not _has_lost_its_other(step, left, operation):
                continue
            style = step.style
            if step.adopted_in and step.adopted_in != step.place.migration:
                style = replace(style, adopt=True)  # what took it over does so no more
            rewritten = Rewritten(step.name, operation, style, step.origins)
            if len(step.origins) > 1:
                self._outcome.rewritten.append(rewritten)
            self._outcome.replaced.update(dict.fromkeys(step.origins))
            self._outcome.replaced[step.place] = rewritten
        for place in self._outcome.replaced:
            if brings := whole[place].brings:
                self._outcome.ignore_functions[place] = list(brings)

    def _operation(self, step: Step, left: Iterable[Step]) -> TriggerOperation:
        before = self._trigger(step.before)
        after = self._trigger(step.after)
        other = _other_end(step, left)
        if before is None:
            assert after is not None
            return CreateTrigger(after, self._trigger(other.before) if other else None)
        if after is None:
            return DropTrigger(before, self._trigger(other.after) if other else None)
        assert step.before
        assert step.after
        one, two = step.before.definition, step.after.definition
        if not same_definition(one, two) or one.calls != two.calls:
            return ReplaceTrigger(before, after)
        if not same_function(one, two):
            return AlterTriggerFunction(before, after)
        return RecordHash(before, after)

    def _trigger(self, installed: InstalledTrigger | None) -> Trigger | None:
        if installed is None:
            return None
        trigger = installed_trigger(installed)
        return replace(trigger, declared_in=self._declared.get(trigger.uri, ""))

    def _settle_ignore_functions(self, left: Sequence[Step]) -> None:
        """Ignore functions go along with the first trigger that needs them, or go."""
        keys = frozenset(self._run.keys)
        inside = [item for item in self._passed.values() if item.place.migration in keys]
        outside = [
            item
            for item in self._passed.values()
            if item.place.migration[0] == self._run.app_label and item.place.migration not in keys
        ]
        if any(item.touched and item.step is None and not item.changes for item in inside) or any(
            item.touched or item.relies for item in outside
        ):
            return
        used_before = {
            name
            for trigger in self._state.triggers.values()
            if trigger.made_by[0] == self._run.app_label
            and trigger.made_by not in keys
            and (name := _ignore_function(trigger))
        }
        order = {place: number for number, place in enumerate(self._passed)}
        there = {
            item.place: [item.ignore_function]
            for item in inside
            if item.ignore_function and item.place.migration in self._editable
        } | dict(self._outcome.ignore_functions)
        for place, names in there.items():
            for name in names:
                users = [
                    step.place
                    for step in left
                    if step.after and _ignore_function(step.after) == name
                ]
                first = min(users, key=order.__getitem__, default=None)
                if name in used_before or (first and first.migration == place.migration):
                    continue
                if first is not None and order[first] < order[place]:
                    continue
                if place in self._outcome.ignore_functions:
                    self._outcome.ignore_functions[place].remove(name)
                else:
                    self._outcome.replaced[place] = None
                if first is not None:
                    self._outcome.ignore_functions.setdefault(first, []).append(name)
                    self._write_anew(first, left)

    def _settle_adoptions(self, left: Iterable[Step]) -> None:
        """Nothing is to be taken over where no trigger is created any more."""
        needed = {step.place.migration for step in left if step.adopted_in}
        for passed in self._passed.values():
            migration = passed.place.migration
            if passed.adopts and migration in self._editable and migration not in needed:
                self._outcome.replaced[passed.place] = None

    def _write_anew(self, place: Place, left: Iterable[Step]) -> None:
        """An operation that would stay as it is, to have something before it."""
        if place not in self._outcome.replaced:
            (step,) = (step for step in left if step.place == place)
            operation = self._operation(step, left)
            self._outcome.replaced[place] = Rewritten(
                step.name, operation, step.style, step.origins
            )

    def _check(self) -> None:
        """Replay the new history: it must leave what the old one leaves."""
        graph = _rewritten_graph(self._run.graph, self._outcome)
        state = replay(graph)
        if _essence(state) != _essence(self._state):
            raise MigrationsError(
                "the migrations would not leave the same triggers afterwards; nothing was written",
                help="collapse fewer migrations at a time, and please report this",
            )


def _move(current: dict[TriggerKey, _Lineage], change: RenamedTable) -> None:
    """A table's triggers go along with it."""
    for key in [key for key in current if key[0] == in_search_path(change.old)]:
        current[in_search_path(change.new), key[1]] = current.pop(key)


def _is_nothing(step: Step) -> bool:
    before, after = step.before, step.after
    if before is None or after is None:
        return before is after
    return before.definition == after.definition


def _other_end(step: Step, steps: Iterable[Step]) -> Step | None:
    """The creation that a drop waits for, or the drop that comes before a creation."""
    if step.slot is None:
        return None
    for other in steps:
        if other.slot == step.slot and (other.after is None) is not (step.after is None):
            return other
    return None


def _has_lost_its_other(step: Step, left: Iterable[Step], operation: TriggerOperation) -> bool:
    """Whether a drop or creation as it is written waits for what is no longer there."""
    if step.slot is None:
        return False
    other = _other_end(step, left)
    if other is None:
        return True
    trigger = other.after or other.before
    assert trigger is not None
    return min(operation.trigger.parts.pgid, trigger.definition.pgid) != step.slot


def _ignore_function(trigger: InstalledTrigger) -> str | None:
    """The ignore function that a trigger needs, as in its `CREATE FUNCTION`."""
    parts = trigger.parts()
    if parts is None or not uses_own_function(parts):
        return None
    schema, name = in_search_path(called_function(parts.ignore_func_name))
    return f"{schema}.{name}" if schema else name


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
        place = Place(key, index)
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
