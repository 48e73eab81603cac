"""Which names stand for a variable throughout a body."""

from __future__ import annotations

import pytest

from pgtrigger_codegen.sql.body_text import create_function
from pgtrigger_codegen.sql.body_variables import outer_variables
from pgtrigger_codegen.sql.parser import parse_function

OWN = {"total", "c", "rows", "taken"}


@pytest.mark.parametrize(
    ("declare", "found"),
    [
        ("DECLARE total integer;", {"total"}),
        ("DECLARE c CURSOR FOR SELECT 1;", {"c"}),
        ("DECLARE total integer; c CURSOR FOR SELECT 1;", {"c", "total"}),
        ("DECLARE c CURSOR FOR SELECT 1; total integer;", {"c", "total"}),
        # What a cursor takes is in sight in its own query alone.
        ("DECLARE c CURSOR (taken integer) FOR SELECT taken; total integer;", {"c", "total"}),
        ("DECLARE c refcursor;", {"c"}),
        ("DECLARE rows shop_order[];", {"rows"}),
    ],
)
def test_what_is_declared_outside(declare: str, found: set[str]) -> None:
    function = parse_function(create_function(declare, "RETURN NEW;"))

    assert outer_variables(function, declare) & OWN == found


def test_a_nested_cursor_is_not() -> None:
    body = "DECLARE c CURSOR FOR SELECT 1; BEGIN RETURN NEW; END;"

    assert "c" not in outer_variables(parse_function(create_function("", body)), "")
