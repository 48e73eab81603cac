"""Stage migrations: triggers that must be out of the way while their table changes.

The trigger is dropped before the operation and created after it. Inside of the very migration
is best: there it is one transaction, also where the migration is reversed. A migration that
is committed may have run elsewhere, and is not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.autodetector import (
    Declarations,
    installed_trigger,
    is_renamed,
    operation_keys,
    source_trigger,
    trigger_key,
)
from pgtrigger_codegen.migrations.operations import (
    CreateTrigger,
    DropTrigger,
    Trigger,
    TriggerOperation,
)
from pgtrigger_codegen.migrations.reader import Key
from pgtrigger_codegen.migrations.requirements import History
from pgtrigger_codegen.migrations.state import Disturbance
from pgtrigger_codegen.sql.equivalence import TriggerKey

Way = Literal["auto", "weave", "refuse", "split", "after"]
"""What to do about a migration that changes a table under a trigger.

`auto` weaves into migrations that are not committed, and refuses elsewhere.
"""

IsCommitted = Callable[[Path], bool | None]
"""Whether a file is in version control; None where there is none."""


@dataclass(frozen=True, slots=True)
class Lift:
    """A trigger to take away, and to put back, around the changes of its table.

    Attributes:
        new: None when it does not come back.
        place: Whether the changes' own migrations are rewritten, or others go around them.
    """

    disturbances: tuple[Disturbance, ...]
    old: Trigger
    new: Trigger | None
    place: Literal["woven", "around"]

    @property
    def drop(self) -> DropTrigger:
        return DropTrigger(self.old, self.new)

    @property
    def create(self) -> CreateTrigger | None:
        return CreateTrigger(self.new, self.old) if self.new else None


def find_lifts(
    app_label: str,
    operations: Sequence[TriggerOperation],
    declared: Declarations,
    history: History,
    way: Way,
    is_committed: IsCommitted,
    display: Mapping[str, str],
) -> tuple[list[TriggerOperation], list[Lift]]:
    """The triggers to lift, and the operations that are left to do besides.

    Raises:
        MigrationsError: A migration that changes a table cannot be woven into, or shall not be.
    """
    left = list(operations)
    lifts: list[Lift] = []
    for key, found in sorted(history.state.disturbances.items(), key=str):
        if not _is_ours(key, found, app_label, declared):
            continue
        planned = [operation for operation in left if key in operation_keys(operation)]
        planned = planned or _renamed(found[0], left)
        new = _successor(key, planned, declared, display)
        if new is None and not planned and not _may_be_gone(found[0], declared):
            continue
        lift = _lift(found, new, history, app_label, way, is_committed)
        if lift:
            left = [operation for operation in left if operation not in planned]
            lifts.append(lift)
    return left, lifts


def notes(lift: Lift) -> list[str]:
    """What the user should know of migrations around one that is committed."""
    if lift.place == "woven":
        return []
    migration = ".".join(lift.disturbances[0].migration)
    unguarded = (
        f"trigger {lift.old.uri} is dropped before {migration} and comes back only after all of "
        "the app's migrations: in between, writes are not guarded by it"
    )
    applied = (
        f"where {migration} is applied already, migrate stops with InconsistentMigrationHistory, "
        "and --after is the way"
    )
    return [unguarded, applied]


def _is_ours(
    key: TriggerKey, found: Iterable[Disturbance], app_label: str, declared: Declarations
) -> bool:
    return key not in declared.kept and all(
        item.trigger.is_pgtrigger and item.trigger.made_by[0] == app_label for item in found
    )


def _may_be_gone(found: Disturbance, declared: Declarations) -> bool:
    """Whether the trigger is surely declared no more: absence alone is not removal."""
    table, known = found.trigger.definition.table, declared.known_tables
    if found.kind != "drop-table" and known is not None and table not in known:
        return False
    return declared.complete and table not in declared.doubtful_tables


def _renamed(found: Disturbance, operations: Iterable[TriggerOperation]) -> list[TriggerOperation]:
    """The new trigger in whose favour the disturbed one is gone, as after a renamed model."""
    if found.trigger.parts() is None:
        return []
    old = installed_trigger(found.trigger)
    for operation in operations:
        if isinstance(operation, CreateTrigger) and is_renamed(old, operation.new):
            return [operation]
    return []


def _successor(
    key: TriggerKey,
    planned: Iterable[TriggerOperation],
    declared: Declarations,
    display: Mapping[str, str],
) -> Trigger | None:
    """What the trigger is to be after the change."""
    for operation in planned:
        return None if isinstance(operation, DropTrigger) else operation.trigger
    for trigger in declared.triggers:
        if trigger_key(trigger) == key:
            return source_trigger(trigger, display)
    return None


def _lift(
    found: tuple[Disturbance, ...],
    new: Trigger | None,
    history: History,
    app_label: str,
    way: Way,
    is_committed: IsCommitted,
) -> Lift | None:
    """None where a change is long past, and what it did to the trigger can be repaired after."""
    if way == "after":
        return None
    states = {
        item.migration: _state(item.migration, app_label, history, way, is_committed)
        for item in found
    }
    open_ones = tuple(item for item in found if states[item.migration] != "committed")
    harmless = all(item.harmless for item in found)
    if open_ones:
        unsure = any(states[item.migration] == "unknown" for item in open_ones)
        if way == "refuse" or (unsure and way == "auto"):
            if harmless:
                return None
            raise _refusal(open_ones[0], unsure=unsure and way == "auto")
        place: Literal["woven", "around"] = "around" if way == "split" else "woven"
        return Lift(open_ones, installed_trigger(open_ones[0].trigger), new, place)
    last = found[-1]
    is_latest = last.migration in history.graph.leaves(last.migration[0])
    if not is_latest or harmless:
        return None
    if way == "split" and last.migration[0] == app_label:
        return Lift((last,), installed_trigger(last.trigger), new, "around")
    if new is None:
        return None
    raise _committed(last)


def _state(
    migration: Key, app_label: str, history: History, way: Way, is_committed: IsCommitted
) -> Literal["open", "committed", "unknown"]:
    if migration[0] != app_label:
        return "committed"
    if way == "weave":
        return "open"
    committed = is_committed(history.reader.path(migration))
    if committed is None:
        return "unknown"
    return "committed" if committed else "open"


def _refusal(found: Disturbance, *, unsure: bool) -> MigrationsError:
    why = (
        "whether it is committed is not known, since the project is not in a git repository"
        if unsure
        else "it is not to be changed"
    )
    return MigrationsError(
        f"{_what(found)}; {why}",
        help="--weave puts the trigger's operations into that migration; or drop the trigger "
        "before that operation and create it after, both in that migration by RunSQL",
    )


def _committed(found: Disturbance) -> MigrationsError:
    return MigrationsError(
        f"{_what(found)}; it is committed, and may have run elsewhere",
        help="where it has run nowhere yet, --weave puts the trigger's operations into it, and "
        "--split writes a migration before it and one after it; where it has run everywhere, "
        "--after writes only what comes after",
    )


def _what(found: Disturbance) -> str:
    effect = {
        "drop-table": "drops the trigger and leaves its function behind",
        "drop-column": "fails or drops the trigger without a word, by the version of Django",
        "retype-column": "fails, since PostgreSQL changes no column that a trigger names",
        "rename-column": "leaves the trigger with the old name in its function",
    }[found.kind]
    return (
        f"migration {'.'.join(found.migration)} {found.what}, which trigger "
        f"{found.trigger.name} uses: it {effect}"
    )
