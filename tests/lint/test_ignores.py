from __future__ import annotations

import ast

import pytest

from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.ignores import AddedIgnores, add_ignores
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.lint.rules.unused_suppression import UnusedSuppression
from pgtrigger_codegen.lint.suppression import read_suppressions
from tests.lint import facts

PATH = "/project/shop/models.py"
SIMPLE = "a = 1\nb = 2\n"


def added(text: str, *findings: Diagnostic, writable: bool = True) -> AddedIgnores:
    return add_ignores(findings, lambda path: SourceText(text), lambda path: writable)


def at(line: int, code: str = "PGT103") -> Diagnostic:
    return facts.finding(facts.span(line), code=code)


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (SIMPLE, 1, "a = 1  # pgtrigger-codegen: ignore[PGT103]\nb = 2\n"),
        (SIMPLE.rstrip(), 2, "a = 1\nb = 2  # pgtrigger-codegen: ignore[PGT103]"),
        ("a = 1\r\nb = 2\r\n", 1, "a = 1  # pgtrigger-codegen: ignore[PGT103]\r\nb = 2\r\n"),
        ("a = 1  # why\n", 1, "a = 1  # why  # pgtrigger-codegen: ignore[PGT103]\n"),
        (
            "a = 1  # pgtrigger-codegen: ignore[PGT104] why\n",
            1,
            "a = 1  # pgtrigger-codegen: ignore[PGT104, PGT103] why\n",
        ),
        (
            "a = [\n    1,\n]  # pgtrigger-codegen: ignore[PGT104]\n",
            2,
            "a = [\n    1,\n]  # pgtrigger-codegen: ignore[PGT104, PGT103]\n",
        ),
        (
            'a = f("""\ntext\n""", 1)\n',
            1,
            'a = f("""\ntext\n""", 1)  # pgtrigger-codegen: ignore[PGT103]\n',
        ),
        (
            'a = f"""\n{b}\n"""\n',
            2,
            'a = f"""\n{b}\n"""  # pgtrigger-codegen: ignore[PGT103]\n',
        ),
        ("a = \\\n    1\n", 1, "a = \\\n    1  # pgtrigger-codegen: ignore[PGT103]\n"),
    ],
    ids=[
        "a line",
        "no line end",
        "other line ends",
        "behind a comment",
        "into a comment",
        "into the statement's comment",
        "behind a string",
        "behind an f-string",
        "behind a continuation",
    ],
)
def test_where_the_comment_goes(text: str, line: int, expected: str) -> None:
    result = added(text, at(line))

    (source,) = result.texts.values()
    assert source.text == expected
    assert (result.added, result.left) == ((at(line),), ())
    ast.parse(source.text)
    assert read_suppressions(PATH, source).suppress(at(line))


@pytest.mark.parametrize(
    "text", [SIMPLE, "a = 1  # why\n", "a = [\n    1,\n]\n", 'a = """\n"""  # noqa\n', "a = \\\n 1"]
)
def test_the_fix_of_unused_comments_takes_out_what_was_added(text: str) -> None:
    (source,) = added(text, at(1), at(1, "PGT104")).texts.values()

    (comment,) = read_suppressions(PATH, source).comments
    fix = UnusedSuppression().unused(comment, comment.selectors).fix
    assert fix is not None
    assert source.apply(fix.edits).text == text


def test_one_comment_for_several_findings() -> None:
    result = added(SIMPLE, at(1), at(1, "PGT104"), at(1), at(2))

    assert result.texts[PATH].text == (
        "a = 1  # pgtrigger-codegen: ignore[PGT103, PGT104]\n"
        "b = 2  # pgtrigger-codegen: ignore[PGT103]\n"
    )


def test_a_comment_that_is_there_keeps_its_reason() -> None:
    text = "a = 1  # pgtrigger-codegen: ignore[PGT104] why\nb = 2\n"

    result = add_ignores([at(1), at(2)], lambda path: SourceText(text), lambda path: True, "later")

    assert result.texts[PATH].plain == (
        "a = 1  # pgtrigger-codegen: ignore[PGT104, PGT103] why\n"
        "b = 2  # pgtrigger-codegen: ignore[PGT103] later\n"
    )


def test_unused_comments_are_not_silenced() -> None:
    unused = at(1, "PGT005")

    assert added(SIMPLE, unused) == AddedIgnores({}, (), (unused,))


def test_what_cannot_be_silenced_is_left() -> None:
    assert added("a = (\n", at(1)) == AddedIgnores({}, (), (at(1),))
    assert added(SIMPLE, at(1), writable=False) == AddedIgnores({}, (), (at(1),))
    assert added(SIMPLE, at(9)) == AddedIgnores({}, (), (at(9),))
