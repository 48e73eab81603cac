"""Characters of string literals, and where they stand."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgtrigger_codegen.source.literals import literal_runs, string_literals
from pgtrigger_codegen.source.module import Module, parse_module


def parsed(source: str) -> tuple[Module, list[ast.Constant | ast.JoinedStr]]:
    module = parse_module("models", Path("models.py"), source)
    return module, list(string_literals(module.tree))


@pytest.mark.parametrize(
    ("source", "wanted", "line", "column"),
    [
        ('x = "OLD; NEW;"', "N", 1, 11),
        ("x = r'\\d NEW'", "N", 1, 10),
        ("x = '''\n  NEW'''", "N", 2, 3),
        ('x = (\n    "a "  # first\n    "NEW"\n)', "N", 3, 6),
        ('x = "\\t\\x41\\N{BULLET} NEW"', "N", 1, 23),
        ('x = "a \\\n  NEW"', "N", 2, 3),
        ("x = f\"{a!r} NEW {b['c']}\"", "N", 1, 13),
        ('x = f"{{ NEW }}"', "N", 1, 10),
        ('x = "äöü NEW"', "N", 1, 10),
        ('x = f"ä{y}" "NEW"', "N", 1, 14),
    ],
)
def test_places(source: str, wanted: str, line: int, column: int) -> None:
    module, [node] = parsed(source)

    chars = [char for run in literal_runs(module, node) for char in run if char.text == wanted]

    assert [(char.line, char.column) for char in chars] == [(line, column)]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\0")))
def test_every_text_is_read_back(text: str) -> None:
    module, [node] = parsed(f"x = ({text!r}\n   {text!a})")

    (run,) = literal_runs(module, node) or [[]]

    assert "".join(char.text for char in run) == text * 2
    assert sorted(run, key=lambda char: (char.line, char.column)) == run


def test_docstrings_are_no_literals_of_the_program() -> None:
    _, nodes = parsed('"""Doc."""\n\ndef f():\n    """Doc."""\n    return "value"\n')

    assert [node.value for node in nodes if isinstance(node, ast.Constant)] == ["value"]
