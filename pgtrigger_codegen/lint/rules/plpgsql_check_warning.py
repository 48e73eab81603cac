"""PGT604: what plpgsql_check warns of."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.server_places import placed_faults
from pgtrigger_codegen.lint.rule import Rule


class PlpgsqlCheckWarning(Rule):
    """## What it does
    With `lint --verify` on a server that has the extension plpgsql_check: reports that extension's
    findings in a trigger's function, unless another rule has the same: a variable that is never
    read, a cast that costs time, a statement that fails unless an exception is handled.

    ## Why is this bad?
    Most of these are mistakes that do not fail.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="stamp",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        declare=[("price", "integer")],
        func="price = NEW.amount; RETURN NEW;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="stamp",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func="RETURN NEW;",
    )
    ```
    """

    code = "PGT604"
    name = "plpgsql-check-warning"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for fault, span in placed_faults(context, "warning"):
            yield self.diagnostic(
                f"plpgsql_check: {fault.message}",
                span,
                help=None,
            )
