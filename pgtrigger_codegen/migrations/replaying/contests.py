"""Stage migrations: triggers whose form depends on the order in which migrations ran.

Where neither of two migrations comes after the other, databases have run them in either order: a
new one in Django's, the developers' and the production server's as they were released. The history
is replayed in these orders too, as far as the migrations concern the same trigger. Where one of
two orders fails there is no database that went that way.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.columns import names_column, names_word
from pgtrigger_codegen.migrations.replaying.faults import what_is_changed
from pgtrigger_codegen.migrations.replaying.recovery import split_statements
from pgtrigger_codegen.migrations.replaying.state import (
    Contest,
    InstalledTrigger,
    OrderFault,
    SchemaChange,
)
from pgtrigger_codegen.migrations.replaying.table_lines import (
    TableLine,
    TableLines,
    TriggerWrite,
)
from pgtrigger_codegen.migrations.schema.tables import (
    DroppedColumn,
    DroppedTable,
    RenamedColumn,
    RenamedTable,
    RetypedColumn,
)
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.lexer import comments
from pgtrigger_codegen.sql.names import QualifiedName

MAX_ORDERS = 24
"""How many orders are replayed at most; two for each migration that is concerned."""

Pair = tuple[Key, Key]


def crossing_pairs(
    lines: TableLines, retyped: Iterable[tuple[Key, QualifiedName, str]], graph: MigrationGraph
) -> list[Pair]:
    """Migrations that concern the same trigger, and neither of which comes after the other.

    Args:
        retyped: Columns that a migration gives another type where they are there already.
    """
    order = _Order(graph)
    found: dict[Pair, None] = {}
    for line in lines:
        migrations = {write.migration for write in line.writes}
        if not migrations:
            continue
        migrations |= {made.migration for made in line.changes}
        if len(migrations) > 1 and not order.is_straight(migrations):
            found |= dict.fromkeys(order.open_pairs(_concerned(line)))
    for migration, table, column in retyped:
        writes = [write for write in lines.on(table).writes if names_word(write.text, column)]
        pairs = ((write.migration, migration) for write in writes)
        found |= dict.fromkeys(order.open_pairs(pairs))
    return sorted(found)


def backward_faults(lines: TableLines, graph: MigrationGraph) -> Iterator[OrderFault]:
    """Migrations of triggers that cannot be taken back while those that change tables stay.

    Their reverse operations name the table and the columns as these were then. Django takes
    branches back one after the other by their names, in whichever order they were run.
    """
    order = _Order(graph)
    for line in lines:
        for write in line.writes:
            for made in line.changes:
                pair = (write.migration, made.migration)
                if any(order.open_pairs([pair])) and _is_named(made, write.scripts):
                    what = what_is_changed(made)
                    yield OrderFault(*pair, what, in_new_database=False, backwards=True)
        for write, other in itertools.permutations(line.writes, 2):
            pair = (write.migration, other.migration)
            if (
                write.pgid == other.pgid
                and any(_CREATES_CONSTRAINT.search(script) for script in other.scripts)
                and any(_only_replaces(script) for script in write.scripts)
                and any(order.open_pairs([pair]))
            ):
                what = f"makes {write.pgid} a constraint trigger, which cannot be replaced"
                yield OrderFault(*pair, what, in_new_database=False, backwards=True)


def _is_named(made: SchemaChange, scripts: Iterable[str]) -> bool:
    """Whether a trigger that the scripts make needs what the change takes away."""
    definitions = [
        statement
        for script in scripts
        for statement in split_statements(script)
        if _CREATES_TRIGGER.match(statement)
    ]
    match made.change:
        case RenamedColumn(old=column) | DroppedColumn(column=column):
            return any(names_column(sql, column) for sql in definitions)
        case RenamedTable(old=table) | DroppedTable(table=table):
            return any(names_word(sql, table.name) for sql in definitions)
        case _:
            return False


def _only_replaces(script: str) -> bool:
    """Whether a trigger that is there is expected to be one that can be replaced."""
    return bool(_REPLACES.search(script)) and not _DROPS.search(script)


_CREATES_CONSTRAINT = re.compile(r"create\s+constraint\s+trigger\b", re.IGNORECASE)
_REPLACES = re.compile(r"create\s+or\s+replace\s+trigger\b", re.IGNORECASE)
_DROPS = re.compile(r"drop\s+trigger\b", re.IGNORECASE)
_CREATES_TRIGGER = re.compile(
    r"create\s+(or\s+replace\s+)?(constraint\s+)?trigger\b", re.IGNORECASE
)


def other_orders(pairs: Sequence[Pair], graph: MigrationGraph) -> Iterator[MigrationGraph]:
    """The graph with further dependencies, so that the pairs run the other way round.

    Of those that concern the same trigger, each migration is the first once, and once the last.
    """
    seen = {_relative(pairs, graph)}
    for key in sorted({key for pair in pairs for key in pair}):
        others = [one if other == key else other for one, other in pairs if key in (one, other)]
        for added in ([(other, key) for other in others], [(key, other) for other in others]):
            ordered = graph.with_order(added)
            try:
                relative = _relative(pairs, ordered)
            except MigrationsError:  # a circle
                continue
            if relative not in seen and len(seen) <= MAX_ORDERS:
                seen.add(relative)
                yield ordered


def contests(
    states: Sequence[Mapping[TriggerKey, InstalledTrigger]], pairs: Sequence[Pair]
) -> dict[TriggerKey, Contest]:
    """The triggers that databases have in different forms.

    Args:
        states: What is there after each of the orders.
    """
    found: dict[TriggerKey, Contest] = {}
    keys = {key for state in states for key in state}
    migrations = tuple(sorted({key for pair in pairs for key in pair}))
    for key in sorted(keys, key=str) if len(states) > 1 else ():
        left = [trigger for state in states if (trigger := state.get(key))]
        # Another layout of the same trigger, which gives another hash, is no other form, and only
        # where there is another hash there can be another comment.
        same_hash = len({trigger.definition.hash for trigger in left}) == 1
        forms: dict[object, InstalledTrigger] = {}
        for trigger in left:
            text = "" if same_hash else f"{trigger.function_sql}\n{trigger.trigger_sql}"
            form = (replace(trigger.definition, hash=None), *comments(text))
            forms.setdefault(form, trigger)
        absent = len(left) < len(states)
        if len(forms) + absent > 1:
            written = {trigger.touched_by for trigger in left}
            concerned = [pair for pair in pairs if written >= {*pair}]
            concerned = concerned or [pair for pair in pairs if written & {*pair}]
            listed = {one for pair in concerned for one in pair} or {*migrations}
            found[key] = Contest(tuple(sorted(listed)), tuple(forms.values()), absent)
    return found


def _relative(pairs: Iterable[Pair], graph: MigrationGraph) -> tuple[bool, ...]:
    """Which of each pair runs first."""
    place = {key: number for number, key in enumerate(graph.order())}
    return tuple(place[one] < place[other] for one, other in pairs)


def _concerned(line: TableLine) -> Iterator[Pair]:
    """Migrations of which one writes a trigger, and the other changes that or what it needs."""
    for write in line.writes:
        for other in line.writes:
            if other.migration != write.migration and _meet(write, other):
                yield write.migration, other.migration
        for made in line.changes:
            if made.migration != write.migration and _needs(write, made):
                yield write.migration, made.migration


def _meet(write: TriggerWrite, other: TriggerWrite) -> bool:
    return write.pgid == other.pgid


def _needs(write: TriggerWrite, made: SchemaChange) -> bool:
    match made.change:
        case (
            RenamedColumn(old=column) | DroppedColumn(column=column) | RetypedColumn(column=column)
        ):
            return any(names_word(text, column) for text in (write.text, *write.scripts))
        case _:
            return True


class _Order:
    def __init__(self, graph: MigrationGraph) -> None:
        self._graph = graph
        self._before: dict[Key, set[Key]] = {}
        self._branching = set(_branching_apps(graph.parents))

    def is_straight(self, migrations: Iterable[Key]) -> bool:
        """Whether they surely come one after the other, which nearly all do."""
        apps = {app_label for app_label, _ in migrations}
        return len(apps) == 1 and not apps & self._branching

    def open_pairs(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """Those of which neither comes after the other."""
        for one, other in pairs:
            if not (one == other or one in self._before_of(other) or other in self._before_of(one)):
                yield min(one, other), max(one, other)

    def _before_of(self, migration: Key) -> set[Key]:
        if migration not in self._before:
            self._before[migration] = self._graph.ancestors(migration)
        return self._before[migration]


def _branching_apps(parents: Mapping[Key, Iterable[Key]]) -> Iterable[str]:
    """Apps whose migrations are no single line."""
    followed: set[Key] = set()
    rooted: set[str] = set()
    for key, listed in parents.items():
        own = [parent for parent in listed if parent[0] == key[0]]
        if followed.intersection(own) or (not own and key[0] in rooted):
            yield key[0]
        if not own:
            rooted.add(key[0])
        followed.update(own)
