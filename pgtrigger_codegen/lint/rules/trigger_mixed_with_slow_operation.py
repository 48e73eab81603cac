"""PGT412: a trigger's lock that is held while something slow runs."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.context import LintContext
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.history import (
    is_own_migration,
    migration_path,
    operation_span,
    replayed_history,
)
from pgtrigger_codegen.lint.rule import Rule

_OPEN = "Move what takes long in front of it, or into a migration of its own"
_RELEASED = (
    "The migration is committed: leave it as it is. Run it while nobody writes to the table, where "
    "a database in use has not run it yet"
)


class TriggerMixedWithSlowOperation(Rule):
    """## What it does
    Reports an operation that creates, drops or renames a trigger with something behind it, in the
    same atomic migration, that may take long: Python code, rows that are updated, deleted or
    copied, an index or constraint that is made.

    It is information only where the migration is committed, so that databases in use have most
    likely run it.

    Nothing is reported for tables that the migration itself makes or may make, for what is slow in
    front of the trigger, and where the slow operation keeps everybody from the same table anyway.

    ## Why is this bad?
    A migration is one transaction, and its locks last until the end. `CREATE TRIGGER` stops all
    writes to the table, and `DROP TRIGGER` all reads as well, for as long as the rest of the
    migration takes: on a table with many rows, that is the time of an outage.

    ## Example
    ```python
    operations = [
        migrations.RunSQL("CREATE TRIGGER keep BEFORE DELETE ON shop_order ...", ...),
        migrations.RunPython(fill_totals, migrations.RunPython.noop),
    ]
    ```

    ## Use instead
    ```python
    # 0002_fill_totals
    operations = [migrations.RunPython(fill_totals, migrations.RunPython.noop)]

    # 0003_keep
    operations = [
        migrations.RunSQL("CREATE TRIGGER keep BEFORE DELETE ON shop_order ...", ...),
    ]
    ```
    """

    code = "PGT412"
    name = "trigger-mixed-with-slow-operation"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        found = replayed_history(context.analysis)
        for lock in found.operations.long_locks if found else ():
            migration = found and found.history.graph.migrations[lock.migration]
            if (
                migration
                and migration.atomic
                and is_own_migration(context.analysis, lock.migration)
            ):
                path = migration_path(context.analysis, lock.migration)
                # As where migrations are written: outside of git, what is there has run.
                is_released = context.is_committed(path) is not False
                yield self.diagnostic(
                    f"Migration `{'.'.join(lock.migration)}` {lock.what}, and holds the lock"
                    f" that stops {lock.stops} while it {lock.slow}",
                    operation_span(context.analysis, lock.migration, lock.index),
                    notes=[
                        Note(
                            "what may take long begins here",
                            operation_span(context.analysis, lock.migration, lock.slow_index),
                        )
                    ],
                    severity=Severity.INFO if is_released else None,
                    help=_RELEASED if is_released else _OPEN,
                )
