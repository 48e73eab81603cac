"""PGT106: arguments that django-pgtrigger refuses."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rule import Rule, notes_at
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.compiled import Cause, UnresolvedTrigger


class InvalidTriggerArguments(Rule):
    """## What it does
    Reports a trigger for which django-pgtrigger, or Django as it compiles the condition, raises
    an exception. The message is that of the exception: triggers are compiled by
    django-pgtrigger itself.

    An invalid name is `invalid-trigger-name` (PGT105), a field that the model does not have is
    `unknown-field` (PGT208).

    ## Why is this bad?
    The project fails with the same exception: as it starts, at `makemigrations`, or when triggers
    are installed.

    ## Example
    ```python
    pgtrigger.Protect(
        name="check_total",
        level=pgtrigger.Statement,
        timing=pgtrigger.Deferred,
        operation=pgtrigger.Update,
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Protect(
        name="check_total",
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        operation=pgtrigger.Update,
    )
    ```
    """

    code = "PGT106"
    name = "invalid-trigger-arguments"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        causes: dict[tuple[Span, str], list[UnresolvedTrigger]] = {}
        for unresolved in context.analysis.unresolved:
            if unresolved.cause is Cause.BAD_ARGUMENTS:
                causes.setdefault((unresolved.span, unresolved.reason), []).append(unresolved)
        for (span, reason), items in causes.items():
            notes = (note for item in items for note in notes_at(item.notes, span))
            yield self.diagnostic(
                reason,
                span,
                notes=tuple(dict.fromkeys(notes)),
                help="Correct the declaration: the project fails on it in the same way",
            )
