"""PGT406: trigger SQL in a migration that cannot be reversed."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import is_own_migration, operation_span, replayed_history
from pgtrigger_codegen.lint.rule import Rule


class IrreversibleTriggerSql(Rule):
    """## What it does
    Reports `RunSQL` in a migration of the project that creates, drops or renames a trigger, or
    creates a trigger's function, without `reverse_sql`; and one that creates a trigger and whose
    `reverse_sql` drops another.

    ## Why is this bad?
    Nobody can migrate back past this operation: Django raises `IrreversibleError`, or PostgreSQL
    does not find the other trigger. The reverse SQL of a trigger is short, and easiest to write
    together with the migration.

    ## Example
    ```python
    migrations.RunSQL("CREATE TRIGGER keep BEFORE DELETE ON shop_order ...")
    ```

    ## Use instead
    ```python
    migrations.RunSQL(
        sql="CREATE TRIGGER keep BEFORE DELETE ON shop_order ...",
        reverse_sql="DROP TRIGGER keep ON shop_order",
    )
    ```

    `reverse_sql=migrations.RunSQL.noop` says that there is nothing to take back.
    """

    code = "PGT406"
    name = "irreversible-trigger-sql"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        found = replayed_history(context.analysis)
        for item in found.operations.irreversible if found else ():
            if is_own_migration(context.analysis, item.migration):
                outcome = (
                    "has no `reverse_sql`: it cannot be reversed"
                    if item.drops_instead is None
                    else f"its `reverse_sql` drops `{item.drops_instead}` instead"
                )
                yield self.diagnostic(
                    f"Migration `{'.'.join(item.migration)}` {item.what} and {outcome}",
                    operation_span(context.analysis, item.migration, item.index),
                    help="Give `RunSQL` a `reverse_sql`"
                    if item.drops_instead is None
                    else "Drop in `reverse_sql` what `sql` creates",
                )
