"""Stage sql: what the clauses of a SELECT ask of each other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pgtrigger_codegen.sql import builtins
from pgtrigger_codegen.sql.calls import calls_in, has_aggregate, has_window
from pgtrigger_codegen.sql.constant_faults import text_of
from pgtrigger_codegen.sql.literals import invalid_literal
from pgtrigger_codegen.sql.parser import Node, strings, walk

Problem = tuple[str, str]
"""PostgreSQL's words, and what to do."""


def problems(node: Node) -> Iterator[Problem]:
    """What is wrong with a query."""
    yield from _distinct(node)
    yield from _positions(node)
    yield from _windows(node)
    yield from _locked(node)
    for key, word in (("limitCount", "LIMIT"), ("limitOffset", "OFFSET")):
        text = text_of(node.get(key))
        if text is not None and (message := invalid_literal("int8", text)) is not None:
            yield message, f"Give {word} a number"


def _distinct(node: Node) -> Iterator[Problem]:
    items = [item["SortBy"]["node"] for item in node.get("sortClause", ())]
    on = node.get("distinctClause", ())
    if not on or not items:
        return
    results = _Results(node.get("targetList", ()))
    ordered = [results.shape(item) for item in items]
    if on == [{}]:  # DISTINCT, without ON
        shown = {results.shape(target) for target in results.values if not _has_star(target)}
        has_star = any(map(_has_star, results.values))  # which stands for any column
        for item, shape in zip(items, ordered, strict=True):
            is_certain = None not in (shape, *shown) and not (has_star and _name(item))
            if is_certain and shape not in shown:
                yield _DISTINCT, "Select what ORDER BY names, or group instead"
                return
        return
    wanted = {results.shape(item) for item in on}
    first = ordered[: len(wanted)]
    if None not in wanted and None not in first and not wanted.issuperset(first):
        yield _DISTINCT_ON, "Begin ORDER BY with what DISTINCT ON names"


class _Results:
    """The results of a query, for what ORDER BY and its like say of them."""

    def __init__(self, targets: Iterable[Node]) -> None:
        targets = [item["ResTarget"] for item in targets]
        self.values = [target["val"] for target in targets]
        self._by_name = {target["name"]: target["val"] for target in targets if "name" in target}

    def shape(self, item: Node) -> str | None:
        """What is alike for expressions that are alike; None where that is not certain.

        Names of tables before columns do not count, and casts may be none.
        """
        position = item.get("A_Const", {}).get("ival", {}).get("ival", 0)
        if 0 < position <= len(self.values):
            item = self.values[position - 1]
        value = self._by_name.get(_name(item) or "", item)
        for key, inner in walk(value):
            if key in ("TypeCast", "CollateClause") or (
                key == "FuncCall" and builtins.is_type(strings(inner["funcname"])[-1])
            ):
                return None
        return json.dumps(_without_places(value), sort_keys=True)


def _has_star(target: Node) -> bool:
    return any(key == "A_Star" for key, _ in walk(target))


def _without_places(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_without_places(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "ColumnRef" in tree:
        return tree["ColumnRef"]["fields"][-1]
    return {key: _without_places(value) for key, value in tree.items() if key != "location"}


def _positions(node: Node) -> Iterator[Problem]:
    """A constant in ORDER BY or GROUP BY that is the number of no result."""
    targets = [item["ResTarget"]["val"] for item in node.get("targetList", ())]
    has_star = any(map(_has_star, targets))
    ordered = [item["SortBy"]["node"] for item in node.get("sortClause", ())]
    for word, items in (("ORDER BY", ordered), ("GROUP BY", node.get("groupClause", ()))):
        for item in items:
            constant = item.get("A_Const")
            if constant is None:
                continue
            if "ival" not in constant:
                yield f"non-integer constant in {word}", "Write a column's name without quotes"
            elif not has_star and not 0 < constant["ival"].get("ival", 0) <= len(targets):
                position = constant["ival"].get("ival", 0)
                message = f"{word} position {position} is not in select list"
                yield message, "Count the results from 1, or name one"


def _windows(node: Node) -> Iterator[Problem]:
    """Windows that WINDOW does not define, or defines twice."""
    defined: list[str] = []
    for item in node.get("windowClause", ()):
        window = item["WindowDef"]
        if "refname" in window and window["refname"] not in defined:
            yield f'window "{window["refname"]}" does not exist', _WINDOW
        if window["name"] in defined:
            yield f'window "{window["name"]}" is already defined', "Give each window its own name"
        defined.append(window["name"])
    for call in calls_in([node.get("targetList"), node.get("sortClause")]):
        over = call.get("over", {})
        name = over.get("name", over.get("refname"))
        if name is not None and name not in defined:
            yield f'window "{name}" does not exist', _WINDOW


def _locked(node: Node) -> Iterator[Problem]:
    """Rows that cannot be locked, since they are none of a table's."""
    if "lockingClause" not in node:
        return
    strength = node["lockingClause"][0]["LockingClause"]["strength"].removeprefix("LCS_FOR")
    targets = node.get("targetList", ())
    reason = (
        "DISTINCT clause"
        if "distinctClause" in node
        else "GROUP BY clause"
        if "groupClause" in node
        else "aggregate functions"
        if has_aggregate(targets)
        else "window functions"
        if has_window(targets)
        else None
    )
    if reason is not None:
        words = {"NOKEYUPDATE": "NO KEY UPDATE", "KEYSHARE": "KEY SHARE"}.get(strength, strength)
        yield f"FOR {words} is not allowed with {reason}", "Lock the rows in a query in FROM"


def _name(value: Node) -> str | None:
    """The last name of a column; None for all else."""
    fields = value.get("ColumnRef", {}).get("fields", ())
    names = strings(fields)
    return names[-1] if names and len(names) == len(fields) else None


_WINDOW = "Define it in a WINDOW clause of this query: WINDOW w AS (…)"
_DISTINCT = "for SELECT DISTINCT, ORDER BY expressions must appear in select list"
_DISTINCT_ON = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions"
