"""What comparing without the server sees, and what it does not."""

from __future__ import annotations

import pytest

from pgtrigger_codegen.database.normal_form import without_casts, without_function
from pgtrigger_codegen.sql.statements import CreateTriggerStatement, read_statements


def _definition(condition: str, function: str = "f") -> str:
    (statement,) = read_statements(
        f"CREATE TRIGGER t BEFORE UPDATE ON x FOR EACH ROW WHEN ({condition}) "
        f"EXECUTE FUNCTION {function}()"
    )
    assert isinstance(statement, CreateTriggerStatement)
    return statement.definition


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("OLD.a = 'x'", "((old.a)::text = 'x'::text)"),
        ("OLD.a IN ('x', 'y')", "(old.a = ANY (ARRAY['x'::text, 'y'::text]))"),
        ("OLD.a IN ('x')", "old.a = 'x'::text"),
        ("OLD.a NOT IN ('x', 'y')", "(old.a <> ALL (ARRAY['x'::text, 'y'::text]))"),
        ("OLD.a BETWEEN 1 AND 2 AND NEW.b", "(old.a >= 1) AND (old.a <= 2) AND new.b"),
        ("OLD.a IS NOT DISTINCT FROM NEW.a", "(NOT (old.a IS DISTINCT FROM new.a))"),
        ("OLD.a LIKE 'x%'", "old.a ~~ 'x%'::text"),
        ("OLD.a ILIKE 'x%'", "old.a ~~* 'x%'::text"),
        ("OLD.a = -1", "old.a = '-1'::integer"),
        ("OLD.a = 0 AND (NEW.b AND NEW.c)", "((old.a = (0)::numeric) AND new.b AND new.c)"),
        ("OLD.a = 1.5", "old.a = '1.5'::numeric"),
        ("OLD.a = TRUE", "old.a = true"),
    ],
)
def test_same(written: str, printed: str) -> None:
    assert without_casts(_definition(written)) == without_casts(_definition(printed))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("OLD.a = 'x'", "OLD.a = 'y'"),
        ("OLD.a = 'x'", "OLD.a <> 'x'"),
        ("OLD.a = 'x'", "NEW.a = 'x'"),
        ("OLD.a IN ('x', 'y')", "OLD.a NOT IN ('x', 'y')"),
        ("OLD.a IN ('x', 'y')", "OLD.a = ALL (ARRAY['x', 'y'])"),
        ("OLD.a IN ('x', 'y')", "OLD.a IN ('x')"),
        ("OLD.a IS NULL", "OLD.a IS NOT NULL"),
        ("OLD.a IS DISTINCT FROM NEW.a", "OLD.a IS NOT DISTINCT FROM NEW.a"),
        ("OLD.a LIKE 'x%'", "OLD.a ILIKE 'x%'"),
        ("OLD.a AND NEW.a", "OLD.a OR NEW.a"),
        ("OLD.a = 1 AND (NEW.b OR NEW.c)", "(OLD.a = 1 AND NEW.b) OR NEW.c"),
        ("OLD.a = NULL", "OLD.a = 'NULL2'"),
        ("OLD.a BETWEEN 1 AND 2", "OLD.a BETWEEN 2 AND 1"),
        ("OLD.a = 0", "OLD.a = 1"),
        ("OLD.a = TRUE", "OLD.a = FALSE"),
    ],
)
def test_different(one: str, other: str) -> None:
    assert without_casts(_definition(one)) != without_casts(_definition(other))


def test_casts_are_not_seen() -> None:
    one, other = _definition("OLD.a::text = '1'"), _definition("OLD.a::integer = 1")

    assert without_casts(one) == without_casts(other)
    assert without_function(one) != without_function(other)


def test_functions_are_compared_elsewhere() -> None:
    one, other = _definition("OLD.a", "f"), _definition("OLD.a", "public.f")

    assert one != other
    assert without_function(one) == without_function(other)
