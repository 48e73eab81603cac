"""PGT306: a table, or a column of a model's table, that does not exist."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.bodies import (
    BodyTrigger,
    certain_queries,
    names_in_sight,
    transition_tables,
)
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import replayed
from pgtrigger_codegen.lint.facts.raw_names import made_by_hand, table_made_by_hand
from pgtrigger_codegen.lint.facts.tables import ModelTables
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.migrations.schema.tables import DroppedTable, RenamedTable
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_facts import Query, TextRange
from pgtrigger_codegen.sql.body_reads import ColumnRead, read_columns
from pgtrigger_codegen.sql.body_targets import (
    ColumnTarget,
    conflict_columns,
    names_of_queries,
    sequences_named,
    tables_named,
    written_columns,
)
from pgtrigger_codegen.sql.body_variables import TypedVariable
from pgtrigger_codegen.sql.definition import SYSTEM_COLUMNS, cut_identifier
from pgtrigger_codegen.sql.names import QualifiedName


class UnknownTable(Rule):
    """## What it does
    Reports a column that a statement in a function reads or writes, when the table is that of a
    model and has no such column; a table that no model has, when its name is almost that of a
    model's table or of a transition table, has the words of one in another order, lacks the app's
    label (`customer`), or is what people call a transition table (`new_rows`, `inserted`) that the
    trigger does not declare; a sequence that is called after a model's table and no column of it;
    and a table that a migration has renamed or dropped. A column without a table before it counts
    where `FROM` names only tables of models; where nothing is in sight that has columns, a name
    that is no variable is reported.
    The columns and tables that variables take their types from (`%TYPE`, `%ROWTYPE`) count too, and
    so does the text of an `EXECUTE` that is a constant.

    Names that a migration with SQL of its own speaks of are not reported.

    ## Why is this bad?
    PostgreSQL does not check this when it creates the function. Every write that reaches the
    statement then fails.

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

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        places, tables = BodyPlaces(context.analysis), ModelTables(context.analysis)
        for trigger, body in context.bodies():
            for typed in body.typed_variables:
                for fault in _type_faults(context, tables, trigger, typed):
                    yield self.diagnostic(
                        fault.message, places.span(trigger, None), help=fault.help
                    )
            for query in certain_queries(body):
                for fault in _faults(context, tables, trigger, body, query):
                    yield self.diagnostic(
                        fault.message, places.span(trigger, fault.place), help=fault.help
                    )


_OF_RESULT = (
    "A result's name is in sight in ORDER BY and GROUP BY, by itself, and nowhere else: repeat the"
    " expression, or select from a query in FROM"
)


class _Fault(Struct, frozen=True):
    message: str
    place: TextRange | None
    help: str


def _faults(
    context: LintContext, tables: ModelTables, trigger: BodyTrigger, body: Body, query: Query
) -> Iterator[_Fault]:
    transition = transition_tables(trigger, body)
    rows = {item.name: item.table for item in body.typed_variables if item.column is None}
    for target in (*written_columns(query), *conflict_columns(query)):
        yield from _columns(context, tables, trigger, target.column, [target])
    rows = {} if query.is_dynamic else rows
    for read in read_columns(query, names_in_sight(body, query), transition, rows):
        if not read.tables:
            yield _unknown_name(body, read)
            continue
        targets = [ColumnTarget(table, read.column, read.place) for table in read.tables]
        for fault in _columns(context, tables, trigger, read.column, targets):
            yield replace(fault, help=_OF_RESULT) if read.is_result else fault
    for sequence in sequences_named(query):
        yield from _sequence(context, tables, trigger, sequence, query.place)
    near = frozenset(transition) | names_of_queries(query)
    for table in sorted(set(tables_named(query)), key=str):
        if table.name not in transition:
            yield from _tables(context, tables, trigger, table, query.place, near)


def _type_faults(
    context: LintContext, tables: ModelTables, trigger: BodyTrigger, typed: TypedVariable
) -> Iterator[_Fault]:
    """A column or a table that a variable takes its type from."""
    if typed.column is not None:
        target = ColumnTarget(typed.table, typed.column, None)
        yield from _columns(context, tables, trigger, typed.column, [target])
    yield from _tables(context, tables, trigger, typed.table, None)


def _unknown_name(body: Body, read: ColumnRead) -> _Fault:
    names = sorted(name for name in body.variables if name and not name.startswith("tg_"))
    close = difflib.get_close_matches(read.column, names, n=1)
    return _Fault(
        f"`{read.column}` is neither a variable nor a column of a table in this statement",
        read.place,
        f"Did you mean `{close[0]}`?" if close else "Declare it, or write NEW. or OLD. before it",
    )


