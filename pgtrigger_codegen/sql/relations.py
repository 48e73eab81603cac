"""Stage sql: the tables that a parsed statement names.

A name in FROM may stand for a table, for a WITH query that is in scope there, or, in the
body of a statement-level trigger, for a transition table.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import INNER, Node
from pgtrigger_codegen.sql.statements import relation_name


def tables_in(tree: object, hidden: frozenset[str] = frozenset()) -> Iterator[QualifiedName]:
    """Yield every table that the tree reads or writes.

    Args:
        hidden: Names that stand for something else than a table.
    """
    if isinstance(tree, list):
        for item in tree:
            yield from tables_in(item, hidden)
    elif isinstance(tree, dict):
        yield from _tables_in_node(tree, hidden)


def _tables_in_node(node: Node, hidden: frozenset[str]) -> Iterator[QualifiedName]:
    if "relname" in node:
        name = relation_name(node)
        if name.schema is not None or name.name not in hidden:
            yield name
        return
    inner = hidden
    if with_clause := node.get("withClause"):
        yield from _tables_in_with(with_clause, hidden)
        inner |= {cte["CommonTableExpr"]["ctename"] for cte in with_clause["ctes"]}
    for key, value in node.items():
        if key == "relation" and "relname" in value:
            # INSERT, UPDATE, DELETE and MERGE write to tables, whatever WITH names.
            yield relation_name(value)
        elif isinstance(value, INNER) and key != "withClause":
            yield from tables_in(value, inner)


def _tables_in_with(with_clause: Node, hidden: frozenset[str]) -> Iterator[QualifiedName]:
    """A WITH query sees those before it, and with RECURSIVE all of them."""
    ctes = [cte["CommonTableExpr"] for cte in with_clause["ctes"]]
    visible = hidden
    if with_clause.get("recursive"):
        visible |= {cte["ctename"] for cte in ctes}
    for cte in ctes:
        yield from tables_in(cte["ctequery"], visible)
        visible |= {cte["ctename"]}
