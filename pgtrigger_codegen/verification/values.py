"""Values for columns, as SQL: some for each type of PostgreSQL that a model can have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from pgtrigger_codegen.sql.lexer import Kind, code_tokens
from pgtrigger_codegen.sql.names import quote_literal

NULL = "NULL"


class Column(Struct, frozen=True):
    """A column of a table that a statement gives a value.

    Attributes:
        type: As `pg_catalog.format_type` writes it.
        base: The name of the type alone (`int8`); of an array, that of its own type (`_int8`).
        category: `pg_type.typcategory`, one letter.
        is_key: Whether it belongs to the primary key.
    """

    name: str
    type: str
    base: str
    category: str
    is_nullable: bool
    is_key: bool


_NUMBERS = ("1", "2", "3")
_BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "bool": ("true", "false"),
    "bytea": (r"\x01", r"\x02"),
    "cidr": ("10.0.0.0/8", "192.168.0.0/16"),
    "citext": ("a", "b"),
    "date": ("2024-01-01", "2024-01-02"),
    "daterange": ("[2024-01-01,2024-01-02)", "[2024-01-02,2024-01-03)"),
    "float4": _NUMBERS,
    "float8": _NUMBERS,
    "hstore": ('"a"=>"1"', '"b"=>"2"'),
    "inet": ("10.0.0.1", "10.0.0.2"),
    "int2": _NUMBERS,
    "int4": _NUMBERS,
    "int4range": ("[1,2)", "[2,3)"),
    "int8": _NUMBERS,
    "int8range": ("[1,2)", "[2,3)"),
    "interval": ("1 day", "2 days"),
    "json": ('{"a": 1}', '{"b": 2}'),
    "jsonb": ('{"a": 1}', '{"b": 2}'),
    "ltree": ("a", "b"),
    "macaddr": ("08:00:2b:01:02:03", "08:00:2b:01:02:04"),
    "numrange": ("[1,2)", "[2,3)"),
    "time": ("10:00", "11:00"),
    "timestamp": ("2024-01-01 10:00", "2024-01-02 10:00"),
    "timestamptz": ("2024-01-01 10:00+00", "2024-01-02 10:00+00"),
    "tstzrange": (
        "[2024-01-01 10:00+00,2024-01-02 10:00+00)",
        "[2024-01-02 10:00+00,2024-01-03 10:00+00)",
    ),
    "tsvector": ("a", "b"),
    "uuid": ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"),
}
_TEXTS = "S"
_FRACTION = re.compile(r"numeric\((\d+),\1\)")


def values_of(column: Column, choices: Iterable[str], default: str | None) -> tuple[str, ...]:
    """Expressions for a column, the likeliest first; empty where the type is not known.

    Args:
        choices: Texts that take the place of the type's own values.
    """
    texts = tuple(choices) or (*((default,) if default else ()), *_usual(column))
    return tuple(dict.fromkeys(as_value(column, text) for text in texts))


def as_value(column: Column, text: str) -> str:
    """A text as a value of the column's type; one that is too long is cut."""
    return f"CAST({quote_literal(text)} AS {column.type})"


def _usual(column: Column) -> tuple[str, ...]:
    if column.category == "A":
        return ("{}",)
    if column.base == "numeric":
        return ("0.1", "0.2") if _FRACTION.fullmatch(column.type) else _NUMBERS
    if column.base in _BY_TYPE:
        return _BY_TYPE[column.base]
    return ("a", "b") if column.category == _TEXTS else ()


def named_values(column: Column, sql: str) -> Iterator[str]:
    """Values of the column's type that a condition names, and the neighbours of its numbers."""
    for token in code_tokens(sql):
        if token.kind is Kind.STRING and column.category not in "BN":
            text = token.text
            if text.startswith("'"):
                yield as_value(column, text[1:-1].replace("''", "'"))
        elif token.kind is Kind.NUMBER and column.category == "N" and token.text.isdigit():
            for neighbour in (0, 1, -1):
                yield as_value(column, str(int(token.text) + neighbour))
