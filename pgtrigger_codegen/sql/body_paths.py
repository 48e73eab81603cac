"""Stage sql: the paths to a place in a body, for each event that fires the trigger."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.sql.definition import Event


class Path(Struct, frozen=True):
    """The path to a place for one event.

    Attributes:
        conditions: Open conditions on all ways, by number: whether they hold is not known.
        doubts: Those of them that may in truth exclude the event.
        uncertain: Whether only past what may never go on: a call that may raise, a loop that
            returns, a chain of conditions that may leave nothing over.
        assigned: Whether NEW has been assigned to on all ways.
    """

    conditions: frozenset[int] = frozenset()
    doubts: frozenset[int] = frozenset()
    uncertain: bool = False
    assigned: bool = False

    @property
    def doubtful(self) -> bool:
        """Whether it is open that control gets there at all for the event."""
        return bool(self.doubts)

    @property
    def unconditional(self) -> bool:
        """Whether control gets there each time that the event fires the trigger."""
        return not self.conditions and not self.uncertain

    def joined(self, other: Path) -> Path:
        """Either way leads there."""
        return Path(
            min(self.conditions, other.conditions, key=len),
            min(self.doubts, other.doubts, key=len),
            self.uncertain and other.uncertain,
            self.assigned and other.assigned,
        )


State = Mapping[Event, Path]
"""The events for which control can be at a place; empty when it cannot."""


def join(one: State, other: State) -> State:
    """Either way leads there."""
    joined = dict(one)
    for event, path in other.items():
        joined[event] = joined[event].joined(path) if event in joined else path
    return joined


def uncertain(state: State) -> State:
    """Behind what may never go on."""
    return {event: replace(path, uncertain=True) for event, path in state.items()}


def assigned(state: State) -> State:
    """Behind an assignment to NEW."""
    return {event: replace(path, assigned=True) for event, path in state.items()}


def depending_on(state: State, number: int) -> State:
    """Where a condition of that number has to hold."""
    return {
        event: replace(path, conditions=path.conditions | {number}) for event, path in state.items()
    }


class Branching:
    """The ways of an IF or CASE, and where they meet again."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._after: State = {}
        self._stopped: set[Event] = set()

    def add(self, taken: State, ended: State) -> None:
        """One way: with what it begins and with what it ends."""
        self._after = join(self._after, ended)
        self._stopped.update(event for event in taken if event not in ended)

    def after(self) -> State:
        """Behind it. Where no way stops, its conditions say nothing of what comes then."""
        own = {self.number}
        return {
            event: path
            if event in self._stopped
            else replace(path, conditions=path.conditions - own, doubts=path.doubts - own)
            for event, path in self._after.items()
        }
