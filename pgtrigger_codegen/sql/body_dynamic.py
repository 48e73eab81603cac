"""Stage sql: what the text of an EXECUTE is put together from."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_sql, strings


def made_of(query: str) -> tuple[bool, tuple[str, ...]]:
    """Whether the expression is a literal, and which values it puts into SQL as they are.

    Only what is certain counts: columns of NEW and OLD between `||` without a function around
    them. A variable may have been quoted before.
    """
    try:
        tree = parse_sql(f"SELECT {query}")[0]["SelectStmt"]["targetList"][0]["ResTarget"]["val"]
    except (SqlSyntaxError, KeyError, IndexError):
        return False, ()
    constant = "A_Const" in tree and "sval" in tree["A_Const"]
    return constant, tuple(dict.fromkeys(_bare_columns(tree)))


def _bare_columns(tree: Node) -> Iterator[str]:
    if (operation := tree.get("A_Expr")) is not None:
        if strings(operation.get("name")) == ("||",):
            yield from _bare_columns(operation.get("lexpr", {}))
            yield from _bare_columns(operation.get("rexpr", {}))
    elif (cast := tree.get("TypeCast")) is not None:
        yield from _text_cast(cast)
    elif (column := tree.get("ColumnRef")) is not None:
        names = strings(column["fields"])
        if len(names) == 2 and names[0] in ("new", "old"):
            yield f"{names[0].upper()}.{names[1]}"


def _text_cast(cast: Node) -> Iterator[str]:
    """A cast to text keeps the value as it is; one to a number makes it harmless."""
    names = strings(cast.get("typeName", {}).get("names"))
    if names[-1:] in (("text",), ("varchar",)):
        yield from _bare_columns(cast["arg"])
