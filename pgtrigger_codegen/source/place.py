"""Stage source: a line of a file, as outputs name it that need no column."""

from __future__ import annotations

from msgspec import Struct


class Place(Struct, frozen=True):
    """A line of a file.

    Attributes:
        path: As the output shows it.
        line: From 1.
    """

    path: str
    line: int
