"""Stage sql: the tables and columns that a trigger depends on.

A migration that creates a trigger must come after those that make what it uses, and a later
change to a column may break it: at once for its definition, at the next write for its body.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from pgtrigger_codegen.sql.lexer import Kind, tokenize
from pgtrigger_codegen.sql.names import QualifiedName, called_function
from pgtrigger_codegen.sql.parser import (
    Node,
    SqlSyntaxError,
    parse_function,
    parse_sql,
    strings,
    walk,
)
from pgtrigger_codegen.sql.relations import tables_in
from pgtrigger_codegen.sql.remembered import remembered
from pgtrigger_codegen.sql.render import trigger_function, trigger_statement
from pgtrigger_codegen.sql.statements import relation_name
from pgtrigger_codegen.triggers.compiled import TriggerParts


class BodyFacts(Struct, frozen=True):
    """The tables and columns that a trigger's function uses.

    Attributes:
        tables: Tables that it reads or writes in static SQL, transition tables aside.
        dynamic: Whether it uses EXECUTE, so that `tables` may not be all.
        old_columns, new_columns: Columns named as `OLD.x` and `NEW.x`.
        written: Columns of tables that INSERT and UPDATE name as their targets.
        problem: Why the body could not be read, or could only in part; else None.
    """

    tables: frozenset[QualifiedName] = frozenset()
    dynamic: bool = False
    old_columns: frozenset[str] = frozenset()
    new_columns: frozenset[str] = frozenset()
    written: frozenset[tuple[QualifiedName, str]] = frozenset()
    problem: str | None = None


class DefinitionFacts(Struct, frozen=True):
    """The parts of the table that CREATE TRIGGER itself uses.

    Attributes:
        old_columns, new_columns: Columns that `WHEN` names as `OLD.x` and `NEW.x`.
        whole_row: Whether `WHEN` uses `OLD` or `NEW` as a whole (`OLD.*`).
        update_of: Columns of `UPDATE OF`.
        arguments: The arguments of the function, all of them texts to PostgreSQL.
        transition_tables: Names that REFERENCING gives.
        problem: Why the definition could not be read; else None.
    """

    old_columns: frozenset[str] = frozenset()
    new_columns: frozenset[str] = frozenset()
    whole_row: bool = False
    update_of: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    transition_tables: frozenset[str] = frozenset()
    problem: str | None = None


class ColumnsUsed(Struct, frozen=True):
    """The columns of the trigger's table that the trigger uses, by the effect of losing them.

    Attributes:
        definition: In `WHEN` and `UPDATE OF`: PostgreSQL refuses to drop or retype them.
        body: As `OLD.x` and `NEW.x` in the function, or as arguments of
            `tsvector_update_trigger`: every write fails without them.
    """

    definition: frozenset[str]
    body: frozenset[str]


def columns_used(parts: TriggerParts) -> ColumnsUsed:
    """The columns of its table that a trigger names."""
    definition, body = definition_facts(parts), body_facts(parts)
    return ColumnsUsed(
        definition=definition.old_columns | definition.new_columns | {*definition.update_of},
        body=body.old_columns | body.new_columns | _search_vector_columns(parts, definition),
    )


def tables_touched(parts: TriggerParts) -> frozenset[QualifiedName]:
    """The tables that the trigger's function reads or writes in static SQL."""
    return body_facts(parts).tables


def definition_facts(parts: TriggerParts) -> DefinitionFacts:
    """What CREATE TRIGGER uses of the table."""
    return statement_facts(trigger_statement(parts))


@remembered
def statement_facts(create_trigger: str) -> DefinitionFacts:
    """The same of a statement as it is written."""
    try:
        node: Node = parse_sql(create_trigger)[0]["CreateTrigStmt"]
    except SqlSyntaxError as error:
        return DefinitionFacts(problem=error.message)
    references = list(_row_references(node.get("whenClause")))
    return DefinitionFacts(
        old_columns=frozenset(column for row, column in references if row == "old" and column),
        new_columns=frozenset(column for row, column in references if row == "new" and column),
        whole_row=any(column is None for _, column in references),
        update_of=strings(node.get("columns")),
        arguments=strings(node.get("args")),
        transition_tables=frozenset(
            item["TriggerTransition"]["name"] for item in node.get("transitionRels", ())
        ),
    )


def body_facts(parts: TriggerParts) -> BodyFacts:
    """What the trigger's function uses; nothing for a function that is not its own."""
    create_function = trigger_function(parts)
    if not create_function:
        return BodyFacts()
    return function_facts(create_function, definition_facts(parts).transition_tables)


