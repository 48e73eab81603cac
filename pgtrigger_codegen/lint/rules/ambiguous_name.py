"""PGT317: a name in a statement that may be several things."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.bodies import BodyTrigger, certain_queries, transition_tables
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.raw_names import made_by_hand
from pgtrigger_codegen.lint.facts.tables import ModelTables
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_reads import BareName, bare_names
from pgtrigger_codegen.sql.names import QualifiedName


class AmbiguousName(Rule):
    """## What it does
    Reports a name in a statement of a function that stands for a variable as well as for a
    column of a model's table, or for columns of two tables.

    Variables count that are declared for the whole function, and not where the function or a
    migration sets `plpgsql.variable_conflict`.

    ## Why is this bad?
    PostgreSQL does not check this when it creates the function. Every write that reaches the
    statement then fails: "column reference "total" is ambiguous". In `ON CONFLICT … DO UPDATE` a
    bare column may belong to the existing row or to the row that was to be inserted.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="count_orders",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func='''
            INSERT INTO shop_counter (name, value) VALUES ('orders', 1)
            ON CONFLICT (name) DO UPDATE SET value = value + 1;
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
        func='''
            INSERT INTO shop_counter (name, value) VALUES ('orders', 1)
            ON CONFLICT (name) DO UPDATE SET value = shop_counter.value + 1;
            RETURN NULL;
        ''',
    )
    ```
    """

    code = "PGT317"
    name = "ambiguous-name"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places, tables = BodyPlaces(context.analysis), ModelTables(context.analysis)
        for trigger, body in context.bodies():
            for name in _names(trigger, body):
                holders = _holders(name, tables)
                among_variables = name.name in body.outer_variables
                if holders and among_variables and not _prefers_one(context, trigger):
                    what = ["a variable", f"a column of `{holders[0]}`"]
                    help = f"Write `{holders[0]}.{name.name}`, or give the variable another name"
                elif len(holders) > 1:
                    what = [f"a column of `{holder}`" for holder in holders]
                    help = " or ".join(f"`{holder}.{name.name}`" for holder in holders)
                    help = f"Write {help}"
                else:
                    continue
                yield self.diagnostic(
                    f"`{name.name}` is {' and '.join(what)}: PostgreSQL does not know which is"
                    " meant",
                    places.span(trigger, name.place),
                    help=help,
                )


_PREFERS_ONE = re.compile(r"variable_conflict\W+(to\W+)?use_", re.IGNORECASE)


def _names(trigger: BodyTrigger, body: Body) -> Iterator[BareName]:
    for query in certain_queries(body):
        if query.is_dynamic:
            continue  # no variable is in sight
        yield from bare_names(query, transition_tables(trigger, body))


def _prefers_one(context: LintContext, trigger: BodyTrigger) -> bool:
    """Whether the function or a migration says which of a variable and a column is meant.

    To be asked only about what would be reported: it reads all migrations.
    """
    declare = trigger.declared.parts.declare if trigger.declared is not None else ""
    own = _PREFERS_ONE.search(trigger.statement or declare) is not None
    return own or made_by_hand(context.analysis, trigger.app_label, "plpgsql.variable_conflict")


def _holders(name: BareName, tables: ModelTables) -> list[str]:
    """What has the column in the nearest FROM where something has it, by its name there.

    At most one where it is not certain that PostgreSQL looks at that FROM, or merges columns.
    """
    certain = True
    for level in name.levels:
        known = {alias: _columns(tables, table) for alias, table in level.tables.items()}
        found = [alias for alias, columns in known.items() if columns and name.name in columns]
        if found:
            return found if certain and not level.is_merged else found[:1]
        certain = certain and not level.is_open and None not in known.values()
    return []


def _columns(tables: ModelTables, table: QualifiedName) -> tuple[str, ...] | None:
    """All columns of a table, where they are known."""
    model = tables.owner(table)
    return model.columns if model and model.managed else None
