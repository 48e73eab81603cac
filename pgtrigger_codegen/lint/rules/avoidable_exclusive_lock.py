"""PGT407: a trigger that is dropped to be created again."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Applicability, Diagnostic, Edit, Fix, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import (
    is_own_migration,
    migration_module,
    migration_path,
    operation_node,
    operation_span,
    replayed_history,
)
from pgtrigger_codegen.lint.fixes.sql_edits import sql_edits
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.watching.avoidable_locks import AvoidableLock


class AvoidableExclusiveLock(Rule):
    """## What it does
    Reports `RunSQL` that drops an existing trigger and creates it again, although nothing in
    between requires this. The fix replaces the trigger instead, in the reverse SQL as well. Where
    only the function changes, the fix leaves the trigger alone. The finding is information for a
    committed migration, since that has most likely run.

    Nothing is reported for:

    - constraint triggers, which can only be dropped and created;
    - a `DROP TRIGGER IF EXISTS` of a trigger that does not exist;
    - tables that the same migration makes;
    - the operations of a converted history;
    - the SQL that `makemigrations --no-replace-trigger` writes for PostgreSQL before 14.

    ## Why is this bad?
    `DROP TRIGGER` locks the table completely: it waits for all readers, everybody else waits
    behind it, and nobody reads or writes until the migration ends. `CREATE OR REPLACE TRIGGER`
    allows reads, and `CREATE OR REPLACE FUNCTION` touches no table at all.

    ## Example
    ```python
    migrations.RunSQL(
        '''
        DROP TRIGGER keep ON shop_order;
        CREATE TRIGGER keep BEFORE UPDATE ON shop_order
            FOR EACH ROW EXECUTE FUNCTION keep();
        '''
    )
    ```

    ## Use instead
    ```python
    migrations.RunSQL(
        '''
        CREATE OR REPLACE TRIGGER keep BEFORE UPDATE ON shop_order
            FOR EACH ROW EXECUTE FUNCTION keep();
        '''
    )
    ```
    """

    code = "PGT407"
    name = "avoidable-exclusive-lock"
    severity = Severity.WARNING
    fixable = True

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        found = replayed_history(context.analysis)
        for lock in found.operations.avoidable_locks if found else ():
            if is_own_migration(context.analysis, lock.migration):
                table, pgid = lock.recreation.trigger
                path = migration_path(context.analysis, lock.migration)
                # As where migrations are written: outside of git, what is there has run.
                is_released = context.is_committed(path) is not False
                yield self.diagnostic(
                    f"Migration `{'.'.join(lock.migration)}` drops trigger `{pgid}` and creates it"
                    f" again: in the meantime nobody reads or writes `{table}`",
                    operation_span(context.analysis, lock.migration, lock.index),
                    severity=Severity.INFO if is_released else None,
                    help="The definition of the trigger stays the same: `CREATE OR REPLACE"
                    " FUNCTION` is enough"
                    if lock.recreation.needs == "function"
                    else "`CREATE OR REPLACE TRIGGER`, since PostgreSQL 14, lets reads go on",
                    fix=_fix(lock, context),
                )


def _fix(lock: AvoidableLock, context: LintContext) -> Fix | None:
    module = migration_module(context.analysis, lock.migration)
    node = operation_node(module, lock.index) if module else None
    if module is None or node is None or lock.changes is None:
        return None
    edits: list[Edit] = []
    for script, changes in lock.changes:
        made = sql_edits(module, node, script, changes)
        if made is None:
            return None
        edits += made
    title = (
        "Replace the function alone"
        if lock.recreation.needs == "function"
        else "Replace the trigger instead"
    )
    return Fix(title, Applicability.SAFE, tuple(edits))
