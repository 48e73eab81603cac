"""Stage migrations: operations that accompany those on triggers, and move or go with them.

The ignore function is made before the first trigger that needs it, and triggers are taken over
where they are created.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from pgtrigger_codegen.migrations.collapse.outcome import Collapse
from pgtrigger_codegen.migrations.collapse.passing import Passed
from pgtrigger_codegen.migrations.collapse.trigger_steps import OperationPlace, TriggerStep
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import (
    InstalledTrigger,
    MigrationState,
    in_search_path,
)
from pgtrigger_codegen.sql.names import called_function
from pgtrigger_codegen.sql.render import uses_own_function


class Companions(Struct, frozen=True):
    """The run's operations that are not on triggers themselves.

    Attributes:
        passed: The operations of the history, in the order in which they run.
        state: What the history leaves.
        own: Places of the operations on triggers that can be written anew.
        editable: Migrations whose operations can be replaced one by one.
    """

    outcome: Collapse
    passed: Mapping[OperationPlace, Passed]
    state: MigrationState
    own: Collection[OperationPlace]
    editable: Collection[Key]

    def settle_adoptions(self, left: Iterable[TriggerStep]) -> None:
        """Nothing is to be taken over where no trigger is created any more."""
        needed = {step.place.migration for step in left if step.adopted_in}
        for place, passed in self.passed.items():
            if passed.adopts and place.migration in {*self.editable} - needed:
                self.outcome.replaced[place] = None

    def settle_ignore_functions(self, left: Sequence[TriggerStep]) -> list[OperationPlace]:
        """Ignore functions go along with the first trigger that needs them, or go.

        Returns:
            The operations before which they come now.
        """
        if self._is_unclear():
            return []
        order = {place: number for number, place in enumerate(self.passed)}
        there = self._ignore_functions()
        kept = self._used_elsewhere()
        moved: list[OperationPlace] = []
        for place, name in there:
            users = [
                step.place
                for step in left
                if step.after and _ignore_function_of(step.after) == name
            ]
            first = min(users, key=order.__getitem__, default=None)
            if name in kept or (first and first.migration == place.migration):
                continue
            if first is not None and order[first] < order[place]:
                continue
            if place in self.outcome.ignore_functions:
                self.outcome.ignore_functions[place].remove(name)
            else:
                self.outcome.replaced[place] = None
            if first is not None:
                self.outcome.ignore_functions.setdefault(first, []).append(name)
                moved.append(first)
        return moved

    def _is_unclear(self) -> bool:
        """Whether there are triggers of the app of which the run does not tell all."""
        run = self.outcome.run
        for place, passed in self.passed.items():
            if place.migration in run.keys:
                if passed.touched and place not in self.own and not passed.changes:
                    return True
            elif place.migration[0] == run.app_label and (passed.touched or passed.relies):
                return True
        return False

    def _ignore_functions(self) -> list[tuple[OperationPlace, str]]:
        """Those that the run makes, by operations of their own or along with triggers."""
        alone = [
            (place, passed.ignore_function)
            for place, passed in self.passed.items()
            if passed.ignore_function and place.migration in self.editable
        ]
        along = self.outcome.ignore_functions.items()
        return [*alone, *((place, name) for place, names in along for name in names)]

    def _used_elsewhere(self) -> set[str]:
        """Those that triggers of the app's other migrations need."""
        run = self.outcome.run
        return {
            name
            for trigger in self.state.triggers.values()
            if trigger.owner == run.app_label
            and trigger.made_by not in run.keys
            and (name := _ignore_function_of(trigger))
        }


def _ignore_function_of(trigger: InstalledTrigger) -> str | None:
    """The ignore function that a trigger needs, as in its `CREATE FUNCTION`."""
    parts = trigger.parts()
    if parts is None or not uses_own_function(parts):
        return None
    schema, name = in_search_path(called_function(parts.ignore_func_name))
    return f"{schema}.{name}" if schema else name
