"""When code ran."""

from __future__ import annotations

from msgspec import Struct


class Moment(Struct, frozen=True):
    """When code ran: as part of which top-level statement, and in which turn within it.

    Attributes:
        module: Of the statement; None for code that Django calls back when all is imported.
    """

    module: str | None
    line: int
    turn: int
