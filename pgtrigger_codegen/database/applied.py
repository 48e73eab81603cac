"""Stage database: which of an app's migrations a database has run, by Django's own record."""

from __future__ import annotations

import psycopg

from pgtrigger_codegen.database.connection import Connection
from pgtrigger_codegen.database.errors import explain


def applied_migrations(connection: Connection, app_label: str) -> frozenset[str]:
    """The names of the app's migrations that have run; none where nothing ever has.

    Raises:
        DatabaseError: The record cannot be read.
    """
    try:
        (table,) = connection.execute(
            "SELECT pg_catalog.to_regclass('django_migrations')"
        ).fetchone() or (None,)
        if table is None:
            return frozenset()
        query = "SELECT name FROM django_migrations WHERE app = %s"
        return frozenset(str(name) for (name,) in connection.execute(query, [app_label]))
    except psycopg.Error as error:
        raise explain(error, "reading django_migrations") from error
