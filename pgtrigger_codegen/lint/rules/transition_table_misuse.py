"""PGT206: transition tables where PostgreSQL has none."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import named
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.sql.definition import Definition, cut_identifier


class TransitionTableMisuse(Rule):
    """## What it does
    Reports a trigger with `referencing` (a statement-level `Composer` has it by itself) that

    - does not fire after the event,
    - fires on several operations, on TRUNCATE, or on updates of certain columns (`UpdateOf`),
    - asks for the old rows of an insert, or for the new rows of a delete,
    - gives one name to both tables.

    ## Why is this bad?
    PostgreSQL has transition tables for AFTER triggers with one event and no list of columns
    only. It refuses to create the trigger, and the migration fails.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="log_prices",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update,
        referencing=pgtrigger.Referencing(new="new_values"),
        func="INSERT INTO log SELECT id, price FROM new_values; RETURN NULL;",
    )
    ```

    ## Use instead
    ```python
    class LogPrices(pgtrigger.Trigger):
        level = pgtrigger.Statement
        when = pgtrigger.After
        referencing = pgtrigger.Referencing(new="new_values")
        func = "INSERT INTO log SELECT id, price FROM new_values; RETURN NULL;"

    triggers = [
        LogPrices(name="log_inserts", operation=pgtrigger.Insert),
        LogPrices(name="log_updates", operation=pgtrigger.Update),
    ]
    ```
    """

    code = "PGT206"
    name = "transition-table-misuse"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        for trigger, definition in context.definitions():
            for problem, help in _problems(definition) if definition.transition_tables else ():
                yield self.diagnostic(
                    f"{named(trigger)} has transition tables, {problem}: PostgreSQL refuses it",
                    trigger.span,
                    help=help,
                )


def _problems(definition: Definition) -> Iterator[tuple[str, str]]:
    rows = {table.row for table in definition.transition_tables}
    if definition.timing != "AFTER":
        yield f"but fires {definition.timing} the event", "Set `when=pgtrigger.After`"
    if len(definition.events) > 1:
        events = " and ".join(definition.events)
        yield f"but fires on {events}", "Make one trigger for each operation"
    elif definition.events == ("TRUNCATE",):
        yield "but fires on TRUNCATE", "Leave out `referencing`: there are no rows to see"
    elif definition.events == ("INSERT",) and "OLD" in rows:
        yield "one of them for old rows, but fires on INSERT", "Leave out `old`"
    elif definition.events == ("DELETE",) and "NEW" in rows:
        yield "one of them for new rows, but fires on DELETE", "Leave out `new`"
    if definition.is_update_of:
        yield (
            "but fires on updates of certain columns",
            "Use `pgtrigger.Update`, and compare the columns in the function",
        )
    names = [cut_identifier(table.name) for table in definition.transition_tables]
    if len(set(names)) < len(names):
        yield f"both of them named `{names[0]}`", "Give the old and the new rows different names"
