"""Stage database: connects, with timeouts, and leaves nothing half done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import sql

from pgtrigger_codegen.database.address import Address
from pgtrigger_codegen.database.errors import DatabaseError, explain
from pgtrigger_codegen.records import dataclass

Connection = psycopg.Connection[tuple[object, ...]]

# CREATE OR REPLACE TRIGGER is from 14.
OLDEST_SERVER = 140000


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, as PostgreSQL writes durations (`5s`).

    Attributes:
        connect: In seconds.
        lock: For each lock.
        statement: For each statement.
    """

    connect: int = 10
    lock: str = "5s"
    statement: str = "60s"


@contextmanager
def connect(
    address: Address, timeouts: Timeouts, environment: Mapping[str, str]
) -> Iterator[Connection]:
    """A connection with our timeouts; what is not committed when it closes is rolled back.

    Raises:
        DatabaseError: The server cannot be reached, or is too old.
    """
    parameters = {"application_name": "pgtrigger-codegen", **address.parameters}
    if not environment.get("PGCONNECT_TIMEOUT"):
        parameters.setdefault("connect_timeout", str(timeouts.connect))
    try:
        # Scripts of several statements cannot be prepared.
        connection = psycopg.connect(
            **parameters,  # type: ignore[arg-type]  # libpq's parameters, all of them texts
            prepare_threshold=None,
            client_encoding="utf8",
        )
    except psycopg.Error as error:
        raise DatabaseError(
            f"cannot connect ({address.origin}): {' '.join(str(error).split())}",
            help="check host, port, database, user and TLS options; see docs/database.md",
        ) from error
    try:
        _prepare(connection, address, timeouts)
        yield connection
    finally:
        connection.close()


def describe(connection: Connection, address: Address) -> str:
    """Where this is, for people: never with a password."""
    info = connection.info
    return f"database {info.dbname} on {info.host or 'local'}:{info.port} ({address.origin})"


def set_search_path(connection: Connection, schemas: Sequence[str]) -> None:
    """Look for tables in these schemas, in their order, for the rest of the connection."""
    path = ", ".join(sql.Identifier(schema).as_string(connection) for schema in schemas)
    connection.execute("SELECT pg_catalog.set_config('search_path', %s, false)", [path])
    connection.commit()


def _prepare(connection: Connection, address: Address, timeouts: Timeouts) -> None:
    version = connection.info.server_version
    if version < OLDEST_SERVER:
        raise DatabaseError(
            f"the server is PostgreSQL {version // 10000}",
            help=f"PostgreSQL {OLDEST_SERVER // 10000} or later is needed",
        )
    try:
        if address.role is not None:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(address.role)))
        for name, value in (
            ("lock_timeout", timeouts.lock),
            ("statement_timeout", timeouts.statement),
        ):
            connection.execute("SELECT pg_catalog.set_config(%s, %s, false)", [name, value])
        connection.commit()
    except psycopg.Error as error:
        raise explain(error, "preparing the connection") from error
