"""PGT301: a function body that PostgreSQL's parser refuses."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.facts.refused_values import RefusedValues
from pgtrigger_codegen.lint.facts.type_faults import TypeFaults
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.sql.body_faults import Fault, faults


class PlpgsqlSyntaxError(Rule):
    """## What it does
    Reports a trigger's function that PostgreSQL's own parser refuses: PL/pgSQL, or the SQL in its
    expressions and statements. And statements that it refuses as soon as they run: a query whose
    result nothing takes, an INSERT with more or fewer values than columns, a COMMIT or ROLLBACK; an
    INSERT without a column that takes no NULL and has no default in the database, or with an ON
    CONFLICT for columns that nothing makes unique, or for a constraint that no model has; a
    constant that is no value of its column's type, of the type that it is cast to, or of what it is
    compared with (`'2020-13-01'::date`); a name that stands for no table of the query, or for two;
    a call of a function or an operator that is not built in for such arguments, or that is for
    several (`'1 day' + '2 days'`), a template that FORMAT does not know, and a value whose type
    does not fit a column, a condition, or the other values of `COALESCE` and `CASE`; clauses that
    do not fit each other (`DISTINCT`, `ORDER BY`, `GROUP BY`, `WINDOW`), a regular expression that
    PostgreSQL cannot read, a cursor that is not open or is opened twice, a setting whose name is
    misspelt, and `SQLERRM` outside a handler. A
    value that a variable, a condition or a loop cannot take is reported too: a time for a number,
    or FOREACH over something that is no array. A number or a text column as a condition is a
    warning, since 0 and `true` do not fail.

    A function that is not built in counts only if its name is almost that of one which is, or one
    of another database (`IFNULL`), and if no text of the project makes a function of that name.
    Types count where they are known: those of Django's own fields, of variables and of built-in
    functions. A function that a migration makes counts by its number of arguments, and a function
    of an extension that nothing in the project installs is a warning.

    ## Why is this bad?
    The migration that creates the function fails, or every write that reaches the statement does.

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

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places = BodyPlaces(context.analysis)
        for trigger, error in context.broken_bodies():
            yield self.diagnostic(
                f"PostgreSQL refuses the trigger's function: {error.message}",
                places.span(trigger, error.place),
                help="Correct the PL/pgSQL; the migration would fail with the same words",
            )
        refused, types = RefusedValues(context), TypeFaults(context.analysis)
        yield from self._of_search_vectors(context, refused)
        for trigger, body in context.bodies():
            found = (
                *faults(body),
                *refused.faults(trigger, body),
                *types.faults(trigger, body),
                *types.values(trigger, body),
                *types.returns(trigger, body),
            )
            for fault in dict.fromkeys(found):
                yield self.diagnostic(
                    _message(fault),
                    places.span(trigger, fault.place),
                    severity=None if fault.fails_always else Severity.WARNING,
                    help=fault.help or _help(fault),
                )

    def _of_search_vectors(
        self, context: LintContext, refused: RefusedValues
    ) -> Iterator[Diagnostic]:
        for trigger in context.analysis.triggers:
            for fault in refused.of_search_vector(trigger):
                yield self.diagnostic(
                    f"{named(trigger)} fails whenever it fires: {fault.message}",
                    trigger.span,
                    help=fault.help,
                )


def _message(fault: Fault) -> str:
    if fault.loses:
        return f"This statement loses values without an error: {fault.message}"
    if fault.depends:
        return f"This statement fails for most values: {fault.message}"
    if not fault.is_certain:
        return f"No migration makes what this statement needs: {fault.message}"
    return f"This statement fails whenever it runs: {fault.message}"


_OF_CONSTANTS = ("does not exist", "invalid input", "malformed", "out of range")


def _help(fault: Fault) -> str:
    if "destination" in fault.message:
        return "Use PERFORM, or take the result with INTO"
    if "already specified" in fault.message:
        return "Give each option once: what follows RAISE is a message or a condition already"
    if "RAISE" in fault.message:
        return "Say what to raise, or move RAISE into EXCEPTION WHEN …"
    if "INTO" in fault.message:
        return "Give INTO as many variables as the query has columns"
    if "returned" in fault.message:
        return "Write one value; a decimal has a point, not a comma"
    if "transaction" in fault.message:
        return "Remove the statement: a trigger cannot end the transaction that it fires in"
    if "not-null" in fault.message:
        return (
            "Give the column a value: Django's defaults are not in the database (`db_default` is)"
        )
    if any(words in fault.message for words in _OF_CONSTANTS):
        return "Write the constant as the column's type has it"
    if "too long" in fault.message:
        return "Write a shorter text, or give the field a greater `max_length`"
    return "Give a value for each column"
