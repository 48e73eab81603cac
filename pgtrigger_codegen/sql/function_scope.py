"""Stage sql: tables that a function names without a schema, outside of its search path."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pgtrigger_codegen.sql.body_targets import parsed
from pgtrigger_codegen.sql.names import QualifiedName, dollar_quote
from pgtrigger_codegen.sql.parser import SqlSyntaxError, parse_function, walk
from pgtrigger_codegen.sql.relations import tables_in
from pgtrigger_codegen.sql.statements import CreateFunction


def tables_out_of_sight(function: CreateFunction) -> Iterator[QualifiedName]:
    """Tables without a schema in the body, where the function's search path is not that of others.

    None where the function sets no search path, or one with the schema `public` or the user's.
    """
    schemas = _search_path(function.options)
    if schemas is None or {"public", "$user"} & {*schemas} or function.language != "plpgsql":
        return
    body = dollar_quote(function.body or "")
    try:
        tree = parse_function(f"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS {body}")
    except SqlSyntaxError:
        return
    queries = (value["query"] for key, value in walk(tree) if key == "PLpgSQL_expr")
    found = (table for query in queries for node in parsed(query) for table in tables_in(node))
    yield from dict.fromkeys(table for table in found if table.schema is None)


def _search_path(options: str) -> list[str] | None:
    """The schemas that the function looks in, as far as it says; None where it does not."""
    setting = json.loads(options).get("set", {}).get("VariableSetStmt", {})
    if setting.get("name") != "search_path" or setting.get("kind") != "VAR_SET_VALUE":
        return None
    names = [item.get("A_Const", {}).get("sval", {}).get("sval", "") for item in setting["args"]]
    return [part.strip().strip('"') for name in names for part in name.split(",")]
