"""The locks that an operation has really taken on tables with triggers."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.sql.locks import BLOCKS, stronger
from pgtrigger_codegen.verification.room import Room


class Lock(Struct, frozen=True):
    """The strongest lock that an operation took on one table.

    Attributes:
        index: The operation's number in its migration, from 0.
        kind: Its class.
        mode: In PostgreSQL's word.
    """

    migration: Key
    index: int
    kind: str
    table: str
    mode: str

    @property
    def blocks(self) -> str:
        return BLOCKS[self.mode]


def tables_with_triggers(room: Room) -> Collection[int]:
    """The oids of the tables that have a trigger of django-pgtrigger's now."""
    return [row[0] for row in room.rows(_TABLES)]


def held_locks(room: Room) -> Mapping[int, tuple[str, str]]:
    """By the oid of a table, its name and the strongest lock that the transaction holds on it."""
    strongest: dict[int, tuple[str, str]] = {}
    for oid, table, mode in room.rows(_LOCKS):
        if oid not in strongest or stronger((mode, strongest[oid][1])) != strongest[oid][1]:
            strongest[oid] = (table, mode)
    return strongest


_TABLES = r"""
SELECT DISTINCT tgrelid::pg_catalog.int8 FROM pg_catalog.pg_trigger
WHERE NOT tgisinternal AND tgname ~ '^pgtrigger_'
"""
_LOCKS = """
SELECT c.oid::pg_catalog.int8, c.relname::pg_catalog.text, l.mode
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted
    AND c.relkind IN ('r', 'p') AND c.relnamespace <> 'pg_catalog'::pg_catalog.regnamespace
ORDER BY 2, 3
"""
