"""Stage sql: statements that parse, but that PostgreSQL refuses when it plans them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_facts import Query, TextRange
from pgtrigger_codegen.sql.body_targets import statements_of
from pgtrigger_codegen.sql.constant_faults import names_of_targets, repeated
from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, SqlTooDeep, parse_sql, strings, walk
from pgtrigger_codegen.sql.setting_names import misspelt_setting


class Fault(NamedTuple):
    """The error of a statement, in PostgreSQL's words.

    Attributes:
        help: What to do, where the message does not say.
        is_certain: Whether the statement fails in any database that the migrations make.
        loses: Whether nothing fails, and a value is dropped.
        depends: Whether it fails for most values, and not for all.
    """

    message: str
    place: TextRange | None
    help: str = ""
    is_certain: bool = True
    loses: bool = False
    depends: bool = False

    @property
    def fails_always(self) -> bool:
        """Whether the statement fails whenever it runs, in any database of the project."""
        return self.is_certain and not self.loses and not self.depends


def faults(body: Body) -> Iterator[Fault]:
    """The statements that fail whenever they are reached, and whose failure nothing deals with."""
    for failure in body.failures:
        if not failure.in_handled_block:
            yield Fault(failure.message, failure.place, loses=failure.loses)
    for query in body.queries:
        if query.in_handled_block:
            continue
        if (message := _out_of_place(query)) is not None:
            yield Fault(message, query.place)
        if query.prefix:
            continue
        if query.is_dynamic and (message := _syntax_error(query)) is not None:
            yield Fault(message, query.place, "Correct the SQL that EXECUTE runs")
        for kind, node in statements_of(query):
            if (message := _message(kind, node, query)) is not None:
                yield Fault(message, query.place)
            if kind in _OF_SETTINGS and (unknown := misspelt_setting(node.get("name", ""))):
                yield Fault(unknown[0], query.place, unknown[1])
            if kind == "VariableSetStmt" and node.get("name", "").startswith(("new.", "old.")):
                message = f"SET gives a value to a setting that is called `{node['name']}`"
                yield Fault(message, query.place, "Assign to the row without SET", loses=True)


_OF_SETTINGS = frozenset({"VariableSetStmt", "VariableShowStmt"})


def _syntax_error(query: Query) -> str | None:
    try:
        parse_sql(query.text)
    except SqlTooDeep:
        return None
    except SqlSyntaxError as error:
        return error.message
    return None


_IN_HANDLERS = frozenset({"sqlerrm", "sqlstate"})
_MAY_ASK_HANDLER = re.compile("|".join(_IN_HANDLERS), re.IGNORECASE)


def _out_of_place(query: Query) -> str | None:
    """What may stand elsewhere: INTO, and what only handlers of exceptions know."""
    for kind, node in statements_of(query):
        if query.prefix and kind == "SelectStmt" and "intoClause" in node:
            return "query is SELECT INTO, but it should be plain SELECT"
        if query.in_handler or query.is_dynamic or not _MAY_ASK_HANDLER.search(query.text):
            continue
        columns, has_tables = set[str](), False
        for key, value in walk({kind: node}):
            has_tables = has_tables or key in ("RangeVar", "RangeSubselect", "RangeFunction")
            if key == "ColumnRef":
                columns.update(strings(value["fields"]) if len(value["fields"]) == 1 else ())
        for name in sorted(columns & _IN_HANDLERS):
            if not has_tables:
                return f'column "{name}" does not exist outside an exception handler'
    return None


def _message(kind: str, node: Node, query: Query) -> str | None:
    if query.drops_result and (kind == "SelectStmt" or "returningList" in node):
        return "query has no destination for result data"
    if kind == "TransactionStmt":
        return _TRANSACTION.get(node["kind"], "unsupported transaction command in PL/pgSQL")
    return _in_insert(node) if kind == "InsertStmt" else _set_twice(kind, node)


def _in_insert(node: Node) -> str | None:
    for name in repeated([item["ResTarget"]["name"] for item in node.get("cols", ())]):
        return f'column "{name}" specified more than once'
    conflict = node.get("onConflictClause", {})
    if conflict.get("action") == "ONCONFLICT_UPDATE":
        if "infer" not in conflict:
            return "ON CONFLICT DO UPDATE requires inference specification or constraint name"
        if (message := _set_twice("UpdateStmt", conflict)) is not None:
            return message
    return _mismatch(node)


def _set_twice(kind: str, node: Node) -> str | None:
    if kind == "UpdateStmt":
        for name in repeated(names_of_targets(node.get("targetList", ()))):
            return f'multiple assignments to same column "{name}"'
    return None


# A trigger runs within the statement that fires it.
_TRANSACTION = dict.fromkeys(
    ("TRANS_STMT_COMMIT", "TRANS_STMT_ROLLBACK"), "invalid transaction termination"
)


def _mismatch(node: Node) -> str | None:
    """Whether as many values are given as columns are listed."""
    columns = len(node.get("cols", ()))
    select = node.get("selectStmt", {}).get("SelectStmt", {})
    rows = [row["List"]["items"] for row in select.get("valuesLists", ())]
    if not rows and "targetList" in select and select.get("op", "SETOP_NONE") == "SETOP_NONE":
        rows = [select["targetList"]]
    if not columns or any(key == "A_Star" for key, _ in walk(rows)):
        return None
    if any(len(row) > columns for row in rows):
        return "INSERT has more expressions than target columns"
    if any(len(row) < columns for row in rows):
        return "INSERT has more target columns than expressions"
    return None
