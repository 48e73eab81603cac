"""Stage sql: tables that a statement names, and columns that it writes to, with their places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pgtrigger_codegen.sql.body_facts import Place, Query
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_sql
from pgtrigger_codegen.sql.relations import tables_in
from pgtrigger_codegen.sql.statements import relation_name


class Target(NamedTuple):
    """A column of INSERT's list or of UPDATE's SET."""

    table: QualifiedName
    column: str
    place: Place | None


def written_columns(query: Query) -> Iterator[Target]:
    """The columns that an INSERT or UPDATE writes to."""
    for kind, node in _statements(query):
        items = node.get({"InsertStmt": "cols", "UpdateStmt": "targetList"}.get(kind, ""), ())
        for item in items:
            target = item["ResTarget"]
            if "name" in target:
                place = _place(query, target.get("location", 0), target["name"])
                yield Target(relation_name(node["relation"]), target["name"], place)


def tables_named(query: Query) -> Iterator[QualifiedName]:
    """The tables that a statement reads or writes."""
    for kind, node in _statements(query):
        yield from tables_in({kind: node})


def _statements(query: Query) -> Iterator[tuple[str, Node]]:
    try:
        trees = parse_sql(query.text)
    except SqlSyntaxError:
        return
    for tree in trees:
        yield from tree.items()


def _place(query: Query, location: int, name: str) -> Place | None:
    """Locations count bytes."""
    if query.place is None:
        return None
    start = query.place.start + len(query.text.encode()[:location].decode(errors="replace"))
    return Place(start, start + len(name))
