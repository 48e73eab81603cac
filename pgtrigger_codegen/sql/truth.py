"""Stage sql: whether a condition's value can be told without a row.

In SQL a condition is true, false or null, and a trigger fires only when it is true. What is
found here are the values that an expression may have; one that may have any is not looked into.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from pgtrigger_codegen.sql.contradictions import contradicts
from pgtrigger_codegen.sql.parser import Node, canonical, strings, walk

Outcomes = frozenset[bool | None]
"""Of TRUE, FALSE and NULL those that are possible."""

_ANY: Outcomes = frozenset({True, False, None})
_OPERATORS = frozenset({"=", "<>", "!=", "<", "<=", ">", ">="})


def constant_condition(expression: Node) -> bool | None:
    """True for a condition that is always true, False for one that never is, else None."""
    outcomes = _outcomes(expression)
    if outcomes == {True}:
        return True
    return None if True in outcomes else False


def _outcomes(expression: Node) -> Outcomes:
    ((kind, node),) = expression.items()
    match kind:
        case "A_Const":
            return _constant(node)
        case "TypeCast" if strings(node["typeName"].get("names"))[-1:] == ("bool",):
            return _cast(node["arg"])
        case "BoolExpr":
            outcomes = _combined(node["boolop"], [_outcomes(arg) for arg in node["args"]])
            return outcomes - {True} if contradicts(expression) else outcomes
        case "NullTest" if "A_Const" in node["arg"]:
            is_null = node["arg"]["A_Const"].get("isnull", False)
            return frozenset({is_null == (node["nulltesttype"] == "IS_NULL")})
        case "A_Expr" if contradicts(expression):
            return frozenset({False, None})
        case "A_Expr":
            return _comparison(node)
        case _:
            return _ANY


def _constant(node: Node) -> Outcomes:
    if node.get("isnull"):
        return frozenset({None})
    if "boolval" in node:
        return frozenset({bool(node["boolval"].get("boolval", False))})
    return _ANY


def _cast(arg: Node) -> Outcomes:
    """`TRUE` is `'t'::bool` to some versions of the parser."""
    text = arg.get("A_Const", {}).get("sval", {}).get("sval", "")
    if text.lower() in ("t", "true"):
        return frozenset({True})
    return frozenset({False}) if text.lower() in ("f", "false") else _outcomes(arg)


def _combined(operator: str, args: list[Outcomes]) -> Outcomes:
    if operator == "NOT_EXPR":
        return frozenset(None if value is None else not value for value in args[0])
    combine = _and if operator == "AND_EXPR" else _or
    result = args[0]
    for arg in args[1:]:
        result = frozenset(combine(pair) for pair in product(result, arg))
    return result


def _and(values: Iterable[bool | None]) -> bool | None:
    known = set(values)
    return False if False in known else None if None in known else True


def _or(values: Iterable[bool | None]) -> bool | None:
    known = set(values)
    return True if True in known else None if None in known else False


def _comparison(node: Node) -> Outcomes:
    operator = strings(node.get("name"))
    left, right = node.get("lexpr"), node.get("rexpr")
    if not left or not right or not isinstance(right, dict):
        return _ANY
    match node["kind"]:
        case "AEXPR_IN":
            return _membership(operator[-1:] == ("=",), left, right["List"]["items"])
        case "AEXPR_DISTINCT" if _same(left, right):
            return frozenset({False})
        case "AEXPR_NOT_DISTINCT" if _same(left, right):
            return frozenset({True})
        case "AEXPR_OP" if operator[-1:] and operator[-1] in _OPERATORS:
            return _plain_comparison(operator[-1], left, right)
        case _:
            return _ANY


def _membership(is_in: bool, left: Node, items: list[Node]) -> Outcomes:
    """`IN` and `NOT IN` with a list: NULL in it leaves open whether a value is not in it."""
    if all(map(_is_null, items)):
        return frozenset({None})
    if any(map(_is_null, items)) and not is_in:
        return frozenset({False, None})
    if all(_never_equal(left, item) for item in items):
        return frozenset({not is_in})
    return _ANY


def _plain_comparison(operator: str, left: Node, right: Node) -> Outcomes:
    if _is_null(left) or _is_null(right):
        return frozenset({None})
    if operator in ("=", "<>", "!=") and (_never_equal(left, right) or _never_equal(right, left)):
        return frozenset({operator != "="})
    numbers = [_integer(side) for side in (left, right)]
    if numbers[0] is not None and numbers[1] is not None:
        return frozenset({_compare(operator, numbers[0], numbers[1])})
    if _same(left, right):
        # A floating-point NaN equals itself in PostgreSQL; only a null is in the way.
        return frozenset({_compare(operator, 0, 0), None})
    return _ANY


def _compare(operator: str, left: int, right: int) -> bool:
    return {
        "=": left == right,
        "<>": left != right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[operator]


def _is_null(node: Node) -> bool:
    return bool(node.get("A_Const", {}).get("isnull"))


# What PL/pgSQL's variables can say.
_CONTEXT = {
    "tg_op": frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE"}),
    "tg_when": frozenset({"BEFORE", "AFTER", "INSTEAD OF"}),
    "tg_level": frozenset({"ROW", "STATEMENT"}),
}


def _never_equal(variable: Node, constant: Node) -> bool:
    """Whether a trigger function's variable never says that: `TG_OP = 'insert'`."""
    values = _CONTEXT.get(".".join(strings(variable.get("ColumnRef", {}).get("fields"))))
    text = constant.get("A_Const", {}).get("sval", {}).get("sval")
    return values is not None and text is not None and text not in values


def null_comparisons(tree: object) -> bool:
    """Whether something is compared with the constant NULL, which is neither true nor false."""
    for key, node in walk(tree):
        if key == "A_Expr" and node["kind"] == "AEXPR_OP" and "lexpr" in node and "rexpr" in node:
            sides = (node["lexpr"], node["rexpr"])
            compares = strings(node["name"])[-1:] and strings(node["name"])[-1] in _OPERATORS
            if compares and any(isinstance(side, dict) and _is_null(side) for side in sides):
                return True
    return False


def mentions_column(tree: object) -> bool:
    """Whether a column or variable is named."""
    return any(key == "ColumnRef" for key, _ in walk(tree))


def _integer(node: Node) -> int | None:
    constant = node.get("A_Const", {})
    return int(constant["ival"].get("ival", 0)) if "ival" in constant else None


def _same(left: Node, right: Node) -> bool:
    """Whether both sides have one value: the same columns, without calls, which may differ.

    Row-wise comparison of whole rows knows nulls of its own, and is left out.
    """
    return canonical(left) == canonical(right) and all(
        key not in _NOT_THE_SAME for key, _ in walk(left)
    )


_NOT_THE_SAME = frozenset({"FuncCall", "SubLink", "SQLValueFunction", "A_Star"})
