"""PGT404: a migration that changes the type of a column under a trigger."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import is_own_migration, operation_span, replayed
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.changes.autodetector import trigger_key
from pgtrigger_codegen.migrations.replaying.state import Disturbance
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class AlteredColumnInTrigger(Rule):
    """## What it does
    Reports a migration that changes the type of a column which a trigger names at that point.

    ## Why is this bad?
    Where the condition or the `UpdateOf` names the column, PostgreSQL refuses the change: "cannot
    alter type of a column used in a trigger definition". A longer `max_length` is another type,
    too. This is an error.

    django-pgtrigger's schema editor, where it is in use, drops such a trigger and creates it
    again, if its name begins with `pgtrigger_`. The new trigger is enabled, whatever the old one
    was, and has no comment, so `manage.py pgtrigger ls` calls it OUTDATED from then on.

    Where only the function names the column, and the change is more than a new length, writes fail
    in connections that ran the function before the change. Both cases are warnings, for triggers
    made by SQL that are still declared and that no later migration writes again.

    ## Example
    ```python
    operations = [migrations.AlterField("order", "status", models.CharField(max_length=40))]
    ```

    ## Use instead
    In RunSQL mode, `pgtrigger-codegen makemigrations`, which takes the trigger out of the way and
    puts it back:

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

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        state = replayed(context.analysis)
        if state is None:
            return
        declared = {trigger_key(trigger): trigger for trigger in context.analysis.triggers}
        left = {
            id(item): declared[key]
            for key, found in state.disturbances.items()
            for item in found
            if key in declared
        }
        for item in state.noticed:
            if item.kind == "retype-column" and is_own_migration(context.analysis, item.migration):
                evaded = item.is_recreated and _has_schema_editor(context)
                refused = item.in_definition and not evaded
                fails = item.in_definition or not item.in_length_only
                if refused or (fails and id(item) in left):
                    yield self._finding(item, left.get(id(item)), context, refused=refused)

    def _finding(
        self,
        item: Disturbance,
        trigger: CompiledTrigger | None,
        context: LintContext,
        *,
        refused: bool,
    ) -> Diagnostic:
        part = "definition" if item.in_definition else "function"
        if refused:
            outcome = "PostgreSQL refuses the change"
        elif item.in_definition:
            outcome = (
                "django-pgtrigger's schema editor makes it anew, without its comment and enabled"
            )
        else:
            outcome = "writes fail in connections that have run it before"
        return self.diagnostic(
            f"Migration `{'.'.join(item.migration)}` {item.what}, which the {part} of trigger"
            f" `{item.trigger.name}` names there: {outcome}",
            operation_span(context.analysis, item.migration, item.index),
            severity=None if refused else Severity.WARNING,
            notes=[Note("the trigger is declared here", trigger.span)] if trigger else (),
            help=_help(item, trigger),
        )


def _help(item: Disturbance, trigger: CompiledTrigger | None) -> str:
    if trigger:
        return (
            "Run `pgtrigger-codegen makemigrations`, which drops the trigger before the change, "
            "and creates the trigger again after the change"
        )
    return f"Drop `{item.trigger.definition.pgid}` before this operation, and create it again after"


def _has_schema_editor(context: LintContext) -> bool:
    """Whether Django's schema editor is certainly django-pgtrigger's."""
    enabled = context.analysis.project.settings.get("PGTRIGGER_SCHEMA_EDITOR", True)
    installed = any(app.name == "pgtrigger" for app in context.analysis.project.apps.values())
    return installed and not isinstance(enabled, Unknown) and bool(enabled)
