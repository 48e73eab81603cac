"""Where LibCST's nodes stand, as `ast` counts: lines from 1, and bytes of UTF-8 from 0."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import libcst as cst
from libcst.metadata import CodeRange

Point = tuple[int, int]
"""A line from 1, and a column in code points from 0."""

# What may stand between two tokens: blanks, ends of lines, comments.
_BETWEEN = re.compile(r"(?:[ \t\f]|\\?\n|#[^\n]*)*")


class Places:
    """The places of one file's nodes.

    Args:
        text: The file.
        positions: LibCST's own, without parentheses and what stands around a node.
    """

    def __init__(self, text: str, positions: Mapping[cst.CSTNode, CodeRange]) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._positions = positions
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def start(self, node: cst.CSTNode) -> Point:
        """Where a node begins."""
        start = self._positions[node].start
        return start.line, start.column

    def end(self, node: cst.CSTNode) -> Point:
        """Where a node ends, exclusively."""
        end = self._positions[node].end
        return end.line, end.column

    def outer_start(self, node: cst.CSTNode) -> Point:
        """Where a node begins with its parentheses."""
        opening: Sequence[cst.CSTNode] = getattr(node, "lpar", ())
        return self.start(opening[0]) if opening else self.start(node)

    def outer_end(self, node: cst.CSTNode) -> Point:
        """Where a node ends with its parentheses."""
        closing: Sequence[cst.CSTNode] = getattr(node, "rpar", ())
        return self.end(closing[-1]) if closing else self.end(node)

    def of(self, node: cst.CSTNode) -> dict[str, Any]:
        """The attributes of a node that stands where LibCST's does."""
        return self.between(self.start(node), self.end(node))

    def between(self, start: Point, end: Point) -> dict[str, Any]:
        """The attributes of a node from one place to another."""
        return {
            "lineno": start[0],
            "col_offset": self._bytes(start),
            "end_lineno": end[0],
            "end_col_offset": self._bytes(end),
        }

    def past_semicolon(self, line: int, column: int) -> int:
        """Where a line of statements ends, if one ends at that offset in bytes."""
        rest = self._lines[line - 1].encode()[column:]
        blank = len(rest) - len(rest.lstrip(b" \t\f"))
        return column + blank + 1 if rest[blank : blank + 1] == b";" else column

    def text(self, start: Point, end: Point) -> str:
        """What is written from one place to another."""
        return self._text[self._offset(start) : self._offset(end)]

    def after(self, point: Point, token: str) -> Point:
        """Where a token ends that is the next one, or the place itself when another is."""
        found = _BETWEEN.match(self._text, self._offset(point))
        offset = found.end() if found else self._offset(point)
        return self._point(offset + len(token)) if self._text.startswith(token, offset) else point

    def _offset(self, point: Point) -> int:
        return self._starts[point[0] - 1] + point[1]

    def _point(self, offset: int) -> Point:
        # A token is seldom more than a line away.
        line = self._text.count("\n", 0, offset) + 1
        return line, offset - self._starts[line - 1]

    def _bytes(self, point: Point) -> int:
        line = self._lines[point[0] - 1]
        return point[1] if line.isascii() else len(line[: point[1]].encode())
