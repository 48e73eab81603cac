"""Environment variables that code sets are what code asks for later."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.values.unknown import first_unknown
from tests.evaluator.code import execute

_SET = {
    "an item": ("os.environ['A'] = 'b'", "b"),
    "over what is pinned": ("os.environ['PINNED'] = 'b'\nx = os.environ['PINNED']", "b"),
    "update": ("os.environ.update(A='b')", "b"),
    "update by a dictionary": ("os.environ.update({'A': 'b'})", "b"),
    "in place": ("os.environ |= {'A': 'b'}", "b"),
    "setdefault": ("os.environ.setdefault('A', 'b')", "b"),
    "setdefault of what is set": ("os.environ['A'] = 'b'\nos.environ.setdefault('A', 'c')", "b"),
    "setdefault of what is pinned": (
        "os.environ.setdefault('PINNED', 'b')\nx = os.environ['PINNED']",
        "pinned",
    ),
    "__setitem__": ("os.environ.__setitem__('A', 'b')", "b"),
    "deleted": ("os.environ['A'] = 'b'\ndel os.environ['A']", "unset"),
    "popped": ("os.environ['A'] = 'b'\nx = os.environ.pop('A')", "b"),
    "popped before": ("os.environ['A'] = 'b'\nos.environ.pop('A')", "unset"),
    "popped with a default": ("x = os.environ.pop('PINNED', 'b')", "pinned"),
    "getenv": ("os.environ['A'] = 'b'\nx = os.getenv('A', 'unset')", "b"),
}


@pytest.mark.parametrize(("source", "expected"), _SET.values(), ids=_SET)
def test_what_is_set_is_what_is_read(source: str, expected: str, tmp_path: Path) -> None:
    read = "" if "x = " in source else "x = os.environ.get('A', 'unset')"
    executed = execute(tmp_path, f"import os\n{source}\n{read}", environment={"PINNED": "pinned"})
    assert executed["x"] == expected


@pytest.mark.parametrize(
    "source",
    [
        "if f: os.environ['A'] = 'b'",
        "if f: del os.environ['A']",
        "os.environ['A'] = f",
        "os.environ['A'] = 1",
        "if f: os.environ.update(A='b')",
    ],
)
def test_what_may_be_set_is_not_known(source: str, tmp_path: Path) -> None:
    read = "x = os.environ.get('A', 'unset')"
    executed = execute(tmp_path, f"import os\nfrom package import f\n{source}\n{read}")
    assert first_unknown(executed["x"]) is not None


def test_what_is_deleted_raises(tmp_path: Path) -> None:
    source = """\
import os
os.environ["A"] = "b"
del os.environ["A"]
try:
    x = os.environ["A"]
except KeyError:
    x = "missing"
"""
    assert execute(tmp_path, source)["x"] == "missing"
