"""PGT115: a trigger that another package declares."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.facts.project_files import migration_texts
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class ForeignTrigger(Rule):
    """## What it does
    Reports, as information, a trigger that a third-party package declares, and says whether that
    package's own migrations install it.

    ## Why is this bad?
    A trigger of a package belongs to that package's migrations, and `pgtrigger-codegen` writes
    none for it. If the package has none either, and django-pgtrigger's own migrations are turned
    off, nothing installs the trigger.

    ## Example
    ```python
    # site-packages/ledger/models.py, and no migration of `ledger` with the trigger
    class Entry(models.Model):
        class Meta:
            triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update)]
    ```

    ## Use instead
    ```python
    # shop/models.py: a proxy brings the trigger into the project's own migrations
    class LedgerEntry(Entry):
        class Meta:
            proxy = True
            triggers = [pgtrigger.Protect(name="never_updated", operation=pgtrigger.Update)]
    ```
    """

    code = "PGT115"
    name = "foreign-trigger"
    severity = Severity.INFO

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger in context.analysis.foreign_triggers:
            installed = _is_migrated(context, trigger)
            if installed:
                what = f"migrations of `{trigger.migration_app}` install it"
            elif context.analysis.project.settings.runsql_mode:
                what = "no migration of that package installs it, and none of the project's will"
            else:
                what = "django-pgtrigger writes its migration into that package"
            yield self.diagnostic(
                f"{named(trigger)} is declared by a third-party package: {what}",
                trigger.span,
                help=None
                if installed
                else "Declare the trigger on a proxy in an app of the project, if you need it",
            )


def _is_migrated(context: LintContext, trigger: CompiledTrigger) -> bool:
    labels = {trigger.migration_app, trigger.app_label}
    apps = (app for label, app in context.analysis.project.apps.items() if label in labels)
    return any(trigger.pgid in text.lower() for _, text in migration_texts(apps))
