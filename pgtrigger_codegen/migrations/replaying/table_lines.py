"""Stage migrations: each table through all of its names.

A name says little of a table: another table can have had it before. So what migrations do to a
table, and to the triggers on it, is kept by table, under whichever name it goes at the time.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import SchemaChange, in_search_path
from pgtrigger_codegen.migrations.schema.table_changes import DroppedTable, RenamedTable
from pgtrigger_codegen.sql.names import QualifiedName


class TriggerWrite(Struct, frozen=True):
    """The form in which a migration left a trigger.

    Attributes:
        pgid: The trigger's name.
        text: Its statements; empty where the migration dropped it.
        scripts: What the migration runs that writes it, forwards and back.
    """

    migration: Key
    pgid: str
    text: str
    scripts: tuple[str, ...] = ()


class TableLine(Struct):
    """One table from its first name to its last.

    Attributes:
        changes: What was done to it, in order.
        writes: What was done to the triggers on it, in order.
    """

    changes: list[SchemaChange] = field(default_factory=list)
    writes: list[TriggerWrite] = field(default_factory=list)


class TableLines:
    """The tables of a history."""

    def __init__(self) -> None:
        self._by_name: dict[QualifiedName, TableLine] = {}
        self._gone: list[TableLine] = []

    def __iter__(self) -> Iterator[TableLine]:
        """All tables, those that are dropped too."""
        yield from self._gone
        yield from self._by_name.values()

    def on(self, table: QualifiedName) -> TableLine:
        """The table of this name."""
        return self._by_name.setdefault(table, TableLine())

    def changes(self, table: QualifiedName) -> tuple[SchemaChange, ...]:
        """What was done to the table of this name, under former names too."""
        line = self._by_name.get(table)
        return tuple(line.changes) if line else ()

    def by_name(self) -> dict[QualifiedName, tuple[SchemaChange, ...]]:
        """What was done to each table that is there, if something was."""
        return {name: tuple(line.changes) for name, line in self._by_name.items() if line.changes}

    def writers(self) -> dict[str, tuple[Key, ...]]:
        """By the triggers' names, which are those of their functions: who has written them."""
        found: dict[str, dict[Key, None]] = {}
        for line in self:
            for write in line.writes:
                found.setdefault(write.pgid, {})[write.migration] = None
        return {pgid: tuple(migrations) for pgid, migrations in found.items()}

    def note(self, table: QualifiedName, made: SchemaChange) -> None:
        """A migration changes the table of this name."""
        line = self.on(table)
        line.changes.append(made)
        match made.change:
            case RenamedTable(new=new):
                del self._by_name[table]
                if replaced := self._by_name.get(in_search_path(new)):
                    self._gone.append(replaced)
                self._by_name[in_search_path(new)] = line
            case DroppedTable():
                self._gone.append(self._by_name.pop(table))
            case _:
                pass
