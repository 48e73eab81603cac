"""Stage sql: what the text of an EXECUTE is put together from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_sql, strings

_FORMAT_FIELD = re.compile(r"%(?P<field>%|[^%sIL]*?(?P<kind>[sIL]))")


def made_of(query: str) -> tuple[bool, tuple[str, ...]]:
    """Whether the expression is a literal, and which values it puts into SQL as they are.

    Only what is certain counts: columns of NEW and OLD between `||`, or for a `%s` of FORMAT. A
    variable may have been quoted before.
    """
    try:
        tree = parse_sql(f"SELECT {query}")[0]["SelectStmt"]["targetList"][0]["ResTarget"]["val"]
    except (SqlSyntaxError, KeyError, IndexError):
        return False, ()
    constant = "sval" in tree.get("A_Const", {})
    return constant, tuple(dict.fromkeys(_bare_columns(tree)))


def _bare_columns(tree: Node) -> Iterator[str]:
    if (operation := tree.get("A_Expr")) is not None:
        if strings(operation.get("name")) == ("||",):
            yield from _bare_columns(operation.get("lexpr", {}))
            yield from _bare_columns(operation.get("rexpr", {}))
    elif (cast := tree.get("TypeCast")) is not None:
        yield from _text_cast(cast)
    elif (call := tree.get("FuncCall")) is not None:
        yield from _formatted(call)
    elif (column := tree.get("ColumnRef")) is not None:
        names = strings(column["fields"])
        if len(names) == 2 and names[0] in ("new", "old"):
            yield f"{names[0].upper()}.{names[1]}"


def _text_cast(cast: Node) -> Iterator[str]:
    """A cast to text keeps the value as it is; one to a number makes it harmless."""
    names = strings(cast.get("typeName", {}).get("names"))
    if names[-1:] in (("text",), ("varchar",)):
        yield from _bare_columns(cast["arg"])


def _formatted(call: Node) -> Iterator[str]:
    """The arguments that FORMAT puts in as they are: those of `%s`, without positions."""
    args = call.get("args", [])
    if strings(call.get("funcname"))[-1:] != ("format",) or not args:
        return
    template = args[0].get("A_Const", {}).get("sval", {}).get("sval", "")
    fields = [match for match in _FORMAT_FIELD.finditer(template) if match["kind"]]
    if any(match["field"] != match["kind"] for match in fields):
        return
    for match, arg in zip(fields, args[1:], strict=False):
        if match["kind"] == "s":
            yield from _bare_columns(arg)
