"""Stage sql: statements that are slow on a table with many rows."""

from __future__ import annotations

from msgspec import Struct

from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import Node
from pgtrigger_codegen.sql.statements import relation_name


class Slow(Struct, frozen=True):
    """The effect of a slow statement.

    Attributes:
        table: Whose rows it goes through; None where it may be any.
        locks: Whether it stops reads of that table itself.
    """

    what: str
    table: QualifiedName | None = None
    locks: bool = False


def slow_statement(tree: Node) -> Slow | None:
    """What there is to wait for in a statement; None for one that is over at once."""
    ((kind, node),) = tree.items()
    match kind:
        case "UpdateStmt" | "DeleteStmt" | "MergeStmt":
            what = {"UpdateStmt": "updates", "DeleteStmt": "deletes", "MergeStmt": "merges"}[kind]
            table = relation_name(node["relation"])
            return Slow(f"{what} rows of `{table}`", table)
        case "InsertStmt":
            select = node.get("selectStmt", {}).get("SelectStmt", {})
            if "fromClause" in select or select.get("op", "SETOP_NONE") != "SETOP_NONE":
                return Slow(f"inserts rows into `{relation_name(node['relation'])}`")
        case "IndexStmt" if not node.get("concurrent"):
            table = relation_name(node["relation"])
            return Slow(f"creates an index on `{table}`", table)
        case "AlterTableStmt":
            return _slow_alteration(node)
        case _ if kind in _ALWAYS:
            return Slow(_ALWAYS[kind])
        case _:
            pass
    return None


def made_table(tree: Node) -> QualifiedName | None:
    """The table that a CREATE TABLE makes."""
    node = tree.get("CreateStmt")
    return relation_name(node["relation"]) if node else None


_ALWAYS = {
    "CallStmt": "calls a procedure",
    "CopyStmt": "copies rows",
    "CreateTableAsStmt": "makes a table of a query",
    "RefreshMatViewStmt": "refreshes a materialized view",
    "ReindexStmt": "rebuilds an index",
    "ClusterStmt": "sorts a table",
}


def _slow_alteration(node: Node) -> Slow | None:
    table = relation_name(node["relation"])
    for item in node.get("cmds", ()):
        command = item["AlterTableCmd"]
        match command.get("subtype"):
            case "AT_ValidateConstraint":
                return Slow(f"validates a constraint of `{table}`", table)
            case "AT_AlterColumnType":
                return Slow(f"changes the type of a column of `{table}`", table, locks=True)
            case "AT_AddConstraint":
                constraint = command.get("def", {}).get("Constraint", {})
                if not constraint.get("skip_validation") and not constraint.get("indexname"):
                    return Slow(f"adds a constraint to `{table}`", table, locks=True)
            case _:
                pass
    return None
