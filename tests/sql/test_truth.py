from __future__ import annotations

import pytest

from pgtrigger_codegen.sql.parser import parse_sql
from pgtrigger_codegen.sql.truth import constant_condition


def value(condition: str) -> bool | None:
    (statement,) = parse_sql(f"SELECT 1 WHERE {condition}")
    return constant_condition(statement["SelectStmt"]["whereClause"])


@pytest.mark.parametrize(
    "condition",
    [
        "TRUE",
        "NOT FALSE",
        "1 = 1",
        "2 >= 1 AND 1 < 2",
        "a.x OR TRUE",
        "a.x IS NOT DISTINCT FROM a.x",
        "NULL IS NULL",
        "'t'::bool",
    ],
)
def test_always_true(condition: str) -> None:
    assert value(condition) is True


@pytest.mark.parametrize(
    "condition",
    [
        "FALSE",
        "NULL",
        "NOT NULL::bool",
        "a.x = NULL",
        "a.x <> NULL AND a.y",
        "a.x <> a.x",
        "a.x < a.x",
        "a.x IS DISTINCT FROM a.x",
        "a.x AND 1 = 2",
        "FALSE OR NULL",
    ],
)
def test_never_true(condition: str) -> None:
    assert value(condition) is False


@pytest.mark.parametrize(
    "condition",
    [
        "a.x",
        "a.x = a.x",
        "a.x >= a.x",
        "a.x IS NULL",
        "a.x OR FALSE",
        "NOT (a.x <> 1 AND a.y)",
        "a.x = ANY('{}')",
        "a.* IS DISTINCT FROM a.*",
        "random() <> random()",
        "a.x IS DISTINCT FROM a.y",
        "NOT (a.x AND NULL)",
    ],
)
def test_depends_on_the_row(condition: str) -> None:
    assert value(condition) is None
