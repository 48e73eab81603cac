"""PGT110: a trigger on a model whose table Django does not manage."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named, table_owner
from pgtrigger_codegen.lint.facts.views import needs_table
from pgtrigger_codegen.lint.rule import Rule


class UnmanagedModel(Rule):
    """## What it does
    Reports a trigger on a model with `managed = False`. The finding is an error while
    django-pgtrigger's own migrations are in use, and a warning in RunSQL mode
    (`PGTRIGGER_MIGRATIONS = False`).

    ## Why is this bad?
    django-pgtrigger leaves unmanaged models out of migrations, so `migrate` never installs the
    trigger.

    In RunSQL mode `pgtrigger-codegen` writes a migration for the trigger. But Django's migrations
    do not make the table, so nothing ensures that the table exists before.

    ## Example
    ```python
    class Order(models.Model):
        class Meta:
            managed = False
            triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
    ```

    ## Use instead
    ```python
    class Order(models.Model):
        class Meta:
            triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
    ```

    Where the table is really another's, suppress the finding with the reason why it is there
    when `migrate` runs.
    """

    code = "PGT110"
    name = "unmanaged-model"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        runsql_mode = context.analysis.project.settings.runsql_mode
        definitions = {trigger.uri: definition for trigger, definition in context.definitions()}
        for trigger in context.analysis.triggers:
            model = table_owner(context.analysis, trigger)
            if model is None or model.managed:
                continue
            definition = definitions.get(trigger.uri)
            if definition is not None and needs_table(context, definition, model):
                continue  # for `view-restriction`
            what = (
                f"a migration of `{trigger.migration_app}` installs the trigger, but none"
                " makes the table"
                if runsql_mode
                else "django-pgtrigger writes no migration for it"
            )
            yield self.diagnostic(
                f"{named(trigger)} is on `{model.label}`, which is unmanaged: {what}",
                trigger.span,
                severity=Severity.WARNING if runsql_mode else Severity.ERROR,
                help="Make sure that the table exists before `migrate` runs"
                if runsql_mode
                else "Set `PGTRIGGER_MIGRATIONS = False`, so that `pgtrigger-codegen` migrates it,"
                " or let Django manage the model",
            )
