"""PGT403: a migration that drops a column under a trigger."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import is_own_migration, operation_span, replayed
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.changes.autodetector import trigger_key
from pgtrigger_codegen.migrations.replaying.state import Disturbance
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class RemovedColumnInTrigger(Rule):
    """## What it does
    Reports a migration that drops a column which a trigger names at that point, where the trigger
    is still declared and no later migration writes it again. The finding is a warning for a
    trigger of hand-written SQL whose condition or `UPDATE OF` names the column.

    ## Why is this bad?
    Before Django 6.0, `RemoveField` drops the column with CASCADE: a trigger whose condition or
    `UpdateOf` names the column is silently dropped, and `makemigrations --check` sees no change.
    Since Django 6.0 the migration fails instead. A trigger whose function names the column stays,
    and every write to the table fails.

    ## Example
    ```python
    operations = [migrations.RemoveField("order", "total")]
    ```

    ## Use instead
    Run `pgtrigger-codegen makemigrations`, which takes the trigger out of the way and writes it
    again as it is declared now:

    ```python
    operations = [
        migrations.RunSQL("DROP TRIGGER IF EXISTS pgtrigger_keep_1a2b3 ON shop_order", ...),
        migrations.RemoveField("order", "total"),
        migrations.RunSQL("CREATE OR REPLACE TRIGGER pgtrigger_keep_1a2b3 ...", ...),
    ]
    ```
    """

    code = "PGT403"
    name = "removed-column-in-trigger"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        state = replayed(context.analysis)
        declared = {trigger_key(trigger): trigger for trigger in context.analysis.triggers}
        for key, found in (state.disturbances if state else {}).items():
            trigger = declared.get(key)
            for item in found:
                if item.kind == "drop-column" and (trigger or _is_by_hand(context, item)):
                    yield self._finding(context, item, trigger)

    def _finding(
        self, context: LintContext, item: Disturbance, trigger: CompiledTrigger | None
    ) -> Diagnostic:
        outcome = "the trigger is lost or broken" if trigger else "the trigger goes with it"
        return self.diagnostic(
            f"Migration `{'.'.join(item.migration)}` {item.what}, which trigger"
            f" `{item.trigger.name}` names there: {outcome}",
            operation_span(context.analysis, item.migration, item.index),
            severity=None if trigger else Severity.WARNING,
            notes=[Note("the trigger is declared here", trigger.span)] if trigger else (),
            help="Run `pgtrigger-codegen makemigrations`, which drops the trigger before the"
            " change, and creates the trigger again after the change"
            if trigger
            else f"Drop `{item.trigger.definition.pgid}` before this operation, and create it again"
            " afterwards if you still need it",
        )


def _is_by_hand(context: LintContext, item: Disturbance) -> bool:
    """Whether it is the end of a trigger that nobody declares or has declared."""
    if item.trigger.is_pgtrigger or item.trigger.definition.pgid.startswith("pgtrigger_"):
        return False
    return item.in_definition and is_own_migration(context.analysis, item.migration)