def _columns(
    context: LintContext,
    tables: ModelTables,
    trigger: BodyTrigger,
    column: str,
    targets: Sequence[ColumnTarget],
) -> Iterator[_Fault]:
    """A column that none of the tables has, if all of their columns are known."""
    models = [tables.owner(target.table) for target in targets]
    known = [model for model in models if model and model.columns is not None and model.managed]
    columns = [name for model in known for name in model.columns or ()]
    if len(known) < len(models) or column in {*map(cut_identifier, columns), *SYSTEM_COLUMNS}:
        return
    if made_by_hand(context.analysis, trigger.app_label, column):
        return
    fields = {name: own for model in known for name, own in model.field_columns}
    close = difflib.get_close_matches(column, columns, n=1)
    meant = fields.get(column) or (close[0] if close else None)
    names = " or ".join(f"`{model.table}`" for model in known)
    yield _Fault(
        f"Table {names} has no column `{column}`"
        if len(known) == 1
        else f"Neither {names} has a column `{column}`".replace(" or ", " nor "),
        targets[0].place,
        f"Did you mean `{meant}`?" if meant else f"Its columns are {', '.join(columns)}",
    )


def _tables(
    context: LintContext,
    tables: ModelTables,
    trigger: BodyTrigger,
    table: QualifiedName,
    place: TextRange | None,
    transition: frozenset[str] = frozenset(),
) -> Iterator[_Fault]:
    """A table that no model has: of a name that one had, or almost that of one that there is."""
    name = in_search_path(table)
    if tables.owner(name) is not None or _is_made(context, name):
        return
    similar = _similar(tables, name, transition) if name.schema is None else None
    gone = _gone(context, table, name, place)
    by_hand = table_made_by_hand if gone else made_by_hand
    if (gone or similar) and not by_hand(context.analysis, trigger.app_label, table.name):
        help = f"Did you mean `{similar}`?"
        yield gone or _Fault(f"No model has a table `{table}`", place, help)


def _sequence(
    context: LintContext,
    tables: ModelTables,
    trigger: BodyTrigger,
    sequence: QualifiedName,
    place: TextRange | None,
) -> Iterator[_Fault]:
    """A sequence that is called after a model's table, and that no column of that table has."""
    parts = sequence.name.split("_")
    names = [QualifiedName(sequence.schema, "_".join(parts[:end])) for end in range(len(parts))]
    owners = (tables.owner(in_search_path(name)) for name in reversed(names))
    model = next(filter(None, owners), None)
    if model is None and (meant := tables.similar("_".join(parts[:-2]))) is not None:
        model = tables.owner(QualifiedName(None, meant))
    if model is None or model.columns is None or not model.managed or parts[-1] != "seq":
        return
    types = dict(model.types)
    made = [
        f"{model.table}_{column}_seq"
        for column in model.columns
        if types.get(column, "integer") in _COUNTED
    ]
    if sequence.name not in made and not made_by_hand(
        context.analysis, trigger.app_label, sequence.name
    ):
        close = difflib.get_close_matches(sequence.name, made, n=1)
        help = f"Did you mean `{close[0]}`?" if close else f"The table is `{model.table}`"
        yield _Fault(f"No model has a sequence `{sequence}`", place, help)


def _similar(tables: ModelTables, name: QualifiedName, transition: frozenset[str]) -> str | None:
    """What was meant: a transition table, a table with almost that name, or an app's table."""
    close = difflib.get_close_matches(name.name, sorted(transition), n=1, cutoff=0.8)
    if not close and _LIKE_TRANSITION.fullmatch(name.name):
        row = "new" if name.name.startswith(("new", "inserted")) else "old"
        return f"referencing=pgtrigger.Referencing({row}='{name.name}')"
    return close[0] if close else tables.similar(name.name) or tables.of_app(name.name)


# Types of columns that have a sequence.
_COUNTED = frozenset({"smallint", "integer", "bigint"})
# What people, or other databases, call transition tables, which the trigger has to declare.
_LIKE_TRANSITION = re.compile(
    r"(new|old)(_?(tab|table|rows?|records?|values|data))?|inserted|deleted"
)


def _is_made(context: LintContext, table: QualifiedName) -> bool:
    """Whether migrations make the table, be it for a model that could not be read."""
    state = replayed(context.analysis)
    return state is None or table in state.tables


def _gone(
    context: LintContext, table: QualifiedName, name: QualifiedName, place: TextRange | None
) -> _Fault | None:
    """A table that was there until a migration renamed or dropped it."""
    state = replayed(context.analysis)
    last = state.changes.get(name, ())[-1:] if state else ()
    for made in last:
        migration = ".".join(made.migration)
        match made.change:
            case RenamedTable(new=new):
                message = f"Table `{table}` was renamed by migration `{migration}`"
                return _Fault(message, place, f"It is called `{new}` now")
            case DroppedTable():
                message = f"Table `{table}` was dropped by migration `{migration}`"
                return _Fault(message, place, "Write the function without it")
    return None
