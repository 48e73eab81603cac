"""A piece of source with line numbers, and a span of it underlined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from pgtrigger_codegen.lint.reporters.palette import Palette
from pgtrigger_codegen.source.span import Span

_CONTEXT = 2  # lines shown before and after the span
_WIDEST = 120  # characters shown of a line
_LONG = 9  # a span of more lines is shown without its middle
_ENDS = 3  # lines shown of a long span at either end

# Tabs get a fixed width, and control characters (which could drive the terminal) a picture.
_SHOWN = {code: chr(0x2400 + code) for code in range(32)} | {9: "    ", 127: "\u2421"}
# Others that a terminal acts on have no picture.
_NOT_SHOWN = dict.fromkeys(
    (*range(0x80, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)),
    "\ufffd",
)


class _Row(Struct, frozen=True):
    """A row of the frame.

    Attributes:
        number: The line's number, None beside an underline.
        text: None where lines are left out.
    """

    number: int | None
    text: str | None


def render_frame(
    lines: Sequence[str],
    span: Span,
    *,
    palette: Palette,
    cells: Callable[[str], int],
    label: str = "",
    underline: str = "^",
    context: int = _CONTEXT,
) -> list[str]:
    """The lines of a source frame; none when the span lies outside the file.

    A span on one line is underlined; one of several lines has a bar at its side, as ruff and
    rustc draw it. Columns on the terminal are not code points: tabs take four, wide characters
    two, combining ones none.

    Args:
        lines: The file's lines.
        cells: From a text to the number of columns that a terminal shows it in.
        label: Printed behind the underline.
        underline: The character that underlines.
        context: Lines shown before and after the span.
    """
    if not 1 <= span.line <= len(lines):
        return []
    span = _within(lines, span)
    first, last = _extent(lines, span, context)
    draw = _draw_one_line if span.line == span.end_line else _draw_lines
    suffix = f" {label}" if label else ""
    rows = list(draw(_cleaned(cells), lines, span, first, last, underline, suffix))
    width = len(str(last))
    edge = palette.gutter(f"{'':{width}} |")
    return [edge, *(_render(row, width, edge, palette) for row in rows), edge]


def first_line(lines: Sequence[str], span: Span) -> Span:
    """What of a span stands on its first line."""
    if span.end_line == span.line or not 1 <= span.line <= len(lines):
        return span
    end = len(lines[span.line - 1].rstrip()) + 1
    return Span(span.path, span.line, span.column, span.line, max(end, span.column + 1))


def gutter_width(lines: Sequence[str], span: Span, *, context: int = _CONTEXT) -> int:
    """How many digits the line numbers of the frame take, 1 when there is no frame."""
    if not 1 <= span.line <= len(lines):
        return 1
    _, last = _extent(lines, _within(lines, span), context)
    return len(str(last))


def _within(lines: Sequence[str], span: Span) -> Span:
    """The span without what lies beyond the file, or before the first column of a line."""
    end_line, end_column = span.end_line, span.end_column
    if end_line > len(lines):
        end_line = len(lines)
        end_column = len(lines[-1]) + 1
    elif end_line > span.line and end_column <= 1:
        end_line -= 1
        end_column = len(lines[end_line - 1]) + 1
    return Span(span.path, span.line, span.column, end_line, end_column)


def _extent(lines: Sequence[str], span: Span, context: int) -> tuple[int, int]:
    """The first and the last line to show: no blank lines at the edges."""
    first, last = max(span.line - context, 1), min(span.end_line + context, len(lines))
    while first < span.line and not lines[first - 1].strip():
        first += 1
    while last > span.end_line and not lines[last - 1].strip():
        last -= 1
    return first, last


def _draw_one_line(
    cells: Callable[[str], int],
    lines: Sequence[str],
    span: Span,
    first: int,
    last: int,
    underline: str,
    suffix: str,
) -> Iterator[_Row]:
    for number in range(first, last + 1):
        line = lines[number - 1]
        start = cells(line[: span.column - 1])
        length = max(cells(line[span.column - 1 : span.end_column - 1]), 1)
        if number == span.line:
            text, start, length = _window(_clean(line), start, length)
            yield _Row(number, text)
            yield _Row(None, " " * start + underline * length + suffix)
        else:
            yield _Row(number, _cut(_clean(line)))


def _draw_lines(
    cells: Callable[[str], int],
    lines: Sequence[str],
    span: Span,
    first: int,
    last: int,
    underline: str,
    suffix: str,
) -> Iterator[_Row]:
    before_span = lines[span.line - 1][: span.column - 1]
    opens_line = not before_span.strip()
    left_out = range(span.line + _ENDS, span.end_line - _ENDS + 1)
    if span.end_line - span.line + 1 <= _LONG:
        left_out = range(0)
    for number in range(first, last + 1):
        if number in left_out:
            if number == left_out.start:
                yield _Row(None, None)
            continue
        yield _Row(
            number, _bar(number, span, opens_line=opens_line) + _cut(_clean(lines[number - 1]))
        )
        if number == span.line and not opens_line:
            yield _Row(None, " " + "_" * (cells(before_span) + 1) + underline)
        if number == span.end_line:
            end = min(cells(lines[number - 1][: span.end_column - 1]), _WIDEST)
            yield _Row(None, "|" + "_" * max(end, 1) + underline + suffix)


def _cut(text: str) -> str:
    """A line as far as a terminal is wide; migrations have lines of thousands of characters."""
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _window(text: str, start: int, length: int) -> tuple[str, int, int]:
    """The part of a long line that the span is in, with where the span is there, in cells."""
    if len(text) <= _WIDEST:
        return text, start, length
    fits = start + min(length, _WIDEST // 2) < _WIDEST
    first = 0 if fits or not text.isascii() else start - _WIDEST // 4
    shown = "…" + text[first + 1 :] if first else text
    start = min(start - first, _WIDEST - 1)
    return _cut(shown), start, max(min(length, _WIDEST - 1 - start), 1)


def _bar(number: int, span: Span, *, opens_line: bool) -> str:
    if number == span.line and opens_line:
        return "/ "
    return "| " if span.line < number <= span.end_line else "  "


def _render(row: _Row, width: int, edge: str, palette: Palette) -> str:
    if row.text is None:
        return palette.gutter("...")
    gutter = edge if row.number is None else palette.gutter(f"{row.number:{width}} |")
    return f"{gutter} {row.text}".rstrip()


def _clean(text: str) -> str:
    return text.translate(_SHOWN if text.isascii() else _SHOWN | _NOT_SHOWN)


def _cleaned(cells: Callable[[str], int]) -> Callable[[str], int]:
    """Counts the columns of a text as it is shown."""
    return lambda text: cells(_clean(text))
