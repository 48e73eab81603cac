"""PGT402: a renamed model that leaves its trigger behind under the old name."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import operation_span, replayed_history
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.changes.autodetector import trigger_key
from pgtrigger_codegen.migrations.planning.history import ProjectHistory
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger
from pgtrigger_codegen.migrations.watching.renamings import Renaming
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class RenamedModelOrphansTrigger(Rule):
    """## What it does
    Reports a `RenameModel` after which a trigger of the model goes on under the name that it has
    from the old model, with no later migration that renames or drops it. It is an error where
    the migrations install the trigger of the new name as well.

    `AlterModelTable` alone is not reported: the trigger's name has nothing to do with the table's.

    ## Why is this bad?
    The name of a trigger in the database is made from app, model and name: for a renamed model,
    django-pgtrigger declares another trigger. To PostgreSQL the old one is a trigger like any
    other. As soon as a migration creates the new one, both fire, and an audit trigger writes
    everything twice. django-pgtrigger's own `RemoveTrigger` does not help: it drops the trigger,
    if it exists, on the table's old name, where there is none.

    ## Example
    ```python
    operations = [
        migrations.RenameModel("Order", "Purchase"),
        pgtrigger.migrations.RemoveTrigger("purchase", "audit"),
        pgtrigger.migrations.AddTrigger("purchase", pgtrigger.compiler.Trigger(...)),
    ]
    ```

    ## Use instead
    In RunSQL mode, `pgtrigger-codegen makemigrations`, which puts the new trigger in the place of
    the old one. Otherwise drop it where it is:

    ```python
    operations = [
        migrations.RenameModel("Order", "Purchase"),
        migrations.RunSQL("DROP TRIGGER pgtrigger_audit_1a2b3 ON shop_purchase", ...),
        pgtrigger.migrations.RemoveTrigger("purchase", "audit"),
        pgtrigger.migrations.AddTrigger("purchase", pgtrigger.compiler.Trigger(...)),
    ]
    ```
    """

    code = "PGT402"
    name = "renamed-model-orphans-trigger"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        found = replayed_history(context.analysis)
        if found is None or not found.operations.renamings:
            return
        installed = found.history.state.triggers
        others = (*context.analysis.triggers, *context.analysis.foreign_triggers)
        declared = {trigger_key(trigger) for trigger in others}
        for trigger in context.analysis.triggers:
            key = trigger_key(trigger)
            for table, pgid in installed:
                if table == key[0] and (table, pgid) not in declared:
                    renaming = _renaming(pgid, trigger, found)
                    if renaming:
                        orphan = installed[table, pgid]
                        both = key in installed
                        yield self._finding(renaming, orphan, trigger, context, both=both)

    def _finding(
        self,
        renaming: Renaming,
        orphan: InstalledTrigger,
        trigger: CompiledTrigger,
        context: LintContext,
        *,
        both: bool,
    ) -> Diagnostic:
        old, table = orphan.definition.pgid, orphan.definition.table
        drop = f'`DROP TRIGGER IF EXISTS {old} ON "{table}"`'
        outcome = (
            f"it and `{trigger.pgid}` both fire"
            if both
            else f"once a migration creates `{trigger.pgid}`, both fire"
        )
        return self.diagnostic(
            f"Model `{renaming.old}` is renamed to `{renaming.new}`, and its trigger"
            f" `{trigger.name}` stays on the table as `{old}`: {outcome}",
            operation_span(context.analysis, renaming.migration, renaming.index),
            severity=None if both else Severity.WARNING,
            notes=[Note(f"declared here, it is `{trigger.pgid}`", trigger.span)],
            help="Run `pgtrigger-codegen makemigrations`, which removes the old one"
            if context.analysis.project.settings.runsql_mode
            else f"Add a migration with {drop}",
        )


def _renaming(pgid: str, trigger: CompiledTrigger, found: ProjectHistory) -> Renaming | None:
    """The rename that took the old trigger's name from the model of the new one."""
    renamings = found.operations.renamings
    return next((one for one in renamings if one.was_pgid(pgid, trigger.name)), None)
