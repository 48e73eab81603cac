"""The base class of every rule.

A rule is a small program over facts. Its docstring is its documentation: the page under
`docs/rules/` and the answer of `rule CODE` are made from it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar

from pgtrigger_codegen.evaluator.values import unknown
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Fix, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.source.span import Span


class Rule(ABC):
    """A rule without state.

    Attributes:
        code: `PGT` and three digits, the first of which is the family.
        name: The bad pattern, in words that read well after "allow".
        severity: The gravest that the rule reports.
        fixable: Whether some of its findings come with a fix.
        on_by_default: Whether it runs when nothing is selected. A rule of taste does not.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    fixable: ClassVar[bool] = False
    on_by_default: ClassVar[bool] = True

    @abstractmethod
    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        """Yields the findings, in any order."""

    def diagnostic(
        self,
        message: str,
        span: Span,
        *,
        severity: Severity | None = None,
        notes: Iterable[Note] = (),
        help: str | None = None,
        fix: Fix | None = None,
    ) -> Diagnostic:
        """A finding of this rule."""
        return Diagnostic(
            code=self.code,
            name=self.name,
            message=message,
            severity=severity or self.severity,
            span=span,
            notes=tuple(notes),
            help=help,
            fix=fix,
        )


def notes_at(notes: Iterable[unknown.ReasonStep], default: Span) -> tuple[Note, ...]:
    """The steps that the analysis noted, each with a place: the finding's own if it has none."""
    return tuple(Note(note.message, note.span or default) for note in notes)
