"""Stage migrations: finds uses of another app's tables without a dependency on its migration.

PostgreSQL refuses a trigger whose table or column is not there. A function may name a table that
is not there yet, and then fails at every write until it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.migrations.reading.graph import MigrationGraph
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.migrations.replaying.state import (
    InstalledTrigger,
    MigrationState,
    in_search_path,
)
from pgtrigger_codegen.migrations.schema.tables import Table
from pgtrigger_codegen.migrations.watching.origins import Writing
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.usage import BodyFacts, DefinitionFacts, function_facts, statement_facts


class TableNeed(Struct, frozen=True):
    """A table, or a column of one, that a trigger needs from an operation on.

    Attributes:
        index: The operation, counted among its migration's own.
        trigger: How to speak of the trigger.
        column: None for the table itself.
        at_once: Whether PostgreSQL looks for it when the trigger is made.
    """

    migration: Key
    index: int
    trigger: str
    table: QualifiedName
    column: str | None
    at_once: bool

    def __str__(self) -> str:
        if self.column is None:
            return f"table `{self.table}`"
        return f"column `{self.column}` of table `{self.table}`"


class UnorderedMigration(Struct, frozen=True):
    """A migration of another app that has to come first, and does not for certain.

    Attributes:
        use: What makes it necessary: one thing of perhaps many.
        on: The migration that makes what is used.
        at_once: Whether the trigger cannot be made without it, or without one before it.
    """

    use: TableNeed
    on: Key
    at_once: bool


def uses(writings: Iterable[Writing]) -> Iterator[TableNeed]:
    """What the triggers need from where they are made or changed on."""
    for writing in writings:
        yield from _uses(writing)


def missing_dependencies(
    uses: Iterable[TableNeed], graph: MigrationGraph, state: MigrationState
) -> Iterator[UnorderedMigration]:
    """What of that other apps' migrations make, with none of them certain to have run before.

    Of migrations that depend on each other only the last: it brings the others. Where two that
    are missing would lead in a circle together, only one: first those that are needed at once.
    """
    checker = _Checker(graph, state)
    wanted = [(on, use) for use in uses if (on := checker.maker(use))]
    found: dict[Key, list[tuple[Key, TableNeed]]] = {}
    for on, use in sorted(wanted, key=lambda one: not one[1].at_once):
        if checker.assume(use.migration, on):
            found.setdefault(use.migration, []).append((on, use))
    for needed in found.values():
        implied = {on for on, _ in needed for other, _ in needed if checker.is_before(on, other)}
        for last in dict.fromkeys(on for on, _ in needed if on not in implied):
            grave = any(
                use.at_once for on, use in needed if on == last or checker.is_before(on, last)
            )
            own = [use for on, use in needed if on == last]
            use = next((use for use in own if use.at_once), own[0])
            yield UnorderedMigration(use, last, grave)


def _uses(writing: Writing) -> Iterator[TableNeed]:
    trigger = writing.trigger
    definition, body = _facts(trigger)
    own = trigger.definition.table

    def use(table: QualifiedName, column: str | None, *, at_once: bool) -> TableNeed:
        return TableNeed(*writing.place, trigger.name, in_search_path(table), column, at_once)

    yield use(own, None, at_once=True)
    named = definition.old_columns | definition.new_columns | {*definition.update_of}
    yield from (use(own, column, at_once=True) for column in sorted(named))
    in_body = body.old_columns | body.new_columns
    yield from (use(own, column, at_once=False) for column in sorted(in_body - named))
    yield from (use(table, None, at_once=False) for table in sorted(body.tables, key=str))
    for table, column in sorted(body.written, key=str):
        yield use(table, column, at_once=False)


def _facts(trigger: InstalledTrigger) -> tuple[DefinitionFacts, BodyFacts]:
    definition = statement_facts(trigger.trigger_sql)
    function = trigger.definition.function
    if trigger.function_sql is None or not (function or "").startswith("plpgsql"):
        return definition, BodyFacts()
    return definition, function_facts(trigger.function_sql, definition.transition_tables)


class _Checker:
    def __init__(self, graph: MigrationGraph, state: MigrationState) -> None:
        self._graph = graph
        self._state = state
        self._ancestors: dict[Key, set[Key]] = {}
        self._assumed: dict[Key, list[Key]] = {}
        self._tables: dict[Key, Mapping[QualifiedName, Table]] = {}

    def maker(self, use: TableNeed) -> Key | None:
        """The other app's migration that is missing, if one is."""
        table = self._state.tables.get(use.table)
        if table is None:
            return None  # made by no migration, or gone by now
        last = table.named_by if use.column is None else table.columns.get(use.column)
        here = use.migration
        if last is None or last[0] == here[0] or last == here or self.is_before(last, here):
            return None
        if _has(self._tables_after(here), use):
            return None  # an earlier migration made it, and a later one touched it
        maker = self._first(use, last[0])
        if maker is None or self.is_before(here, maker):
            return None  # a dependency would lead in a circle
        return maker

    def is_before(self, key: Key, other: Key) -> bool:
        return key in self._ancestors_of(other)

    def assume(self, key: Key, on: Key) -> bool:
        """From now on the migration depends on that one, unless that leads in a circle."""
        reached: set[Key] = set()
        pending = [on]
        while pending:
            end = pending.pop()
            new = {end, *self._ancestors_of(end)} - reached
            reached |= new
            pending += (more for one in new for more in self._assumed.get(one, ()))
        if key in reached:
            return False
        self._assumed.setdefault(key, []).append(on)
        return True

    def _first(self, use: TableNeed, app_label: str) -> Key | None:
        """The first migration of the app after which it is there."""
        for key in self._graph.order():
            if key[0] == app_label and _has(self._tables_after(key), use):
                return key
        return None

    def _ancestors_of(self, key: Key) -> set[Key]:
        if key not in self._ancestors:
            self._ancestors[key] = self._graph.ancestors(key)
        return self._ancestors[key]

    def _tables_after(self, key: Key) -> Mapping[QualifiedName, Table]:
        """The tables that are certainly there once the migration has run."""
        if key not in self._tables:
            needed = {*self._graph.ancestors(key), key}
            graph = replace(
                self._graph,
                migrations={one: self._graph.migrations[one] for one in needed},
                parents={one: self._graph.parents[one] for one in needed},
            )
            self._tables[key] = replay(graph).tables
        return self._tables[key]


def _has(tables: Mapping[QualifiedName, Table], use: TableNeed) -> bool:
    table = tables.get(use.table)
    return table is not None and (use.column is None or use.column in table.columns)
