"""PGT305: a column of NEW or OLD that the table does not have."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.bodies import BodyTrigger
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.raw_names import made_by_hand
from pgtrigger_codegen.lint.facts.tables import ModelTables
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.sql.body_facts import RowUse
from pgtrigger_codegen.sql.definition import SYSTEM_COLUMNS


class UnknownColumn(Rule):
    """## What it does
    Reports `NEW.x` and `OLD.x` in a function when the trigger's table has no column `x`, and
    suggests the one that was probably meant. Columns that are called like a word of PL/pgSQL
    (`end`, `from`, `to`, `by`) are reported as well where they are read without quotes.

    Columns are those of the model, where all of them are known and the model is managed. A column
    that a migration adds with SQL of its own is not reported, nor is a place that another table's
    trigger reaches (`IF TG_TABLE_NAME = …`).

    ## Why is this bad?
    PostgreSQL does not check this when it creates the function. Every write that reaches the place
    then fails: "record "new" has no field "x"". A common reason is the name of a foreign key's
    field, whose column ends in `_id`.

    ## Example
    ```python
    pgtrigger.Trigger(
        name="keep_customer",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func="NEW.customer = OLD.customer; RETURN NEW;",
    )
    ```

    ## Use instead
    ```python
    pgtrigger.Trigger(
        name="keep_customer",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func="NEW.customer_id = OLD.customer_id; RETURN NEW;",
    )
    ```
    """

    code = "PGT305"
    name = "unknown-column"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places, tables = BodyPlaces(context.analysis), ModelTables(context.analysis)
        for trigger, body in context.row_bodies():
            if not body.uses:
                continue
            model = tables.owner_of(trigger)
            if model is None or model.columns is None or not model.managed:
                continue
            known = {*model.columns, *SYSTEM_COLUMNS}
            for use in body.uses:
                column = use.column
                if column is None or use.in_handled_block:
                    continue
                if column in model.columns and _is_word(use, trigger):
                    yield self.diagnostic(
                        f"`{use.row}.{column}` is not read as a column: `{column}` is a word of"
                        f' PL/pgSQL. The write fails: record "{use.row.lower()}" has no such field',
                        places.span(trigger, use.place),
                        help=f'Quote the name: `{use.row}."{column}"`',
                    )
                if column in known:
                    continue
                doubtful = body.copies_context and any(p.doubtful for p in use.state.values())
                if doubtful or made_by_hand(context.analysis, trigger.app_label, column):
                    continue
                yield self.diagnostic(
                    f"Table `{model.table}` has no column `{column}`",
                    places.span(trigger, use.place),
                    help=_suggestion(use.row, column, model),
                )


def _is_word(use: RowUse, trigger: BodyTrigger) -> bool:
    """Whether a column is read by a name that PL/pgSQL reserves, and is not known otherwise.

    An assignment knows it, and so do all places of a function one of which has it in quotes.
    """
    if not use.is_bare or use.written or use.column not in RESERVED:
        return False
    quoted = re.compile(rf'\b{use.row}\s*\.\s*"{use.column}"', re.IGNORECASE)
    declare = trigger.declared.parts.declare if trigger.declared else trigger.statement or ""
    return quoted.search(trigger.func + declare) is None


# https://github.com/postgres/postgres/blob/master/src/pl/plpgsql/src/pl_reserved_kwlist.h
RESERVED = frozenset(
    "all begin by case declare else end execute for foreach from if in into loop not null or strict"
    " then to using when while".split()
)


def _suggestion(row: str, column: str, model: ModelFact) -> str:
    fields = dict(model.field_columns)
    columns = model.columns or ()
    # Unquoted names are folded to lower case, so `NEW.createdAt` asks for `createdat`.
    folded = next((one for one in columns if one.lower() == column), None)
    if folded is not None:
        return f'Quote the name: `{row}."{folded}"`'
    close = difflib.get_close_matches(column, columns, n=1)
    meant = fields.get(column) or (close[0] if close else None)
    if meant is not None:
        return f"Did you mean `{row}.{meant}`?"
    return f"Its columns are {', '.join(columns)}"
