"""PGT601: a statement of a function that a server cannot plan."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.server_places import placed_faults
from pgtrigger_codegen.lint.rule import Rule


class StatementRefusedByServer(Rule):
    """## What it does
    With `lint --verify`: reports a statement or an expression in a trigger's function that a
    PostgreSQL server refuses, in the server's words. Each is planned on tables made from the
    models, with NEW, OLD and the function's variables as they are declared, and none is run. What
    other rules have found at the same place is told by them.

    Statements that control cannot get to are left out, and so are statements whose
    error a handler of exceptions catches, and everything that SQL of the project may make right:
    functions, columns and tables that a migration makes by hand, and what extensions bring.

    ## Why is this bad?
    PostgreSQL does not check this when it creates the function. Every write that reaches the
    statement then fails.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="count_orders",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        declare=[("total", "integer")],
        func='''
            SELECT count(*) INTO total FROM shop_order WHERE customer_id = NEW.customer_id
                FOR UPDATE;
            RETURN NULL;
        ''',
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="count_orders",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        declare=[("total", "integer")],
        func='''
            PERFORM FROM shop_order WHERE customer_id = NEW.customer_id FOR UPDATE;
            SELECT count(*) INTO total FROM shop_order WHERE customer_id = NEW.customer_id;
            RETURN NULL;
        ''',
    )
    ```
    """

    code = "PGT601"
    name = "statement-refused-by-server"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for fault, span in placed_faults(context, "statement"):
            yield self.diagnostic(
                f"This statement fails whenever it runs: {fault.message}",
                span,
                help="Correct the statement; the words are those of the server",
            )
