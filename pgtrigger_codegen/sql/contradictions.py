"""Stage sql: conditions that ask two things of one column which no value fulfils."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from pgtrigger_codegen.sql.parser import Node, canonical, conjuncts, strings, walk


class _Demand(NamedTuple):
    """A condition's demand on a column.

    Attributes:
        operator: `=`, `<`, `<=`, `>`, `>=`, `IN`, `NOT_IN`, `IS_NULL` or `IS_NOT_NULL`.
        values: Constants, in their canonical form.
    """

    operator: str
    values: frozenset[str] = frozenset()
    number: Decimal | None = None


def contradicts(condition: Node) -> bool:
    """Whether an AND cannot be true, since two of its parts exclude each other."""
    if condition.get("BoolExpr", {}).get("boolop") == "AND_EXPR":
        return _none_fulfils(list(conjuncts(condition)))
    return condition.get("A_Expr", {}).get("kind") == "AEXPR_BETWEEN" and _none_fulfils([condition])


def _none_fulfils(parts: list[Node]) -> bool:
    demands: dict[str, list[_Demand]] = {}
    for part in parts:
        for column, demand in _demands(part):
            demands.setdefault(column, []).append(demand)
    if any(_exclude_each_other(found) for found in demands.values() if len(found) > 1):
        return True
    orders: dict[tuple[str, str], frozenset[str]] = {}
    for part in parts:
        if (found := _order(part)) is not None:
            pair, possible = found
            orders[pair] = orders.get(pair, possible) & possible
            if not orders[pair]:
                return True
    return _denies_itself(parts, demands)


def _denies_itself(parts: list[Node], demands: Mapping[str, list[_Demand]]) -> bool:
    """Whether a NOT denies what the other parts say."""
    denied = [part["BoolExpr"]["args"][0] for part in parts if _is_not(part)]
    said = {canonical(part) for part in parts} if denied else set()
    return any(
        all(canonical(one) in said or _follows(one, demands) for one in conjuncts(argument))
        for argument in denied
        if not any(key in _NOT_THE_SAME for key, _ in walk(argument))
    )


def _follows(part: Node, demands: Mapping[str, list[_Demand]]) -> bool:
    """Whether what is asked of a column follows from what the demands ask of it."""
    asked = list(_demands(part))
    if len(asked) != 1:
        return False
    column, demand = asked[0]
    known = demands.get(column, ())
    if demand.operator == "IS_NOT_NULL":
        return any(one.operator not in ("IS_NULL", "NOT_IN") for one in known)
    sets = [one.values for one in known if one.operator in ("=", "IN")]
    return demand.operator in ("=", "IN") and any(values <= demand.values for values in sets)


def _is_not(part: Node) -> bool:
    return bool(part.get("BoolExpr", {}).get("boolop") == "NOT_EXPR")


def _demands(part: Node) -> Iterator[tuple[str, _Demand]]:
    if _is_not(part):
        for column, demand in _demands(part["BoolExpr"]["args"][0]):
            if demand.operator in ("=", "IN"):
                yield column, demand._replace(operator="NOT_IN", number=None)
        return
    test = part.get("NullTest")
    if test is not None and "ColumnRef" in test["arg"]:
        yield canonical(test["arg"]), _Demand(test["nulltesttype"])
    node = part.get("A_Expr", {})
    column, kind, name = node.get("lexpr", {}), node.get("kind"), strings(node.get("name"))
    if not isinstance(column, dict) or "ColumnRef" not in column:
        return
    items = _items(node["rexpr"])
    if not items or not all("A_Const" in item for item in items):
        return
    operator = name[0]
    if kind == "AEXPR_BETWEEN":
        for bound, item in zip((">=", "<="), items, strict=True):
            yield canonical(column), _Demand(bound, frozenset({_key(item)}), _number(item))
    elif kind == "AEXPR_IN":
        operator = "IN" if operator == "=" else "NOT_IN"
        yield canonical(column), _Demand(operator, frozenset(map(_key, items)))
    elif kind == "AEXPR_DISTINCT" or (kind == "AEXPR_OP" and operator in ("<>", "!=")):
        yield canonical(column), _Demand("NOT_IN", frozenset(map(_key, items)))
    elif kind == "AEXPR_OP" and operator in _COMPARISONS:
        yield canonical(column), _Demand(operator, frozenset({_key(items[0])}), _number(items[0]))


def _items(value: object) -> list[Node]:
    if not isinstance(value, dict):
        return []
    items: list[Node] = value.get("List", {}).get("items", [value])
    return items


def _order(part: Node) -> tuple[tuple[str, str], frozenset[str]] | None:
    """How two columns may stand to each other, in the order of their names."""
    node = part.get("A_Expr", {})
    sides = [node.get("lexpr", {}), node.get("rexpr", {})]
    if not all(isinstance(side, dict) and "ColumnRef" in side for side in sides):
        return None
    operator = _ORDERS_OF_KINDS.get(node["kind"]) or strings(node["name"])[0]
    if node["kind"] not in ("AEXPR_OP", *_ORDERS_OF_KINDS) or operator not in _ORDERS:
        return None
    left, right = map(canonical, sides)
    possible = _ORDERS[operator]
    if left > right:
        left, right = right, left
        possible = frozenset(_TURNED.get(one, one) for one in possible)
    return (left, right), possible


_ORDERS_OF_KINDS = {"AEXPR_DISTINCT": "distinct", "AEXPR_NOT_DISTINCT": "not distinct"}
_ORDERS = {
    "=": frozenset({"equal"}),
    "<>": frozenset({"less", "greater"}),
    "<": frozenset({"less"}),
    "<=": frozenset({"less", "equal"}),
    ">": frozenset({"greater"}),
    ">=": frozenset({"greater", "equal"}),
    "distinct": frozenset({"less", "greater", "one null"}),
    "not distinct": frozenset({"equal", "both null"}),
}
_TURNED = {"less": "greater", "greater": "less"}
# Two of them need not have one value.
_NOT_THE_SAME = frozenset({"FuncCall", "SubLink", "SQLValueFunction"})
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
        return any(demand.operator not in ("IS_NULL", "NOT_IN") for demand in demands)
    sets = [demand.values for demand in demands if demand.operator in ("=", "IN")]
    excluded = [demand.values for demand in demands if demand.operator == "NOT_IN"]
    if sets and not frozenset.intersection(*sets).difference(*excluded):
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
