"""Edits of a file's text."""

from __future__ import annotations

import pytest

from pgtrigger_codegen.source.edits import SourceEdits, module_name, set_constant, uses_of
from pgtrigger_codegen.source.span import Span

PACKAGE = frozenset({"pkg"})


def _span(text: str, piece: str) -> Span:
    start = text.index(piece)
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    end = start + len(piece)
    end_line = text.count("\n", 0, end) + 1
    return Span("f.py", line, column, end_line, end - (text.rfind("\n", 0, end) + 1) + 1)


@pytest.mark.parametrize(
    ("text", "piece", "expected"),
    [
        ("x = [a, b(), c]\n", "b()", "x = [a, c]\n"),
        ("x = [a, b()]\n", "b()", "x = [a, ]\n"),
        ("x = [b()]\n", "b()", "x = []\n"),
        ("x = [\n    a,\n    b(),\n    c,\n]\n", "b()", "x = [\n    a,\n    c,\n]\n"),
        ("x = [\n    b(),  # why\n    c,\n]\n", "b()", "x = [\n    # why\n    c,\n]\n"),
        (
            "x = [\n    b(\n        # in\n    ),\n]\n",
            "b(\n        # in\n    )",
            "x = [\n    # in\n]\n",
        ),
        ("x = {'k': 1, 'l': 2}\n", "'k': 1", "x = {'l': 2}\n"),
    ],
)
def test_remove(text: str, piece: str, expected: str) -> None:
    edits = SourceEdits(text)
    edits.remove(_span(text, piece))

    assert edits.result() == expected


def test_replace_keeps_comments_and_what_stands_around() -> None:
    text = "x = [\n    é, b(  # one\n        1,  # two\n    ),  # three\n]\n"
    edits = SourceEdits(text)
    edits.replace(
        _span(text, "b(  # one\n        1,  # two\n    )"), lambda i: f"n(\n{i}    2,\n{i})"
    )

    assert edits.result() == (
        "x = [\n    é, n(\n            # one\n            # two\n            2,\n        ),"
        "  # three\n]\n"
    )


def test_insert() -> None:
    text = "x = [\n    a(),\n]\n"
    edits = SourceEdits(text)
    edits.insert_before(_span(text, "a()"), lambda _: "first()")
    edits.insert_after(_span(text, "a()"), lambda _: "second()")
    edits.insert_after(_span(text, "a()"), lambda _: "third()")

    assert edits.result() == ("x = [\n    first(),\n    a(),\n    second(),\n    third(),\n]\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import pkg.a\nimport pkg.b\nimport os\n", "import os\n"),
        ("import os, pkg.a\n", "import os\n"),
        ("from pkg import (\n    a,\n    b,\n)\nb()\n", "from pkg import (\n    b,\n)\nb()\n"),
        ("# kept\nimport pkg  # gone\nimport os\n", "# kept\nimport os\n"),
        ("import os\n\nimport pkg\n\n\nx = 1\n", "import os\n\n\nx = 1\n"),
        ("import pkg as p\np.x()\n", "import pkg as p\np.x()\n"),
        ("from pkgs import a\n", "from pkgs import a\n"),
        ("import pkg; x = 1\n", "pass; x = 1\n"),
    ],
)
def test_unused_imports_of_a_package_go(text: str, expected: str) -> None:
    assert SourceEdits(text).result(PACKAGE) == expected


def test_an_import_that_only_the_removed_code_used_goes() -> None:
    text = "import os\nimport re\nimport sys\nx = [re.a(os), os]\n"
    edits = SourceEdits(text)
    edits.remove(_span(text, "re.a(os)"))

    assert edits.result() == "import os\nimport sys\nx = [os]\n"


def test_uses() -> None:
    text = "import pkg.a\nx = pkg.a.b(1)\ndef f():\n    é = 'é', pkg.c\n"
    found = [(u.name, u.in_function, u.span) for u in uses_of(text, "pkg", "f.py")]

    assert found == [
        ("pkg.a.b", False, Span("f.py", 2, 5, 2, 12)),
        ("pkg.c", True, Span("f.py", 4, 14, 4, 19)),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from django.db import migrations\n", "migrations"),
        ("from django.db import models, migrations as m\n", "m"),
        ("import django.db.migrations\n", "django.db.migrations"),
        ("import django.db.migrations as m\n", "m"),
        ("import django.db\n", None),
        ("from .db import migrations\n", None),
    ],
)
def test_module_name(text: str, expected: str | None) -> None:
    assert module_name(text, "django.db", "migrations") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A = True  # why\n", "A = False  # why\n"),
        ("A: bool = True\nB = 1\n", "A: bool = False\nB = 1\n"),
        ("B = 1", "B = 1\nA = False\n"),
        ("", "A = False\n"),
    ],
)
def test_set_constant(text: str, expected: str) -> None:
    assert set_constant(text, "A", "False") == expected
