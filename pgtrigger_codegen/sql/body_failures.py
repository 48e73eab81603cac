"""Stage sql: statements of PL/pgSQL that fail whenever they are reached."""

from __future__ import annotations

import functools
import re

from pgtrigger_codegen.sql.body_targets import parsed
from pgtrigger_codegen.sql.body_text import create_function
from pgtrigger_codegen.sql.coercion import internal_name
from pgtrigger_codegen.sql.constant_faults import text_of
from pgtrigger_codegen.sql.literals import invalid_literal
from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_function, parse_sql, walk

_SQLSTATE = re.compile(r"[0-9A-Z]{5}")


def unknown_condition(options: list[Node]) -> str | None:
    """What is wrong with the ERRCODE of a RAISE, where that is a literal."""
    for option in options:
        node = option["PLpgSQL_raise_option"]
        if node.get("opt_type", 0) != _ERRCODE:
            continue
        name = _literal(node["expr"]["PLpgSQL_expr"]["query"])
        if name is not None and not _SQLSTATE.fullmatch(name) and not _is_condition(name):
            return f'unrecognized exception condition "{name}"'
    return None


def repeated_option(statement: Node) -> str | None:
    """Which option of a RAISE comes twice: a message counts as one, and so does a condition."""
    given = [
        _OPTIONS[option["PLpgSQL_raise_option"].get("opt_type", 0)]
        for option in statement.get("options", ())
    ]
    given += ["MESSAGE"] if "message" in statement else []
    given += ["ERRCODE"] if "condname" in statement else []
    twice = next((name for name in given if given.count(name) > 1), None)
    return f"RAISE option already specified: {twice}" if twice else None


def missing_parameter(text: str, given: int) -> str | None:
    """Which `$n` of an executed text is given no value."""
    numbers = [
        node.get("number", 0)
        for statement in parsed(text)
        for key, node in walk(statement)
        if key == "ParamRef"
    ]
    most = max(numbers, default=0)
    return f"there is no parameter ${most}" if most > given else None


def refused_constant(datum: Node, expression: str) -> str | None:
    """Why a variable does not take a constant; None where it may, or where it is no constant."""
    variable = datum.get("PLpgSQL_var", {})
    text = expression.strip()
    if text.upper() == "NULL":
        name = variable.get("refname", "")
        taken = not variable.get("notnull")
        return (
            None
            if taken
            else f'null value cannot be assigned to variable "{name}" declared NOT NULL'
        )
    literal = _literal(text) if text.startswith("'") else None
    return None if literal is None else _refused_literal(datum, literal)


def refused_bound(expression: str) -> str | None:
    """Why a constant is no bound of a FOR loop over integers."""
    literal = _literal(expression)
    return None if literal is None else invalid_literal("int4", literal)


def refused_target(query: str, target: Node, datums: list[Node]) -> str | None:
    """Why a variable does not take a constant that SELECT INTO gives, whatever tables hold."""
    fields = target.get("PLpgSQL_row", {}).get("fields", ())
    statements = parsed(query)
    select = statements[0].get("SelectStmt", {}) if len(statements) == 1 else {}
    given = select.get("targetList", ())
    if len(given) != len(fields) or not _MAY_BE_EMPTY.isdisjoint(select):
        return None
    for field, item in zip(fields, given, strict=True):
        literal = text_of(item["ResTarget"]["val"])
        number = field.get("varno", 0)
        if literal is not None and (refused := _refused_literal(datums[number], literal)):
            return refused
    return None


_MAY_BE_EMPTY = frozenset(
    {"fromClause", "havingClause", "limitCount", "limitOffset", "whereClause"}
)


def _refused_literal(datum: Node, literal: str) -> str | None:
    written = datum.get("PLpgSQL_var", {}).get("datatype", {}).get("PLpgSQL_type", {})
    type_name = internal_name(written.get("typname", ""))
    return None if type_name is None else invalid_literal(type_name, literal)


# Of `PLpgSQL_raise_option_type`.
_ERRCODE = 0
_OPTIONS = "ERRCODE MESSAGE DETAIL HINT COLUMN CONSTRAINT DATATYPE TABLE SCHEMA".split()


def _literal(query: str) -> str | None:
    try:
        (statement,) = parse_sql(f"SELECT {query}")
        return text_of(statement["SelectStmt"]["targetList"][0]["ResTarget"]["val"])
    except (SqlSyntaxError, KeyError, ValueError):
        return None


@functools.lru_cache(maxsize=256)
def _is_condition(name: str) -> bool:
    """Whether PL/pgSQL knows a condition of that name: its parser is asked."""
    if not re.fullmatch(r"[a-z_]+", name):
        return False
    try:
        parse_function(create_function("", f"RAISE {name};"))
    except SqlSyntaxError:
        return False
    return True
