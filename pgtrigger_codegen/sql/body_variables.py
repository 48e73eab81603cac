"""Stage sql: the variables of a body that are in sight throughout it, and what their types say."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pgtrigger_codegen.sql.body_conditions import CONTEXT
from pgtrigger_codegen.sql.body_text import aliases, first_line
from pgtrigger_codegen.sql.lexer import Kind, code_tokens, folded_name
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import Node, walk

_PREDEFINED = frozenset({"found", "new", "old"}) | CONTEXT


class TypedVariable(NamedTuple):
    """A variable whose type is that of a table's row or column.

    Attributes:
        table: Where the type is a bare name, this may be no table.
        column: None for a whole row.
    """

    name: str
    table: QualifiedName
    column: str | None


def outer_variables(function: Node, declare: str) -> frozenset[str]:
    """Names that stand for a variable wherever in the body they are: those of the outer block.

    A name that a nested block declares as well stands for that one there, and so for a variable
    too. What a cursor or a loop declares is in sight there alone.
    """
    datums = function.get("datums", [])
    arguments = {field["varno"] for row in _argument_rows(datums) for field in row["fields"]}
    found = set()
    begins = first_line(declare)
    for number, datum in enumerate(datums):
        node = datum.get("PLpgSQL_var") or datum.get("PLpgSQL_rec") or {}
        if number not in arguments and node.get("lineno", begins) < begins:
            found.add(node.get("refname", ""))
    return _PREDEFINED | found | aliases(declare)


def typed_variables(function: Node) -> tuple[TypedVariable, ...]:
    """Those variables whose names are declared once, by type."""
    variables = [
        datum["PLpgSQL_var"] for datum in function.get("datums", ()) if "PLpgSQL_var" in datum
    ]
    times = Counter(node.get("refname", "") for node in variables)
    return tuple(
        TypedVariable(node["refname"], *type_of)
        for node in variables
        if times[node.get("refname", "")] == 1
        and (type_of := _table_and_column(node["datatype"]["PLpgSQL_type"]["typname"])) is not None
    )


def typed_variable(name: str, written: str) -> TypedVariable | None:
    """A variable of a type as written; None where that is no table's or column's."""
    type_of = _table_and_column(written)
    return None if type_of is None else TypedVariable(name, *type_of)


def declared_types(function: Node, outer: frozenset[str]) -> Mapping[str, str]:
    """The types of a function's variables as written, empty where that or the scope is not certain.

    Args:
        outer: The names that stand for a variable wherever in the body they are.
    """
    found: dict[str, str] = {}
    for datum in function.get("datums", ()):
        node = datum.get("PLpgSQL_var") or datum.get("PLpgSQL_rec") or datum.get("PLpgSQL_row", {})
        name = node.get("refname", "")
        if name in _PREDEFINED:
            continue
        untyped = "record" if "PLpgSQL_rec" in datum and name not in ("new", "old") else ""
        written = node.get("datatype", {}).get("PLpgSQL_type", {}).get("typname", untyped)
        known = name in outer and name not in found
        found[name] = written if known else ""
    return {**found, **TYPES_OF_CONTEXT}


def case_subjects(function: Node) -> Mapping[str, str]:
    """What the variables stand for that PL/pgSQL keeps the subject of a CASE in, by their names."""
    datums = function.get("datums", ())
    return {
        datums[node["t_varno"]]["PLpgSQL_var"]["refname"]: node["t_expr"]["PLpgSQL_expr"]["query"]
        for kind, node in walk(function.get("action"))
        if kind == "PLpgSQL_stmt_case" and "t_expr" in node
    }


def unique_types(function: Node) -> Mapping[str, str]:
    """The types as written of those variables whose names are declared once, in their order."""
    nodes = [
        datum.get("PLpgSQL_var") or datum.get("PLpgSQL_rec") or datum.get("PLpgSQL_row", {})
        for datum in function.get("datums", ())
    ]
    times = Counter(node.get("refname", "") for node in nodes)
    return {
        name: "record" if is_record else written
        for node in nodes
        if times[name := node.get("refname", "")] == 1 and name not in _PREDEFINED
        for written in [node.get("datatype", {}).get("PLpgSQL_type", {}).get("typname", "")]
        for is_record in ["dno" in node and not written]
        if written or is_record
    }


TYPES_OF_CONTEXT = {
    "found": "boolean",
    "sqlerrm": "text",
    "sqlstate": "text",
    "tg_argv": "text[]",
    "tg_level": "text",
    "tg_name": "name",
    "tg_nargs": "integer",
    "tg_op": "text",
    "tg_relid": "oid",
    "tg_relname": "name",
    "tg_table_name": "name",
    "tg_table_schema": "name",
    "tg_when": "text",
}
"""The types of the variables that PL/pgSQL itself declares."""


def _argument_rows(datums: list[Node]) -> Iterator[Node]:
    """What the cursors take; most take nothing, and have -1 for the number of such a row."""
    for datum in datums:
        number = datum.get("PLpgSQL_var", {}).get("cursor_explicit_argrow", -1)
        if number >= 0:
            yield datums[number]["PLpgSQL_row"]


@functools.lru_cache(maxsize=1024)
def _table_and_column(type_name: str) -> tuple[QualifiedName, str | None] | None:
    """What `shop_order`, `shop_order%ROWTYPE` and `public.shop_order.total%TYPE` name."""
    tokens = code_tokens(type_name)
    suffix = ""
    if len(tokens) > 2 and tokens[-2].text == "%":
        suffix = tokens[-1].text.upper()
        tokens = tokens[:-2]
    names = [folded_name(token) for token in tokens if token.kind in (Kind.WORD, Kind.QUOTED_NAME)]
    if len(tokens) != 2 * len(names) - 1 or any(token.text != "." for token in tokens[1::2]):
        return None
    column = names.pop() if suffix == "TYPE" else None
    match names:
        case [name]:
            return QualifiedName(None, name), column
        case [schema, name]:
            return QualifiedName(schema, name), column
        case _:
            return None  # of a variable (`total%TYPE`), or of another database
