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
        "a.x = 'new' AND NOT a.x = 'new'",
        "a.x = 'new' AND a.y AND NOT (a.x = 'new' AND a.x IS NOT NULL)",
        "a.y AND a.x AND NOT (a.x AND a.y)",
        "a.x = 1 AND a.x <> 1.0",
        "a.x = 1 AND a.x IS DISTINCT FROM 1",
        "a.x IN (1, 2) AND a.x NOT IN (2, 1, 3)",
        "a.x IN (1, 2) AND NOT a.x IN (2, 1, 3)",
        "a.x = 1 AND NOT (a.x IN (1, 2) AND a.x IS NOT NULL)",
        "a.x BETWEEN 5 AND 3",
        "a.x BETWEEN 1 AND 3 AND a.x > 3",
        "a.x = b.x AND a.x IS DISTINCT FROM b.x",
        "a.x = b.x AND b.x <> a.x",
        "a.x < b.x AND b.x <= a.x",
        "a.x IS NOT DISTINCT FROM b.x AND a.x IS DISTINCT FROM b.x",
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
        "a.x = 'new' AND NOT a.y = 'new'",
        "a.x = 'new' AND NOT (a.x = 'new' AND a.y IS NOT NULL)",
        "a.x IN (1, 2) AND a.x <> 1",
        "a.x IS DISTINCT FROM 1 AND NOT (a.x IS NOT NULL)",
        "a.x IN (1, 2) AND NOT a.x IN (2, 3)",
        "a.x BETWEEN 3 AND 3",
        "a.x NOT BETWEEN 5 AND 3",
        "a.x <= b.x AND b.x <= a.x",
        "a.x IS DISTINCT FROM b.x AND a.x <> b.x",
        "a.x IS DISTINCT FROM b.x AND a.y = b.y",
        "random() > 0.5 AND NOT random() > 0.5",
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
