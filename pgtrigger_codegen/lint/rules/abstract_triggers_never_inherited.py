"""PGT109: triggers of an abstract model that no model inherits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.project_files import first_party_files, text_of
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.models.facts import AbstractTriggers


class AbstractTriggersNeverInherited(Rule):
    """## What it does
    Reports an abstract model with triggers from which no model of the project derives. Nothing is
    reported in a library without settings, since its users may derive from the model.

    ## Why is this bad?
    The triggers are on no table. Most often somebody forgot to derive a model from the class, or
    left `abstract = True` over.

    ## Example
    ```python
    class Audited(models.Model):
        class Meta:
            abstract = True
            triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]

    class Order(models.Model):
        total = models.IntegerField()
    ```

    ## Use instead
    ```python
    class Order(Audited):
        total = models.IntegerField()
    ```
    """

    code = "PGT109"
    name = "abstract-triggers-never-inherited"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        # A file that does not parse may have the model that derives from it.
        if context.analysis.project.settings.module is None or context.analysis.syntax_problems:
            return
        for abstract in context.analysis.uninherited_triggers:
            if not _is_derived_from(context, abstract):
                names = ", ".join(f"`{name}`" for name in abstract.triggers)
                yield self.diagnostic(
                    f"No model derives from the abstract `{abstract.model}`, so its triggers"
                    f"{' ' if names else ''}{names} are on no table",
                    abstract.span,
                    help="Derive a model from the abstract model, or remove the triggers",
                )


def _is_derived_from(context: LintContext, abstract: AbstractTriggers) -> bool:
    """Whether a file that was not read (of tests, say) has a class with a base of that name."""
    pattern = re.compile(rf"^\s*class\s+\w+\s*\([^)]*\b{abstract.model}\b", re.MULTILINE)
    return any(
        pattern.search(text_of(path))
        for path in first_party_files(context.analysis)
        if path not in context.analysis.read_files
    )
