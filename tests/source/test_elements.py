"""Elements of a call, as text that can stand elsewhere."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pgtrigger_codegen.source.elements import elements_between, opening_bracket
from pgtrigger_codegen.source.module import parse_module


def moved(text: str) -> list[str]:
    """The arguments of the call, on lines of their own."""
    module = parse_module("m", Path("/m.py"), text)
    statement = module.tree.body[-1]
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    span = module.span(statement.value)
    start = opening_bracket(module, span)
    assert start is not None
    end = (span.end_line, span.end_column)
    elements, below = elements_between(module, statement.value.args, start, end)
    return [line for one in elements for line in one.render("  ")] + [f"  {one}" for one in below]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("f(a, b)", ["  a,", "  b,"]),
        ("f((a), ((b)),)", ["  a,", "  b,"]),
        ("f(\n    a,  # one\n    b  # two\n)", ["  a,  # one", "  b,  # two"]),
        (
            "f(  # first\n    # above\n    a,\n    # below\n)",
            ["  # first", "  # above", "  a,", "  # below"],
        ),
        ("f(a, g(  # inner\n    b,\n))", ["  a,", "  g(  # inner", "      b,", "  ),"]),
        ("f(\n        g(\n            1,\n        ),\n)", ["  g(", "      1,", "  ),"]),
        ("f('''\n  x\n''', 'ü')", ["  '''", "  x", "''',", "  'ü',"]),
        ("f(\n\tg(\n\t\t1\n\t)\n)", ["  g(", "  \t1", "  ),"]),
        ("f(*a, '# no comment')", ["  *a,", "  '# no comment',"]),
    ],
)
def test_elements(text: str, lines: list[str]) -> None:
    assert moved(text) == lines


def test_no_bracket_is_closed_by_what_is_no_bracket() -> None:
    module = parse_module("m", Path("/m.py"), "a, (b)")

    assert opening_bracket(module, module.span(module.tree.body[0])) == (1, 5)
    assert opening_bracket(module, module.span(ast.parse("a").body[0])) is None
