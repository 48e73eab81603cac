"""Stage sql: type and column errors of PostgreSQL in a statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from pgtrigger_codegen.sql import coercion, select_shape
from pgtrigger_codegen.sql.body_reads import bare_name
from pgtrigger_codegen.sql.calls import CallFault, has_aggregate, has_window
from pgtrigger_codegen.sql.coercion import Type, in_words
from pgtrigger_codegen.sql.expression_types import EXPRESSIONS, ExpressionTypes
from pgtrigger_codegen.sql.functions_in_from import (
    calls_of,
    columns_of_function,
    is_several_lists,
)
from pgtrigger_codegen.sql.grouping import GROUPING_HELP, Grouping
from pgtrigger_codegen.sql.names_in_sight import Columns, DerivedColumns, Sight
from pgtrigger_codegen.sql.output_columns import Output, derived, name_of
from pgtrigger_codegen.sql.parser import Node, strings
from pgtrigger_codegen.sql.statements import relation_name


class StatementTypes(ExpressionTypes):
    """Reads one statement.

    Its clauses are read in the order in which names come into sight: WITH, FROM, all else.
    """

    _queries: Mapping[str, DerivedColumns | None] = {}

    def read(self, kind: str, node: Node) -> list[CallFault]:
        """What is wrong with it, in the order of the text."""
        self.type_of({kind: node})
        return self.faults

    def results_of(self, tree: Node) -> list[Type]:
        """The types of the columns that a statement gives; none where not all are known."""
        ((kind, node),) = tree.items()
        return [given for _, given in self._output(kind, node) or ()]

    def rows_of(self, tree: Node) -> DerivedColumns | None:
        """The columns of the rows that a statement gives; None where not all are known."""
        ((kind, node),) = tree.items()
        output = self._output(kind, node)
        return None if output is None else derived(output)

    def select(self, node: Node) -> list[Type]:
        """The types of the columns that a query gives; none where not all are known."""
        return [given for _, given in self._select(node) or ()]

    def _output(self, kind: str, node: Node) -> Output | None:
        if kind == "SelectStmt":
            return self._select(node)
        if kind in ("InsertStmt", "UpdateStmt", "DeleteStmt"):
            self.type_of({kind: node})
            self._open((), node["relation"])
            count = len(self.faults)
            output = self._targets(node.get("returningList", ()))
            del self.faults[count:]  # they are known already
            self.scopes.pop()
            return None if node.get("fromClause") or node.get("usingClause") else output
        self.type_of({kind: node})
        return None

    def _select(self, node: Node) -> Output | None:
        before = self._hide(node)
        output: Output | None
        if node.get("op", "SETOP_NONE") != "SETOP_NONE":
            output, other = self._select(node["larg"]), self._select(node["rarg"])
            if output is not None and other is not None and len(output) != len(other):
                word = node["op"].removeprefix("SETOP_")
                self.refuse(
                    f"each {word} query must have the same number of columns",
                    node,
                    "Select as many columns on both sides",
                )
            for left, right in zip(output or (), other or (), strict=False):
                if (pair := coercion.unmatched([left[1], right[1]])) is not None:
                    word = node["op"].removeprefix("SETOP_")
                    types = " and ".join(map(in_words, pair))
                    self.refuse(f"{word} types {types} cannot be matched", node, "Cast one side")
            if output is not None:
                pairs = zip(output, other or output, strict=False)
                output = [
                    (left[0], left[1] if left[1] == right[1] else None) for left, right in pairs
                ]
        elif "valuesLists" in node:
            rows = [
                [self.type_of(item) for item in row["List"]["items"]] for row in node["valuesLists"]
            ]
            output = [(f"column{number}", None) for number in range(1, len(rows[0]) + 1)]
        else:
            self._open(node.get("fromClause", ()))
            output = self._targets(node.get("targetList", ()))
            self._rest(node, ("fromClause", "targetList", "withClause"))
            self._ungrouped(node)
            self._of_shape(node)
            self.scopes.pop()
        self._queries = before
        return output

    def _ungrouped(self, node: Node) -> None:
        """A column beside aggregates or GROUP BY that the groups do not determine."""
        for name, column in Grouping(node, self.scopes[-1], self.own_names).ungrouped():
            message = f'column "{name}" must appear in the GROUP BY clause or be used in an'
            self.refuse(f"{message} aggregate function", column, GROUPING_HELP)
            return

    def _of_shape(self, node: Node) -> None:
        """What the clauses of a query ask of each other."""
        for message, help in select_shape.problems(node):
            self.refuse(message, node, help)

    def _targets(self, items: Iterable[Node]) -> Output | None:
        """What a list of results gives; None where it has `*` of something that is not known."""
        output: Output | None = []
        for item in items:
            target = item["ResTarget"]
            fields = target["val"].get("ColumnRef", {}).get("fields", ())
            if any("A_Star" in one for one in _indirection(target["val"])):
                output = None  # `(row).*`
            elif fields and "A_Star" in fields[-1]:
                stars = self._stars(fields)
                output = None if output is None or stars is None else [*output, *stars]
            else:
                given = self.type_of(target["val"])
                if output is not None:
                    output.append((target.get("name") or name_of(target["val"]), given))
        return output

    def _stars(self, fields: list[Node]) -> Output | None:
        scope = self.scopes[-1] if self.scopes else {}
        if len(fields) == 1:
            relations = list(scope.values())
        else:
            relations = [scope.get(fields[0].get("String", {}).get("sval", ""))]
        if not relations or any(columns is None for columns in relations):
            return None
        return [pair for columns in relations for pair in (columns or {}).items()]

    def _selection(self, node: Node) -> Type:
        self._select(node)
        return None

    def _rest(self, node: Node, done: Iterable[str]) -> None:
        for key, value in node.items():
            if key in ("whereClause", "havingClause"):
                self.condition(value, key.removesuffix("Clause").upper())
                if key == "whereClause":
                    self._of_rows(value, "WHERE", "Ask for it in HAVING, or in a query of its own")
                elif has_window(value):
                    self.refuse("window functions are not allowed in HAVING", value, _OWN_QUERY)
            elif key in _BY_RESULT:
                for item in value:
                    self.by_result = bare_name(item) is not None
                    self.type_of(item)
                self.by_result = False
            elif key not in done and isinstance(value, dict | list):
                self.type_of(value)

    def _of_rows(self, value: Node, where: str, help: str) -> None:
        """Refuses what is of several rows where each row is looked at by itself."""
        # In a query within, the aggregate may be one of the query around it.
        if has_aggregate(value, of_rows=self.is_within):
            self.refuse(f"aggregate functions are not allowed in {where}", value, help)
        elif has_window(value):
            self.refuse(f"window functions are not allowed in {where}", value, _OWN_QUERY)

    def _hide(self, node: Node) -> Mapping[str, DerivedColumns | None]:
        """Reads WITH, whose names hide tables; returns those that were hidden before."""
        before = self._queries
        queries = [item["CommonTableExpr"] for item in node.get("withClause", {}).get("ctes", ())]
        # In sight of itself if it is recursive.
        self._queries = {**before, **dict.fromkeys(query["ctename"] for query in queries)}
        for query in queries:
            columns = self.rows_of(query["ctequery"])
            if columns is not None and "aliascolnames" not in query:
                self._queries = {**self._queries, query["ctename"]: columns}
        return before

    def _open(self, items: Iterable[Node], relation: Node | None = None) -> None:
        """Brings the tables of FROM into sight, and reads what stands there besides."""
        scope = Sight()
        if relation is not None:
            name = relation.get("alias", {}).get("aliasname", relation["relname"])
            scope[name] = self.columns_of(relation_name(relation))
            scope.target = name
        self.scopes.append(scope)
        for item in items:
            self._add(item, scope)
        scope.target = None

    def _add(self, item: Node, scope: Sight) -> None:
        ((kind, node),) = item.items()
        alias = node.get("alias", {})
        name = alias.get("aliasname", node.get("relname", ""))
        if name and name in scope and alias:
            self.refuse(
                f'table name "{name}" specified more than once', node, "Give each its own alias"
            )
        if kind == "RangeVar":
            hidden = node["relname"] in self._queries and "schemaname" not in node
            known = (
                self._queries[node["relname"]] if hidden else self.columns_of(relation_name(node))
            )
            scope[name] = None if "colnames" in alias else known
        elif kind == "JoinExpr":
            self._add(node["larg"], scope)
            left = dict(scope)
            self._add(node["rarg"], scope)
            right = {key: value for key, value in scope.items() if key not in left}
            for column in strings(node.get("usingClause")):
                self._using(column, node, left=left, right=right)
            scope.merged.update(strings(node.get("usingClause")))
            scope.is_natural = scope.is_natural or "isNatural" in node or bool(alias)
            if alias:
                scope[name] = None
            if "quals" in node:
                scope.is_partial = True
                self.condition(node["quals"], "JOIN/ON")
                self._of_rows(node["quals"], "JOIN conditions", _OWN_QUERY)
                scope.is_partial = False
        elif kind == "RangeSubselect":
            columns = self._beside(node, scope)
            scope[name] = None if "colnames" in alias else columns
        elif kind == "RangeFunction":
            for call in calls_of(node):
                several = is_several_lists(call)  # `unnest(a, b)` stands in FROM alone
                self.type_of(call["FuncCall"].get("args") if several else call)
            scope[name] = columns_of_function(node) if name not in scope else None
        else:
            scope[name] = None
            self.type_of(item)

    def _beside(self, node: Node, scope: Sight) -> DerivedColumns | None:
        """A query in FROM, which sees what stands beside it only if it is LATERAL."""
        if node.get("lateral") or not self.scopes or self.scopes[-1] is not scope:
            return self.rows_of(node["subquery"])
        self.hidden.append(self.scopes.pop())
        columns = self.rows_of(node["subquery"])
        self.scopes.append(self.hidden.pop())
        return columns

    def _using(
        self,
        column: str,
        node: Node,
        *,
        left: Mapping[str, Columns | None],
        right: Mapping[str, Columns | None],
    ) -> None:
        """Refuses a column of USING that a side does not have, where all of that are known."""
        for word, side in (("left", left), ("right", right)):
            known = [columns for columns in side.values() if columns is not None]
            if len(known) == len(side) and side and not any(column in one for one in known):
                message = f'column "{column}" specified in USING clause does not exist in {word}'
                self.refuse(f"{message} table", node, "Name a column of both, or join with ON")

    def _insert(self, node: Node) -> Type:
        before = self._hide(node)
        table = self.columns_of(relation_name(node["relation"]))
        columns = [item["ResTarget"]["name"] for item in node.get("cols", ())]
        select = node.get("selectStmt", {}).get("SelectStmt", {})
        for row in select.get("valuesLists", ()):
            self._values(table, columns, row["List"]["items"])
        self._count(table if not columns else dict.fromkeys(columns), select, node)
        if select and "valuesLists" not in select:
            types = self.select(select)
            for name, given in zip(columns, types, strict=False):
                self._given(table, name, node, given)
        self._open((), node["relation"])
        self.scopes[-1]["excluded"] = table
        self._rest(node, ("cols", "relation", "selectStmt", "withClause"))
        self.scopes.pop()
        self._queries = before
        return None

    def _count(self, columns: Columns | None, select: Node, node: Node) -> None:
        """More values than columns, where `*` stands for the columns of a row that is known."""
        rows = [row["List"]["items"] for row in select.get("valuesLists", ())]
        if "cols" in node:  # without `*` it is counted by itself
            rows = [items for items in rows if any("A_Star" in str(item) for item in items)]
        for items in rows if columns is not None else ():
            known = [self._width(item) for item in items]
            if None not in known and sum(filter(None, known)) > len(columns or ()):
                self.refuse("INSERT has more expressions than target columns", node, _NAMED)
                return

    def _width(self, item: Node) -> int | None:
        """How many values an item of VALUES gives; None where that is not known."""
        fields = item.get("ColumnRef", {}).get("fields", ())
        if "A_Indirection" in item or not fields or "A_Star" not in fields[-1]:
            return None if "A_Indirection" in item else 1
        row = self._rows.get(".".join(strings(fields)))
        return len(row) if row else None

    def _values(self, table: Columns | None, columns: list[str], items: Iterable[Node]) -> None:
        for index, item in enumerate(items):
            name = columns[index] if index < len(columns) else None
            self._given(table, name, item, self.type_of(item))

    def _update(self, node: Node) -> Type:
        before = self._hide(node)
        table = self.columns_of(relation_name(node["relation"]))
        sources = (*node.get("fromClause", ()), *node.get("usingClause", ()))
        self._open(sources, node["relation"])
        self._assignments(table, node)
        self._rest(node, ("fromClause", "relation", "targetList", "usingClause", "withClause"))
        self.scopes.pop()
        self._queries = before
        return None

    def _assignments(self, table: Columns | None, node: Node) -> None:
        for item in node.get("targetList", ()):
            target = item["ResTarget"]
            given = self.type_of(target.get("val"))
            if "val" in target:
                self._of_rows(target["val"], "UPDATE", _OWN_QUERY)
            if "indirection" not in target:
                self._given(table, target.get("name"), target.get("val", {}), given)

    def _merge(self, node: Node) -> Type:
        before = self._hide(node)
        table = self.columns_of(relation_name(node["relation"]))
        self._open((node["sourceRelation"],), node["relation"])
        self.condition(node["joinCondition"], "JOIN/ON")
        for item in node.get("mergeWhenClauses", ()):
            clause = item["MergeWhenClause"]
            self.condition(clause.get("condition"), "WHEN")
            if "values" in clause:
                columns = [target["ResTarget"]["name"] for target in clause.get("targetList", ())]
                self._values(table, columns, clause["values"])
            else:
                self._assignments(table, clause)
        self.type_of(node.get("returningList"))
        self.scopes.pop()
        self._queries = before
        return None

    def _given(self, table: Columns | None, column: str | None, item: Node, given: Type) -> None:
        """A value that a column is to have."""
        wanted = table.get(column) if table and column else None
        if wanted is not None and not coercion.assignable(wanted, given):
            self.refuse(
                f'column "{column}" is of type {in_words(wanted)} but expression is of type '
                f"{in_words(given)}",
                item,
                "Write an expression of the column's type, or cast it",
            )

    readers: ClassVar = {
        **EXPRESSIONS,
        "SelectStmt": _selection,
        "InsertStmt": _insert,
        "UpdateStmt": _update,
        "DeleteStmt": _update,
        "MergeStmt": _merge,
    }


def _indirection(value: Node) -> list[Node]:
    found: list[Node] = value.get("A_Indirection", {}).get("indirection", [])
    return found


_NAMED = "List the columns, and give each its value"
_OWN_QUERY = "Ask for it in a query of its own"
# Names of results come first there.
_BY_RESULT = frozenset({"sortClause", "groupClause", "distinctClause"})
