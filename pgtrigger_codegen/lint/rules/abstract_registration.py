"""PGT119: `register` on an abstract model."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rule import Rule, notes_at
from pgtrigger_codegen.triggers.compiled import Cause


class AbstractRegistration(Rule):
    """## What it does
    Reports `pgtrigger.register(...)`, as a decorator or as a call, on an abstract model.

    ## Why is this bad?
    Models that derive from the abstract model do not get the trigger: only `Meta.triggers` is
    inherited. The abstract model itself has no table, so `manage.py pgtrigger install` fails on
    it, and Django's `makemigrations` silently skips it.

    ## Example
    ```python
    @pgtrigger.register(pgtrigger.Protect(name="keep", operation=pgtrigger.Delete))
    class Audited(models.Model):
        class Meta:
            abstract = True
    ```

    ## Use instead
    ```python
    class Audited(models.Model):
        class Meta:
            abstract = True
            triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
    ```
    """

    code = "PGT119"
    name = "abstract-registration"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for unresolved in context.analysis.unresolved:
            if unresolved.cause is Cause.ABSTRACT_MODEL:
                yield self.diagnostic(
                    f"A trigger is registered on an abstract model: {unresolved.reason}, and no "
                    "model that derives from it gets the trigger",
                    unresolved.span,
                    notes=notes_at(unresolved.notes, unresolved.span),
                    help="Put the trigger into `Meta.triggers` of the abstract model",
                )
