"""Stage database: which of an app's migrations a database has run, by Django's own record.

The record is a table like any other, in a schema where others may create tables too. Reading one
can run code of its owner with our rights: a view's functions, a policy's, those in the expression
of an index or a constraint, which the planner evaluates. So only a plain table is read.
"""

from __future__ import annotations

import psycopg

from pgtrigger_codegen.database.connection import Connection
from pgtrigger_codegen.database.errors import DatabaseError, explain
from pgtrigger_codegen.sql.names import quote_name


def applied_migrations(connection: Connection, app_label: str) -> frozenset[str]:
    """The names of the app's migrations that have run; none where nothing ever has.

    Args:
        connection: In a transaction.

    Raises:
        DatabaseError: The record cannot be read, or is not the table that Django makes.
    """
    try:
        rows = connection.rows(_RECORD, schemas=list(connection.schemas))
        if not rows:
            return frozenset()
        (row,) = rows
        table = quote_name(row["schema"], "django_migrations")
        if not row["is_plain"]:
            raise DatabaseError(
                f"{table} is not the table that Django makes, and is not read: reading it could "
                "run somebody else's code",
                help="look at its kind, columns, indexes, policies and constraints; or name the "
                "right schema in the connection's search path",
            )
        recorded = connection.rows(f"SELECT app, name FROM ONLY {table}")  # noqa: S608
        return frozenset(item["name"] for item in recorded if item["app"] == app_label)
    except psycopg.Error as error:
        raise explain(error, "reading django_migrations") from error


# What a query finds under that name: the first in the search path, of whatever kind.
_RECORD = """
SELECT
    n.nspname::text AS schema,
    c.relkind = 'r'
        AND NOT (c.relrowsecurity AND NOT pg_has_role(c.relowner, 'USAGE'))
        AND NOT c.relforcerowsecurity AND NOT c.relhasrules
        AND NOT EXISTS (
            SELECT FROM pg_index i
            WHERE i.indrelid = c.oid AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
        )
        AND NOT EXISTS (
            SELECT FROM pg_constraint k
            WHERE k.conrelid = c.oid AND k.contype NOT IN ('p', 'u', 'n')
        )
        AND 2 = (
            SELECT count(*) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attname IN ('app', 'name') AND a.attgenerated = ''
                AND a.atttypid IN ('varchar'::regtype, 'text'::regtype)
        )
        AS is_plain
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = 'django_migrations' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND n.nspname = ANY (%(schemas)s::name[])
ORDER BY array_position(%(schemas)s::name[], n.nspname)
LIMIT 1
"""
