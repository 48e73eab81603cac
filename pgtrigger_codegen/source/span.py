"""A range of text in a file."""

from __future__ import annotations

from msgspec import Struct


class Span(Struct, frozen=True, order=True):
    """A range of text in one file.

    Lines and columns start at 1, columns count code points, the end is exclusive.

    Attributes:
        path: Absolute path of the file.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def contains(self, other: Span) -> bool:
        """Whether another range lies within this one."""
        return (
            self.path == other.path
            and (self.line, self.column) <= (other.line, other.column)
            and (other.end_line, other.end_column) <= (self.end_line, self.end_column)
        )
