"""Stage sql: questions about the nodes of PL/pgSQL's tree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pgtrigger_codegen.sql.body_conditions import mentions_context
from pgtrigger_codegen.sql.body_facts import RecordSource
from pgtrigger_codegen.sql.body_records import may_be_row_type
from pgtrigger_codegen.sql.body_targets import parsed
from pgtrigger_codegen.sql.body_uses import returned
from pgtrigger_codegen.sql.parser import Node, walk


def declared(function: Node, *kinds: str) -> Iterator[str]:
    for datum in function.get("datums", ()):
        for kind in kinds:
            if kind in datum:
                yield datum[kind].get("refname", "")


def cannot_fail(statement: Node) -> bool:
    """Whether it is a RETURN of a row or of NULL."""
    expression = statement.get("PLpgSQL_stmt_return", {}).get("expr")
    return expression is not None and returned(text_of(expression)) != "other"


def always_enters(loop: Node) -> bool:
    """Whether a loop certainly, or perhaps on purpose, runs its body at least once.

    A query that reads tables may give no row, and a condition may not hold; a range of numbers,
    an array, and a query without a table or with an aggregate are made to be gone through.
    """
    if "cond" in loop:
        return text_of(loop["cond"]).strip("() ").upper() == "TRUE"
    if "query" not in loop:
        return "curvar" not in loop and "argquery" not in loop
    query = text_of(loop["query"])
    return not re.search(r"\bFROM\b", query, re.IGNORECASE) or bool(_ONE_ROW.search(query))


_ONE_ROW = re.compile(r"\b(count|sum|min|max|avg|\w+_agg|generate_series)\s*\(", re.IGNORECASE)


def text_of(expression: Node) -> str:
    return str(expression["PLpgSQL_expr"]["query"])


def is_dummy(statement: Node) -> bool:
    """Whether it is the RETURN that the parser puts at the end of any body."""
    node = statement.get("PLpgSQL_stmt_return")
    return node is not None and "lineno" not in node


def targets(node: Node) -> list[int]:
    """The numbers of variables that a statement sets."""
    found = [value for key, value in walk(node.get("target")) if key == "varno"]
    items = (item["PLpgSQL_diag_item"] for item in node.get("diag_items", ()))
    return [*found, *(item.get("target", 0) for item in items)]


def name_and_field(datums: list[Node], number: int) -> tuple[str, str | None]:
    """The name of the variable that a number stands for, with the field if it is one of a row's.

    An empty name for what is no variable of single values and no field.
    """
    datum = datums[number] if number < len(datums) else {}
    if "PLpgSQL_recfield" in datum:
        field = datum["PLpgSQL_recfield"]
        parent = datums[field.get("recparentno", 0)].get("PLpgSQL_rec", {})
        return parent.get("refname", ""), field["fieldname"]
    return datum.get("PLpgSQL_var", {}).get("refname", ""), None


def copies_context(function: Node, text: str) -> bool:
    """Whether a variable is given what `TG_OP` or the like says; the text is that of the body."""
    givers = [*function.get("datums", ())]
    for key, value in walk(function.get("action")) if mentions_context(text) else ():
        if key == "PLpgSQL_stmt_assign" or (key in _QUERIES and value.get("into")):
            givers.append(value)
    return any(
        mentions_context(expression["query"])
        for giver in givers
        for key, expression in walk(giver)
        if key == "PLpgSQL_expr"
    )


LOOPS = frozenset(
    f"PLpgSQL_stmt_{kind}"
    for kind in ("loop", "while", "fori", "fors", "forc", "dynfors", "foreach_a")
)


def parameters_of(node: Node) -> tuple[str, ...]:
    """The expressions after USING."""
    return tuple(one["PLpgSQL_expr"]["query"] for one in node.get("params", ()))


_QUERIES = frozenset({"PLpgSQL_stmt_execsql", "PLpgSQL_stmt_dynexecute"})


def record_sources(function: Node) -> tuple[RecordSource, ...]:
    """What gives the fields of variables of type `record`, for those whose names are used once."""
    datums = function.get("datums", [])
    names = {
        number: datum["PLpgSQL_rec"].get("refname", "")
        for number, datum in enumerate(datums)
        if datum.get("PLpgSQL_rec", {}).get("refname") not in (None, "new", "old")
    }
    if not names:
        return ()
    times = Counter([*names.values(), *declared(function, "PLpgSQL_var", "PLpgSQL_row")])
    return tuple(
        RecordSource(names[number], query)
        for number, query in _given_rows(function.get("action"), datums)
        if number in names and times[names[number]] == 1
    )


def _given_rows(tree: object, datums: list[Node]) -> Iterator[tuple[int, str | None]]:
    """The numbers of variables that statements give rows to, with the queries of these rows."""
    for kind, node in walk(tree):
        if kind == "PLpgSQL_stmt_assign":
            yield node.get("varno", 0), None
        elif kind.startswith("PLpgSQL_stmt_"):
            record = (node.get("target") or node.get("var") or {}).get("PLpgSQL_rec")
            if record is not None:
                yield record.get("dno", 0), _query_of(kind, node, datums)


def _query_of(kind: str, node: Node, datums: list[Node]) -> str | None:
    if kind in ("PLpgSQL_stmt_execsql", "PLpgSQL_stmt_fors"):
        return text_of(node["sqlstmt"] if "sqlstmt" in node else node["query"])
    cursor = datums[node["curvar"]].get("PLpgSQL_var", {}) if "curvar" in node else {}
    return text_of(cursor["cursor_explicit_expr"]) if "cursor_explicit_expr" in cursor else None


def declared_queries(function: Node, before_line: int) -> Iterator[tuple[str, str]]:
    """The queries of cursors and the first values of variables, with what makes them statements."""
    for datum in function.get("datums", ()):
        node = datum.get("PLpgSQL_var") or datum.get("PLpgSQL_rec") or {}
        if node.get("lineno", before_line) >= before_line:
            continue  # of a block that control may not get to
        if "cursor_explicit_expr" in node:
            yield "", text_of(node["cursor_explicit_expr"])
        elif "default_val" in node:
            yield "SELECT ", text_of(node["default_val"])


def declared_defaults(function: Node, before_line: int) -> Iterator[tuple[Node, str]]:
    """The variables that have a first value, with that, as far as control gets there."""
    for datum in function.get("datums", ()):
        node = datum.get("PLpgSQL_var", {})
        if "default_val" in node and node.get("lineno", before_line) < before_line:
            yield datum, text_of(node["default_val"])


def _may_be_row(datum: Node) -> bool:
    type_of = datum.get("PLpgSQL_var", {}).get("datatype", {}).get("PLpgSQL_type", {})
    name = type_of.get("typname", "").strip()
    return not name or (not name.upper().endswith("%TYPE") and may_be_row_type(name))


def miscounted(query: str, target: Node, datums: list[Node]) -> str | None:
    """Why INTO drops a value or sets a variable to NULL, in words."""
    fields = target.get("PLpgSQL_row", {}).get("fields", ())
    if len(fields) == 1 and _may_be_row(datums[fields[0].get("varno", 0)]):
        return None
    statements = parsed(query)
    if len(statements) != 1:
        return None
    ((kind, node),) = statements[0].items()
    given = node.get("targetList" if kind == "SelectStmt" else "returningList", ())
    if not fields or not given or any("A_Star" in key for key, _ in walk(given)):
        return None
    if len(given) == 1 and "FuncCall" in given[0]["ResTarget"]["val"]:
        return None  # it may give a row
    if len(given) > len(fields):
        return f"INTO takes {len(fields)} of {len(given)} values, and drops the rest"
    if len(given) < len(fields):
        rest = ", ".join(f"`{field['name']}`" for field in fields[len(given) :])
        return f"INTO has no value for {rest}, and sets that to NULL"
    return None
