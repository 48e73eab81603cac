"""PGT214: a condition that does not parse."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.facts.refused_values import RefusedValues
from pgtrigger_codegen.lint.facts.type_faults import TypeFaults
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.sql.definition import condition_problem, is_half_wrapped


class ConditionSqlSyntax(Rule):
    """## What it does
    Reports a condition whose SQL does not parse, by PostgreSQL's own grammar. Also reports a raw
    `Condition` that PostgreSQL refuses for its content: a function or an operator that does not
    exist for such arguments, an aggregate, an invalid constant for the column's type, or a value
    that is neither true nor false.

    One cause is not obvious: django-pgtrigger puts a condition into parentheses, except a
    condition that begins with a parenthesis. So `(a) OR (b)` stays without, and is an error.

    ## Why is this bad?
    Only PostgreSQL checks this SQL: the migration fails.

    ## Example
    ```python
    pgtrigger.Condition("(OLD.total > 0) OR (NEW.total > 0)")
    ```

    ## Use instead
    ```python
    pgtrigger.Condition("((OLD.total > 0) OR (NEW.total > 0))")
    ```
    """

    code = "PGT214"
    name = "condition-sql-syntax"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger in context.analysis.triggers:
            problem = condition_problem(trigger.parts)
            if problem:
                yield self.diagnostic(
                    f"{named(trigger)} has a condition that does not parse: {problem}",
                    trigger.span,
                    help=_help(trigger.parts.condition),
                )
        types, values = TypeFaults(context.analysis), RefusedValues(context)
        for trigger in context.analysis.triggers:
            if not trigger.parts.condition:
                continue
            faults = [(fault.message, fault.help) for fault in types.condition_faults(trigger)]
            refused = () if faults else values.in_condition(trigger)
            help = "Write the constant as the column's type has it"
            for message, what_to_do in dict.fromkeys((*faults, *((one, help) for one in refused))):
                yield self.diagnostic(
                    f"{named(trigger)} has a condition that PostgreSQL refuses: {message}",
                    trigger.span,
                    help=what_to_do,
                )


def _help(condition: str) -> str:
    if is_half_wrapped(condition):
        return (
            "Put the whole condition into parentheses: django-pgtrigger adds none to a condition"
            " that begins with one"
        )
    return "Correct the SQL: PostgreSQL refuses it too"
