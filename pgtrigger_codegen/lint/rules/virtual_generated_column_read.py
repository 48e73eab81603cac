"""PGT311: a generated column of NEW or OLD that is not computed there."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.bodies import BodyTrigger, names_in_sight
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.tables import ModelTables
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_facts import TextRange
from pgtrigger_codegen.sql.body_reads import read_columns
from pgtrigger_codegen.sql.names import QualifiedName


class VirtualGeneratedColumnRead(Rule):
    """## What it does
    Reports a function that reads a virtual generated column (`GeneratedField` with
    `db_persist=False`) from `NEW`, `OLD` or a transition table, or a stored one from `NEW` in a
    BEFORE trigger.

    ## Why is this bad?
    PostgreSQL computes such a column when a query reads it from its table. The rows that triggers
    are given do not have it: there it is NULL, before and after the event. A stored one is computed
    after all BEFORE triggers have run: until then it is NULL in `NEW`.

    ## Example
    ```python
    class Order(models.Model):
        net = models.IntegerField()
        gross = models.GeneratedField(
            expression=models.F("net") * 2,
            output_field=models.IntegerField(),
            db_persist=False,
        )

        class Meta:
            triggers = [
                pgtrigger.Trigger(
                    name="log",
                    when=pgtrigger.After,
                    operation=pgtrigger.Insert,
                    func="INSERT INTO log (gross) VALUES (NEW.gross); RETURN NULL;",
                ),
            ]
    ```

    ## Use instead
    ```python
    func="INSERT INTO log (gross) VALUES (NEW.net * 2); RETURN NULL;"
    ```

    Or store the column with `db_persist=True`, and read it after the event.
    """

    code = "PGT311"
    name = "virtual-generated-column-read"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places, tables = BodyPlaces(context.analysis), ModelTables(context.analysis)
        for trigger, body in context.bodies():
            model = tables.owner_of(trigger) if _has_rows(body) else None
            if model is None or not (model.generated or model.virtual):
                continue
            if body.decides_write:
                yield from self._not_yet_stored(trigger, body, model, places)
            for column, name, place in _reads(body):
                if column in model.virtual:
                    yield self.diagnostic(
                        f"`{name}` is always NULL: a virtual generated column is computed when a"
                        " query reads it from its table",
                        places.span(trigger, place),
                        help="Write its expression here, or store the column (`db_persist=True`)"
                        " and read it in an AFTER trigger",
                    )

    def _not_yet_stored(
        self, trigger: BodyTrigger, body: Body, model: ModelFact, places: BodyPlaces
    ) -> Iterator[Diagnostic]:
        stored = set(model.generated) - set(model.virtual)
        for use in body.uses:
            if use.row == "NEW" and use.column in stored and not (use.written or use.minds_null):
                yield self.diagnostic(
                    f"`NEW.{use.column}` is NULL here: a generated column is computed when all"
                    " BEFORE triggers have run",
                    places.span(trigger, use.place),
                    help="Write its expression here, or read it in an AFTER trigger",
                )


def _has_rows(body: Body) -> bool:
    return body.definition.is_row_level or bool(body.definition.transition_tables)


def _reads(body: Body) -> Iterator[tuple[str, str, TextRange | None]]:
    """Columns of the rows that the trigger is given, as they are written."""
    for use in body.uses if body.definition.is_row_level else ():
        if use.column is not None and not use.written:
            yield use.column, f"{use.row}.{use.column}", use.place
    transition_tables = {
        table.name: QualifiedName(None, table.name) for table in body.definition.transition_tables
    }
    for query in body.queries if transition_tables else ():
        for read in read_columns(query, names_in_sight(body, query), transition_tables):
            if len(read.tables) == 1 and read.tables[0] in transition_tables.values():
                yield read.column, f"{read.tables[0]}.{read.column}", read.place
