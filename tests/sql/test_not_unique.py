"""Literals for which there are too many functions or operators, compared with a server."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from pgtrigger_codegen.sql import builtins
from pgtrigger_codegen.sql.coercion import UNKNOWN, fitting
from pgtrigger_codegen.sql.not_unique import is_not_unique, lacks_type
from tests.sql.builtin_catalogue import FILE

_NOT_UNIQUE = "42725"
_NO_TYPE = "42804"


@pytest.fixture(scope="module")
def server(postgres: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres, autocommit=True) as connection:
        yield connection


def names(section: str) -> list[str]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return sorted({line.split(" ")[1] for line in lines if line.startswith(f"{section} ")})


def sqlstate(server: psycopg.Connection, expression: str) -> str:
    try:
        server.execute(f"EXPLAIN SELECT {expression}".encode())
    except psycopg.Error as error:
        return error.sqlstate or ""
    return ""


@pytest.mark.parametrize("count", [1, 2, 3])
def test_functions(server: psycopg.Connection, count: int) -> None:
    given = [UNKNOWN] * count
    literals = ", ".join(["'1'"] * count)
    told = 0
    for name in names("function"):
        fits = fitting(builtins.functions(name), given)
        if builtins.is_type(name) or name in _OWN_SYNTAX:
            continue
        if is_not_unique(fits, given):
            assert sqlstate(server, f"{name}({literals})") == _NOT_UNIQUE, name
            told += 1
        elif lacks_type(fits, given):
            assert sqlstate(server, f"{name}({literals})") == _NO_TYPE, name
            told += 1

    assert told > 10


_OWN_SYNTAX = frozenset({"extract", "mode"})


@pytest.mark.parametrize("count", [1, 2])
def test_operators(server: psycopg.Connection, count: int) -> None:
    told = 0
    for name in names("operator"):
        known = [one for one in builtins.operators(name) if bool(one.arguments[0]) is (count == 2)]
        candidates = [one._replace(arguments=one.arguments[-count:]) for one in known]
        if is_not_unique(candidates, [UNKNOWN] * count):
            expression = f"'1' {name} '1'" if count == 2 else f"{name} '1'"
            assert sqlstate(server, expression) == _NOT_UNIQUE, name
            told += 1

    assert told > 2
