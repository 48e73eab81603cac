from __future__ import annotations

import pytest

from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.lint.selection import Selector
from pgtrigger_codegen.lint.suppression import SuppressionComment, read_suppressions
from tests.lint import facts

IGNORE = "# pgtrigger-codegen: ignore"
PATH = "/project/shop/models.py"


def comments(text: str) -> list[SuppressionComment]:
    return list(read_suppressions(PATH, SourceText(text)).comments)


def silenced(text: str, finding: Diagnostic) -> bool:
    return read_suppressions(PATH, SourceText(text)).suppress(finding)


@pytest.mark.parametrize(
    ("text", "selectors"),
    [
        (f"{IGNORE}[PGT103]", ["PGT103"]),
        (f"{IGNORE}[PGT103] the manual says so", ["PGT103"]),
        (f"{IGNORE}[ PGT103 ,lost-inherited-triggers,]", ["PGT103", "lost-inherited-triggers"]),
        ("#pgtrigger-codegen:ignore-file [PGT1]", ["PGT1"]),
        (f"# noqa: E501  {IGNORE}[PGT103]  # and more", ["PGT103"]),
        (IGNORE, []),
        (f"{IGNORE}[]", []),
        (f"{IGNORE}-line[PGT103]", []),
    ],
)
def test_what_a_comment_names(text: str, selectors: list[str]) -> None:
    (comment,) = comments(f"x = 1  {text}\n")

    assert [selector.text for selector in comment.selectors] == selectors


@pytest.mark.parametrize(
    "text",
    [
        f'x = "{IGNORE}[PGT103]"\n',
        f'"""\n{IGNORE}[PGT103]\n"""\n',
        "# pgtrigger-codegen: see the manual, ignore[PGT103] is explained there\n",
        "# pgtrigger: ignore[PGT103]\n",
    ],
)
def test_what_is_no_such_comment(text: str) -> None:
    assert comments(text) == []


def test_where_a_comment_stands() -> None:
    text = f"é = 1  # noqa {IGNORE}[PGT103] why  # other\n"
    (comment,) = comments(text)

    part = text[comment.span.column - 1 : comment.span.end_column - 1]
    assert part == f"{IGNORE}[PGT103] why"
    assert comment.list_span is not None
    assert text[comment.list_span.column - 1 : comment.list_span.end_column - 1] == "PGT103"
    assert text[: comment.gap_column - 1] == "é = 1  # noqa"


@pytest.mark.parametrize(
    ("text", "whole_line"),
    [
        (f"    {IGNORE}[PGT103]\n", True),
        (f"x = 1  {IGNORE}[PGT103]\n", False),
        (f"# noqa  {IGNORE}[PGT103]\n", False),
        (f"{IGNORE}[PGT103]  # noqa\n", False),
    ],
)
def test_whether_it_has_the_line_for_itself(text: str, whole_line: bool) -> None:
    (comment,) = comments(f"if 1:\n    y = 2\n{text}")

    assert comment.whole_line is whole_line


@pytest.mark.parametrize(
    ("line", "expected"),
    [(1, False), (2, True), (3, True), (4, True), (5, False)],
)
def test_a_comment_speaks_of_its_statement(line: int, expected: bool) -> None:
    text = f"a = 1\nb = [\n    2,\n]  {IGNORE}[PGT103]\nc = 3\n"

    assert silenced(text, facts.finding(facts.span(line))) is expected


def test_of_a_class_only_the_head_is_meant() -> None:
    text = f"class A:  {IGNORE}[PGT103]\n    b = 1\n"

    assert silenced(text, facts.finding(facts.span(1)))
    assert not silenced(text, facts.finding(facts.span(2)))


def test_of_a_file_that_does_not_parse_only_the_line_is_meant() -> None:
    text = f"a = (\n  1 {IGNORE}[PGT001]\nclass\n"

    assert silenced(text, facts.finding(facts.span(2), code="PGT001"))
    assert not silenced(text, facts.finding(facts.span(1), code="PGT001"))


def test_the_whole_file() -> None:
    text = f"a = 1\n{IGNORE}-file[PGT103]\n"

    assert silenced(text, facts.finding(facts.span(1)))
    assert not silenced(text, facts.finding(facts.span(1), code="PGT104"))


def test_what_has_been_of_use() -> None:
    found = read_suppressions(PATH, SourceText(f"a = 1  {IGNORE}[PGT104, PGT103, PGT1]\n"))
    found.suppress(facts.finding(facts.span(1)))

    (comment,) = found.comments
    assert found.unused(comment) == (Selector("PGT104"),)


@pytest.mark.parametrize(
    ("line", "expected"),
    [(2, False), (3, True), (4, True), (5, True), (6, False), (7, False)],
)
def test_in_a_list_a_comment_speaks_of_one_call(line: int, expected: bool) -> None:
    text = f"b = [\n    a(),\n    c(\n        1,\n    ),  {IGNORE}[PGT103]\n    d(),\n]\n"

    assert silenced(text, facts.finding(facts.span(line))) is expected


def test_behind_the_bracket_a_comment_speaks_of_all_calls() -> None:
    text = f"b = [\n    a(),\n    c(),\n]  {IGNORE}[PGT103]\n"

    assert silenced(text, facts.finding(facts.span(2)))
    assert silenced(text, facts.finding(facts.span(3)))


@pytest.mark.parametrize(("line", "expected"), [(2, False), (3, True), (4, False), (5, False)])
def test_a_comment_in_the_sql_of_a_string_speaks_of_its_line(line: int, expected: bool) -> None:
    sql = "-- pgtrigger-codegen: ignore[PGT103] meant"
    text = f'b = """\n    x := 1;\n    y := 2;  {sql}\n    z := 3;\n"""\n'

    assert silenced(text, facts.finding(facts.span(line))) is expected


def test_a_comment_above_in_sql_speaks_of_the_next_line() -> None:
    text = 'b = """\n    -- pgtrigger-codegen: ignore[PGT103]\n    y := 2;\n    z := 3;\n"""\n'

    assert silenced(text, facts.finding(facts.span(3)))
    assert not silenced(text, facts.finding(facts.span(4)))


def test_a_comment_in_an_sql_file() -> None:
    found = read_suppressions("/p/f.sql", SourceText("a;  -- pgtrigger-codegen: ignore[PGT103]\n"))

    assert found.suppress(facts.finding(facts.span(1)))


def test_what_a_python_comment_says_of_sql_is_none() -> None:
    assert comments("x = 1  # -- pgtrigger-codegen: ignore[PGT103]\n") == []
