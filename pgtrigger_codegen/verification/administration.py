"""The connection that makes the database and the role; the project's SQL never runs on it."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from pgtrigger_codegen.database.address import Address
from pgtrigger_codegen.database.errors import DatabaseError, explain
from pgtrigger_codegen.errors import docs_url
from pgtrigger_codegen.verification.names import APPLICATION, PREFIX, RoomNames

RawConnection = psycopg.Connection[tuple[Any, ...]]

_TIMEOUTS = "-c statement_timeout=60s -c lock_timeout=10s"


@contextmanager
def administering(address: Address, database: str | None = None) -> Iterator[RawConnection]:
    """A connection that commits each statement.

    Args:
        database: Instead of the address's own.

    Raises:
        DatabaseError: The server cannot be reached.
    """
    parameters = {
        "connect_timeout": "10",
        "options": _TIMEOUTS,
        **address.parameters,
        "application_name": APPLICATION,
    }
    if database is not None:
        parameters["dbname"] = database
    try:
        connection: RawConnection = psycopg.connect(
            **parameters,  # type: ignore[arg-type]  # libpq's parameters, all of them texts
            autocommit=True,
            client_encoding="utf8",
        )
    except psycopg.Error as error:
        raise DatabaseError(
            f"cannot connect ({address.origin}): {' '.join(str(error).split())}",
            help=f"check host, port, database, user and TLS options; see {docs_url('verify.md')}",
        ) from error
    with connection:
        yield connection


@contextmanager
def administering_again(address: Address) -> Iterator[RawConnection]:
    """A connection after the first has broken, maybe with the server, which then starts again.

    Raises:
        DatabaseError: The server cannot be reached within half a minute.
    """
    end = time.monotonic() + _PATIENCE
    with contextlib.ExitStack() as stack:
        yield _entered(stack, address, end)


def _entered(stack: contextlib.ExitStack, address: Address, end: float) -> RawConnection:
    while True:
        try:
            return stack.enter_context(administering(address))
        except DatabaseError as error:
            if time.monotonic() > end or not _STARTING.search(str(error.args[0])):
                raise
            time.sleep(0.5)


_PATIENCE = 30  # seconds
_STARTING = re.compile(r"in recovery mode|starting up|not yet accepting|shutting down|refused")


def make_room(connection: RawConnection, names: RoomNames) -> None:
    """A role that may nearly nothing, and an empty database that it may work in.

    Raises:
        DatabaseError: This role may not make them.
    """
    role, database = sql.Identifier(names.role), sql.Identifier(names.database)
    _run(
        connection,
        "making a role",
        sql.SQL(
            "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS "
            "PASSWORD {}"
        ).format(role, names.password),
        help="verify needs a role with CREATEROLE and CREATEDB, or a superuser; without --dsn it "
        "brings a server of its own",
    )
    if not _is_superuser(connection):
        # To end the role's sessions, and to clear away what it leaves.
        _run(connection, "making a role", sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    _run(
        connection,
        "making a database",
        sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(database),
        help="verify needs a role with CREATEDB, or a superuser; without --dsn it brings a server "
        "of its own",
    )
    for statement in ("REVOKE ALL ON DATABASE {0} FROM PUBLIC", _RIGHTS):
        _run(connection, "making a database", sql.SQL(statement).format(database, role))


_RIGHTS = "GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {0} TO {1}"


def furnish_room(connection: RawConnection, names: RoomNames) -> None:
    """In the new database: let the role make tables, and limit what it can fill.

    Args:
        connection: To the new database.
    """
    role = sql.Identifier(names.role)
    _run(
        connection,
        "preparing the database",
        sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(role),
    )
    if _is_superuser(connection):
        limit = sql.SQL("ALTER ROLE {} SET temp_file_limit = '1GB'").format(role)
        _run(connection, "preparing the database", limit)


def clear_room(connection: RawConnection, address: Address, names: RoomNames) -> None:
    """Drop the database with all in it, and the role."""
    if _exists(connection, "SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s", names):
        with administering(address, names.database) as inside:
            # A prepared transaction outlives its session, and keeps the database.
            query = (
                "SELECT gid FROM pg_catalog.pg_prepared_xacts "
                "WHERE database = pg_catalog.current_database()"
            )
            for (gid,) in inside.execute(query).fetchall():
                inside.execute(sql.SQL("ROLLBACK PREPARED {}").format(gid))
    database, role = sql.Identifier(names.database), sql.Identifier(names.role)
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
    connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))


def sweep(connection: RawConnection, address: Address) -> list[str]:
    """Clear away what runs left that were cut off together with their guards.

    Returns:
        The databases that are gone now.
    """
    cleared = []
    for (database,) in connection.execute(_ABANDONED, [f"{PREFIX}%", APPLICATION]).fetchall():
        names = RoomNames.of_database(str(database))
        clear_room(connection, address, names)
        cleared.append(names.database)
    return cleared


# Of a run at work, the administering connection is there; a minute is left for it to appear.
_ABANDONED = """
SELECT d.datname::pg_catalog.text
FROM pg_catalog.pg_database d
WHERE d.datname::pg_catalog.text LIKE %s
    AND pg_catalog.pg_has_role(d.datdba, 'USAGE')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_stat_activity a WHERE a.application_name = %s
            AND a.pid <> pg_catalog.pg_backend_pid()
    )
"""


def _is_superuser(connection: RawConnection) -> bool:
    query = "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
    row = connection.execute(query).fetchone()
    return bool(row and row[0])


def _exists(connection: RawConnection, query: str, names: RoomNames) -> bool:
    return connection.execute(query.encode(), [names.database]).fetchone() is not None


def _run(
    connection: RawConnection, what: str, statement: sql.Composed, *, help: str | None = None
) -> None:
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        failure = explain(error, what)
        raise DatabaseError(str(failure.args[0]), help=help or failure.help) from error
