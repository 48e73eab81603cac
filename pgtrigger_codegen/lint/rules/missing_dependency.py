"""PGT410: a trigger's migration that may run before what the trigger uses is there."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import (
    is_own_migration,
    migration_module,
    migration_span,
    operation_span,
    replayed_history,
)
from pgtrigger_codegen.lint.fixes.dependency_fix import dependency_fix
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.watching.foreign_uses import (
    UnorderedMigration,
    missing_dependencies,
    uses,
)


class MissingDependencyRule(Rule):
    """## What it does
    Reports a migration that creates a trigger, or its function, and does not come after the
    migration of another app that makes a table or column which the trigger uses: its own table, a
    column in its condition or `UPDATE OF`, and what its function reads and writes in SQL that is
    not put together at run time. Dependencies of dependencies count.

    ## Why is this bad?
    Django runs migrations that do not depend on each other in any order. The order may be right
    today, and wrong tomorrow or in the tests. A trigger on a missing table is an error, and so is
    a missing column in its definition. PostgreSQL creates a function without checking its tables,
    and every write then fails until they exist; this is a warning.

    ## Example
    ```python
    dependencies = [("shop", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE FUNCTION ... INSERT INTO audit_entry ...", ...),
    ]
    ```

    ## Use instead
    ```python
    dependencies = [("shop", "0001_initial"), ("audit", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE FUNCTION ... INSERT INTO audit_entry ...", ...),
    ]
    ```
    """

    code = "PGT410"
    name = "missing-dependency"
    severity = Severity.ERROR
    fixable = True

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        found = replayed_history(context.analysis)
        if found is None:
            return
        own = (
            writing
            for writing in found.operations.writings
            if is_own_migration(context.analysis, writing.place[0])
        )
        graph = found.history.graph
        all_missing = list(missing_dependencies(uses(own), graph, found.history.state))
        for missing in all_missing:
            earlier = graph.ancestors(missing.use.migration)
            # What the first migration depends on, all behind it do as well.
            if not any(
                other.on == missing.on
                and other.at_once >= missing.at_once
                and other.use.migration in earlier
                for other in all_missing
                if other is not missing and other.use.migration != missing.use.migration
            ):
                yield self._finding(missing, context)

    def _finding(self, missing: UnorderedMigration, context: LintContext) -> Diagnostic:
        use, on = missing.use, ".".join(missing.on)
        module = migration_module(context.analysis, use.migration)
        return self.diagnostic(
            f"Migration `{'.'.join(use.migration)}` creates trigger `{use.trigger}`, which needs"
            f" {use}, but the migration does not depend on `{on}`, where it is made",
            operation_span(context.analysis, use.migration, use.index),
            severity=None if missing.at_once else Severity.WARNING,
            notes=[Note("made by this migration", migration_span(context.analysis, missing.on))],
            help=f"Add {missing.on} to the `dependencies`",
            fix=dependency_fix(module, missing.on) if module else None,
        )
