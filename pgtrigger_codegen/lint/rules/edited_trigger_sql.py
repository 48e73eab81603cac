"""PGT408: SQL of a trigger that was edited, and bears the hash of the declaration."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import is_own_migration, operation_span, replayed_history
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.changes.autodetector import trigger_key
from pgtrigger_codegen.migrations.changes.edits import edited_part


class EditedTriggerSql(Rule):
    """## What it does
    Reports migrations that leave a trigger with the declaration's hash in its comment, but with a
    definition or function that differs from the declaration. The comparison uses PostgreSQL's
    parser: layout, comments and the case of keywords do not matter.

    ## Why is this bad?
    Somebody edited the SQL, or replaced the function later. django-pgtrigger compares triggers by
    their hashes alone, so `manage.py pgtrigger ls` says INSTALLED. The declaration in the model is
    not the code that runs.

    ## Example
    ```python
    migrations.RunSQL(
        '''
        CREATE OR REPLACE FUNCTION pgtrigger_protect_1a2b3() ... RETURN NULL; -- was: RAISE ...
        COMMENT ON TRIGGER pgtrigger_protect_1a2b3 ON shop_order IS '<hash of the declaration>';
        '''
    )
    ```

    ## Use instead
    Change the declaration, and let `pgtrigger-codegen makemigrations` write what follows from it.
    If the declaration is right as it is, it brings that back.
    """

    code = "PGT408"
    name = "edited-trigger-sql"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        found = replayed_history(context.analysis)
        if found is None:
            return
        for trigger in context.analysis.triggers:
            installed = found.history.state.triggers.get(trigger_key(trigger))
            part = edited_part(installed, trigger) if installed else None
            origin = found.operations.origins.get(trigger.pgid)
            if part is None or origin is None:
                continue
            migration, index = origin.definition if part == "definition" else origin.function
            if is_own_migration(context.analysis, migration):
                yield self.diagnostic(
                    f"Migration `{'.'.join(migration)}` gives trigger `{trigger.uri}` another "
                    f"{part} than the declaration has, under the declaration's hash, so "
                    "django-pgtrigger does not see the difference",
                    operation_span(context.analysis, migration, index),
                    notes=[Note("declared here", trigger.span)],
                    help="Change the declaration, or restore the declared SQL: `pgtrigger-codegen"
                    f" makemigrations {trigger.migration_app}`"
                    if context.analysis.project.settings.runsql_mode
                    else "Change the declaration, or make the SQL match it",
                )
