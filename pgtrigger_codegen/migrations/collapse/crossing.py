"""Stage migrations: whether operations on a trigger can be merged, and at which place.

Written into one place, the trigger is another one than before while the operations in between
run. None of those may notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from pgtrigger_codegen.migrations.collapse.passing import Passed
from pgtrigger_codegen.migrations.collapse.trigger_steps import OperationPlace, TriggerStep
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.disturbances import disturbance
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger, in_search_path
from pgtrigger_codegen.migrations.schema.tables import (
    RenamedColumn,
    RenamedTable,
    Table,
    TableChange,
)
from pgtrigger_codegen.sql.names import QualifiedName, called_function, table_name
from pgtrigger_codegen.sql.render import uses_own_function
from pgtrigger_codegen.sql.usage import columns_used, definition_facts, tables_touched
from pgtrigger_codegen.triggers.compiled import TriggerParts


class Spot(Struct, frozen=True):
    """Where two steps can become one.

    Attributes:
        dependencies: Migrations that have to come before it, and do not yet.
    """

    place: OperationPlace
    dependencies: frozenset[Key] = frozenset()


class Crossings(Struct):
    """The operations of a history, and which of them lie between two of its places."""

    graph: MigrationGraph
    passed: Mapping[OperationPlace, Passed]
    _ancestors: dict[Key, set[Key]] = field(default_factory=dict)

    def spot(self, first: TriggerStep, second: TriggerStep) -> Spot | str:
        """Where two steps that follow each other can become one, or why nowhere."""
        one, other = first.place.migration, second.place.migration
        if one != other and one not in self.ancestors(other):
            return "neither of their migrations comes after the other"
        between = list(self._between(first.place, second.place))
        for passed in between:
            if passed.relies:
                return f"{_where(passed)} is in between, and {passed.relies}"
        earlier = self._earlier(first, second, between)
        if isinstance(earlier, Spot):
            return earlier
        later = self._later(first, second, between)
        return later if isinstance(later, Spot) else f"{earlier}, and {later}"

    def ancestors(self, key: Key) -> set[Key]:
        if key not in self._ancestors:
            self._ancestors[key] = self.graph.ancestors(key)
        return self._ancestors[key]

    def _between(self, first: OperationPlace, second: OperationPlace) -> Iterator[Passed]:
        """What runs after the one and before the other, or may as well."""
        for place, passed in self.passed.items():
            if place in (first, second):
                continue
            after = self._is_after(place, first) and not self._is_after(place, second)
            before = self._is_after(second, place) and not self._is_after(first, place)
            if after or before:
                yield passed

    def _is_after(self, place: OperationPlace, other: OperationPlace) -> bool:
        if place.migration == other.migration:
            return place.index > other.index
        return other.migration in self.ancestors(place.migration)

    def _earlier(
        self, first: TriggerStep, second: TriggerStep, between: Iterable[Passed]
    ) -> Spot | str:
        """At the first's place: the last form of the trigger is there already."""
        between = list(between)
        if second.after is None:
            reason = _filling(first.after, None, between)
            return reason or Spot(first.place)
        reason = _filling(first.after, second.after, between) or _disturbing(second.after, between)
        if reason:
            return reason
        parts = second.after.parts()
        assert parts is not None
        there = self.passed[first.place]
        if uses_own_function(parts) and not first.brings:
            name = in_search_path(called_function(parts.ignore_func_name))
            if name not in there.functions:
                return f"function {name} is not there by then"
        needed: set[Key] = set()
        for key in _requirements(parts, self.passed[second.place].tables, there):
            if isinstance(key, str):
                return key
            if key == first.place.migration or key in self.ancestors(first.place.migration):
                continue
            if key[0] == first.place.migration[0]:
                return f"it needs what {'.'.join(key)} does"
            if first.place.migration in self.ancestors(key):
                return f"it needs what {'.'.join(key)} does, which comes after it"
            needed.add(key)
        return Spot(first.place, frozenset(needed))

    def _later(
        self, first: TriggerStep, second: TriggerStep, between: Iterable[Passed]
    ) -> Spot | str:
        """At the second's place: the trigger stays until then what it was."""
        between = list(between)
        reason = _filling(first.after, first.before, between)
        if first.before is not None:
            reason = reason or _renaming(first.before, between)
            reason = reason or _disturbing(first.before, between)
        return reason or Spot(second.place)


def _where(passed: Passed) -> str:
    migration = ".".join(passed.place.migration)
    return f"{passed.name} (operation {passed.place.index + 1} of {migration})"


def _filling(
    there: InstalledTrigger | None, instead: InstalledTrigger | None, between: Iterable[Passed]
) -> str | None:
    """Why another trigger would fire, or not fire, where rows are updated."""
    for passed in between:
        for trigger in (there, instead):
            if trigger and passed.filled == trigger.definition.table and _on_update(trigger):
                return f"{_where(passed)} updates rows, on which it fires"
    return None


def _on_update(trigger: InstalledTrigger) -> bool:
    parts = trigger.parts()
    return parts is None or "UPDATE" in parts.operation.upper()


def _renaming(trigger: InstalledTrigger, between: Iterable[Passed]) -> str | None:
    table = trigger.definition.table
    for passed in between:
        for change in passed.changes:
            renamed = (
                isinstance(change, RenamedTable) and in_search_path(change.old) == table
            ) or (isinstance(change, RenamedColumn) and in_search_path(change.table) == table)
            if renamed:
                return f"{_where(passed)} renames what it is on"
    return None


def _disturbing(trigger: InstalledTrigger, between: Iterable[Passed]) -> str | None:
    """Why the trigger must not be there in that form."""
    parts = trigger.parts()
    assert parts is not None
    touched = {in_search_path(table) for table in tables_touched(parts)}
    for passed in between:
        for change in passed.changes:
            found = disturbance(change, trigger, passed.place.migration, passed.place.index)
            if found and not found.harmless:
                return f"{_where(passed)} {found.what}"
            if changed := _changed_tables(change) & (touched - {trigger.definition.table}):
                return f"{_where(passed)} changes table {min(changed)}"
    return None


def _changed_tables(change: TableChange) -> set[QualifiedName]:
    if isinstance(change, RenamedTable):
        return {in_search_path(change.old)}
    return {in_search_path(change.table)}


def _requirements(
    parts: TriggerParts, later: Mapping[QualifiedName, Table], there: Passed
) -> Iterator[Key | str]:
    """Migrations that make what the trigger uses, or words for what is not there.

    Args:
        later: The tables where the trigger is created today.
        there: What the operation finds in whose place it would come.
    """
    if table := later.get(in_search_path(table_name(parts.table))):
        used = columns_used(parts)
        columns = {*used.definition, *used.body} & table.columns.keys()
        if definition_facts(parts).whole_row:
            columns = set(table.columns)
        yield from _in_time(table, columns, {table.named_by}, there)
    for touched in sorted(tables_touched(parts), key=str):
        if other := later.get(in_search_path(touched)):
            yield from _in_time(other, set(other.columns), {other.touched_by}, there)


def _in_time(
    table: Table, columns: Iterable[str], keys: Iterable[Key], there: Passed
) -> Iterator[Key | str]:
    """What of a table must be there, where it is made by the very migration too."""
    needed = {*keys, *(table.columns[column] for column in columns)}
    if there.place.migration in needed:
        before = next((item for item in there.tables.values() if item.name == table.name), None)
        missing = before is None or not set(columns) <= before.columns.keys()
        if missing:
            yield f"it needs what a later operation of {'.'.join(there.place.migration)} does"
            return
    yield from sorted(needed)
