"""Stage migrations: the SQL that a `RunSQL` operation runs, as text.

`RunSQL` takes a string, a list of strings, and pairs of a string and its parameters:
https://docs.djangoproject.com/en/stable/ref/migration-operations/#runsql
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pgtrigger_codegen.evaluator.values.own_kinds import type_name
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.sql.names import quote_literal


def sql_texts(sql: object) -> Iterator[str | Unknown]:
    """Yield each text with its parameters filled in, or why it cannot be known."""
    for item in sql if isinstance(sql, (list, tuple)) else [sql]:
        match item:
            case str() as text:
                yield text
            case (str() as text, None):
                yield text
            case (str() as text, list() | tuple() | dict() as params):
                yield _filled(text, params)
            case Unknown():
                yield item
            case _:
                yield Unknown(f"{type_name(item)} where SQL is expected")


def _filled(sql: str, params: Sequence[object] | Mapping[object, object]) -> str | Unknown:
    """The text as psycopg sends it; `%%` stands for `%` even without parameters."""
    values = params.values() if isinstance(params, Mapping) else params
    literals = [_literal(value) for value in values]
    for literal in literals:
        if isinstance(literal, Unknown):
            return literal
    try:
        if isinstance(params, Mapping):
            return sql % dict(zip(params, literals, strict=True))
        return sql % tuple(literals)
    except (KeyError, TypeError, ValueError) as error:
        return Unknown(f"SQL and its parameters do not fit together: {error}")


def _literal(value: object) -> str | Unknown:
    match value:
        case None:
            return "NULL"
        case bool() | int():
            return str(value)
        case str():
            return quote_literal(value)
        case _:
            return Unknown(f"{type_name(value)} as a parameter of SQL")
