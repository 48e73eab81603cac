"""PGT105: a trigger name that django-pgtrigger or PostgreSQL refuses."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rule import Rule, notes_at
from pgtrigger_codegen.triggers.compiled import Cause


class InvalidTriggerName(Rule):
    """## What it does
    Reports a trigger name that is longer than 47 characters, or has other characters than
    letters, digits and underscores.

    ## Why is this bad?
    django-pgtrigger raises `ValueError` for most of these, so the project does not start. It
    lets a hyphen pass, but the name becomes part of an identifier that it does not quote, so
    PostgreSQL answers the migration with a syntax error.

    ## Example
    ```python
    pgtrigger.Protect(name="protect-deletes", operation=pgtrigger.Delete)
    ```

    ## Use instead
    ```python
    pgtrigger.Protect(name="protect_deletes", operation=pgtrigger.Delete)
    ```
    """

    code = "PGT105"
    name = "invalid-trigger-name"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for unresolved in context.analysis.unresolved:
            if unresolved.cause is Cause.BAD_NAME:
                yield self.diagnostic(
                    unresolved.reason[:1].upper() + unresolved.reason[1:],
                    unresolved.span,
                    notes=notes_at(unresolved.notes, unresolved.span),
                    help="Use a name of at most 47 letters, digits and underscores",
                )
