"""PGT605: a trigger that fails on a row that was made up, or does not refuse what it protects."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.server_places import placed_faults
from pgtrigger_codegen.lint.rule import Rule


class EventFailsWhenFired(Rule):
    """## What it does
    With `lint --verify --fire`: reports a trigger whose function certainly fails when its event is
    performed on a row that is made up from the model, in the server's words; and a
    `pgtrigger.Protect` or `pgtrigger.ReadOnly` that fires and does not refuse.

    A failure is certain where the server does not know a name or a type (SQLSTATE class 42), or
    where the function writes NULL into a required column (23502) without reading a table or a
    setting. Functions that make SQL at run time are left out, and so is everything that SQL of the
    project may make right. `pgtrigger-codegen verify --fire` tells what each event did.

    ## Why is this bad?
    Every write that fires the trigger and takes the same way fails.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="log_order",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        declare=[("note", "text")],
        func='''
            INSERT INTO shop_log (order_id, note) VALUES (NEW.id, note);
            RETURN NULL;
        ''',
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="log_order",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        declare=[("note", "text = 'new'")],
        func='''
            INSERT INTO shop_log (order_id, note) VALUES (NEW.id, note);
            RETURN NULL;
        ''',
    )
    ```
    """

    code = "PGT605"
    name = "event-fails-when-fired"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for fault, span in placed_faults(context, "event"):
            yield self.diagnostic(
                f"`{fault.uri}`: {fault.message}",
                span,
                help="Correct the trigger; `verify --fire` tells what each event did",
            )
