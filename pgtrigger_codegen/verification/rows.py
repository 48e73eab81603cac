"""Builds rows for the tables of a room: the tables that foreign keys lead to come first."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from pgtrigger_codegen.database.catalog import table_reference
from pgtrigger_codegen.models.facts import Models
from pgtrigger_codegen.sql.names import quote_name, quote_table
from pgtrigger_codegen.verification.room import Room
from pgtrigger_codegen.verification.schema import Schema
from pgtrigger_codegen.verification.values import (
    NULL,
    Column,
    as_value,
    named_values,
    values_of,
)

MOST_ATTEMPTS = 200

_COLUMNS = """
SELECT a.attname::pg_catalog.text, pg_catalog.format_type(a.atttypid, a.atttypmod),
    t.typname::pg_catalog.text, t.typcategory::pg_catalog.text, NOT a.attnotnull,
    EXISTS (
        SELECT FROM pg_catalog.pg_constraint c
        WHERE c.conrelid = a.attrelid AND c.contype = 'p' AND a.attnum = ANY (c.conkey)
    )
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = pg_catalog.to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = '' AND a.attidentity <> 'a'
ORDER BY a.attnum
"""

_KEYS = """
SELECT
    (SELECT pg_catalog.array_agg(attname::pg_catalog.text ORDER BY n)
     FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY AS k (attnum, n)
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum),
    (SELECT pg_catalog.array_agg(attname::pg_catalog.text ORDER BY n)
     FROM pg_catalog.unnest(c.confkey) WITH ORDINALITY AS k (attnum, n)
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.attnum),
    (SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(r.relname)
     FROM pg_catalog.pg_class r JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
     WHERE r.oid = c.confrelid),
    (SELECT r.relname::pg_catalog.text FROM pg_catalog.pg_class r WHERE r.oid = c.confrelid),
    c.confrelid = c.conrelid
FROM pg_catalog.pg_constraint c
WHERE c.conrelid = pg_catalog.to_regclass(%s) AND c.contype = 'f'
ORDER BY c.conname
"""

_CHECKS = """
SELECT a.attname::pg_catalog.text, pg_catalog.pg_get_constraintdef(c.oid)
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
WHERE c.conrelid = pg_catalog.to_regclass(%s) AND c.contype = 'c'
"""


class NotBuilt(Exception):
    """The reason why a table has no row, in words."""


class Table(Struct, frozen=True):
    """A table that rows are built for.

    Attributes:
        name: As it stands in SQL.
        fixed: Expressions of columns that refer to other rows.
        choices: Expressions for each other column, the likeliest first.
    """

    name: str
    columns: Mapping[str, Column]
    fixed: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]

    @property
    def usual(self) -> dict[str, str]:
        """The likeliest row."""
        return {name: self.fixed.get(name) or self.choices[name][0] for name in self.columns}

    def insert(self, row: Mapping[str, str]) -> str:
        """The statement that makes a row."""
        if not row:
            return f"INSERT INTO {self.name} DEFAULT VALUES"
        columns = ", ".join(map(quote_name, row))
        return f"INSERT INTO {self.name} ({columns}) VALUES ({', '.join(row.values())})"

    def variants(
        self, row: Mapping[str, str], columns: Mapping[str, tuple[str, ...]]
    ) -> Iterator[dict[str, str]]:
        """The row, then the row with other values: in one of the columns, in two, and so on."""
        names = [name for name in columns if name in self.choices]
        yield dict(row)
        for size in range(1, len(names) + 1):
            for some in itertools.combinations(names, size):
                others = ([one for one in columns[name] if one != row[name]] for name in some)
                for values in itertools.product(*others):
                    yield {**row, **dict(zip(some, values, strict=True))}


class RowBuilder:
    """Builds rows, each in the transaction that is under way."""

    def __init__(self, room: Room, schema: Schema, models: Models) -> None:
        self._room = room
        facts = (models.get(label) for label in schema.creations)
        self._facts = {table_reference(one.table).name: one for one in facts if one is not None}

    def table(self, table: str) -> Table:
        """A table of a model, with what its foreign keys lead to in place.

        Raises:
            NotBuilt: There can be no row.
        """
        return self._table(quote_table(table), table_reference(table).name, ())

    def row(self, table: Table) -> dict[str, str]:
        """The first row that the table's constraints let in; the row is not there afterwards.

        Raises:
            NotBuilt: There is none among those that were tried.
        """
        usual = table.usual
        with self._room.undone():
            refused = self._room.attempt(table.insert(usual))
        if refused is None:
            return usual
        for row in itertools.islice(table.variants(usual, self._checked(table)), MOST_ATTEMPTS):
            with self._room.undone():
                if self._room.attempt(table.insert(row)) is None:
                    return row
        raise NotBuilt(f"no row of {table.name} was found that PostgreSQL takes: {refused.message}")

    def _table(self, name: str, bare: str, outer: tuple[str, ...]) -> Table:
        columns = {row[0]: Column(*row) for row in self._room.rows(_COLUMNS, name)}
        fixed = self._references(name, columns, (*outer, bare))
        choices: dict[str, tuple[str, ...]] = {}
        fact = self._facts.get(bare)
        allowed = dict(fact.choices) if fact is not None else {}
        defaults = dict(fact.defaults) if fact is not None else {}
        for column in columns.values():
            if column.name in fixed:
                continue
            values = values_of(
                column, filter(None, allowed.get(column.name, ())), defaults.get(column.name)
            )
            if not values and not column.is_nullable:
                raise NotBuilt(
                    f"no value is known for column {column.name} of {name} ({column.type})"
                )
            choices[column.name] = (*values, NULL) if column.is_nullable else values
        return Table(name, columns, fixed, choices)

    def _references(
        self, name: str, columns: Mapping[str, Column], outer: tuple[str, ...]
    ) -> dict[str, str]:
        fixed: dict[str, str] = {}
        for own, others, target, bare, to_itself in self._room.rows(_KEYS, name):
            names = [column for column in own if column in columns and column not in fixed]
            if not names:
                continue
            if to_itself or bare in outer:
                if not any(columns[column].is_nullable for column in names):
                    raise NotBuilt(f"foreign keys go in a circle, through {name} ({names[0]})")
                fixed.update(dict.fromkeys(names, NULL))
                continue
            values = self._referred(target, bare, others, outer)
            for column, value in zip(own, values, strict=True):
                if column in names:
                    fixed[column] = NULL if value is None else as_value(columns[column], value)
        return fixed

    def _referred(
        self, target: str, bare: str, columns: Iterable[str], outer: tuple[str, ...]
    ) -> tuple[Any, ...]:
        """The key of a row of another table, which is made unless one is there."""
        wanted = ", ".join(f"{quote_name(column)}::pg_catalog.text" for column in columns)
        query = f"SELECT {wanted} FROM {target} LIMIT 1"
        if not (rows := self._room.rows(query)):
            table = self._table(target, bare, outer)
            refused = self._room.attempt(table.insert(self.row(table)))
            assert refused is None, "the row was taken a moment ago"
            rows = self._room.rows(query)
        return rows[0]

    def _checked(self, table: Table) -> dict[str, tuple[str, ...]]:
        """Values of the columns that CHECK constraints speak of."""
        found: dict[str, tuple[str, ...]] = {}
        for name, check in self._room.rows(_CHECKS, table.name):
            if name in table.choices:
                values = (*found.get(name, ()), *named_values(table.columns[name], check))
                found[name] = tuple(dict.fromkeys((*values, *table.choices[name])))
        return found
