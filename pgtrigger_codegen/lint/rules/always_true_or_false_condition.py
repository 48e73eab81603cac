"""PGT215: a condition that does not depend on the row."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.choices import no_choices, unreached_states
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_conditions import expression, mentions_context
from pgtrigger_codegen.sql.body_facts import TextRange
from pgtrigger_codegen.sql.body_targets import statements_of
from pgtrigger_codegen.sql.parser import walk
from pgtrigger_codegen.sql.truth import constant_condition, mentions_column, null_comparisons


class AlwaysTrueOrFalseCondition(Rule):
    """## What it does
    Reports a trigger's condition that is true for every row, or for none, and a condition in its
    function that is never true. Only conditions that are certain from the SQL alone are reported:
    constants, a column compared with itself, `= NULL`, `TG_OP` compared with an impossible value
    (`'insert'`), and parts of an AND that exclude each other.

    Also reports a value in a condition, or in the transitions of a `pgtrigger.FSM` or of a
    `pgtrigger.SoftDelete`, that is not among the field's choices. As information, reports states
    of a `pgtrigger.FSM` that no transitions lead to from the field's default.

    ## Why is this bad?
    A trigger whose condition is never true never fires and protects nothing, and no message says
    so. The usual reasons are `= NULL`, which is null and never true, and OLD on both sides instead
    of NEW. A condition that is always true is useless.

    ## Example
    ```python
    pgtrigger.Protect(
        name="keep_author",
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__author__df=pgtrigger.F("old__author")),
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Protect(
        name="keep_author",
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__author__df=pgtrigger.F("new__author")),
    )
    ```
    """

    code = "PGT215"
    name = "always-true-or-false-condition"
    severity = Severity.WARNING

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger, definition in context.definitions():
            if definition.constant is False:
                yield self.diagnostic(
                    f"{named(trigger)} never fires: its condition is not true for any row",
                    trigger.span,
                    help="Compare OLD with NEW, and test for null with `IS NULL` (`__isnull=True`)",
                )
            elif definition.constant is True:
                yield self.diagnostic(
                    f"{named(trigger)} has a condition that is true for every row",
                    trigger.span,
                    help="Leave the condition out",
                )
        for trigger in context.analysis.triggers:
            for item in no_choices(context.analysis, trigger):
                yield self.diagnostic(
                    f"{named(trigger)} names '{item.value}', which is not a choice of "
                    f"`{item.column}`",
                    trigger.span,
                    help=f"Did you mean '{item.meant}'?"
                    if item.meant
                    else f"The choices are {', '.join(map(repr, item.choices))}",
                )
            if (unreached := unreached_states(context.analysis, trigger)) is not None:
                states = ", ".join(f"'{state}'" for state in unreached.states)
                yield self.diagnostic(
                    f"{named(trigger)} has transitions from {states}, but no transition leads "
                    f"there from '{unreached.start}', the default of `{unreached.column}`",
                    trigger.span,
                    severity=Severity.INFO,
                    help="Declare the transition that is missing; rows that are inserted in that"
                    " state need none",
                )
        places = BodyPlaces(context.analysis)
        for owner, body in context.bodies():
            for message, help, place in _in_body(body):
                yield self.diagnostic(message, places.span(owner, place), help=help)


def _in_body(body: Body) -> Iterator[tuple[str, str, TextRange | None]]:
    """Conditions of a function that are never true; a constant (`IF FALSE`) is on purpose."""
    for condition in body.conditions:
        tree = expression(condition.text)
        if tree is None:
            continue
        if null_comparisons(tree):
            yield *_NULL, condition.place
        elif mentions_column(tree) and constant_condition(tree) is False:
            context = mentions_context(condition.text)
            yield (
                "This condition is never true",
                "`TG_OP`, `TG_WHEN` and `TG_LEVEL` are in capitals: 'INSERT', 'BEFORE', 'ROW'"
                if context
                else "Compare OLD with NEW, and test for null with `IS NULL`",
                condition.place,
            )
    for query in body.queries:
        if "null" not in query.text.lower():
            continue
        clauses = [
            value
            for _, node in statements_of(query)
            for key, value in walk(node)
            if key in ("whereClause", "havingClause")
        ]
        if null_comparisons(clauses):
            yield *_NULL, query.place


_NULL = (
    "A comparison with NULL is never true",
    "Test for null with `IS NULL`, `IS NOT NULL` or `IS DISTINCT FROM`",
)
