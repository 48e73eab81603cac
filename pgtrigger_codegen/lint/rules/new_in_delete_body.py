"""PGT316: NEW where a row is deleted."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.missing_rows import (
    HELP_WITHOUT_ROWS,
    WITHOUT_ROWS,
    uses_of_missing_row,
    why_missing,
)
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule


class NewInDeleteBody(Rule):
    """## What it does
    Reports `NEW` in a row-level trigger at a place that only a DELETE reaches, and columns of
    `NEW` in a statement-level trigger. For `RETURN NEW` there is PGT303.

    Conditions on `TG_OP` are followed. Expressions that are made for NULL (`COALESCE`,
    `IS DISTINCT FROM`) are not reported.

    ## Why is this bad?
    A DELETE has no new row, and a statement-level trigger has no row at all: `NEW` and all of its
    columns are NULL, and PostgreSQL does not complain. Comparisons with NULL are never true, and
    NULL is stored.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="log_delete",
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        func="INSERT INTO log (order_id) VALUES (NEW.id); RETURN NULL;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="log_delete",
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        func="INSERT INTO log (order_id) VALUES (OLD.id); RETURN NULL;",
    )
    ```
    """

    code = "PGT316"
    name = "new-in-delete-body"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places = BodyPlaces(context.analysis)
        for trigger, use in uses_of_missing_row(context, "NEW", "DELETE"):
            column = f"NEW.{use.column}" if use.column else "NEW"
            why = why_missing(use, "DELETE")
            yield self.diagnostic(
                f"`{column}` is always NULL here: {why}",
                places.span(trigger, use.place),
                help=HELP_WITHOUT_ROWS if why == WITHOUT_ROWS["NEW"] else "Use OLD",
            )
