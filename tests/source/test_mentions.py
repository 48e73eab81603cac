"""Which words stand in a syntax tree."""

from __future__ import annotations

import ast

import pytest

from pgtrigger_codegen.source.mentions import mentions


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("register(x)", True),
        ("a.pre_register.b", True),
        ("f(register=1)", True),
        ("import a.register as b", True),
        ("x = 'to register'", True),
        ("regist(er)", False),
        ("not " * 150 + "register", True),
        ("-" * 1500 + "register", True),
        ("-" * 1500 + "other", False),
    ],
)
def test_a_word_is_found_at_any_depth(source: str, expected: bool) -> None:
    assert mentions(ast.parse(source), "nothing", "register") is expected
