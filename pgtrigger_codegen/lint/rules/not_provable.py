"""PGT603: what a server could not judge."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.server_places import placed_faults
from pgtrigger_codegen.lint.rule import Rule


class NotProvable(Rule):
    """## What it does
    With `lint --verify`: lists, as information, the triggers and statements that the server could
    not judge, with the reason: SQL that is made at run time, a type of an extension that the
    server does not have, a function that a migration makes, a table that Django does not make.

    ## Why is this bad?
    Silence about such a trigger proves nothing.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="log",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func="EXECUTE format('INSERT INTO %I DEFAULT VALUES', NEW.kind); RETURN NULL;",
    )
    ```

    ## Use instead
    SQL that does not depend on values, where that is possible:

    ```python
    pgtrigger.Trigger(
        name="log",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func="INSERT INTO shop_log (kind) VALUES (NEW.kind); RETURN NULL;",
    )
    ```
    """

    code = "PGT603"
    name = "not-provable"
    severity = Severity.INFO

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for fault, span in placed_faults(context, "unproven"):
            yield self.diagnostic(
                f"Not provable here: {fault.message}",
                span,
                help=None,
            )
