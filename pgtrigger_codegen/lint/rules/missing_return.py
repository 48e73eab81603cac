"""PGT302: a function that can end without RETURN."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_text import last_code


class MissingReturn(Rule):
    """## What it does
    Reports a trigger's function whose end can be reached without a `RETURN`.

    A path that ends in `RAISE EXCEPTION` needs none. Conditions on `TG_OP` are followed. Nothing
    is reported where a chain of conditions may cover all cases, or where a called function may
    raise.

    ## Why is this bad?
    PostgreSQL creates such a function silently. Then every write that takes the path fails:
    "control reached end of trigger procedure without RETURN". AFTER triggers fail too, although
    their result is ignored.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="stamp",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func="IF NEW.status = 'paid' THEN NEW.paid_at = NOW(); RETURN NEW; END IF;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="stamp",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func="IF NEW.status = 'paid' THEN NEW.paid_at = NOW(); END IF; RETURN NEW;",
    )
    ```
    """

    code = "PGT302"
    name = "missing-return"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places = BodyPlaces(context.analysis)
        for trigger, body in context.bodies():
            events = [
                event
                for event, path in body.falls_off.items()
                if not path.uncertain and not path.doubtful
            ]
            if not events:
                continue
            which = f" on {' and '.join(events)}" if len(body.definition.events) > 1 else ""
            value = _value(body)
            yield self.diagnostic(
                f"The function can end without RETURN{which}: the write then fails",
                places.span(trigger, last_code(trigger.func)),
                help=f"End the body with RETURN {value}",
            )


def _value(body: Body) -> str:
    if not body.decides_write:
        return "NULL"
    return "OLD" if body.definition.events == ("DELETE",) else "NEW"
