"""PGT303: RETURN NEW where a row is about to be deleted."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.missing_rows import cancelling_returns
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule


class BeforeDeleteReturnsNew(Rule):
    """## What it does
    Reports `RETURN NEW` in a BEFORE row-level trigger where a DELETE reaches it.

    Conditions on `TG_OP` are followed. Where another condition may exclude the DELETE, nothing is
    reported.

    ## Why is this bad?
    In a DELETE, `NEW` is NULL, and a BEFORE trigger that returns NULL cancels the operation for
    the row: nothing is deleted, and no error says so.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="log_delete",
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        func="INSERT INTO log (order_id) VALUES (OLD.id); RETURN NEW;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="log_delete",
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        func="INSERT INTO log (order_id) VALUES (OLD.id); RETURN OLD;",
    )
    ```
    """

    code = "PGT303"
    name = "before-delete-returns-new"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places = BodyPlaces(context.analysis)
        for trigger, statement in cancelling_returns(context, "NEW", "DELETE"):
            yield self.diagnostic(
                "RETURN NEW cancels the DELETE without an error: NEW is NULL there",
                places.span(trigger, statement.place),
                help="Return OLD for deletes",
            )
