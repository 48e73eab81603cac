"""Triggers as released migrations leave them, each with what it becomes.

The left side is what databases have: the released migrations, replayed. The right side is what the
source declares, and beside that what the migrations leave without a declaration. A trigger that is
gone from both has been removed; one that only the source no longer has is removed where
`makemigrations` would remove it, and otherwise nothing is said of it here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.migrations.changes.autodetector import (
    installed_trigger,
    is_renamed,
    source_trigger,
    trigger_key,
)
from pgtrigger_codegen.migrations.changes.renames import Renames, renames_in
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger, MigrationState
from pgtrigger_codegen.migrations.schema.tables import RenamedTable
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName, db_table
from pgtrigger_codegen.triggers.compiled import CompiledTrigger

Right = CompiledTrigger | InstalledTrigger


class Pair(Struct, frozen=True):
    """A trigger before and after; None where it is not there."""

    old: InstalledTrigger | None
    new: Right | None

    @property
    def keys(self) -> frozenset[TriggerKey]:
        """The names under which the database has it, on their tables."""
        old = {self.old.key} if self.old else set()
        new = {_key(self.new)} if self.new else set()
        return frozenset(old | new)

    @property
    def names(self) -> frozenset[str]:
        """The same without tables."""
        return frozenset(name for _, name in self.keys)


def paired(
    now: Analysis,
    state: MigrationState,
    released: Mapping[TriggerKey, InstalledTrigger],
    removed: Collection[TriggerKey],
) -> list[Pair]:
    """All triggers.

    Args:
        state: What all migrations leave now.
        released: What the released ones leave.
        removed: What `makemigrations` would remove.
    """
    new = dict(_right_side(now, state, removed))
    by_name: dict[str, list[TriggerKey]] = {}
    for key in new:
        by_name.setdefault(key[1], []).append(key)
    pairs: list[Pair] = []
    gone: list[InstalledTrigger] = []
    for key, old in released.items():
        found = key if key in new else _only(by_name.get(key[1], ()))
        if found is not None:
            pairs.append(Pair(old, new.pop(found)))
            by_name[found[1]].remove(found)
        elif key not in state.triggers or key in removed:
            gone.append(old)
    pairs += _renamed(now, state, gone, new)
    pairs += [Pair(old, None) for old in gone]
    pairs += [Pair(None, trigger) for trigger in new.values()]
    return pairs


def _right_side(
    now: Analysis, state: MigrationState, removed: Collection[TriggerKey]
) -> Iterator[tuple[TriggerKey, Right]]:
    declared = {trigger_key(trigger): trigger for trigger in now.triggers}
    yield from declared.items()
    foreign = {trigger_key(trigger) for trigger in now.foreign_triggers}
    for key, installed in state.triggers.items():
        app = now.project.apps.get(installed.made_by[0])
        is_own = app is not None and app.first_party
        if is_own and key not in declared and key not in foreign and key not in removed:
            yield key, installed


def _renamed(
    now: Analysis,
    state: MigrationState,
    gone: list[InstalledTrigger],
    new: dict[TriggerKey, Right],
) -> Iterator[Pair]:
    """Takes triggers with another name out of both lists."""
    renames = renames_in(state.changes.values())
    tables = _new_names(state)
    for old in list(gone):
        for key, trigger in list(new.items()):
            if isinstance(trigger, CompiledTrigger) and _has_become(old, trigger, tables, renames):
                yield Pair(old, new.pop(key))
                gone.remove(old)
                break


def _has_become(
    old: InstalledTrigger,
    new: CompiledTrigger,
    tables: Mapping[QualifiedName, QualifiedName],
    renames: Renames,
) -> bool:
    if old.parts() is None or not old.is_pgtrigger:
        return False
    before = installed_trigger(old)
    table = db_table(tables.get(old.definition.table, old.definition.table))
    moved = replace(before, parts=replace(before.parts, table=table))
    return is_renamed(moved, source_trigger(new, {}), renames)


def _new_names(state: MigrationState) -> dict[QualifiedName, QualifiedName]:
    """By a table's name of some time, the one that it has now."""
    following: dict[QualifiedName, QualifiedName] = {}
    for made in state.changes.values():
        for item in made:
            if isinstance(item.change, RenamedTable):
                following[item.change.old] = item.change.new
    found = {}
    for first in following:
        name, seen = first, {first}
        while (then := following.get(name)) is not None and then not in seen:
            name = then
            seen.add(then)
        found[first] = name
    return found


def _only(keys: Iterable[TriggerKey]) -> TriggerKey | None:
    listed = list(keys)
    return listed[0] if len(listed) == 1 else None


def _key(trigger: Right) -> TriggerKey:
    return trigger_key(trigger) if isinstance(trigger, CompiledTrigger) else trigger.key
