"""Stage sql: tables that a statement names, and columns that it writes to, with their places."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from pgtrigger_codegen.sql.body_facts import Query, TextRange
from pgtrigger_codegen.sql.constant_faults import text_of
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_sql, strings, walk
from pgtrigger_codegen.sql.relations import tables_in
from pgtrigger_codegen.sql.statements import relation_name


class ColumnTarget(NamedTuple):
    """A column of INSERT's list or of UPDATE's SET."""

    table: QualifiedName
    column: str
    place: TextRange | None


def written_columns(query: Query) -> Iterator[ColumnTarget]:
    """The columns that an INSERT or UPDATE writes to."""
    for kind, node in statements_of(query):
        if kind not in _TARGETS:
            continue
        for item in _targets(kind, node):
            target = item["ResTarget"]
            if "name" in target:
                place = query.place_at(target.get("location", 0), len(target["name"]))
                yield ColumnTarget(relation_name(node["relation"]), target["name"], place)


def conflict_columns(query: Query) -> Iterator[ColumnTarget]:
    """The columns that an INSERT finds its conflicts by; the parser tells no places of them."""
    for _, node in statements_of(query):
        for item in node.get("onConflictClause", {}).get("infer", {}).get("indexElems", ()):
            if "name" in (element := item["IndexElem"]):
                yield ColumnTarget(relation_name(node["relation"]), element["name"], query.place)


def tables_named(query: Query) -> Iterator[QualifiedName]:
    """The tables that a statement reads or writes."""
    for kind, node in statements_of(query):
        yield from tables_in({kind: node})


def sequences_named(query: Query) -> Iterator[QualifiedName]:
    """The sequences whose next or last number a statement asks for, where a text names them."""
    for kind, node in statements_of(query) if "val" in query.text.lower() else ():
        for key, call in walk({kind: node}):
            name = strings(call["funcname"])[-1] if key == "FuncCall" else ""
            arguments = call.get("args", ()) if name in ("nextval", "currval", "setval") else ()
            text = text_of(arguments[0]) if arguments else None
            if text is not None and _SEQUENCE.fullmatch(text):
                schema, _, sequence = text.rpartition(".")
                yield QualifiedName(schema.lower() or None, sequence.lower())


_SEQUENCE = re.compile(r"(\w+\.)?\w+")


def statements_of(query: Query) -> Iterator[tuple[str, Node]]:
    """The parsed statement, by its kind; nothing where it does not parse."""
    for tree in parsed(query.sql):
        yield from tree.items()


_TARGETS = {"InsertStmt": "cols", "UpdateStmt": "targetList", "MergeStmt": "targetList"}


def _targets(kind: str, node: Node) -> Iterator[Node]:
    yield from node.get(_TARGETS[kind], ())
    yield from node.get("onConflictClause", {}).get("targetList", ())
    for clause in node.get("mergeWhenClauses", ()):
        yield from clause["MergeWhenClause"].get("targetList", ())


@functools.lru_cache(maxsize=4096)
def parsed(sql: str) -> tuple[Node, ...]:
    """The statements of a text; nothing where it does not parse.

    Several rules ask about the same statement, one after the other.
    """
    try:
        return tuple(parse_sql(sql))
    except SqlSyntaxError:
        return ()


def names_of_queries(query: Query) -> frozenset[str]:
    """The names that WITH gives to queries of a statement."""
    return frozenset(
        node["ctename"]
        for _, statement in statements_of(query)
        for key, node in walk(statement)
        if key == "CommonTableExpr"
    )
