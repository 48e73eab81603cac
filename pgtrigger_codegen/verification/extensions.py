"""The extensions that a project may have."""

from __future__ import annotations

import psycopg
from psycopg import sql

from pgtrigger_codegen.verification.administration import RawConnection

HARMLESS_EXTENSIONS = frozenset(
    """
    btree_gin btree_gist citext cube earthdistance fuzzystrmatch hstore intarray ltree pg_trgm
    pgcrypto plpgsql_check postgis postgis_raster tablefunc unaccent uuid-ossp vector
    """.split()
)
"""What the administrator creates when a project asks for it: none leads out of the database.

`dblink`, `file_fdw` and untrusted languages do, and are not there for any project.
"""


def extend(inside: RawConnection, name: str) -> bool:
    """Create an extension, and tell whether the server has it."""
    if name not in HARMLESS_EXTENSIONS:
        return False
    query = "SELECT 1 FROM pg_catalog.pg_available_extensions WHERE name = %s"
    if inside.execute(query, [name]).fetchone() is None:
        return False
    statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA public CASCADE")
    try:
        inside.execute(statement.format(sql.Identifier(name)))
    except psycopg.Error:
        return False
    return True
