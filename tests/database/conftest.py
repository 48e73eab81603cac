"""The small shop on a fresh database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.database.project import TABLE, Shop, make_shop

_LIBPQ = ("PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE", "PGUSER", "PGPASSWORD", "DATABASE_URL")


@pytest.fixture(autouse=True)
def _one_analysis(one_analysis: None) -> None:
    """These tests change databases; a project that does not change is analyzed once."""


@pytest.fixture(autouse=True)
def no_other_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _LIBPQ:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def shop(tmp_path: Path, database: str) -> Shop:
    shop = make_shop(tmp_path, database)
    shop.sql(TABLE)
    return shop


@pytest.fixture
def new_role(database: str) -> Iterator[Callable[[], tuple[str, str]]]:
    """Makes roles without rights, and returns their names and DSNs."""
    names: list[str] = []

    def make() -> tuple[str, str]:
        name = f"role_{uuid4().hex}"
        _execute(database, f"CREATE ROLE {name} LOGIN PASSWORD 'sesame'")
        names.append(name)
        return name, make_conninfo(database, user=name, password="sesame")

    yield make
    for name in names:
        _execute(database, f"DROP OWNED BY {name} CASCADE", f"DROP ROLE {name}")


def _execute(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
