"""Stage sql: columns that a statement reads, and the tables that they can be of.

What a name stands for is decided by PostgreSQL's rules of scope: a qualified one belongs to the
nearest table of that name or alias, any other to some table of FROM here or further out. Where
anything in FROM is no plain table, and so may have columns of any name, nothing is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from pgtrigger_codegen.sql.body_facts import Query, TextRange
from pgtrigger_codegen.sql.body_targets import statements_of
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import INNER, Node, strings
from pgtrigger_codegen.sql.statements import relation_name


class ColumnRead(NamedTuple):
    """A column that must be one of some table's.

    Attributes:
        tables: All that may have it, each once; none where no table is in sight.
        is_result: Whether a result of the statement is called so, which is not in sight there.
    """

    column: str
    tables: tuple[QualifiedName, ...]
    place: TextRange | None
    is_result: bool = False


class Level(NamedTuple):
    """The names that one FROM clause makes visible.

    Attributes:
        tables: The plain tables, by what they are called there.
        is_open: Whether something else is there, which may have columns of any name.
        is_merged: Whether a join makes one column of two.
    """

    tables: Mapping[str, QualifiedName]
    is_open: bool
    is_merged: bool


class BareName(NamedTuple):
    """A name without a table or row before it.

    Attributes:
        levels: From the nearest outwards, as far as they are certain.
    """

    name: str
    levels: tuple[Level, ...]
    place: TextRange | None


def read_columns(
    query: Query,
    variables: frozenset[str],
    transition_tables: Mapping[str, QualifiedName],
    row_variables: Mapping[str, QualifiedName] | None = None,
) -> Iterator[ColumnRead]:
    """The columns that a statement reads.

    Args:
        variables: Names that are the function's own, and may be meant instead.
        transition_tables: By name, the tables whose columns they have.
        row_variables: By name, the tables whose row types variables have.
    """
    reader = _Reader(query, variables, transition_tables, row_variables or {})
    for kind, node in statements_of(query):
        yield from reader.read({kind: node}, ())


def bare_names(query: Query, transition_tables: Mapping[str, QualifiedName]) -> Iterator[BareName]:
    """The names that a statement reads and that tell no table, whatever they stand for.

    Leaves out ORDER BY and GROUP BY, where names of results come first.
    """
    reader = _Reader(query, frozenset(), transition_tables, {})
    found: list[BareName] = []
    reader.bare = found
    for kind, node in statements_of(query):
        for _ in reader.read({kind: node}, ()):
            pass
    yield from found


class _Scope(Struct):
    """The tables that a FROM clause makes visible.

    Attributes:
        tables: By alias or name; None for what is no plain table.
        is_open: Whether something may have columns that are not known.
        names: Aliases of results, which only stand by themselves in ORDER BY and the like.
        is_merged: Whether a join makes one column of two.
        is_partial: Whether it is seen from within FROM, where not all of it is in view.
    """

    tables: dict[str, QualifiedName | None] = field(default_factory=dict)
    is_open: bool = False
    names: set[str] = field(default_factory=set)
    is_merged: bool = False
    is_partial: bool = False


_Scopes = tuple[_Scope, ...]
"""From the outermost to the nearest."""

_BY_RESULT = frozenset({"sortClause", "groupClause", "distinctClause"})
_STATEMENTS = frozenset({"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})
_WRITTEN_NAME = re.compile(r'(?:"(?:[^"]|"")*"|[^\W\d][\w$]*)')


class _Reader:
    def __init__(
        self,
        query: Query,
        variables: frozenset[str],
        transition_tables: Mapping[str, QualifiedName],
        row_variables: Mapping[str, QualifiedName],
    ) -> None:
        self._query = query
        self._variables = variables
        self._transition_tables = transition_tables
        self._row_variables = row_variables
        self._hidden: frozenset[str] = frozenset()
        self.bare: list[BareName] | None = None

    def read(self, tree: object, scopes: _Scopes) -> Iterator[ColumnRead]:
        if isinstance(tree, list):
            for item in tree:
                yield from self.read(item, scopes)
        elif isinstance(tree, dict):
            for key, value in tree.items():
                if key == "ColumnRef":
                    yield from self._column(value, scopes)
                elif key == "RangeSubselect" and not value.get("lateral"):
                    # It does not see what stands beside it.
                    outside = scopes[:-1] if scopes and scopes[-1].is_partial else scopes
                    yield from self.read(value, outside)
                elif key in _STATEMENTS:
                    yield from self._statement(value, scopes)
                elif isinstance(value, INNER):
                    yield from self.read(value, scopes)

    def _statement(self, node: Node, scopes: _Scopes) -> Iterator[ColumnRead]:
        outer = self._hidden
        for item in node.get("withClause", {}).get("ctes", ()):
            # In sight of itself if it is recursive; to hide it always costs at most a finding.
            self._hidden |= {item["CommonTableExpr"]["ctename"]}
        yield from self.read(node.get("withClause"), scopes)
        if node.get("op", "SETOP_NONE") != "SETOP_NONE":
            for side in ("larg", "rarg"):
                yield from self._statement(node[side], scopes)
        else:
            scope = self._scope(node)
            for key, value in node.items():
                # The rows that INSERT takes do not see the table that they go into.
                if key == "selectStmt":
                    yield from self.read(value, scopes)
                elif key == "onConflictClause":
                    yield from self._conflict(value, relation_name(node["relation"]), scope, scopes)
                elif key in ("fromClause", "sourceRelation"):
                    yield from self.read(value, (*scopes, replace(scope, is_partial=True)))
                elif key in _BY_RESULT:
                    bare, self.bare = self.bare, None
                    others = [item for item in value if bare_name(item) not in scope.names]
                    yield from self.read(others, (*scopes, scope))
                    self.bare = bare
                elif key not in ("withClause", "cols"):
                    yield from self.read(value, (*scopes, scope))
        self._hidden = outer

    def _conflict(
        self, node: Node, table: QualifiedName, scope: _Scope, scopes: _Scopes
    ) -> Iterator[ColumnRead]:
        """ON CONFLICT, where `excluded` is in sight of what is done, not of what is looked for."""
        action = replace(scope, tables={**scope.tables, "excluded": table})
        for key, value in node.items():
            yield from self.read(value, (*scopes, scope if key == "infer" else action))

    def _scope(self, node: Node) -> _Scope:
        scope = _Scope()
        if "relation" in node:
            self._add_table(scope, node["relation"], is_target=True)
        merged = [node["sourceRelation"]] if "sourceRelation" in node else []
        for item in (*node.get("fromClause", ()), *node.get("usingClause", ()), *merged):
            self._add_item(scope, item)
        for item in node.get("targetList", ()) if "relation" not in node else ():
            scope.names.add(item.get("ResTarget", {}).get("name", ""))
        return scope

    def _add_item(self, scope: _Scope, item: Node) -> None:
        ((kind, node),) = item.items()
        if kind == "RangeVar":
            self._add_table(scope, node)
        elif kind == "JoinExpr" and "alias" not in node and "join_using_alias" not in node:
            scope.is_merged = scope.is_merged or "usingClause" in node or "isNatural" in node
            self._add_item(scope, node["larg"])
            self._add_item(scope, node["rarg"])
        else:
            scope.is_open = True
            scope.tables[node.get("alias", {}).get("aliasname", "")] = None

    def _add_table(self, scope: _Scope, node: Node, *, is_target: bool = False) -> None:
        table: QualifiedName | None = relation_name(node)
        alias = node.get("alias", {})
        if not is_target and "schemaname" not in node:
            if node["relname"] in self._hidden:
                table = None
            else:
                table = self._transition_tables.get(node["relname"], table)
        if "colnames" in alias:
            table = None
        scope.is_open = scope.is_open or table is None
        scope.tables[alias.get("aliasname", node["relname"])] = table

    def _column(self, node: Node, scopes: _Scopes) -> Iterator[ColumnRead]:
        names = strings(node["fields"])
        if len(names) != len(node["fields"]) or not scopes:
            return  # `t.*`
        if len(names) == 1:
            yield from self._bare_column(names[0], node, scopes)
        elif len(names) == 2:
            table = self._table(names[0], scopes)
            if table is not None:
                yield ColumnRead(names[1], (table,), self._place(node))

    def _table(self, name: str, scopes: _Scopes) -> QualifiedName | None:
        """The table that a name before a dot stands for, or whose row it is; None in doubt."""
        in_sight = [scope.tables[name] for scope in reversed(scopes) if name in scope.tables]
        if name in self._variables:
            return None if in_sight else self._row_variables.get(name)
        return in_sight[0] if in_sight else None

    def _bare_column(self, name: str, node: Node, scopes: _Scopes) -> Iterator[ColumnRead]:
        if self.bare is not None:
            self.bare.append(BareName(name, tuple(_levels(name, scopes)), self._place(node)))
        tables: dict[QualifiedName, None] = {}
        if name in self._variables:
            return
        for scope in scopes:
            if scope.is_open or name in scope.tables:
                return
            tables.update(dict.fromkeys(table for table in scope.tables.values() if table))
        is_result = name in scopes[-1].names
        yield ColumnRead(name, tuple(tables), self._place(node), is_result)

    def _place(self, node: Node) -> TextRange | None:
        """The last part of the name as it is written."""
        location = node.get("location", 0)
        source = self._query.sql.encode()[location:].decode(errors="replace")
        end = size = 0
        for _ in node["fields"]:
            match = _WRITTEN_NAME.search(source, end)
            if match is None:
                return None
            end, size = match.end(), len(match.group())
        whole = self._query.place_at(location, end)
        return TextRange(whole.end - size, whole.end) if whole else None


def bare_name(item: Node) -> str | None:
    """The name that is all of an item of ORDER BY, GROUP BY or DISTINCT ON; None for all else."""
    value = item.get("SortBy", {}).get("node", item)
    fields = value.get("ColumnRef", {}).get("fields", ())
    names = strings(fields)
    return names[0] if len(names) == len(fields) == 1 else None


def _levels(name: str, scopes: _Scopes) -> Iterator[Level]:
    for scope in reversed(scopes):
        if scope.is_partial or name in scope.tables:
            return
        tables = {alias: table for alias, table in scope.tables.items() if table}
        yield Level(tables, scope.is_open, scope.is_merged)
