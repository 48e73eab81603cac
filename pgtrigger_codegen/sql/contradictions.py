"""Stage sql: conditions that ask two things of one column which no value fulfils."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from pgtrigger_codegen.sql.parser import Node, canonical, strings


class _Demand(NamedTuple):
    """What a condition asks of a column.

    Attributes:
        operator: `=`, `<`, `<=`, `>`, `>=`, `IN`, `IS_NULL` or `IS_NOT_NULL`.
        values: Constants, in their canonical form.
    """

    operator: str
    values: frozenset[str]
    number: Decimal | None


def contradicts(condition: Node) -> bool:
    """Whether an AND cannot be true, since two of its parts exclude each other."""
    if condition.get("BoolExpr", {}).get("boolop") != "AND_EXPR":
        return False
    demands: dict[str, list[_Demand]] = {}
    for part in _conjuncts(condition):
        if (found := _demand(part)) is not None:
            demands.setdefault(found[0], []).append(found[1])
    return any(_exclude_each_other(found) for found in demands.values() if len(found) > 1)


def _conjuncts(condition: Node) -> Iterator[Node]:
    node = condition.get("BoolExpr", {})
    if node.get("boolop") == "AND_EXPR":
        for arg in node["args"]:
            yield from _conjuncts(arg)
    else:
        yield condition


def _demand(part: Node) -> tuple[str, _Demand] | None:
    test = part.get("NullTest")
    if test is not None and "ColumnRef" in test["arg"]:
        return canonical(test["arg"]), _Demand(test["nulltesttype"], frozenset(), None)
    node = part.get("A_Expr", {})
    column, kind, name = node.get("lexpr", {}), node.get("kind"), strings(node.get("name"))
    if not isinstance(column, dict) or "ColumnRef" not in column:
        return None
    if kind == "AEXPR_IN" and name == ("=",):
        items = node["rexpr"].get("List", {}).get("items", ())
        if items and all("A_Const" in item for item in items):
            return canonical(column), _Demand("IN", frozenset(map(_key, items)), None)
    if kind == "AEXPR_OP" and name[0] in _COMPARISONS and "A_Const" in node["rexpr"]:
        value = node["rexpr"]
        return canonical(column), _Demand(name[0], frozenset({_key(value)}), _number(value))
    return None


_COMPARISONS = frozenset({"=", "<", "<=", ">", ">="})


def _key(value: Node) -> str:
    """The same for 1 and 1.0."""
    number = _number(value)
    return canonical(value) if number is None else f"{number.normalize():f}"


def _number(value: Node) -> Decimal | None:
    constant = value["A_Const"]
    if "ival" in constant:
        return Decimal(constant["ival"].get("ival", 0))
    try:
        return Decimal(constant["fval"]["fval"]) if "fval" in constant else None
    except InvalidOperation:
        return None


def _exclude_each_other(demands: list[_Demand]) -> bool:
    if any(demand.operator == "IS_NULL" for demand in demands):
        return any(demand.operator != "IS_NULL" for demand in demands)
    sets = [demand.values for demand in demands if demand.operator in ("=", "IN")]
    if len(sets) > 1 and not frozenset.intersection(*sets):
        return True
    lowest = max(_bounds(demands, (">", ">=", "=")), default=None)
    highest = min(_bounds(demands, ("<", "<=", "=")), default=None)
    if lowest is None or highest is None or lowest < highest:
        return False
    at_bound = [demand for demand in demands if demand.number == lowest]
    return lowest > highest or any(demand.operator in ("<", ">") for demand in at_bound)


def _bounds(demands: list[_Demand], operators: tuple[str, ...]) -> Iterator[Decimal]:
    for demand in demands:
        if demand.operator in operators and demand.number is not None:
            yield demand.number
