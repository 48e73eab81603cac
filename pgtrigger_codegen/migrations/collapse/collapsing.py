"""Stage migrations: a run of an app's migrations → the same with one operation for each trigger.

What is created and then changed is created as it is in the end; what is created and removed
again never was. Operations become one in pairs, as long as nothing that runs in between could
notice (`crossing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.migrations.changes.autodetector import installed_trigger
from pgtrigger_codegen.migrations.changes.operations import (
    AlterTriggerFunction,
    CreateTrigger,
    DropTrigger,
    RecordHash,
    ReplaceTrigger,
    Trigger,
    TriggerOperation,
)
from pgtrigger_codegen.migrations.collapse.companions import Companions
from pgtrigger_codegen.migrations.collapse.crossing import Crossings
from pgtrigger_codegen.migrations.collapse.outcome import (
    Apart,
    Collapse,
    Rewritten,
    require_same,
)
from pgtrigger_codegen.migrations.collapse.passing import Recorder
from pgtrigger_codegen.migrations.collapse.runs import Run, descendants
from pgtrigger_codegen.migrations.collapse.trigger_steps import OperationPlace, TriggerStep, merged
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger, in_search_path
from pgtrigger_codegen.migrations.schema.tables import RenamedTable
from pgtrigger_codegen.sql.equivalence import TriggerKey, same_definition, same_function


@confined()
def collapse(run: Run, declared: Mapping[str, str], editable: Iterable[Key]) -> Collapse:
    """Find out which operations can become one.

    Args:
        declared: The files of declarations by URI, as the output shows them.
        editable: Migrations whose operations can be replaced one by one.

    Raises:
        MigrationsError: The migrations would not do the same afterwards.
    """
    return _Collapser(run, declared, frozenset(editable)).collapse()


class _Lineage(Struct):
    """The steps of one trigger, without gaps."""

    steps: list[TriggerStep] = field(default_factory=list)


class _Collapser:
    def __init__(self, run: Run, declared: Mapping[str, str], editable: frozenset[Key]) -> None:
        self._run = run
        self._declared = declared
        self._editable = editable
        graph, first, last = run.graph, run.keys[0], run.keys[-1]
        around = (descendants(graph, first) | graph.ancestors(last) | {first, last}) - (
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
        order = {place: number for number, place in enumerate(self._passed)}
        left = [step for lineage in lineages for step in lineage.steps]
        left.sort(key=lambda step: order[step.place])
        self._rewrite(left, whole)
        if self._outcome.replaced:
            companions = Companions(self._outcome, self._passed, self._state, whole, self._editable)
            companions.settle_adoptions(left)
            for place in companions.settle_ignore_functions(left):
                self._write_anew(place, left)
            require_same(self._outcome, self._state)
        return self._outcome

    def _lineages(self) -> list[_Lineage]:
        """The triggers that the run changes, each with the operations on it."""
        found: list[_Lineage] = []
        current: dict[TriggerKey, _Lineage] = {}
        own = self._own_steps()
        for place, passed in self._passed.items():
            for change in passed.changes:
                if isinstance(change, RenamedTable):
                    _move(current, change)
            step = own.get(place)
            if step is None:
                if not passed.changes:
                    for touched in passed.touched:
                        current.pop(touched, None)
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

    def _own_steps(self) -> dict[OperationPlace, TriggerStep]:
        """Those of the run that can be written anew.

        A drop that waits for a creation outside of the run, or the other way round, cannot.
        """
        keys = frozenset(self._run.keys) & self._editable
        steps = [passed.step for place, passed in self._passed.items() if place.migration in keys]
        own = [step for step in steps if step]
        return {step.place: step for step in own if not step.slot or _other_end(step, own)}

    def _merge(self, lineage: _Lineage) -> None:
        """Make two of the steps one until no two can be."""
        apart: dict[OperationPlace, Apart] = {}
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

    def _leave_out(self, lineage: _Lineage, index: int, nothing: TriggerStep, name: str) -> None:
        """Two steps come to nothing; where the trigger is created after them, by that alone."""
        del lineage.steps[index : index + 2]
        if index < len(lineage.steps) and lineage.steps[index].before is None:
            created = lineage.steps[index]
            origins = (*nothing.origins, *created.origins)
            lineage.steps[index] = replace(created, origins=origins, adopted_in=nothing.adopted_in)
            return
        self._outcome.rewritten.append(Rewritten(name, None, nothing.style, nothing.origins))
        self._outcome.replaced.update(dict.fromkeys(nothing.origins))

    def _rewrite(
        self, left: Sequence[TriggerStep], whole: Mapping[OperationPlace, TriggerStep]
    ) -> None:
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

    def _operation(self, step: TriggerStep, left: Sequence[TriggerStep]) -> TriggerOperation:
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

    def _write_anew(self, place: OperationPlace, left: Sequence[TriggerStep]) -> None:
        """An operation that would stay as it is, to have something before it."""
        if place not in self._outcome.replaced:
            (step,) = (step for step in left if step.place == place)
            operation = self._operation(step, left)
            self._outcome.replaced[place] = Rewritten(
                step.name, operation, step.style, step.origins
            )


def _move(current: dict[TriggerKey, _Lineage], change: RenamedTable) -> None:
    """A table's triggers go along with it."""
    for key in [key for key in current if key[0] == in_search_path(change.old)]:
        current[in_search_path(change.new), key[1]] = current.pop(key)


def _is_nothing(step: TriggerStep) -> bool:
    before, after = step.before, step.after
    if before is None or after is None:
        return before is after
    return before.definition == after.definition


def _other_end(step: TriggerStep, steps: Sequence[TriggerStep]) -> TriggerStep | None:
    """The creation that a drop waits for, or the drop that comes before a creation.

    Args:
        steps: In the order in which they run.
    """
    if step.slot is None:
        return None
    index = steps.index(step)
    others = steps[index + 1 :] if step.after is None else steps[:index][::-1]
    for other in others:
        if other.slot == step.slot:
            return other if (other.after is None) is not (step.after is None) else None
    return None


def _has_lost_its_other(
    step: TriggerStep, left: Sequence[TriggerStep], operation: TriggerOperation
) -> bool:
    """Whether a drop or creation as it is written waits for what is no longer there."""
    if step.slot is None:
        return False
    other = _other_end(step, left)
    if other is None:
        return True
    trigger = other.after or other.before
    assert trigger is not None
    return min(operation.trigger.parts.pgid, trigger.definition.pgid) != step.slot
