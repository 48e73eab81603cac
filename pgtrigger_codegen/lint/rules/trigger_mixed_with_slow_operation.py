"""PGT412: a trigger's lock that is held while something slow runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import (
    is_own_migration,
    migration_path,
    operation_span,
    replayed_history,
)
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.watching.long_locks import LongLock

_OPEN = "Move what takes long in front of it, or into a migration of its own"
_RELEASED = (
    "The migration is committed: leave it as it is. On databases that have not run it yet, run it "
    "while nobody writes to the table"
)


class TriggerMixedWithSlowOperation(Rule):
    """## What it does
    Reports an operation that creates, drops or renames a trigger with something behind it, in the
    same atomic migration, that may take long: Python code, rows that are updated, deleted or
    copied, an index or constraint that is made.

    Migrations that are committed are one finding, for information: databases in use have most
    likely run them. So are all migrations outside of git.

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
        released = []
        for lock in found.operations.long_locks if found else ():
            migration = found and found.history.graph.migrations[lock.migration]
            if (
                migration
                and migration.atomic
                and is_own_migration(context.analysis, lock.migration)
            ):
                path = migration_path(context.analysis, lock.migration)
                # As where migrations are written: outside of git, what is there has run.
                if context.is_committed(path) is not False:
                    released.append(lock)
                else:
                    yield self._finding(context, lock)
        if released:
            yield self._of_released(context, released)

    def _finding(self, context: LintContext, lock: LongLock) -> Diagnostic:
        return self.diagnostic(
            _words(lock),
            operation_span(context.analysis, lock.migration, lock.index),
            notes=[_note(context, lock)],
            help=_OPEN,
        )

    def _of_released(self, context: LintContext, locks: Sequence[LongLock]) -> Diagnostic:
        """One finding for all of them: there is nothing to do, but to know of it."""
        first, *others = locks
        more = f"; {len(others)} more committed migrations do the like" if others else ""
        return self.diagnostic(
            f"{_words(first)}{more}",
            operation_span(context.analysis, first.migration, first.index),
            notes=[
                _note(context, first),
                *(
                    Note(_words(lock), operation_span(context.analysis, lock.migration, lock.index))
                    for lock in others
                ),
            ],
            severity=Severity.INFO,
            help=_RELEASED,
        )


def _words(lock: LongLock) -> str:
    return (
        f"Migration `{'.'.join(lock.migration)}` {lock.what}, and holds the lock"
        f" that stops {lock.stops} while it {lock.slow}"
    )


def _note(context: LintContext, lock: LongLock) -> Note:
    place = operation_span(context.analysis, lock.migration, lock.slow_index)
    return Note("what may take long begins here", place)
