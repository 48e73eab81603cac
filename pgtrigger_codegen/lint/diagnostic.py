"""A finding of a rule: the contract between rules, fixes and reporters."""

from __future__ import annotations

import enum

from msgspec import Struct

from pgtrigger_codegen.source.span import Span


class Severity(enum.StrEnum):
    """The severity of a finding.

    An error is what PostgreSQL, Django or django-pgtrigger would fail on, or a trigger that
    would be lost. Information does not make `lint` fail.
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Applicability(enum.StrEnum):
    """Whether a fix may be applied without a look at it.

    A safe fix does what the code was evidently meant to do. An unsafe one may change more
    than that. A display-only one is never applied, because it is but a sketch.
    """

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY_ONLY = "display-only"


class Edit(Struct, frozen=True):
    """The text of the span gives way to `content`, whose line ends are line feeds."""

    span: Span
    content: str


class Fix(Struct, frozen=True):
    """Edits that belong together: all are applied, or none."""

    title: str
    applicability: Applicability
    edits: tuple[Edit, ...]


class Note(Struct, frozen=True):
    """Another place that the finding is about."""

    message: str
    span: Span


class Diagnostic(Struct, frozen=True):
    """One finding.

    Attributes:
        name: The rule's name (`lost-inherited-triggers`).
        help: What to do about it.
    """

    code: str
    name: str
    message: str
    severity: Severity
    span: Span
    notes: tuple[Note, ...] = ()
    help: str | None = None
    fix: Fix | None = None

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Findings are listed by place, then by code, and by all else: never by chance."""
        notes = tuple((note.message, note.span) for note in self.notes)
        rest = self.help or "", repr(self.fix), self.name, self.severity
        return (self.span, self.code, self.message, notes, *rest)
