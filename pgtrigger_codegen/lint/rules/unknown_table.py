"""PGT306: a table, or a column of a model's table, that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from pgtrigger_codegen.lint.bodies import bodies
from pgtrigger_codegen.lint.body_places import BodyPlaces
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.raw_names import made_by_hand
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_facts import Query
from pgtrigger_codegen.sql.body_targets import tables_named, written_columns
from pgtrigger_codegen.sql.names import QualifiedName, table_name
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class UnknownTable(Rule):
    """## What it does
    Reports a column that an `INSERT` or `UPDATE` in a function writes to, when the table is that
    of a model and has no such column; and a table that no model has, when its name is almost that
    of a model's table.

    Names that a migration with SQL of its own speaks of are not reported.

    ## Why is this bad?
    PostgreSQL creates the function without looking. Every write that gets to the statement then
    fails.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="count_orders",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func="UPDATE shop_customer SET order_cnt = order_cnt + 1; RETURN NULL;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="count_orders",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func="UPDATE shop_customer SET order_count = order_count + 1; RETURN NULL;",
    )
    ```
    """

    code = "PGT306"
    name = "unknown-table"
    severity = Severity.ERROR

    def check(self, analysis: Analysis) -> Iterator[Diagnostic]:
        places = BodyPlaces(analysis)
        models = {table_name(table): label for table, label in analysis.models.tables.items()}
        for trigger, body in bodies(analysis):
            for query in _certain(body):
                yield from self._columns(analysis, places, models, trigger, query)
                yield from self._tables(analysis, places, models, trigger, body, query)

    def _columns(
        self,
        analysis: Analysis,
        places: BodyPlaces,
        models: Mapping[QualifiedName, str],
        trigger: CompiledTrigger,
        query: Query,
    ) -> Iterator[Diagnostic]:
        for target in written_columns(query):
            model = analysis.models.get(models.get(target.table, ""))
            if model is None or model.columns is None or not model.managed:
                continue
            column = target.column
            if column in model.columns or made_by_hand(analysis, trigger, column):
                continue
            close = difflib.get_close_matches(column, model.columns, n=1)
            meant = dict(model.field_columns).get(column) or (close[0] if close else None)
            yield self.diagnostic(
                f"Table `{model.table}` has no column `{column}`",
                places.span(trigger, target.place),
                help=f"Did you mean `{meant}`?"
                if meant
                else f"Its columns are {', '.join(model.columns)}",
            )

    def _tables(
        self,
        analysis: Analysis,
        places: BodyPlaces,
        models: Mapping[QualifiedName, str],
        trigger: CompiledTrigger,
        body: Body,
        query: Query,
    ) -> Iterator[Diagnostic]:
        known = [table.name for table in models if table.schema is None]
        hidden = {table.name for table in body.definition.transition_tables}
        for table in sorted(set(tables_named(query)), key=str):
            if table.schema is not None or table.name in hidden or table.name in known:
                continue
            close = difflib.get_close_matches(table.name, known, n=1, cutoff=0.85)
            if close and not made_by_hand(analysis, trigger, table.name):
                yield self.diagnostic(
                    f"No model has a table `{table.name}`",
                    places.span(trigger, query.place),
                    help=f"Did you mean `{close[0]}`?",
                )


def _certain(body: Body) -> Iterator[Query]:
    """Statements that are run as they are; a function that makes tables knows what is there."""
    makes_tables = any("create" in query.text.lower() for query in body.queries)
    for query in body.queries if not makes_tables and not body.dynamic else ():
        if not query.in_handled_block:
            yield query
