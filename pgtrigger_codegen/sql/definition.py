"""Stage sql: the facts of a CREATE TRIGGER statement.

`usage` tells which columns a trigger needs; here is the whole statement: events, timing, level,
what `WHEN` refers to and where, and whether its value can be told in advance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_sql, strings, walk
from pgtrigger_codegen.sql.relations import tables_in
from pgtrigger_codegen.sql.remembered import remembered
from pgtrigger_codegen.sql.render import trigger_statement
from pgtrigger_codegen.sql.truth import constant_condition
from pgtrigger_codegen.triggers.compiled import TriggerParts

Event = Literal["INSERT", "DELETE", "UPDATE", "TRUNCATE"]
Timing = Literal["BEFORE", "AFTER", "INSTEAD OF"]
Row = Literal["OLD", "NEW"]

MAX_IDENTIFIER = 63
"""Bytes of a name that PostgreSQL keeps."""

# https://www.postgresql.org/docs/current/ddl-system-columns.html
SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})


class RowReference(Struct, frozen=True):
    """A column of OLD or NEW in `WHEN`.

    Attributes:
        column: None for the whole row.
    """

    row: Row
    column: str | None

    def __str__(self) -> str:
        return f"{self.row}.{self.column or '*'}"


class TransitionTable(Struct, frozen=True):
    """One of the tables that REFERENCING names."""

    row: Row
    name: str


class Definition(Struct, frozen=True):
    """The facts of a CREATE TRIGGER statement.

    Attributes:
        events: In the order INSERT, DELETE, UPDATE, TRUNCATE.
        update_of: Columns of `UPDATE OF`; empty for any update.
        references: What `WHEN` refers to, in order, each once.
        stray_columns: Columns in `WHEN` that stand for neither OLD nor NEW, as written.
        has_subquery: Whether `WHEN` has a subquery.
        relations: Tables that the subqueries of `WHEN` read.
        constant: Whether `WHEN` is always true (True) or never (False); None when it depends,
            or there is no `WHEN`.
        has_condition: Whether there is a `WHEN`.
    """

    timing: Timing
    events: tuple[Event, ...]
    is_row_level: bool
    is_constraint: bool
    update_of: tuple[str, ...]
    transition_tables: tuple[TransitionTable, ...]
    has_condition: bool
    references: tuple[RowReference, ...]
    stray_columns: tuple[str, ...]
    has_subquery: bool
    relations: tuple[QualifiedName, ...]
    constant: bool | None

    @property
    def is_update_of(self) -> bool:
        """Whether a list of columns restricts the updates."""
        return bool(self.update_of)


@remembered
def read_definition(parts: TriggerParts) -> Definition | str:
    """The statement's facts, or in the parser's words why there are none."""
    return read_create_trigger(trigger_statement(parts))


def read_create_trigger(sql: str) -> Definition | str:
    """The facts of a CREATE TRIGGER statement, or in the parser's words why there are none."""
    try:
        node: Node = parse_sql(sql)[0]["CreateTrigStmt"]
    except SqlSyntaxError as error:
        return error.message
    when = node.get("whenClause")
    columns = list(_columns(when))
    return Definition(
        timing=_TIMINGS[node.get("timing", 0)],
        events=tuple(event for bit, event in _EVENTS if node["events"] & bit),
        is_row_level=node.get("row", False),
        is_constraint=node.get("isconstraint", False),
        update_of=strings(node.get("columns")),
        transition_tables=tuple(
            TransitionTable("NEW" if item.get("isNew") else "OLD", item["name"])
            for item in (entry["TriggerTransition"] for entry in node.get("transitionRels", ()))
        ),
        has_condition=when is not None,
        references=tuple(dict.fromkeys(item for item in columns if isinstance(item, RowReference))),
        stray_columns=tuple(dict.fromkeys(item for item in columns if isinstance(item, str))),
        has_subquery=any(key == "SubLink" for key, _ in walk(when)),
        relations=tuple(sorted(set(tables_in(when)), key=str)),
        constant=None if when is None else constant_condition(when),
    )


def condition_problem(parts: TriggerParts) -> str | None:
    """Why the condition does not parse, in the parser's words; None when it is not at fault."""
    if not parts.condition.strip():
        return None
    problem = read_definition(parts)
    without = read_definition(replace(parts, condition=""))
    return problem if isinstance(problem, str) and not isinstance(without, str) else None


def is_half_wrapped(condition: str) -> bool:
    """Whether the parenthesis after WHEN closes before the condition ends.

    django-pgtrigger adds parentheses only to conditions that do not begin with one, so
    `(a) OR (b)` stays as it is, which is no WHEN clause.
    """
    text = re.sub(r"^\s*WHEN\s*", "", condition, flags=re.IGNORECASE)
    if not text.startswith("("):
        return False
    try:
        parse_sql(f"SELECT 1 WHERE {text}")
    except SqlSyntaxError:
        return False
    return True


def cut_identifier(name: str) -> str:
    """The name as PostgreSQL keeps it: at most 63 bytes, no character broken."""
    return name.encode()[:MAX_IDENTIFIER].decode(errors="ignore")


# Bits of `pg_trigger.tgtype`.
_TIMINGS: dict[int, Timing] = {0: "AFTER", 2: "BEFORE", 64: "INSTEAD OF"}
_EVENTS: tuple[tuple[int, Event], ...] = (
    (4, "INSERT"),
    (8, "DELETE"),
    (16, "UPDATE"),
    (32, "TRUNCATE"),
)


def _columns(tree: object) -> Iterator[RowReference | str]:
    """References to OLD and NEW, and other columns, outside of subqueries."""
    if isinstance(tree, list):
        for item in tree:
            yield from _columns(item)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if key == "ColumnRef":
                yield _column(strings(value["fields"]))
            elif key == "SubLink":
                yield from _columns(value.get("testexpr"))
                yield from _rows_of_subquery(value)
            else:
                yield from _columns(value)


def _rows_of_subquery(link: Node) -> Iterator[RowReference]:
    """A subquery has columns of its own; OLD and NEW mean the same in it."""
    for key, value in walk(link.get("subselect")):
        if key == "ColumnRef":
            column = _column(strings(value["fields"]))
            if isinstance(column, RowReference):
                yield column


def _column(names: tuple[str, ...]) -> RowReference | str:
    if names[:1] == ("old",):
        return RowReference("OLD", names[1] if len(names) > 1 else None)
    if names[:1] == ("new",):
        return RowReference("NEW", names[1] if len(names) > 1 else None)
    return ".".join(names) or "*"
