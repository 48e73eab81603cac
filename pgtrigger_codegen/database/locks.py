"""Stage database: names the sessions that hold a lock which we waited for.

Asked after the wait has failed and our transaction is gone: whoever made us wait for seconds is
most likely still there.
"""

from __future__ import annotations

import psycopg

from pgtrigger_codegen.database.catalog import CatalogTable
from pgtrigger_codegen.database.connection import Connection
from pgtrigger_codegen.database.errors import DatabaseError

ADVISORY_KEY = 0x70677472_69676765
"""The lock that our commands take against each other: `pgtrigge`, as a number."""


def table_holders(connection: Connection, table: CatalogTable | None) -> str:
    """The sessions with a lock on the table or its partitions that changes wait for."""
    if table is None:
        return "another session"
    return _people(connection, _ON_TABLE, {"table": table.oid})


def advisory_holders(connection: Connection) -> str:
    """The sessions of other commands of ours."""
    high, low = ADVISORY_KEY >> 32, ADVISORY_KEY & 0xFFFFFFFF
    return _people(connection, _ADVISORY, {"high": high, "low": low})


_SESSION = """
SELECT DISTINCT
    coalesce('session ' || l.pid, 'a prepared transaction')
    || coalesce(' of ' || a.usename, '')
    || coalesce(' (' || nullif(a.application_name, '') || ')', '')
    || coalesce(', ' || a.state, '')
    || coalesce(' since ' || to_char(a.xact_start, 'HH24:MI:SS'), '')
FROM pg_catalog.pg_locks l
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.granted AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
    AND l.database IN (0, (SELECT oid FROM pg_catalog.pg_database
                           WHERE datname = pg_catalog.current_database()))
"""

# A reader stops only DROP TRIGGER. https://www.postgresql.org/docs/current/explicit-locking.html
_ON_TABLE = """
    AND l.locktype = 'relation'
    AND (l.relation = %(table)s::oid OR l.relation IN (
        SELECT relid FROM pg_catalog.pg_partition_tree(%(table)s::oid)
    ))
ORDER BY 1
LIMIT 5
"""

_ADVISORY = """
    AND l.locktype = 'advisory' AND l.classid = %(high)s::oid AND l.objid = %(low)s::oid
ORDER BY 1
LIMIT 5
"""


def _people(connection: Connection, condition: str, parameters: dict[str, int]) -> str:
    try:
        with connection.reading():
            rows = connection.execute(_SESSION + condition, parameters).fetchall()
    except (psycopg.Error, DatabaseError):
        return "another session, which cannot be named"
    return "; ".join(str(row[0]) for row in rows) or "a session that has ended since"
