"""Stage migrations: which operation gave each trigger its definition and its function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.db.migrations import CreateModel, RunSQL
from msgspec import Struct
from msgspec.structs import replace
from pgtrigger.migrations import AddTrigger

from pgtrigger_codegen.migrations.reading.flattening import on_database
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.moment import ReplayedState
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger
from pgtrigger_codegen.sql.equivalence import TriggerDefinition, TriggerKey

Place = tuple[Key, int]
"""An operation, by its migration and its place among that one's own."""


class AuthoringOperations(Struct, frozen=True):
    """The operations that wrote a trigger's CREATE TRIGGER and its function."""

    definition: Place
    function: Place


class Writing(Struct, frozen=True):
    """A trigger that an operation made or changed, as it was then."""

    place: Place
    trigger: InstalledTrigger


class Origins:
    """Watches a history for them.

    Attributes:
        found: By the trigger's name, which no change of its table changes.
        writings: All there were, in order.
    """

    def __init__(self) -> None:
        self.found: dict[str, AuthoringOperations] = {}
        self.writings: list[Writing] = []
        self._before: Mapping[TriggerKey, TriggerDefinition] = {}

    def __getstate__(self) -> dict[str, object]:
        """What is of use once the history is over."""
        return {"found": self.found, "writings": self.writings, "_before": {}}

    def before(self, moment: ReplayedState) -> None:
        self._before = moment.definitions

    def after(self, moment: ReplayedState) -> None:
        here = (moment.migration, moment.index)
        for key, old, new in _rewritten(self._before, moment):
            known = self.found.get(new.pgid)
            if old is None or known is None:
                known = AuthoringOperations(here, here)
            if old and old.definition != new.definition:
                known = replace(known, definition=here)
            if old and old.function != new.function:
                known = replace(known, function=here)
            self.found[new.pgid] = known
            self.writings.append(Writing(here, moment.trigger(key)))


def _rewritten(
    before: Mapping[TriggerKey, TriggerDefinition], moment: ReplayedState
) -> Iterator[tuple[TriggerKey, TriggerDefinition | None, TriggerDefinition]]:
    """The triggers that an operation has made or changed: as they were, and as they are."""
    if not moment.changed or not any(
        isinstance(operation, _MAKERS) for operation in on_database(moment.operation)
    ):
        return
    for key in sorted(moment.changed, key=str):
        old, new = before.get(key), moment.definitions.get(key)
        if new is not None and (
            old is None
            or (old.definition, old.calls, old.function)
            != (new.definition, new.calls, new.function)
        ):
            yield key, old, new


_MAKERS = (AddTrigger, RunSQL, CreateModel)
