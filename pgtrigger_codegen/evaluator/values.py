"""What an expression can be besides a real Python object."""

from __future__ import annotations

from dataclasses import dataclass, field

from pgtrigger_codegen.source.span import Span


@dataclass(frozen=True, slots=True)
class Note:
    """A step between a declaration and what defeated it."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that cannot be known, why, and the very expression that defeated it."""

    reason: str
    span: Span | None = None
    notes: tuple[Note, ...] = field(default=())
