"""PGT301: a function body that PostgreSQL's parser refuses."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.bodies import broken_bodies
from pgtrigger_codegen.lint.body_places import BodyPlaces
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.pipeline import Analysis


class PlpgsqlSyntaxError(Rule):
    """## What it does
    Reports a trigger's function that PostgreSQL's own parser refuses: PL/pgSQL, or the SQL in its
    expressions and statements.

    ## Why is this bad?
    The migration that creates the function fails.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="count_orders",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func="IF NEW.amount > 100 THEN NEW.large = TRUE; RETURN NEW;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="count_orders",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func="IF NEW.amount > 100 THEN NEW.large = TRUE; END IF; RETURN NEW;",
    )
    ```
    """

    code = "PGT301"
    name = "plpgsql-syntax-error"
    severity = Severity.ERROR

    def check(self, analysis: Analysis) -> Iterator[Diagnostic]:
        places = BodyPlaces(analysis)
        for trigger, error in broken_bodies(analysis):
            yield self.diagnostic(
                f"PostgreSQL refuses the trigger's function: {error.message}",
                places.span(trigger, error.place),
                help="Correct the PL/pgSQL; the migration would fail with the same words",
            )
