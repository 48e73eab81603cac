"""PGT404: a migration that changes the type of a column under a trigger."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.evaluator.values import Unknown
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.history import operation_span, replayed
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.autodetector import trigger_key
from pgtrigger_codegen.migrations.state import Disturbance
from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class AlteredColumnInTrigger(Rule):
    """## What it does
    Reports a migration that changes the type of a column which the condition or the `UpdateOf` of
    a trigger names at that point, where the trigger is still declared and no later migration
    writes it anew.

    ## Why is this bad?
    PostgreSQL refuses: "cannot alter type of a column used in a trigger definition". A longer
    `max_length` is another type to it, too.

    django-pgtrigger's schema editor, where it is in use, drops such a trigger and creates it
    again, if its name begins with `pgtrigger_`. What it creates is enabled, whatever the old one
    was, and has no comment, so that `manage.py pgtrigger ls` calls it OUTDATED from then on. That
    is a warning.

    ## Example
    ```python
    operations = [migrations.AlterField("order", "status", models.CharField(max_length=40))]
    ```

    ## Use instead
    Run `pgtrigger-codegen makemigrations`, which takes the trigger out of the way and puts it back:

    ```python
    operations = [
        migrations.RunSQL("DROP TRIGGER IF EXISTS pgtrigger_keep_1a2b3 ON shop_order", ...),
        migrations.AlterField("order", "status", models.CharField(max_length=40)),
        migrations.RunSQL("CREATE OR REPLACE TRIGGER pgtrigger_keep_1a2b3 ...", ...),
    ]
    ```
    """

    code = "PGT404"
    name = "altered-column-in-trigger"
    severity = Severity.ERROR

    def check(self, analysis: Analysis) -> Iterator[Diagnostic]:
        state = replayed(analysis)
        declared = {trigger_key(trigger): trigger for trigger in analysis.triggers}
        for key, found in (state.disturbances if state else {}).items():
            for item in found if key in declared else ():
                if item.kind == "retype-column":
                    yield self._finding(item, declared[key], analysis)

    def _finding(
        self, item: Disturbance, trigger: CompiledTrigger, analysis: Analysis
    ) -> Diagnostic:
        evaded = _has_schema_editor(analysis) and item.trigger.definition.pgid.startswith(
            "pgtrigger_"
        )
        outcome = (
            "django-pgtrigger's schema editor makes it anew, without its comment and enabled"
            if evaded
            else "PostgreSQL refuses the change"
        )
        return self.diagnostic(
            f"Migration `{'.'.join(item.migration)}` {item.what}, which the definition of trigger"
            f" `{item.trigger.name}` names there: {outcome}",
            operation_span(analysis, item.migration, item.index),
            severity=Severity.WARNING if evaded else None,
            notes=[Note("the trigger is declared here", trigger.span)],
            help="Run `pgtrigger-codegen makemigrations`: it takes the trigger out of the way and"
            " writes it again",
        )


def _has_schema_editor(analysis: Analysis) -> bool:
    """Whether Django's schema editor is certainly django-pgtrigger's."""
    enabled = analysis.project.settings.get("PGTRIGGER_SCHEMA_EDITOR", True)
    installed = any(app.name == "pgtrigger" for app in analysis.project.apps.values())
    return installed and not isinstance(enabled, Unknown) and bool(enabled)
