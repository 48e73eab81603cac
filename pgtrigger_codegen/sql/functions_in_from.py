"""Stage sql: functions that stand in FROM, and the columns of what they give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pgtrigger_codegen.sql.names_in_sight import DerivedColumns
from pgtrigger_codegen.sql.parser import Node, strings


def calls_of(node: Node) -> Iterator[Node]:
    """The expressions of a FROM item that is made of functions."""
    for function in node.get("functions", ()):
        yield from (item for item in function["List"]["items"][:1] if item)


def is_several_lists(call: Node) -> bool:
    """Whether it is UNNEST with several arrays."""
    function = call.get("FuncCall", {})
    return strings(function.get("funcname"))[-1:] == ("unnest",) and len(function["args"]) > 1


def columns_of_function(node: Node) -> DerivedColumns | None:
    """The columns of a built-in function's rows; None where these are not known."""
    calls = list(calls_of(node))
    if len(calls) != 1 or "coldeflist" in node or "FuncCall" not in calls[0]:
        return None
    *schema, name = strings(calls[0]["FuncCall"]["funcname"])
    known = _COLUMNS.get(name) if schema in ([], ["pg_catalog"]) else None
    if known is None:
        return None
    given = strings(node.get("alias", {}).get("colnames"))
    names = [*known, *(["ordinality"] if node.get("ordinality") else [])]
    types = [*known.values(), *(["int8"] if node.get("ordinality") else [])]
    return DerivedColumns(zip([*given, *names[len(given) :]], types, strict=False))


def _of_json(kind: str) -> Mapping[str, Mapping[str, str]]:
    return {
        f"{kind}_array_elements": {"value": kind},
        f"{kind}_array_elements_text": {"value": "text"},
        f"{kind}_each": {"key": "text", "value": kind},
        f"{kind}_each_text": {"key": "text", "value": "text"},
    }


_COLUMNS: Mapping[str, Mapping[str, str]] = {**_of_json("json"), **_of_json("jsonb")}
