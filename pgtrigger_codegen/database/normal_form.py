"""Stage database: triggers compared without the server's help, which is not quite exact.

Where nothing temporary can be made (see `lookalike`), what PostgreSQL adds when it prints a
condition is taken away on both sides. Casts go altogether, so a difference in nothing but casts
is not seen; what PostgreSQL rewrites beyond this list is seen as a difference.
"""

from __future__ import annotations

import json
from typing import Any

Tree = Any


def without_function(definition: str) -> str:
    """A canonical definition less the name of the function, which may or may not be qualified."""
    tree = json.loads(definition)
    tree.pop("funcname", None)
    return json.dumps(tree, sort_keys=True, ensure_ascii=False)


def without_casts(definition: str) -> str:
    """A canonical definition as it would be if PostgreSQL had printed it, less all casts."""
    return json.dumps(_normal(json.loads(definition)), sort_keys=True, ensure_ascii=False)


def _normal(tree: Tree) -> Tree:
    if isinstance(tree, list):
        return [_normal(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "TypeCast" in tree:
        return _normal(tree["TypeCast"]["arg"])
    if "A_Const" in tree:
        return {"A_Const": _constant(tree["A_Const"])}
    if "A_Expr" in tree:
        return _expression(tree["A_Expr"])
    if "BoolExpr" in tree:
        return _flat(tree["BoolExpr"]["boolop"], _normal(tree["BoolExpr"]["args"]))
    return {key: _normal(value) for key, value in tree.items()}


def _constant(node: Tree) -> str | None:
    """`5`, `'5'::integer` and `'5'::numeric` are one; absent numbers are zero."""
    for kind, value in node.items():
        match kind:
            case "ival" | "boolval":
                return str(value.get(kind, 0)).lower()
            case "fval" | "sval" | "bsval":
                return str(value.get(kind, ""))
            case _:
                pass
    return None


def _expression(node: Tree) -> Tree:
    operator = node["name"][-1]["String"]["sval"]
    left, right = _normal(node.get("lexpr")), node.get("rexpr")
    match node["kind"]:
        case "AEXPR_IN":
            # `NOT IN` has the operator `<>`, and is true if it holds for all items.
            quantifier = "ANY" if operator == "=" else "ALL"
            return _membership(operator, quantifier, left, _normal(right["List"]["items"]))
        case "AEXPR_OP_ANY" | "AEXPR_OP_ALL" as kind if elements := _elements(_normal(right)):
            return _membership(operator, kind.removeprefix("AEXPR_OP_"), left, elements)
        case "AEXPR_NOT_DISTINCT":
            distinct = ["IS DISTINCT FROM", left, _normal(right)]
            return _flat("NOT_EXPR", [distinct])
        case "AEXPR_DISTINCT":
            return ["IS DISTINCT FROM", left, _normal(right)]
        case "AEXPR_BETWEEN":
            low, high = _normal(right["List"]["items"])
            return _flat("AND_EXPR", [[">=", left, low], ["<=", left, high]])
        case "AEXPR_OP" | "AEXPR_LIKE" | "AEXPR_ILIKE":
            return [operator, left, _normal(right)]
        case kind:
            return [kind, operator, left, _normal(right)]


def _elements(right: Tree) -> list[Tree] | None:
    elements = right.get("A_ArrayExpr", {}).get("elements") if isinstance(right, dict) else None
    return elements if isinstance(elements, list) else None


def _membership(operator: str, quantifier: str, left: Tree, items: list[Tree]) -> Tree:
    """`x IN (…)`, `x = ANY (ARRAY[…])`; of one item, `x = …`."""
    if len(items) == 1:
        return [operator, left, items[0]]
    return [f"{operator} {quantifier}", left, items]


def _flat(operator: str, arguments: list[Tree]) -> Tree:
    """AND in AND is one AND."""
    if operator == "NOT_EXPR":
        return [operator, *arguments]
    flat: list[Tree] = []
    for argument in arguments:
        same = isinstance(argument, list) and argument and argument[0] == operator
        flat.extend(argument[1:] if same else [argument])
    return [operator, *flat]
