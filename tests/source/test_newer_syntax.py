"""Syntax newer than our Python becomes the tree that a newer Python makes, place by place."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import pgtrigger_codegen
from pgtrigger_codegen.source import translation
from pgtrigger_codegen.source.module import SourceSyntaxError, parse_module
from pgtrigger_codegen.source.translation.module import CannotTranslate, translate
from tests.source.trees import EXPECTED, cases, plain

_CASES = cases()
# Since Python 3.12, what is in an f-string stands where it is written.
_EXACT_STRINGS = sys.version_info >= (3, 12)
_STANDARD = Path(ast.__file__).parent
_FEW = [
    *Path(translation.__file__).parent.glob("*.py"),
    *(_STANDARD / name for name in ("bisect.py", "abc.py", "colorsys.py", "cmd.py", "copy.py")),
]
_MANY = [
    *sorted(Path(pgtrigger_codegen.__file__).parent.rglob("*.py")),
    *sorted(_STANDARD.glob("*.py")),
    *sorted(_STANDARD.glob("test/test_[a-g]*.py")),
    *sorted(_STANDARD.glob("test/test_patma.py")),
]
# All take ten minutes: `nox -s trees` reads them every night, and each change every eighth.
_EACH = 1 if os.environ.get("PGTRIGGER_CODEGEN_ALL_TREES") else 8
# LibCST knows no parentheses around an annotated name, which it has.
_NOT_READ = {"test_grammar.py"}


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    trees: dict[str, Any] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return trees


def test_every_case_has_an_expected_tree(expected: dict[str, Any]) -> None:
    assert list(expected) == list(_CASES)


@pytest.mark.parametrize("name", _CASES)
def test_the_tree_is_that_of_python_3_14(name: str, expected: dict[str, Any]) -> None:
    assert json.loads(json.dumps(plain(translate(_CASES[name])))) == expected[name]


@pytest.mark.parametrize("name", _CASES)
def test_every_python_reads_it(name: str, tmp_path: Path, expected: dict[str, Any]) -> None:
    """By its own parser or by LibCST's: the statements are the same, and where they are."""
    module = parse_module("m", tmp_path / "m.py", _CASES[name])

    kinds = [[found[0], found[1]] for found in expected[name][2]["body"]]
    assert [plain(statement)[:2] for statement in module.tree.body] == kinds


@pytest.mark.parametrize("path", _FEW, ids=lambda path: path.name)
def test_the_tree_is_that_of_our_python(path: Path) -> None:
    """What both parsers can read, with all old constructs, becomes the same tree."""
    _check_same(path)


@pytest.mark.early
@pytest.mark.slow
def test_the_tree_is_that_of_our_python_for_many_files() -> None:
    checked = 0
    for path in _MANY[::_EACH]:
        # What is refused with a reason is no tree that differs.
        with contextlib.suppress(CannotTranslate):
            if path.name not in _NOT_READ:
                checked += _check_same(path)
    assert checked > 500 / _EACH


@pytest.mark.parametrize(
    "text",
    [
        "x = = 1",
        "class A[T]\n    pass",
        "None = 1",
        "f() = 1",
        "import a as None",
        "def f[T](None): pass",
        "(None := 1)",
        "type X[T] = = 1",
        'f"{"',
        "print 1",
    ],
)
def test_what_is_wrong_stays_wrong(text: str) -> None:
    with pytest.raises(CannotTranslate) as caught:
        translate(text)
    assert caught.value.reason is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('x = t"a{b}" t"c"', "LibCST does not know"),
        ("x = " + "[" * 150 + "]" * 150, "nest too deeply"),
        ("x = " + "+".join("a" * 5000), "nest too deeply"),
        ("x = a" + ".b" * 3000, "nest too deeply"),
        ("if a: pass\n" + "elif a: pass\n" * 2000, "nest too deeply"),
        ("x = " + "'a' " * 3000, "nest too deeply"),
    ],
    ids=["t-strings side by side", "brackets", "a sum", "attributes", "branches", "strings"],
)
def test_what_libcst_cannot_read_is_said(text: str, reason: str) -> None:
    with pytest.raises(CannotTranslate) as caught:
        translate(text)
    assert reason in (caught.value.reason or "")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads such f-strings itself")
def test_an_error_says_that_a_newer_python_may_read_the_file(tmp_path: Path) -> None:
    text = 'x = f"{a["b"]!r  }"\n'  # LibCST loses the blanks, and with them what follows
    with pytest.raises(SourceSyntaxError, match=r"newer Python than 3\.11 may be able to read"):
        parse_module("m", tmp_path / "m.py", text)


@pytest.mark.parametrize(
    "text",
    [
        "with a: b;",
        "with a:\n    b; c ;  # d",
        "if a:\n    'ä';\nelif b: c\nelse:\n    d\t;\n",
        "for a in b:\n    if c:\n        d;\n",
        "while a: b;\nelse: c;",
        "try: a;\nexcept B: c;\nelse: d;\nfinally: e;",
        "try:\n    a\nexcept B:\n    c;\n",
        "def f(): a;",
        "class A:\n    def f(self):\n        a;\n",
        "match a:\n    case 1:\n        b;\n    case 2: c ;\n",
        "async def f():\n    async with a: b;\n    async for c in d: e;\n",
    ],
)
def test_a_block_ends_with_its_semicolon(text: str) -> None:
    ours = ast.parse(text)

    assert plain(translate(text)) == plain(ours)


def test_a_long_text_in_quotes_is_no_chain() -> None:
    translate(f'x = """{"-" * 500}"""\ny = "{"." * 500}"  # {"+" * 500}\n')


def test_many_short_expressions_are_no_chain() -> None:
    translate("x = [\n" + "    a.b + c.d,\n" * 500 + "]\n" + "y = a.b\n" * 500)


def _check_same(path: Path) -> bool:
    """Compares a file's two trees; says whether our Python could make its own."""
    try:
        text = path.read_text(encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ours = ast.parse(text)
    except (SyntaxError, UnicodeDecodeError):
        return False
    translated = plain(translate(text), within_strings=_EXACT_STRINGS)
    assert translated == plain(ours, within_strings=_EXACT_STRINGS), path
    return True
