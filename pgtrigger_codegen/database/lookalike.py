"""Stage database: asks PostgreSQL to print the declared trigger, as it would print the installed
one.

`pg_get_triggerdef` does not give back what was written: a condition comes with casts for every
constant, `IN` as `= ANY (ARRAY[…])`, dates in the session's time zone. Which casts depends on the
columns' types, so no parser can tell without the server. So the source's trigger is created on a
temporary look-alike of the table, printed, and rolled back. That takes no lock on the real
table, and needs no more than the right to make temporary tables.

It is PostgreSQL's own answer, where it can be had: not on a standby, in a read-only session, or
without the privilege TEMPORARY. There `normal_form` compares what is left without casts.
"""

from __future__ import annotations

import re

import psycopg
from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.database.catalog import CatalogTable
from pgtrigger_codegen.database.connection import Connection
from pgtrigger_codegen.sql.lexer import Kind, code_tokens
from pgtrigger_codegen.sql.names import called_function
from pgtrigger_codegen.sql.render import trigger_statement, uses_own_function
from pgtrigger_codegen.triggers.compiled import TriggerParts


class Printed(Struct, frozen=True):
    """The declared trigger as `pg_get_triggerdef` prints it, on another table."""

    definition: str


class RefusedTrigger(Struct, frozen=True):
    """PostgreSQL would not create the source's trigger on this table."""

    message: str


class Unavailable(Struct, frozen=True):
    """Nothing temporary can be made here."""

    message: str


Answer = Printed | RefusedTrigger | Unavailable


class Lookalikes:
    """Asks the server; tables with the same columns, as tenants have them, are asked for once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._answers: dict[tuple[str, TriggerParts], Answer] = {}
        self._tables: dict[int, str] = {}
        self._unavailable: Unavailable | None = None

    def ask(self, parts: TriggerParts, table: CatalogTable) -> Answer:
        """How the trigger would be printed on a table like that one."""
        if self._unavailable is not None:
            return self._unavailable
        if _has_composite_text(parts.condition):
            return Unavailable(
                "a condition holds a text like '{…}' or '(…)', whose check may be somebody's code"
            )
        if table.oid not in self._tables:
            self._tables[table.oid] = self._create_table(table)
        create_table = self._tables[table.oid]
        moved = _on_lookalike(parts)
        key = (create_table, moved)
        if key not in self._answers:
            answer = self._ask(create_table, moved)
            if isinstance(answer, Unavailable):
                self._unavailable = answer
            self._answers[key] = answer
        return self._answers[key]

    def _create_table(self, table: CatalogTable) -> str:
        """Its columns with their types and nothing else.

        Not `LIKE`: that would need SELECT on the table and a lock that waits for migrations.
        """
        return _text(self._connection.execute(_CREATE_TABLE, {"oid": table.oid}))

    def _ask(self, create_table: str, parts: TriggerParts) -> Answer:
        connection = self._connection
        with connection.undone():
            try:
                connection.execute(create_table)
                if uses_own_function(parts):
                    connection.execute(_function(parts))
            except psycopg.DatabaseError as error:
                if isinstance(error, psycopg.OperationalError):
                    raise
                return Unavailable(error.diag.message_primary or str(error))
            try:
                connection.look_in_schemas()
                connection.execute(trigger_statement(parts))
                connection.look_in_catalog()
                printed = _text(connection.execute(_PRINTED, {"name": parts.pgid}))
            except psycopg.DatabaseError as error:
                if isinstance(error, psycopg.OperationalError):
                    raise
                return RefusedTrigger(error.diag.message_primary or str(error))
            return Printed(printed)


# Types of PostgreSQL's own, found before any other of the name.
_PLAIN_TYPES = frozenset(
    {"json", "jsonb", "text", "varchar", "integer", "int4", "bigint", "int8", "uuid", "numeric"}
)


def _has_composite_text(condition: str) -> bool:
    """Whether parsing the condition may read an array, a range or a row of an unknown type.

    Their members can be of a domain, whose check is a function of its owner's, and PostgreSQL
    makes values of literals as it parses them. A cast says which type it is.
    """
    tokens = code_tokens(condition)
    for index, token in enumerate(tokens):
        if token.kind in (Kind.STRING, Kind.DOLLAR_STRING) and _OPENS.search(token.text):
            cast = [following.text.lower() for following in tokens[index + 1 : index + 3]]
            if len(cast) < 2 or cast[0] != "::" or cast[1] not in _PLAIN_TYPES:
                return True
    return False


# After the quote, or an escape, which may stand for anything.
_OPENS = re.compile(r"(?:'|\$)\s*[{(\[\\]")

_CREATE_TABLE = """
SELECT CASE WHEN c.relkind = 'v'
    THEN 'CREATE TEMPORARY VIEW pgtrigger_codegen_lookalike AS SELECT ' || string_agg(
        format('NULL::%%s AS %%I', pg_catalog.format_type(a.atttypid, a.atttypmod), a.attname),
        ', ' ORDER BY a.attnum
    )
    ELSE 'CREATE TEMPORARY TABLE pgtrigger_codegen_lookalike (' || string_agg(
        format('%%I %%s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)),
        ', ' ORDER BY a.attnum
    ) || ')'
    END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid = %(oid)s::oid
GROUP BY c.relkind
"""

_PRINTED = """
SELECT pg_catalog.pg_get_triggerdef(oid) FROM pg_catalog.pg_trigger
WHERE tgrelid = 'pg_temp.pgtrigger_codegen_lookalike'::regclass AND tgname = %(name)s
"""


def _text(cursor: psycopg.Cursor[tuple[object, ...]]) -> str:
    row = cursor.fetchone()
    assert row is not None
    return str(row[0])


def _function(parts: TriggerParts) -> str:
    name = called_function(parts.execute).name
    return (
        f"CREATE FUNCTION pg_temp.{name}() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN RETURN NULL; END'"
    )


def _on_lookalike(parts: TriggerParts) -> TriggerParts:
    execute = parts.execute
    if uses_own_function(parts):
        execute = f"pg_temp.{called_function(execute).name}()"
    return replace(parts, table='"pg_temp"."pgtrigger_codegen_lookalike"', execute=execute)