@remembered
def function_facts(create_function: str, hidden: frozenset[str] = frozenset()) -> BodyFacts:
    """What a PL/pgSQL function uses.

    Args:
        hidden: Names that stand for transition tables.
    """
    # Of many triggers of one class only the names differ.
    head = _HEAD.match(create_function)
    if head is not None:
        rest = create_function[head.end() :]
        if head["name"].lower() not in rest.lower():
            create_function = f"CREATE FUNCTION f(){rest}"
    return _facts_of_body(create_function, hidden)


_HEAD = re.compile(
    r"\s*CREATE\s+(?:OR\s+REPLACE\s+)?FUNCTION\s+(?P<name>\w+)\s*\(\s*\)", re.IGNORECASE
)


@functools.lru_cache(maxsize=1024)
def _facts_of_body(create_function: str, hidden: frozenset[str]) -> BodyFacts:
    try:
        function = parse_function(create_function)
        nodes = list(walk(function))
        pieces = [_sql_facts(sql, hidden) for sql in _static_sql(nodes)]
    except SqlSyntaxError as error:
        return BodyFacts(problem=error.message)
    return BodyFacts(
        tables=frozenset().union(*(tables for tables, _ in pieces)),
        dynamic=any(key in _DYNAMIC for key, _ in nodes),
        old_columns=_record_fields(function, "old_varno"),
        new_columns=_record_fields(function, "new_varno"),
        written=frozenset().union(*(written for _, written in pieces)),
    )


_DYNAMIC = frozenset({"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors", "dynquery"})

# libpg_query's RawParseMode: how PL/pgSQL means the text of an expression to be parsed.
_STATEMENT, _EXPRESSION = 0, 2
_ASSIGNMENTS = frozenset({3, 4, 5})


def _static_sql(nodes: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """Every piece of SQL in the function's statements and declarations."""
    for key, value in nodes:
        if key != "PLpgSQL_expr":
            continue
        query, mode = value["query"], value.get("parseMode", _STATEMENT)
        if mode == _EXPRESSION:
            query = f"SELECT {query}"
        elif mode in _ASSIGNMENTS:
            query = f"SELECT {_assigned_value(query)}"
        yield query


@functools.lru_cache(maxsize=4096)
def _sql_facts(
    sql: str, hidden: frozenset[str]
) -> tuple[frozenset[QualifiedName], frozenset[tuple[QualifiedName, str]]]:
    """The tables that SQL names and the columns that it writes; most bodies say `RETURN NEW`.

    Raises:
        SqlSyntaxError: It does not parse.
    """
    statements = parse_sql(sql)
    return frozenset(tables_in(statements, hidden)), frozenset(_written_columns(statements))


def _assigned_value(assignment: str) -> str:
    """What stands right of `:=` or `=`, which in a target's subscript cannot occur bare."""
    depth = position = 0
    for token in tokenize(assignment):
        position += len(token.text)
        if token.text in ("[", "("):
            depth += 1
        elif token.text in ("]", ")"):
            depth -= 1
        elif token.kind is Kind.OPERATOR and token.text in (":=", "=") and depth == 0:
            break
    return assignment[position:]


def _record_fields(function: Node, record: str) -> frozenset[str]:
    """The fields of OLD or NEW: PL/pgSQL makes a datum for each one that is named."""
    fields = (datum.get("PLpgSQL_recfield", {}) for datum in function.get("datums", ()))
    return frozenset(
        field["fieldname"]
        for field in fields
        if field and field.get("recparentno") == function.get(record)
    )


def _written_columns(statements: list[Node]) -> Iterator[tuple[QualifiedName, str]]:
    for kind, node in walk(statements):
        items = node.get(_TARGETS[kind], ()) if kind in _TARGETS else ()
        for item in items:
            if name := item["ResTarget"].get("name"):
                yield relation_name(node["relation"]), name


_TARGETS = {"InsertStmt": "cols", "UpdateStmt": "targetList"}


def _row_references(when: object) -> Iterator[tuple[str, str | None]]:
    """Yield OLD and NEW with the column named, or None for the whole row."""
    for key, value in walk(when):
        if key != "ColumnRef":
            continue
        names = strings(value["fields"])
        if names and names[0] in ("old", "new"):
            yield names[0], names[1] if len(names) > 1 else None


def _search_vector_columns(parts: TriggerParts, definition: DefinitionFacts) -> frozenset[str]:
    """The vector's column and those that it is made of; the second argument of
    `tsvector_update_trigger` is a configuration.

    https://www.postgresql.org/docs/current/textsearch-features.html#TEXTSEARCH-UPDATE-TRIGGERS
    """
    arguments = definition.arguments
    match called_function(parts.execute).name:
        case "tsvector_update_trigger":
            return frozenset(arguments[:1] + arguments[2:])
        case "tsvector_update_trigger_column":
            return frozenset(arguments)
        case _:
            return frozenset()
