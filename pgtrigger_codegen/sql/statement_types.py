"""Stage sql: what PostgreSQL refuses in a statement because of the types in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from pgtrigger_codegen.sql import coercion
from pgtrigger_codegen.sql.calls import CallFault
from pgtrigger_codegen.sql.coercion import Type, in_words
from pgtrigger_codegen.sql.expression_types import EXPRESSIONS, Columns, ExpressionTypes
from pgtrigger_codegen.sql.parser import Node
from pgtrigger_codegen.sql.statements import relation_name


class StatementTypes(ExpressionTypes):
    """Reads one statement.

    Its clauses are read in the order in which names come into sight: WITH, FROM, all else.
    """

    _hidden: frozenset[str] = frozenset()

    def read(self, kind: str, node: Node) -> list[CallFault]:
        """What is wrong with it, in the order of the text."""
        self.type_of({kind: node})
        return self.faults

    def _selection(self, node: Node) -> Type:
        self.select(node)
        return None

    def select(self, node: Node) -> list[Type]:
        """The types of the columns that a query gives."""
        hidden = self._hide(node)
        types: list[Type] = []
        if node.get("op", "SETOP_NONE") != "SETOP_NONE":
            types = self.select(node["larg"])
            self.select(node["rarg"])
        else:
            self._open(node.get("fromClause", ()))
            types = [self.type_of(item["ResTarget"]["val"]) for item in node.get("targetList", ())]
            self._rest(node, ("fromClause", "targetList", "withClause"))
            self.scopes.pop()
        self._hidden = hidden
        return types

    def _rest(self, node: Node, done: Iterable[str]) -> None:
        for key, value in node.items():
            if key in ("whereClause", "havingClause"):
                self.condition(value, key.removesuffix("Clause").upper())
            elif key not in done and isinstance(value, dict | list):
                self.type_of(value)

    def _hide(self, node: Node) -> frozenset[str]:
        """Reads WITH, whose names hide tables; returns those that were hidden before."""
        before = self._hidden
        for item in node.get("withClause", {}).get("ctes", ()):
            self._hidden |= {item["CommonTableExpr"]["ctename"]}
        for item in node.get("withClause", {}).get("ctes", ()):
            self.type_of(item["CommonTableExpr"]["ctequery"])
        return before

    def _open(self, items: Iterable[Node], relation: Node | None = None) -> None:
        """Brings the tables of FROM into sight, and reads what stands there besides."""
        scope: dict[str, Columns | None] = {}
        if relation is not None:
            name = relation.get("alias", {}).get("aliasname", relation["relname"])
            scope[name] = self.columns_of(relation_name(relation))
        self.scopes.append(scope)
        for item in items:
            self._add(item, scope)

    def _add(self, item: Node, scope: dict[str, Columns | None]) -> None:
        ((kind, node),) = item.items()
        alias = node.get("alias", {})
        if kind == "RangeVar":
            hidden = node["relname"] in self._hidden and "schemaname" not in node
            known = None if hidden or "colnames" in alias else self.columns_of(relation_name(node))
            scope[alias.get("aliasname", node["relname"])] = known
        elif kind == "JoinExpr":
            self._add(node["larg"], scope)
            self._add(node["rarg"], scope)
            if alias:
                scope[alias["aliasname"]] = None
            if "quals" in node:
                self.condition(node["quals"], "JOIN/ON")
        else:
            scope[alias.get("aliasname", "")] = None
            self.type_of(item)

    def _insert(self, node: Node) -> Type:
        hidden = self._hide(node)
        table = self.columns_of(relation_name(node["relation"])) or {}
        columns = [item["ResTarget"]["name"] for item in node.get("cols", ())]
        select = node.get("selectStmt", {}).get("SelectStmt", {})
        for row in select.get("valuesLists", ()):
            for index, item in enumerate(row["List"]["items"]):
                name = columns[index] if index < len(columns) else None
                self._given(table, name, item, self.type_of(item))
        if select and "valuesLists" not in select:
            types = self.select(select)
            targets = select.get("targetList", ())
            for name, item, given in zip(columns, targets, types, strict=False):
                self._given(table, name, item, given)
        self._open((), node["relation"])
        self.scopes[-1]["excluded"] = table
        self._rest(node, ("cols", "relation", "selectStmt", "withClause"))
        self.scopes.pop()
        self._hidden = hidden
        return None

    def _update(self, node: Node) -> Type:
        hidden = self._hide(node)
        table = self.columns_of(relation_name(node["relation"])) or {}
        sources = (*node.get("fromClause", ()), *node.get("usingClause", ()))
        self._open(sources, node["relation"])
        for item in node.get("targetList", ()):
            target = item["ResTarget"]
            given = self.type_of(target.get("val"))
            if "indirection" not in target:
                self._given(table, target.get("name"), target.get("val", {}), given)
        self._rest(node, ("fromClause", "relation", "targetList", "usingClause", "withClause"))
        self.scopes.pop()
        self._hidden = hidden
        return None

    def _given(self, table: Columns, column: str | None, item: Node, given: Type) -> None:
        """A value that a column is to have."""
        wanted = table.get(column) if column else None
        if wanted is not None and not coercion.assignable(wanted, given):
            self.refuse(
                f'column "{column}" is of type {in_words(wanted)} but expression is of type '
                f"{in_words(given)}",
                item,
                "Write an expression of the column's type, or cast it",
            )

    def _unread(self, node: Node) -> Type:
        return None

    readers: ClassVar = {
        **EXPRESSIONS,
        "SelectStmt": _selection,
        "InsertStmt": _insert,
        "UpdateStmt": _update,
        "DeleteStmt": _update,
        "MergeStmt": _unread,
    }
