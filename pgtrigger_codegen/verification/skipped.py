"""The operations of migrations that a replay leaves out, and the causes."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Cause(StrEnum):
    """Why an operation was left out."""

    PYTHON = "python"
    EXTENSION = "extension"
    PACKAGE = "package"
    """Models of a package whose migrations are not there; a table with a key stands for each."""
    UNREAD = "unread"
    REFUSED = "refused"
    """The server refuses it; something may be missing that is made elsewhere."""
    FAILED = "failed"
    """The server certainly refuses it wherever it runs."""
    FOLLOWS = "follows"
    """The server refuses it, since an operation was left out before."""

    @property
    def is_usual(self) -> bool:
        """Whether every replay leaves such operations out."""
        return self in (Cause.PYTHON, Cause.EXTENSION)


class Skipped(Struct, frozen=True):
    """An operation that was left out.

    Attributes:
        where: Migration, number and class.
        reason: In words; the server's where it refused.
    """

    where: str
    reason: str
    cause: Cause
