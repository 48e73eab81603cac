"""Stage sql: foreign keys with ON DELETE CASCADE that a script makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_sql, strings
from pgtrigger_codegen.sql.statements import relation_name


class CascadingKey(Struct, frozen=True):
    """A foreign key with ON DELETE CASCADE.

    Attributes:
        name: Of the constraint, where it is given one.
    """

    table: QualifiedName
    columns: tuple[str, ...]
    referenced: QualifiedName
    name: str | None


def cascading_keys(sql: str) -> Iterator[CascadingKey]:
    """The foreign keys that a script makes; nothing of one that does not parse."""
    for kind, node in _statements(sql):
        if kind == "CreateStmt":
            yield from _keys(relation_name(node["relation"]), node.get("tableElts", ()))
        elif kind == "AlterTableStmt":
            commands = (item["AlterTableCmd"] for item in node["cmds"])
            added = [command["def"] for command in commands if command.get("subtype") in _ADDING]
            yield from _keys(relation_name(node["relation"]), added)


def dropped_constraints(sql: str) -> Iterator[str]:
    """The names of constraints that a script drops."""
    for kind, node in _statements(sql):
        for item in node["cmds"] if kind == "AlterTableStmt" else ():
            if item["AlterTableCmd"].get("subtype") == "AT_DropConstraint":
                yield item["AlterTableCmd"]["name"]


_ADDING = frozenset({"AT_AddConstraint", "AT_AddColumn"})


def _statements(sql: str) -> Iterator[tuple[str, Node]]:
    try:
        trees = parse_sql(sql)
    except SqlSyntaxError:
        return
    for tree in trees:
        yield from tree.items()


def _keys(table: QualifiedName, elements: Iterable[Node]) -> Iterator[CascadingKey]:
    for element in elements:
        column = element.get("ColumnDef", {})
        constraints = column.get("constraints", ()) if column else (element,)
        for item in constraints:
            constraint = item.get("Constraint", {})
            if constraint.get("contype") == "CONSTR_FOREIGN" and _cascades(constraint):
                columns = (column["colname"],) if column else strings(constraint.get("fk_attrs"))
                referenced = relation_name(constraint["pktable"])
                yield CascadingKey(table, columns, referenced, constraint.get("conname"))


def _cascades(constraint: Node) -> bool:
    return bool(constraint.get("fk_del_action") == "c")
