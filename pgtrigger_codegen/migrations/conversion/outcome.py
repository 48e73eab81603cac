"""Stage migrations: the outcome of converting migrations, as facts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from pgtrigger_codegen.source.span import Span

Kind = Literal["add", "remove", "state", "reverse"]


class ConvertedOperation(Struct, frozen=True):
    """One change to a file.

    Attributes:
        kind: What the operation was: `add` and `remove` became `RunSQL`; `state` had no effect
            on the database and went; `reverse` is new, and brings a deleted model's trigger
            back when the deletion is reversed.
        span: The operation in the original file.
    """

    kind: Kind
    uri: str
    span: Span


class ConvertedFile(Struct, frozen=True):
    """A migration file in its new form."""

    app_label: str
    path: Path
    before: str
    after: str
    operations: tuple[ConvertedOperation, ...]


class Remark(Struct, frozen=True, order=True):
    """A remark on a place in a migration: an obstacle, or a note."""

    span: Span
    reason: str


class Conversion(Struct, frozen=True):
    """The outcome; with obstacles, nothing of it may be written."""

    files: tuple[ConvertedFile, ...]
    obstacles: tuple[Remark, ...]
    notes: tuple[Remark, ...]


class Remarks(Struct):
    """The remarks so far; each is kept once, however many histories have it."""

    _obstacles: dict[Remark, None] = field(default_factory=dict)
    _notes: dict[Remark, None] = field(default_factory=dict)

    def obstruct(self, span: Span, reason: str) -> None:
        self._obstacles[Remark(span, reason)] = None

    def note(self, span: Span, reason: str) -> None:
        self._notes[Remark(span, reason)] = None

    @property
    def obstacles(self) -> tuple[Remark, ...]:
        return tuple(sorted(self._obstacles))

    @property
    def notes(self) -> tuple[Remark, ...]:
        return tuple(sorted(self._notes))
