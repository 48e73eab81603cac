"""Stage sql: what the clauses of a SELECT ask of each other."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.sql.calls import has_aggregate, has_window
from pgtrigger_codegen.sql.constant_faults import text_of
from pgtrigger_codegen.sql.literals import invalid_literal
from pgtrigger_codegen.sql.parser import Node, strings

Problem = tuple[str, str]
"""PostgreSQL's words, and what to do."""


def problems(node: Node) -> Iterator[Problem]:
    """What is wrong with a query."""
    yield from _distinct(node)
    yield from _positions(node)
    yield from _locked(node)
    for key, word in (("limitCount", "LIMIT"), ("limitOffset", "OFFSET")):
        text = text_of(node.get(key))
        if text is not None and (message := invalid_literal("int8", text)) is not None:
            yield message, f"Give {word} a number"


def _distinct(node: Node) -> Iterator[Problem]:
    ordered = [_name(item["SortBy"]["node"]) for item in node.get("sortClause", ())]
    on = node.get("distinctClause", ())
    if not on or not ordered:
        return
    targets = [item["ResTarget"] for item in node.get("targetList", ())]
    if on == [{}]:  # DISTINCT, without ON
        shown = {_name(target["val"]) for target in targets}
        shown |= {target.get("name") for target in targets}
        # What is no column may be shown under a name, or be `*`.
        if None not in {_name(target["val"]) for target in targets} and any(
            name is not None and name not in shown for name in ordered
        ):
            yield _DISTINCT, "Select what ORDER BY names, or group instead"
        return
    wanted = {_name(item) for item in on}
    renamed = any("name" in target for target in targets)
    if None in wanted or renamed or None in ordered[: len(wanted)]:
        return
    if not wanted.issuperset(ordered[: len(wanted)]):
        yield _DISTINCT_ON, "Begin ORDER BY with what DISTINCT ON names"


def _positions(node: Node) -> Iterator[Problem]:
    """A number in ORDER BY or GROUP BY that no result has."""
    targets = [item["ResTarget"]["val"] for item in node.get("targetList", ())]
    if any("A_Star" in str(target) for target in targets):
        return
    ordered = [item["SortBy"]["node"] for item in node.get("sortClause", ())]
    for word, items in (("ORDER BY", ordered), ("GROUP BY", node.get("groupClause", ()))):
        for item in items:
            if "ival" in (constant := item.get("A_Const", {})):
                position = constant["ival"].get("ival", 0)
                if not 0 < position <= len(targets):
                    message = f"{word} position {position} is not in select list"
                    yield message, "Count the results from 1, or name one"


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


_DISTINCT = "for SELECT DISTINCT, ORDER BY expressions must appear in select list"
_DISTINCT_ON = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions"
