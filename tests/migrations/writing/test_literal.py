"""SQL as Python literals."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgtrigger_codegen.migrations.writing.literal import sql_literal, string_literal

nasty = st.one_of(st.text(), st.text(alphabet="\"'\\ \n\r\ta$%\u200b\u2028\xa0"))


@given(nasty)
def test_evaluates_to_the_very_text(text: str) -> None:
    assert ast.literal_eval(sql_literal(text)) == text
    assert ast.literal_eval(string_literal(text)) == text


@given(nasty)
def test_holds_nothing_that_an_editor_would_change(text: str) -> None:
    lines = sql_literal(text).split("\n")

    assert all(line == line.rstrip() for line in lines)
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("sql", "literal"),
    [
        ("SELECT 1;\n", '"""\\\nSELECT 1;\n"""'),
        ('ON "shop_order";\n', '"""\\\nON "shop_order";\n"""'),
        ("LIKE 'a\\_b';\n", '"""\\\nLIKE \'a\\\\_b\';\n"""'),
        ('"a"', '"""\\\n"a\\""""'),
        ("blank \nend", '"""\\\nblank\\x20\nend"""'),
    ],
)
def test_is_as_readable_as_it_can_be(sql: str, literal: str) -> None:
    assert sql_literal(sql) == literal
