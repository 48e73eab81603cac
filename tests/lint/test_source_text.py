from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgtrigger_codegen.lint.diagnostic import Edit
from pgtrigger_codegen.lint.places.source_text import SourceText, lines_to_show, read_source
from pgtrigger_codegen.source.span import Span

TEXTS = st.text(alphabet="ab é漢\t\f\x0b\x1c\u2028\r\n", max_size=40)


@given(TEXTS)
def test_lines_are_those_of_the_parser(text: str) -> None:
    plain = SourceText(text).plain
    expected = plain.split("\n")
    assert SourceText(text).lines == (expected[:-1] if expected[-1] == "" else expected)


@given(TEXTS, st.data())
def test_a_place_is_where_it_is_in_the_parsers_text(text: str, data: st.DataObject) -> None:
    source = SourceText(text)
    lines = [*source.lines, ""] if text.endswith(("\r", "\n")) or not text else source.lines
    line = data.draw(st.integers(1, len(lines)))
    column = data.draw(st.integers(1, len(lines[line - 1]) + 1))
    rest = source.text[source.offset(line, column) :]
    expected = "\n".join((lines[line - 1][column - 1 :], *lines[line:]))
    assert SourceText(rest).plain == expected


def test_edits_keep_the_line_ends_of_the_file() -> None:
    source = SourceText("a = 1\r\nb = 2\r\n")
    edits = [Edit(Span("", 2, 1, 2, 1), "x = 0\n"), Edit(Span("", 1, 5, 1, 6), "3")]

    assert source.apply(edits).text == "a = 3\r\nx = 0\r\nb = 2\r\n"


def test_an_edit_behind_the_last_line() -> None:
    assert SourceText("a\n").apply([Edit(Span("", 9, 1, 9, 1), "b\n")]).text == "a\nb\n"


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfname = '\xc3\xa9'\n",
        b"# coding: latin-1\nname = '\xe9'\n",
        b"name = '\xc3\xa9'\r\n",
        b"",
    ],
    ids=["byte order mark", "latin-1", "utf-8", "empty"],
)
def test_reading_and_encoding_are_inverse(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "module.py"
    path.write_bytes(data)

    source = read_source(path)

    assert source.encode() == data
    ast.parse(source.text)  # a byte order mark would be refused


def test_what_cannot_be_decoded_is_still_shown(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_bytes(b"a = '\xff'\nb = 1\n")

    assert lines_to_show(path) == ["a = '\ufffd'", "b = 1"]


def test_a_file_that_is_gone_has_no_lines(tmp_path: Path) -> None:
    assert lines_to_show(tmp_path / "gone.py") == []
