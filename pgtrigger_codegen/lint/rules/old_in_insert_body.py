"""PGT304: OLD where a row is inserted."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.missing_rows import (
    HELP_WITHOUT_ROWS,
    WITHOUT_ROWS,
    cancelling_returns,
    uses_of_missing_row,
    why_missing,
)
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule


class OldInInsertBody(Rule):
    """## What it does
    Reports `OLD` in a row-level trigger at a place that only an INSERT reaches, columns of `OLD`
    in a statement-level trigger, and `RETURN OLD` where it cancels an INSERT.

    Conditions on `TG_OP` are followed. Expressions that are made for NULL (`COALESCE`,
    `IS DISTINCT FROM`) are not reported.

    ## Why is this bad?
    An INSERT has no old row, and a statement-level trigger has no row at all: `OLD` and all of its
    columns are NULL, and PostgreSQL does not complain. A BEFORE trigger that returns it cancels the
    INSERT without an error, which is reported as an error; anything else computes with NULL and is
    a warning.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="count_changes",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func="NEW.version = OLD.version + 1; RETURN NEW;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="count_changes",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func="NEW.version = OLD.version + 1; RETURN NEW;",
    )
    ```
    """

    code = "PGT304"
    name = "old-in-insert-body"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places = BodyPlaces(context.analysis)
        for trigger, use in uses_of_missing_row(context, "OLD", "INSERT"):
            column = f"OLD.{use.column}" if use.column else "OLD"
            why = why_missing(use, "INSERT")
            yield self.diagnostic(
                f"`{column}` is always NULL here: {why}",
                places.span(trigger, use.place),
                severity=Severity.WARNING,
                help=HELP_WITHOUT_ROWS
                if why == WITHOUT_ROWS["OLD"]
                else "Use NEW, or make it an UPDATE trigger",
            )
        for trigger, statement in cancelling_returns(context, "OLD", "INSERT"):
            yield self.diagnostic(
                "RETURN OLD cancels the INSERT without an error: OLD is NULL there",
                places.span(trigger, statement.place),
                help="Return NEW for inserts",
            )
