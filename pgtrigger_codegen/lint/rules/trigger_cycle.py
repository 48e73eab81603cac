"""PGT309: triggers that fire each other without end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.trigger_cycles import Cycle, CycleStep, cycles
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule


class TriggerCycle(Rule):
    """## What it does
    Reports a trigger whose function writes to a table whose trigger writes back, to the same row,
    so that the first fires again; over any number of tables, and over one.

    Only certain cycles are reported. Nothing is reported where one of these may end the cycle: a
    condition of the trigger or in the function, `pg_trigger_depth()`, a `WHERE` with more than
    equal keys, or another trigger on the way that may raise or drop the write.

    ## Why is this bad?
    Triggers that a trigger fires are run within it. PostgreSQL goes on until it gives up with
    "stack depth limit exceeded", and every write to these tables fails.

    ## Example
    ```python
    class Order(models.Model):
        class Meta:
            triggers = [
                pgtrigger.Trigger(
                    name="touch_customer",
                    when=pgtrigger.After,
                    operation=pgtrigger.Update,
                    func='''
                        UPDATE shop_customer SET changed = NOW() WHERE id = NEW.customer_id;
                        RETURN NULL;
                    ''',
                ),
            ]


    class Customer(models.Model):
        class Meta:
            triggers = [
                pgtrigger.Trigger(
                    name="touch_orders",
                    when=pgtrigger.After,
                    operation=pgtrigger.Update,
                    func='''
                        UPDATE shop_order SET changed = NOW() WHERE customer_id = NEW.id;
                        RETURN NULL;
                    ''',
                ),
            ]
    ```

    ## Use instead
    Let one of them fire only when something has changed that the other does not set:

    ```python
    pgtrigger.Trigger(
        name="touch_orders",
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange("name"),
        func='''
            UPDATE shop_order SET changed = NOW() WHERE customer_id = NEW.id;
            RETURN NULL;
        ''',
    )
    ```
    """

    code = "PGT309"
    name = "trigger-cycle"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places = BodyPlaces(context.analysis)
        for cycle in cycles(context):
            notes = (
                Note(_what(step, after), places.span(step.trigger, step.write.place))
                for step, after in pairwise((*cycle, cycle[0]))
            )
            yield self.diagnostic(
                _message(cycle),
                places.span(cycle[0].trigger, cycle[0].write.place),
                notes=notes if len(cycle) > 1 else (),
                help="Let a condition compare OLD and NEW, or return early when"
                " pg_trigger_depth() is greater than 1",
            )


def _message(cycle: Cycle) -> str:
    if len(cycle) == 1:
        return f"This {cycle[0].write.event} fires `{cycle[0].trigger.uri}` again, without end"
    path = " → ".join(f"`{step.trigger.uri}`" for step in (*cycle, cycle[0]))
    return f"Triggers fire each other without end: {path}"


def _what(step: CycleStep, after: CycleStep) -> str:
    write = step.write
    return f"this {write.event} of `{write.table}` fires `{after.trigger.uri}`"
