"""Stage sql: the rows that a body's statement writes to, and so the triggers that it fires.

Rows are followed where the statement names them by columns of NEW and OLD alone, as most do:
`UPDATE customer SET … WHERE id = NEW.customer_id`. Whatever else chooses rows may choose none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct

from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_facts import Query, TextRange
from pgtrigger_codegen.sql.body_targets import statements_of
from pgtrigger_codegen.sql.definition import Event, Row
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import Node, conjuncts, strings
from pgtrigger_codegen.sql.statements import relation_name


class RowColumn(NamedTuple):
    """A column of NEW or OLD."""

    row: Row
    column: str


class Write(Struct, frozen=True):
    """An INSERT, UPDATE or DELETE.

    Attributes:
        columns: Those that an UPDATE sets.
        rows: By column, what the rows written to have in it: all rows when empty, one new row
            for an INSERT. None where rows are chosen in another way, and perhaps none.
        events: Those in which each run of the function gets to the statement.
    """

    event: Event
    table: QualifiedName
    columns: frozenset[str]
    rows: Mapping[str, RowColumn] | None
    events: frozenset[Event]
    place: TextRange | None


def writes(body: Body) -> Iterator[Write]:
    """What a body writes whenever it runs, without a condition."""
    for query in body.queries:
        if query.prefix or query.in_handled_block:
            continue
        events = frozenset(event for event, path in query.state.items() if path.unconditional)
        for kind, node in statements_of(query) if events else ():
            if kind in _EVENTS:
                yield _write(_EVENTS[kind], node, query, events, body.variables)


_EVENTS: dict[str, Event] = {"InsertStmt": "INSERT", "UpdateStmt": "UPDATE", "DeleteStmt": "DELETE"}


def _write(
    event: Event, node: Node, query: Query, events: frozenset[Event], variables: frozenset[str]
) -> Write:
    targets = (item["ResTarget"].get("name", "") for item in node.get("targetList", ()))
    return Write(
        event=event,
        table=relation_name(node["relation"]),
        columns=frozenset(targets) if event == "UPDATE" else frozenset(),
        rows=_inserted(node) if event == "INSERT" else _chosen(node, variables),
        events=events,
        place=query.place,
    )


def _inserted(node: Node) -> Mapping[str, RowColumn] | None:
    """The values that a new row has from NEW and OLD."""
    if not {"onConflictClause", "withClause"}.isdisjoint(node):
        return None
    select = node.get("selectStmt", {}).get("SelectStmt", {})
    if not set(select) <= {"valuesLists", "targetList", "limitOption", "op"}:
        return None
    rows = select.get("valuesLists", ())
    if len(rows) > 1 or select.get("op", "SETOP_NONE") != "SETOP_NONE":
        return {}  # no value is that of all rows
    values = (
        rows[0]["List"]["items"]
        if rows
        else [item["ResTarget"]["val"] for item in select.get("targetList", ())]
    )
    columns = [item["ResTarget"]["name"] for item in node.get("cols", ())]
    pairs = zip(columns, values, strict=False)
    return {column: found for column, value in pairs if (found := _row_column(value))}


def _chosen(node: Node, variables: frozenset[str]) -> Mapping[str, RowColumn] | None:
    """What WHERE asks of rows, if it is only that columns equal those of NEW and OLD."""
    if not {"fromClause", "usingClause", "withClause"}.isdisjoint(node):
        return None
    if "whereClause" not in node:
        return {}
    relation = node["relation"]
    name = relation.get("alias", {}).get("aliasname", relation["relname"])
    rows: dict[str, RowColumn] = {}
    for comparison in conjuncts(node["whereClause"]):
        found = _equality(comparison, name, variables)
        if found is None or found[0] in rows:
            return None
        rows[found[0]] = found[1]
    return rows


def _equality(
    comparison: Node, table: str, variables: frozenset[str]
) -> tuple[str, RowColumn] | None:
    node = comparison.get("A_Expr", {})
    if node.get("kind") not in ("AEXPR_OP", "AEXPR_NOT_DISTINCT") or strings(node["name"]) != (
        "=",
    ):
        return None
    for own, other in (("lexpr", "rexpr"), ("rexpr", "lexpr")):
        column = _own_column(node.get(own, {}), table, variables)
        value = _row_column(node.get(other, {}))
        if column is not None and value is not None:
            return column, value
    return None


def _own_column(node: Node, table: str, variables: frozenset[str]) -> str | None:
    match strings(node.get("ColumnRef", {}).get("fields")):
        case (column,) if column not in variables:
            return column
        case (name, column) if name == table and name not in ("new", "old"):
            return column
    return None


def _row_column(node: Node) -> RowColumn | None:
    if (first := _same_in_both_rows(node)) is not None:
        return first
    match strings(node.get("ColumnRef", {}).get("fields")):
        case ("new", column):
            return RowColumn("NEW", column)
        case ("old", column):
            return RowColumn("OLD", column)
    return None


def _same_in_both_rows(node: Node) -> RowColumn | None:
    """`COALESCE(NEW.id, OLD.id)`: the first, wherever the event has it."""
    found = [_row_column(arg) for arg in node.get("CoalesceExpr", {}).get("args", ())]
    columns = {item.column if item else None for item in found}
    return found[0] if len(columns) == 1 else None
