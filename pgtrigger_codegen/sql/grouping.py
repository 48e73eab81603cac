"""Stage sql: columns of a query beside aggregates or GROUP BY that the groups do not determine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pgtrigger_codegen.sql.calls import has_aggregate, may_be_aggregate
from pgtrigger_codegen.sql.names_in_sight import Columns, DerivedColumns, TableColumns
from pgtrigger_codegen.sql.parser import Node, strings

GROUPING_HELP = "Group by it, or take one of its values: `max(…)`"


class Grouping:
    """The groups of one query.

    Args:
        node: The query.
        scope: What FROM brings into sight: columns by the table's name.
        own_names: Of the function's variables and rows.
    """

    def __init__(
        self, node: Node, scope: Mapping[str, Columns | None], own_names: frozenset[str]
    ) -> None:
        self._scope = scope
        self._own_names = own_names
        self._targets = [item["ResTarget"] for item in node.get("targetList", ())]
        self._node = node
        self._aliases = {
            target["name"]: target["val"] for target in self._targets if "name" in target
        }
        groups = node.get("groupClause", [])
        self._is_grouped = bool(groups)
        self._is_known = not any("GroupingSet" in item for item in groups)
        resolved = [self._resolved(item) for item in groups]
        self._keys = set(map(_key, resolved))
        self._columns = {name[-1] for item in resolved if (name := names_of(item))}

    def ungrouped(self) -> Iterator[tuple[str, Node]]:
        """The columns that the groups do not determine, as written, with their nodes."""
        sorted_by = [item["SortBy"]["node"] for item in self._node.get("sortClause", ())]
        shown = [target["val"] for target in self._targets]
        having = self._node.get("havingClause")
        is_aggregated = self._is_grouped or any(map(has_aggregate, (*shown, *sorted_by, having)))
        if not self._is_known or "fromClause" not in self._node or not is_aggregated:
            return
        # A name alone is that of a result, in ORDER BY.
        results = {*self._aliases, *(name[-1] for value in shown if (name := names_of(value)))}
        for value in (*shown, having, *sorted_by):
            name = names_of(value)
            if value in sorted_by and len(name) == 1 and name[0] in results:
                continue
            for column in self._outside(value):
                if self._is_undetermined(names_of({"ColumnRef": column})):
                    yield ".".join(strings(column["fields"])), column

    def _resolved(self, item: Node) -> Node:
        """What an item of GROUP BY stands for: by its position, or by a result's name."""
        position = item.get("A_Const", {}).get("ival", {}).get("ival", 0)
        if 0 < position <= len(self._targets):
            value: Node = self._targets[position - 1]["val"]
            return value
        name = names_of(item)
        is_column = len(name) == 1 and any(name[0] in (one or ()) for one in self._scope.values())
        return self._aliases.get(name[0], item) if len(name) == 1 and not is_column else item

    def _outside(self, tree: Any) -> Iterator[Node]:
        """The columns that stand in no aggregate, no query within, and nothing grouped."""
        if isinstance(tree, list):
            for item in tree:
                yield from self._outside(item)
        if not isinstance(tree, dict) or (self._keys and _key(tree) in self._keys):
            return
        for kind, node in tree.items():
            if kind == "ColumnRef":
                yield node
            elif kind == "SubLink" or (kind == "FuncCall" and may_be_aggregate(node)):
                continue
            elif isinstance(node, dict | list):
                yield from self._outside(node)

    def _is_undetermined(self, names: tuple[str, ...]) -> bool:
        if not names or names[-1] in self._columns:
            return False
        if len(names) == 1 and names[0] not in self._own_names:
            relations = [one for one in self._scope.values() if one is None or names[0] in one]
        else:
            relations = [self._scope.get(names[0])] if len(names) == 2 else []
        own = relations[0] if len(relations) == 1 else None
        if own is None or names[-1] not in own:
            return False
        if not self._is_grouped or isinstance(own, DerivedColumns):
            return True
        # Grouped by a key, all columns of the table are determined.
        if not isinstance(own, TableColumns) or not own.unique:
            return False
        # Of several columns the key may be composed.
        if len(self._keys) > 1 and "id" not in own.unique:
            return False
        return own.unique.isdisjoint(self._columns)


def names_of(value: Node | None) -> tuple[str, ...]:
    """The names of a column, in parts; none for all else."""
    fields = (value or {}).get("ColumnRef", {}).get("fields", ())
    names = strings(fields)
    return names if len(names) == len(fields) else ()


def _key(tree: Node) -> str:
    """An expression, wherever it stands."""
    return json.dumps(_without_places(tree), sort_keys=True)


def _without_places(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_without_places(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {key: _without_places(value) for key, value in tree.items() if key != "location"}
