"""Stage sql: which tables a trigger's function reads and writes, conditions or not.

`body_writes` tells what is certain, for rules; here is all that may happen, for whoever asks who
touches a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct

from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_facts import Query, TextRange
from pgtrigger_codegen.sql.body_targets import statements_of
from pgtrigger_codegen.sql.calls import own_call
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import Node, walk
from pgtrigger_codegen.sql.relations import tables_in
from pgtrigger_codegen.sql.statements import relation_name

Verb = Literal["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"]

OF_THE_ROW_ALONE = frozenset({"tsvector_update_trigger", "tsvector_update_trigger_column"})
"""PostgreSQL's own trigger functions that set columns of the row, and always write it."""


class Access(Struct, frozen=True):
    """A table that a statement reads or writes.

    Attributes:
        columns: Those that an UPDATE sets; empty where any may be.
        is_certain: Whether each run of the function gets there.
        place: Of the statement in the body.
    """

    verb: Verb
    table: QualifiedName
    columns: frozenset[str]
    is_certain: bool
    place: TextRange | None


def accesses(body: Body) -> Iterator[Access]:
    """All of a body's, in the order of its statements."""
    hidden = frozenset(table.name for table in body.definition.transition_tables)
    for query in body.queries:
        for kind, node in statements_of(query):
            written = list(_written({kind: node}))
            for verb, table, columns in written:
                yield _access(query, verb, table, columns)
            for function in _own_calls({kind: node}):
                for verb, name in FOLLOWED.get(function, ()):
                    yield Access(verb, QualifiedName(None, name), frozenset(), False, query.place)
            for table in dict.fromkeys(tables_in(_without_targets({kind: node}), hidden)):
                yield _access(query, "SELECT", table, frozenset())


def functions_called(body: Body) -> frozenset[str]:
    """Functions that are neither PostgreSQL's nor an extension's, and are not followed."""
    found = {
        name
        for query in body.queries
        for kind, node in statements_of(query)
        for name in _own_calls({kind: node})
    }
    return frozenset(found) - {*FOLLOWED}


FOLLOWED: Mapping[str, tuple[tuple[Verb, str], ...]] = {
    # django-pghistory's `Context.install_pgh_attach_context_func`: where there is a context.
    "_pgh_attach_context": (("INSERT", "pghistory_context"), ("UPDATE", "pghistory_context")),
}
"""What functions of packages do to tables, by name."""


def _own_calls(tree: Node) -> Iterator[str]:
    for key, call in walk(tree):
        name = own_call(call) if key == "FuncCall" else None
        if name is not None:
            yield name


def _access(query: Query, verb: Verb, table: QualifiedName, columns: frozenset[str]) -> Access:
    certain = all(path.unconditional for path in query.state.values())
    return Access(verb, table, columns, certain and not query.in_handled_block, query.place)


def _written(tree: Node) -> Iterator[tuple[Verb, QualifiedName, frozenset[str]]]:
    for kind, node in walk(tree):
        match kind:
            case "InsertStmt":
                table = relation_name(node["relation"])
                yield "INSERT", table, frozenset()
                conflict = node.get("onConflictClause", {})
                if conflict.get("action") == "ONCONFLICT_UPDATE":
                    yield "UPDATE", table, _targets(conflict)
            case "UpdateStmt":
                yield "UPDATE", relation_name(node["relation"]), _targets(node)
            case "DeleteStmt":
                yield "DELETE", relation_name(node["relation"]), frozenset()
            case "MergeStmt":
                yield from _merged(node)
            case "TruncateStmt":
                for item in node["relations"]:
                    yield "TRUNCATE", relation_name(item["RangeVar"]), frozenset()
            case _:
                pass


def _merged(node: Node) -> Iterator[tuple[Verb, QualifiedName, frozenset[str]]]:
    table = relation_name(node["relation"])
    for item in node.get("mergeWhenClauses", ()):
        clause = item["MergeWhenClause"]
        verb = _MERGED.get(clause.get("commandType"))
        if verb is not None:
            yield verb, table, _targets(clause) if verb == "UPDATE" else frozenset()


_MERGED: dict[Any, Verb] = {"CMD_INSERT": "INSERT", "CMD_UPDATE": "UPDATE", "CMD_DELETE": "DELETE"}


def _targets(node: Node) -> frozenset[str]:
    names = [item["ResTarget"].get("name") for item in node.get("targetList", ())]
    return frozenset(name for name in names if name)


def _without_targets(tree: Any) -> Any:
    """The tree without the tables that statements write to, which need not be read as well."""
    if isinstance(tree, list):
        return [_without_targets(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        key: _without_targets(
            {name: part for name, part in value.items() if name not in ("relation", "relations")}
            if key in _WRITING
            else value
        )
        for key, value in tree.items()
    }


_WRITING = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "TruncateStmt"})
