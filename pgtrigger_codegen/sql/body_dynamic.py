"""Stage sql: the parts of which an EXECUTE's text is composed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pgtrigger_codegen.sql.calls import format_problem
from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_sql, strings

_FORMAT_FIELD = re.compile(r"%(?P<field>%|[^%sIL]*?(?P<kind>[sIL]))")


Unquoted = tuple[str, ...]
"""Values that are put into a text as they are, as written: columns of NEW and OLD."""


def made_of(query: str, variables: Mapping[str, Unquoted]) -> tuple[str | None, Unquoted]:
    """The text, if the expression is a literal, and which values it puts into SQL as they are.

    Only what is certain counts: columns of NEW and OLD between `||`, in CONCAT, or for a `%s` of
    FORMAT.

    Args:
        variables: What the texts in variables were made of before.
    """
    try:
        tree = parse_sql(f"SELECT {query}")[0]["SelectStmt"]["targetList"][0]["ResTarget"]["val"]
    except (SqlSyntaxError, KeyError, IndexError):
        return None, ()
    literal = tree.get("A_Const", {}).get("sval")
    text = literal.get("sval", "") if literal is not None else None
    return text, tuple(dict.fromkeys(_bare_columns(tree, variables)))


def template_fails(query: str) -> bool:
    """Whether the expression is a call of FORMAT with a template that FORMAT refuses."""
    if "format" not in query.lower():
        return False
    try:
        tree = parse_sql(f"SELECT {query}")[0]["SelectStmt"]["targetList"][0]["ResTarget"]["val"]
    except (SqlSyntaxError, KeyError, IndexError):
        return False
    call = tree.get("FuncCall", {})
    return strings(call.get("funcname"))[-1:] == ("format",) and format_problem(call) is not None


def _bare_columns(tree: Node, variables: Mapping[str, Unquoted]) -> Iterator[str]:
    if (operation := tree.get("A_Expr")) is not None:
        if strings(operation.get("name")) == ("||",):
            yield from _bare_columns(operation.get("lexpr", {}), variables)
            yield from _bare_columns(operation.get("rexpr", {}), variables)
    elif (cast := tree.get("TypeCast")) is not None:
        yield from _text_cast(cast, variables)
    elif (call := tree.get("FuncCall")) is not None:
        yield from _formatted(call, variables)
    elif (choice := tree.get("CoalesceExpr")) is not None:
        for arg in choice["args"]:
            yield from _bare_columns(arg, variables)
    elif (column := tree.get("ColumnRef")) is not None:
        names = strings(column["fields"])
        if len(names) == 2 and names[0] in ("new", "old"):
            yield f"{names[0].upper()}.{names[1]}"
        elif len(names) == 1:
            yield from variables.get(names[0], ())


def _text_cast(cast: Node, variables: Mapping[str, Unquoted]) -> Iterator[str]:
    """A cast to text keeps the value as it is; one to a number makes it harmless."""
    names = strings(cast.get("typeName", {}).get("names"))
    if names[-1:] in (("text",), ("varchar",)):
        yield from _bare_columns(cast["arg"], variables)


def _formatted(call: Node, variables: Mapping[str, Unquoted]) -> Iterator[str]:
    """The arguments that CONCAT and FORMAT put in as they are: for `%s`, without positions."""
    args = call.get("args", [])
    name = strings(call.get("funcname"))[-1:]
    if name in (("concat",), ("concat_ws",)):
        for arg in args:
            yield from _bare_columns(arg, variables)
    if name != ("format",) or not args:
        return
    template = args[0].get("A_Const", {}).get("sval", {}).get("sval", "")
    fields = [match for match in _FORMAT_FIELD.finditer(template) if match["kind"]]
    if any(match["field"] != match["kind"] for match in fields):
        return
    for match, arg in zip(fields, args[1:], strict=False):
        if match["kind"] == "s":
            yield from _bare_columns(arg, variables)
