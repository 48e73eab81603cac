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
from pgtrigger_codegen.source.wording import counted

_OPEN = "Move the slow operation in front of the one on the trigger, or into a migration of its own"
_MAY_BE_RELEASED = (
    "Where databases in use have run the migration, which nobody can tell outside of git, leave it "
    "as it is; on the others, run it while nobody writes to the table"
)


class TriggerMixedWithSlowOperation(Rule):
    """## What it does
    Reports an operation that creates, drops or renames a trigger with something behind it, in the
    same atomic migration, that may take long: Python code, rows that are updated, deleted or
    copied, an index or constraint that is made.

    Nothing is reported for migrations that are committed: databases in use have most likely run
    them, and there is nothing left to do. `report --since` looks at all that a branch adds. Outside
    of git, where nobody can tell, all of them are one finding, for information.

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
        doubtful = []
        for lock in found.operations.long_locks if found else ():
            migration = found and found.history.graph.migrations[lock.migration]
            if (
                migration
                and migration.atomic
                and is_own_migration(context.analysis, lock.migration)
            ):
                match context.is_committed(migration_path(context.analysis, lock.migration)):
                    case False:
                        yield self._finding(context, lock)
                    case None:
                        doubtful.append(lock)
        if doubtful:
            yield self._of_doubtful(context, doubtful)

    def _finding(self, context: LintContext, lock: LongLock) -> Diagnostic:
        return self.diagnostic(
            _words(lock),
            operation_span(context.analysis, lock.migration, lock.index),
            notes=[_note(context, lock)],
            help=_OPEN,
        )

    def _of_doubtful(self, context: LintContext, locks: Sequence[LongLock]) -> Diagnostic:
        """One finding for all of them: most likely there is nothing to do, but to know of it."""
        first, *others = locks
        more = f"; the same holds for {counted(len(others), 'other operation')}" if others else ""
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
            help=_MAY_BE_RELEASED,
        )


def _words(lock: LongLock) -> str:
    return (
        f"Migration `{'.'.join(lock.migration)}` {lock.what}, and holds the lock"
        f" that stops {lock.stops} while it {lock.slow}"
    )


def _note(context: LintContext, lock: LongLock) -> Note:
    place = operation_span(context.analysis, lock.migration, lock.slow_index)
    return Note("the operation that may take long begins here", place)
