from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from pgtrigger_codegen.sql.coercion import convertible

VALUES = {
    "bool": ("true", "false"),
    "int2": ("0", "1", "2024"),
    "int8": ("0", "1", "20240101"),
    "numeric": ("0", "1", "1.5", "20240101"),
    "float8": ("0", "1", "'NaN'"),
    "text": ("'1'", "'t'", "'2024-01-01'", "'{}'", "'1 day'", "'10.0.0.1'"),
    "date": ("'2024-01-01'", "'infinity'"),
    "timestamptz": ("'2024-01-01 10:00+00'", "'infinity'"),
    "time": ("'00:00'", "'10:20:30'"),
    "interval": ("'0'", "'1 day'", "'1 year 2 hours'", "'-3 minutes'"),
    "uuid": ("'00000000-0000-0000-0000-000000000000'", "'12345678-1234-1234-1234-123456789012'"),
    "jsonb": ("'1'", "'true'", "'{}'", "'[1]'", "'20240101'"),
    "inet": ("'10.0.0.1'", "'::1'", "'0.0.0.0/0'"),
    "int4[]": ("'{}'", "'{1,2}'"),
    "text[]": ("'{}'", "'{t}'"),
}
"""By type, values whose texts are most like values of other types."""


@pytest.fixture(scope="module")
def connection(postgres: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres, autocommit=True) as opened:
        yield opened


@pytest.mark.parametrize("target", VALUES)
def test_what_is_refused_is_refused_by_a_server(
    target: str, connection: psycopg.Connection
) -> None:
    assigned = f"DO $$DECLARE taken {target}; BEGIN taken := CAST(%s AS %s); END$$"
    wrong = []
    for given, values in VALUES.items():
        for value in values if not convertible(target, given) else ():
            try:
                connection.execute((assigned % (value, given)).encode())
            except psycopg.Error:
                continue
            wrong.append((given, value))

    assert not wrong


def test_much_is_refused() -> None:
    pairs = [(given, target) for given in VALUES for target in VALUES]

    assert sum(not convertible(target, given) for given, target in pairs) > 60
