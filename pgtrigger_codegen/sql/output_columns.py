"""Stage sql: the names of the columns of a query's result.

By the rules of PostgreSQL's `FigureColname`.
"""

from __future__ import annotations

from pgtrigger_codegen.sql.coercion import UNKNOWN, Type
from pgtrigger_codegen.sql.names_in_sight import DerivedColumns
from pgtrigger_codegen.sql.parser import Node, strings

Output = list[tuple[str, Type]]
"""Names and types of the columns, in order."""


def derived(output: Output) -> DerivedColumns:
    """The columns by name; a name that comes twice has a type that is not known.

    A literal is a text there.
    """
    names = [name for name, _ in output]
    types = {name: "text" if given == UNKNOWN else given for name, given in output}
    return DerivedColumns((name, types[name] if names.count(name) == 1 else None) for name in names)


def name_of(value: Node) -> str:
    """The name of a result without an alias."""
    return _named(value) or _weak_name(value) or "?column?"


def _named(value: Node) -> str | None:
    ((kind, node),) = value.items()
    match kind:
        case "ColumnRef":
            return strings(node["fields"])[-1] if strings(node["fields"]) else None
        case "FuncCall":
            return strings(node["funcname"])[-1]
        case "A_Indirection":
            return next(iter(strings(node["indirection"])[-1:]), None) or _named(node["arg"])
        case "TypeCast" | "CollateClause":
            return _named(node["arg"])
        case "CaseExpr":
            return _named(node["defresult"]) if "defresult" in node else None
        case "A_Expr":
            return "nullif" if node["kind"] == "AEXPR_NULLIF" else None
        case "SubLink":
            return _sublink(node)
        case "MinMaxExpr":
            return str(node["op"]).removeprefix("IS_").lower()
        case "SQLValueFunction":
            return str(node["op"]).removeprefix("SVFOP_").removesuffix("_N").lower()
    return _FIXED.get(kind)


def _sublink(node: Node) -> str | None:
    match node.get("subLinkType"):
        case "EXISTS_SUBLINK":
            return "exists"
        case "ARRAY_SUBLINK":
            return "array"
        case "EXPR_SUBLINK":
            targets = node["subselect"]["SelectStmt"].get("targetList", ())
            target = targets[0]["ResTarget"] if targets else {}
            return target.get("name") or (name_of(target["val"]) if target else None)
    return None


def _weak_name(value: Node) -> str | None:
    ((kind, node),) = value.items()
    if kind == "TypeCast":
        return strings(node["typeName"]["names"])[-1]
    return "case" if kind == "CaseExpr" else None


_FIXED = {"CoalesceExpr": "coalesce", "A_ArrayExpr": "array", "RowExpr": "row"}
