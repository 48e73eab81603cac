"""PGT108: triggers on a model whose app is not installed."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.evaluator.values.unknown import first_unknown
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rule import Rule, notes_at
from pgtrigger_codegen.triggers.compiled import Cause


class AppNotInstalled(Rule):
    """## What it does
    Reports triggers on a model that Django imports but that belongs to no installed app: its
    module is in no package of `INSTALLED_APPS`, or `app_label` in its `Meta` names no installed
    app.

    ## Why is this bad?
    Without an `app_label`, Django raises `RuntimeError` as it starts. With the label of an app
    that is not installed, the model exists, but has neither migrations nor a table, and
    django-pgtrigger does not see it.

    ## Example
    ```python
    # stock/models.py, without "stock" in INSTALLED_APPS
    class Item(models.Model):
        class Meta:
            app_label = "stock"
            triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
    ```

    ## Use instead
    ```python
    INSTALLED_APPS = ["pgtrigger", "stock"]
    ```
    """

    code = "PGT108"
    name = "app-not-installed"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        # Without settings, or with apps that are not known, the app may well be installed.
        apps = context.analysis.project.settings.get("INSTALLED_APPS")
        known = apps is not None and first_unknown(apps) is None
        for unresolved in context.analysis.unresolved:
            if unresolved.cause is Cause.APP_NOT_INSTALLED:
                yield self.diagnostic(
                    f"The triggers here are on a model of no installed app: {unresolved.reason}",
                    unresolved.span,
                    severity=Severity.ERROR if known else Severity.WARNING,
                    notes=notes_at(unresolved.notes, unresolved.span),
                    help="Add the app to INSTALLED_APPS",
                )
