"""PGT602: a trigger that a server does not take."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.server_places import placed_faults
from pgtrigger_codegen.lint.rule import Rule


class TriggerRefusedByServer(Rule):
    """## What it does
    With `lint --verify`: reports a trigger that a PostgreSQL server refuses to create on the table
    that Django makes of the model, in the server's words.

    ## Why is this bad?
    The migration that creates the trigger fails with the same words.

    ## Example
    ```python
    pgtrigger.Protect(
        name="keep_large",
        operation=pgtrigger.Delete,
        condition=pgtrigger.Condition("generate_series(1, OLD.amount) > 1"),
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Protect(
        name="keep_large",
        operation=pgtrigger.Delete,
        condition=pgtrigger.Condition("OLD.amount > 1"),
    )
    ```
    """

    code = "PGT602"
    name = "trigger-refused-by-server"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for fault, span in placed_faults(context, "trigger"):
            yield self.diagnostic(
                f"`{fault.uri}`: {fault.message}",
                span,
                help="Correct the declaration; the migration would fail with the same words",
            )
