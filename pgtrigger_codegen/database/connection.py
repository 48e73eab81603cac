"""Stage database: connects, with timeouts, and leaves nothing behind.

Two things are kept apart here. Which schemas the connection looks in decides which tables are
meant, and where functions are created. But a name in one of *our* queries must mean PostgreSQL's
own: whoever may create objects in one of those schemas could make a function `array_position` or
an operator `=` there that fits our arguments better than PostgreSQL's own, and it would run with
our rights. So our queries see `pg_catalog` alone, and the schemas are looked up by name.
https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATTERNS

All settings end with their transaction. Behind a pooler such as PgBouncer, the next transaction on
the same connection to the server may be somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from msgspec import Struct
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from pgtrigger_codegen.database.address import Address
from pgtrigger_codegen.database.errors import DatabaseError, explain
from pgtrigger_codegen.errors import docs_url

# CREATE OR REPLACE TRIGGER is from 14.
OLDEST_SERVER = 140000

_OWN_SCHEMAS = ("pg_catalog", "pg_temp")
"""Where our own queries look; temporary objects last, since any name may be among them."""


class Timeouts(Struct, frozen=True):
    """How long to wait, as PostgreSQL writes durations (`5s`).

    Attributes:
        connect: In seconds.
        lock: For each lock.
        statement: For each statement.
    """

    connect: int = 10
    lock: str = "5s"
    statement: str = "60s"


class Connection:
    """A connection on which everything happens in transactions with settings of their own.

    Attributes:
        schemas: In a transaction: where tables are looked for, and functions created in the first.
    """

    def __init__(self, raw: psycopg.Connection[tuple[object, ...]], settings: Mapping[str, str]):
        self._raw = raw
        self._settings = settings
        self.schemas: tuple[str, ...] = ()

    @property
    def info(self) -> psycopg.ConnectionInfo:
        return self._raw.info

    @property
    def usable(self) -> bool:
        """Whether the server can still be asked."""
        return not self._raw.closed and not self._raw.broken

    def begin(self, schemas: Sequence[str] | None = None) -> None:
        """Begin a transaction.

        Args:
            schemas: Where to look for tables; None for the schemas of the connection itself.
        """
        assert self._raw.info.transaction_status is TransactionStatus.IDLE
        try:
            self._set(self._settings)
            if schemas is not None:
                self._set({"search_path": quoted_path(schemas)})
            self.schemas = self._existing_schemas()
            self.look_in_catalog()
        except psycopg.Error as error:
            raise explain(error, "preparing the connection") from error

    @contextmanager
    def reading(self, schemas: Sequence[str] | None = None) -> Iterator[None]:
        """A transaction that changes nothing."""
        try:
            self.begin(schemas)
            yield
        finally:
            self.rollback()

    def look_in_catalog(self) -> None:
        """From now on, names in statements mean PostgreSQL's own."""
        self._set({"search_path": quoted_path(_OWN_SCHEMAS)})

    def look_in_schemas(self) -> None:
        """From now on, names in statements mean those of `schemas`, and PostgreSQL's own first.

        For definitions of triggers and functions, which are written for these schemas.
        """
        self._set({"search_path": definition_path(self.schemas)})

    def execute(
        self, query: str, parameters: Sequence[object] | Mapping[str, object] | None = None
    ) -> psycopg.Cursor[tuple[object, ...]]:
        # `encode` for mypy, which takes texts only as literals.
        return self._raw.execute(query.encode(), parameters)

    def rows(self, query: str, **parameters: object) -> list[dict[str, Any]]:
        """What a query gives, by the names of its columns."""
        with self._raw.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), parameters or None).fetchall()

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Part of a transaction of which nothing stays, settings included."""
        with self._raw.transaction(force_rollback=True):
            yield

    def commit(self) -> None:
        self._raw.commit()

    def rollback(self) -> None:
        if self.usable:
            self._raw.rollback()

    def _set(self, settings: Mapping[str, str]) -> None:
        for name, value in settings.items():
            self.execute("SELECT pg_catalog.set_config(%s, %s, true)", [name, value])

    def _existing_schemas(self) -> tuple[str, ...]:
        """Those that exist and may be used, but PostgreSQL's own, which come first and last."""
        query = "SELECT pg_catalog.current_schemas(false)::pg_catalog.text[]"
        (found,) = self.execute(query).fetchone() or ([],)
        assert isinstance(found, list)
        return tuple(name for name in found if not name.startswith("pg_"))


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
        raw = psycopg.connect(
            **parameters,  # type: ignore[arg-type]  # libpq's parameters, all of them texts
            prepare_threshold=None,
            client_encoding="utf8",
        )
    except psycopg.Error as error:
        raise DatabaseError(
            f"cannot connect ({address.origin}): {' '.join(str(error).split())}",
            help="check host, port, database, user and TLS options; see "
            + docs_url("database.md#which-database"),
        ) from error
    connection = Connection(raw, _settings(address, timeouts))
    try:
        _check_version(connection)
        yield connection
    finally:
        connection.rollback()
        raw.close()


def describe(connection: Connection, address: Address) -> str:
    """Where this is, for people: never with a password."""
    info = connection.info
    return f"database {info.dbname} on {info.host or 'local'}:{info.port} ({address.origin})"


def quoted_path(schemas: Sequence[str]) -> str:
    """The value of `search_path` for these schemas, as a setting: it knows no escapes."""
    return ", ".join('"' + schema.replace('"', '""') + '"' for schema in schemas)


def definition_path(schemas: Sequence[str]) -> str:
    """The value of `search_path` under which triggers and functions are created.

    PostgreSQL looks in `pg_catalog` first where the path does not name it, and in `pg_temp`
    too: hence the temporary schema's place at the end.
    """
    return quoted_path([*schemas, "pg_temp"])


def _settings(address: Address, timeouts: Timeouts) -> dict[str, str]:
    """What holds in each transaction, besides the search path."""
    role = {} if address.role is None else {"role": address.role}
    return {
        **role,
        "lock_timeout": timeouts.lock,
        "statement_timeout": timeouts.statement,
        # Our literals are written for it, and a database's owner can turn it off.
        "standard_conforming_strings": "on",
    }


def _check_version(connection: Connection) -> None:
    version = connection.info.server_version
    if version < OLDEST_SERVER:
        raise DatabaseError(
            f"the server is PostgreSQL {version // 10000}",
            help=f"PostgreSQL {OLDEST_SERVER // 10000} or later is needed",
        )
