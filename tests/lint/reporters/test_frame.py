from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pgtrigger_codegen.cli.terminal import cells
from pgtrigger_codegen.lint.reporters.frame import gutter_width, render_frame
from pgtrigger_codegen.lint.reporters.palette import Palette
from pgtrigger_codegen.source.span import Span

TEN = [f"line {number}" for number in range(1, 11)]


def frame(lines: list[str], *place: int, label: str = "", context: int = 2) -> str:
    line, column, end_line, end_column = place
    span = Span("/a.py", line, column, end_line, end_column)
    return "\n".join(
        render_frame(lines, span, palette=Palette(), cells=cells, label=label, context=context)
    )


def test_one_line_with_context_and_label() -> None:
    assert frame(TEN, 8, 6, 8, 7, label="PGT103").split("\n") == [
        "   |",
        " 6 | line 6",
        " 7 | line 7",
        " 8 | line 8",
        "   |      ^ PGT103",
        " 9 | line 9",
        "10 | line 10",
        "   |",
    ]


def test_no_context() -> None:
    assert frame(TEN, 8, 1, 8, 5, context=0).split("\n") == ["  |", "8 | line 8", "  | ^^^^", "  |"]


def test_blank_lines_at_the_edges_are_left_out() -> None:
    assert frame(["", "a = 1", "", ""], 2, 1, 2, 2).split("\n") == [
        "  |",
        "2 | a = 1",
        "  | ^",
        "  |",
    ]


def test_tabs_and_wide_characters_keep_the_underline_in_place() -> None:
    assert frame(["\t漢字 = é漢x"], 1, 7, 1, 9).split("\n")[1:3] == [
        "1 |     漢字 = é漢x",
        "  |            ^^^",
    ]


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert frame(["a = '\x1b[31m'"], 1, 1, 1, 2).split("\n")[1] == "1 | a = '\u241b[31m'"


def test_several_lines_have_a_bar() -> None:
    lines = ["triggers = [", "    Protect(", "        name,", "    )", "]"]
    assert frame(lines, 2, 5, 4, 6, label="PGT104").split("\n") == [
        "  |",
        "1 |   triggers = [",
        "2 | /     Protect(",
        "3 | |         name,",
        "4 | |     )",
        "  | |_____^ PGT104",
        "5 |   ]",
        "  |",
    ]


def test_several_lines_that_begin_inside_a_line() -> None:
    assert frame(["x = Protect(", "    name,", ")"], 1, 5, 3, 2).split("\n") == [
        "  |",
        "1 |   x = Protect(",
        "  |  _____^",
        "2 | |     name,",
        "3 | | )",
        "  | |_^",
        "  |",
    ]


def test_the_middle_of_a_long_span_is_left_out() -> None:
    assert frame(TEN, 1, 1, 10, 8).split("\n") == [
        "   |",
        " 1 | / line 1",
        " 2 | | line 2",
        " 3 | | line 3",
        "...",
        " 8 | | line 8",
        " 9 | | line 9",
        "10 | | line 10",
        "   | |_______^",
        "   |",
    ]


def test_a_span_of_nine_lines_is_shown_whole() -> None:
    assert "..." not in frame(TEN, 1, 1, 9, 7)


def test_an_end_before_the_first_column_is_the_end_of_the_line_before() -> None:
    assert frame(TEN, 3, 1, 4, 1, context=0) == frame(TEN, 3, 1, 3, 7, context=0)


def test_a_place_behind_the_text_gets_one_caret() -> None:
    assert frame(["class A"], 1, 8, 1, 9).split("\n")[2] == "  |        ^"


def test_a_span_beyond_a_file_of_blank_lines_has_one_width() -> None:
    span = Span("/a.py", 1, 1, 11, 0)

    rows = render_frame([""] * 10, span, palette=Palette(), cells=cells)

    assert gutter_width([""] * 10, span) == 2
    assert all(row[3] == "|" for row in rows if row != "...")


def test_a_long_line_is_shown_around_the_place() -> None:
    lines = frame(["a" * 3000 + "b" * 2000], 1, 3001, 1, 5001).split("\n")

    assert max(map(len, lines)) == len("1 | ") + 120
    assert lines[1] == f"1 | …{'a' * 29}{'b' * 89}…"
    assert lines[2] == "  | " + " " * 30 + "^" * 89


def test_of_a_long_line_the_beginning_is_shown_where_the_place_is_there() -> None:
    lines = frame(["b" * 10 + "a" * 3000], 1, 1, 1, 11).split("\n")

    assert lines[1:3] == [f"1 | {'b' * 10}{'a' * 109}…", "  | " + "^" * 10]


def test_long_lines_around_a_place_are_cut() -> None:
    assert frame(["x" * 500, "y", "z" * 500], 2, 1, 2, 2).split("\n")[1] == f"1 | {'x' * 119}…"


def test_outside_the_file_there_is_nothing_to_show() -> None:
    assert frame(TEN, 11, 1, 11, 2) == ""
    assert frame([], 1, 1, 1, 2) == ""


@given(
    st.lists(st.text(max_size=6), max_size=12),
    st.integers(0, 14),
    st.integers(1, 14),
    st.integers(0, 12),
    st.integers(0, 14),
)
def test_any_span_gives_a_frame(
    lines: list[str], line: int, column: int, height: int, end_column: int
) -> None:
    span = Span("/a.py", line, column, line + height, end_column)

    rows = render_frame(lines, span, palette=Palette(), cells=cells)

    assert bool(rows) is (1 <= line <= len(lines))
    edge = gutter_width(lines, span) + 1
    assert all(row[edge] == "|" for row in rows if row != "...")
