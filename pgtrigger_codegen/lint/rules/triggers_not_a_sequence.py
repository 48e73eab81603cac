"""PGT112: `triggers` that is no list."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rule import Rule, notes_at
from pgtrigger_codegen.triggers.compiled import Cause


class TriggersNotASequence(Rule):
    """## What it does
    Reports `triggers` in a `Meta` with a value that cannot be gone through for triggers: a
    single trigger, a string, a dictionary.

    ## Why is this bad?
    django-pgtrigger raises `TypeError` as the project starts.

    ## Example
    ```python
    class Meta:
        triggers = pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)
    ```

    ## Use instead
    ```python
    class Meta:
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
    ```
    """

    code = "PGT112"
    name = "triggers-not-a-sequence"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for unresolved in context.analysis.unresolved:
            if unresolved.cause is Cause.NOT_A_SEQUENCE:
                yield self.diagnostic(
                    unresolved.reason[:1].upper() + unresolved.reason[1:],
                    unresolved.span,
                    notes=notes_at(unresolved.notes, unresolved.span),
                    help="Put the triggers into a list",
                )
