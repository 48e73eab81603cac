"""Servers to verify on, and a way to see that nothing is left there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgtrigger_codegen.verification.names import PREFIX

_ROOMS = """
SELECT 'database ' || datname FROM pg_database WHERE datname LIKE %(prefix)s
UNION ALL
SELECT 'role ' || rolname FROM pg_roles WHERE rolname LIKE %(prefix)s
"""


@pytest.fixture
def rooms(postgres: str) -> Callable[[], set[str]]:
    """The databases and roles of runs that are on the server."""

    def read() -> set[str]:
        with psycopg.connect(postgres) as connection:
            return {row[0] for row in connection.execute(_ROOMS, {"prefix": f"{PREFIX}%"})}

    return read


@pytest.fixture
def nothing_left(rooms: Callable[[], set[str]]) -> Iterator[None]:
    """A test after which the server has what it had before; others may be at work on it."""
    before = rooms()
    yield
    left = rooms() - before
    assert not left or not _still_there(left, rooms)


def _still_there(left: set[str], rooms: Callable[[], set[str]]) -> set[str]:
    """Without those of tests that ran beside this one, which end."""
    import time

    for _ in range(600):
        left &= rooms()
        if not left:
            break
        time.sleep(0.1)
    return left


@pytest.fixture
def new_administrator(postgres: str) -> Iterator[Callable[[str], str]]:
    """Makes roles with some rights, and returns their DSNs."""
    names: list[str] = []

    def make(rights: str) -> str:
        name = f"administrator_{uuid4().hex}"
        _execute(postgres, f"CREATE ROLE {name} LOGIN PASSWORD 'sesame' {rights}")
        names.append(name)
        return make_conninfo(postgres, user=name, password="sesame")

    yield make
    for name in names:
        _execute(postgres, f"DROP ROLE {name}")


def _execute(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement.encode())
