"""Stage sql: what the clauses of a SELECT ask of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pgtrigger_codegen.sql.constant_faults import text_of
from pgtrigger_codegen.sql.literals import invalid_literal
from pgtrigger_codegen.sql.names_in_sight import Columns, TableColumns
from pgtrigger_codegen.sql.parser import Node, strings

Problem = tuple[str, str]
"""PostgreSQL's words, and what to do."""


def problems(
    node: Node, scope: Mapping[str, Columns | None], own_names: frozenset[str]
) -> Iterator[Problem]:
    """What is wrong with a query.

    Args:
        scope: What FROM brings into sight: columns by the table's name.
        own_names: Of the function's variables and rows.
    """
    yield from _distinct(node)
    yield from _ungrouped(node, scope, own_names)
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


def _ungrouped(
    node: Node, scope: Mapping[str, Columns | None], own_names: frozenset[str]
) -> Iterator[Problem]:
    """A column beside GROUP BY that the groups do not determine."""
    grouped = [_name(item) for item in node.get("groupClause", ())]
    if not grouped or None in grouped:
        return
    shown = [item["ResTarget"] for item in node.get("targetList", ())]
    values = [target["val"] for target in shown if "name" not in target]
    for value in (*values, *_compared(node.get("havingClause", {}))):
        name = _name(value)
        if name is None or name in grouped:
            continue
        names = strings(value["ColumnRef"]["fields"])
        if len(names) == 1 and name not in own_names:
            relations = [one for one in scope.values() if one is None or name in one]
        else:
            relations = [scope.get(names[0])] if len(names) == 2 else []
        own = relations[0] if len(relations) == 1 else None
        # Grouped by a key, all columns of the table are determined.
        if not isinstance(own, TableColumns) or not own.unique:
            continue
        # Of several columns the key may be composed.
        if len(grouped) > 1 and "id" not in own.unique:
            continue
        if own.unique.isdisjoint(grouped):
            message = f'column "{name}" must appear in the GROUP BY clause or be used in an'
            yield (
                f"{message} aggregate function",
                "Group by it, or take one of its values: `max(…)`",
            )


def _compared(condition: Node) -> Iterator[Node]:
    """The columns that a condition compares as they are."""
    for argument in condition.get("BoolExpr", {}).get("args", ()):
        yield from _compared(argument)
    operation = condition.get("A_Expr", {})
    yield from (
        operation[side] for side in ("lexpr", "rexpr") if "ColumnRef" in operation.get(side, {})
    )


def _name(value: Node) -> str | None:
    """The last name of a column; None for all else."""
    fields = value.get("ColumnRef", {}).get("fields", ())
    names = strings(fields)
    return names[-1] if names and len(names) == len(fields) else None


_DISTINCT = "for SELECT DISTINCT, ORDER BY expressions must appear in select list"
_DISTINCT_ON = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions"
