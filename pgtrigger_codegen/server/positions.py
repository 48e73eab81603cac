"""Places of the protocol and our own: both count lines alike, and columns in other units."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lsprotocol import types

from pgtrigger_codegen.source.span import Span

_UNITS: dict[str, Callable[[str], int]] = {
    types.PositionEncodingKind.Utf8.value: lambda text: len(text.encode("utf-8", "surrogatepass")),
    types.PositionEncodingKind.Utf16.value: lambda text: (
        len(text) + sum(c > "\uffff" for c in text)
    ),
    types.PositionEncodingKind.Utf32.value: len,
}


class Positions:
    """Translates places in one text.

    Args:
        lines: The text's lines without their ends, which are those of the protocol.
        encoding: The units of columns that were agreed with the editor.
    """

    def __init__(self, lines: Sequence[str], encoding: str) -> None:
        self._lines = lines
        self._units = _UNITS[encoding]

    def range(self, span: Span) -> types.Range:
        """A span as the editor has it."""
        start = self.position(span.line, span.column)
        end = self.position(span.end_line, span.end_column)
        return types.Range(start, max(start, end, key=lambda at: (at.line, at.character)))

    def position(self, line: int, column: int) -> types.Position:
        """A place, both numbers from 1; past the end means the end."""
        if line > len(self._lines):
            last = self._lines[-1] if self._lines else ""
            # A text that ends in a line end has an empty line after it.
            return (
                types.Position(len(self._lines), 0)
                if column == 1
                else (types.Position(max(len(self._lines) - 1, 0), self._units(last)))
            )
        return types.Position(line - 1, self._units(self._lines[line - 1][: max(column - 1, 0)]))

    def place(self, position: types.Position) -> tuple[int, int]:
        """Line and column of a position of the editor's, from 1."""
        line = self._lines[position.line] if position.line < len(self._lines) else ""
        units = 0
        for index, character in enumerate(line):
            if units >= position.character:
                return position.line + 1, index + 1
            units += self._units(character)
        return position.line + 1, len(line) + 1
