"""PGT205: a row-level trigger on TRUNCATE."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.rule import Rule


class RowLevelTruncate(Rule):
    """## What it does
    Reports a row-level trigger with TRUNCATE among its operations. Triggers are at row level
    unless `level` says otherwise.

    ## Why is this bad?
    TRUNCATE does not look at rows. PostgreSQL refuses to create the trigger ("TRUNCATE FOR EACH
    ROW triggers are not supported"), and the migration fails.

    ## Example
    ```python
    pgtrigger.Protect(name="never_truncate", operation=pgtrigger.Truncate)
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="never_truncate",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'this table is not truncated';",
    )
    ```

    (`pgtrigger.Protect` itself cannot be used at statement level for TRUNCATE.)
    """

    code = "PGT205"
    name = "row-level-truncate"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger, definition in context.definitions():
            if "TRUNCATE" in definition.events and definition.is_row_level:
                yield self.diagnostic(
                    f"{named(trigger)} fires on TRUNCATE at row level, which PostgreSQL refuses",
                    trigger.span,
                    help="Use a `pgtrigger.Trigger` with `level=pgtrigger.Statement` for TRUNCATE,"
                    " with a function of its own",
                )
