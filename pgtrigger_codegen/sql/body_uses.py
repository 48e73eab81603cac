"""Stage sql: notes the uses in a body's expressions: rows, statements of SQL, dynamic SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from msgspec.structs import replace

from pgtrigger_codegen.sql.body_composed import composed
from pgtrigger_codegen.sql.body_conditions import CONTEXT, mentions_context
from pgtrigger_codegen.sql.body_dynamic import Unquoted, made_of, template_fails
from pgtrigger_codegen.sql.body_facts import Dynamic, Query, RowUse, TextRange
from pgtrigger_codegen.sql.body_paths import State
from pgtrigger_codegen.sql.body_text import BodyText
from pgtrigger_codegen.sql.body_variables import TypedVariable
from pgtrigger_codegen.sql.definition import Row
from pgtrigger_codegen.sql.parser import Node, walk

_MINDS_NULL = re.compile(
    r"\b(COALESCE|NULLIF|NUM_NULLS|NUM_NONNULLS|CASE|DISTINCT|GREATEST|LEAST|CONCAT|CONCAT_WS"
    r"|FORMAT)\b|\bIS\s+(NOT\s+)?NULL\b|\bISNULL\b|\bNOTNULL\b",
    re.IGNORECASE,
)

# Values of `parseMode`.
_STATEMENT = 0
_EXPRESSION = 2
_ASSIGNMENTS = frozenset({3, 4, 5})
_ASSIGNED = re.compile(r"[^:=]*:?=")

# What calls a function or has an operator may be refused because of its types.
_COMPUTES = re.compile(
    r"[^\w\s.'\",;]|\b(and|not|or|i?like)\b|\bis\s+(true|false)\b", re.IGNORECASE
)
_JOINS_TEXT = re.compile(r"\|\||\b(concat|concat_ws|format)\b", re.IGNORECASE)
_BARE_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*(?![\w.])(?!\s*\()")
_PARTS = re.compile(r"\w\.\w+\.\w")
_WORDS_OF_SQL = CONTEXT | {
    *("and", "between", "case", "distinct", "else", "end", "false", "from", "in", "is", "like"),
    *("new", "not", "null", "old", "or", "then", "true", "when"),
}


class Uses:
    """The uses noted so far, and the position of the walk through the body.

    Attributes:
        order: Number of the statement, in the order of the text.
        handlers: For each block with handlers of exceptions around it, the names of the conditions
            that these catch.
        in_handler: How many handlers it stands in.
    """

    def __init__(self, function: Node, text: BodyText, typed: Iterable[TypedVariable]) -> None:
        self.rows: list[RowUse] = []
        self.dynamic: list[Dynamic] = []
        self.queries: list[Query] = []
        self.order = 0
        self.handlers: list[frozenset[str]] = []
        self.in_handler = 0
        self._texts: dict[str, Unquoted] = {}
        self._text = text
        self._datums: list[Node] = function.get("datums", [])
        variables = (datum.get("PLpgSQL_var", {}) for datum in self._datums)
        self._variables = frozenset(item.get("refname", "") for item in variables)
        records = (datum.get("PLpgSQL_rec", {}).get("refname") for datum in self._datums)
        self._row_variables = {item.name for item in typed if item.column is None}
        self._row_variables |= {name for name in records if name not in (None, "new", "old")}
        keys: tuple[tuple[str, Row], ...] = (("new_varno", "NEW"), ("old_varno", "OLD"))
        self._rows: dict[int, Row] = {function[key]: row for key, row in keys if key in function}

    @property
    def handled(self) -> bool:
        """Whether a handler of exceptions is around it."""
        return bool(self.handlers)

    @property
    def caught(self) -> frozenset[str]:
        """The names of all conditions that are caught around it."""
        return frozenset().union(*self.handlers)

    def nested(self, tree: object, state: State) -> None:
        """Notes what all expressions below a node use."""
        for key, value in walk(tree):
            if key == "PLpgSQL_expr":
                self.expression({key: value}, state)

    def expression(
        self,
        expression: Node,
        state: State,
        *,
        written: bool = False,
        is_return: bool = False,
        perform: str = "",
        dynamic: bool = False,
        parameters: tuple[str, ...] = (),
    ) -> TextRange | None:
        """Notes what an expression uses; returns its place."""
        query = expression["PLpgSQL_expr"]["query"]
        place = self._text.find_expression(query, perform=bool(perform))
        if dynamic and state:
            text, unquoted = made_of(query, self._texts)
            fails = template_fails(query)
            made = composed(query, len(parameters)) if text is None else None
            self.dynamic.append(Dynamic(place, text is not None, unquoted, fails, made is not None))
            if text is not None:
                within = self._within(place, text)
                self.query(text, within, state, is_dynamic=True, parameters=parameters)
            else:
                self._note_query(query, place, state, _EXPRESSION)
                if made is not None:
                    given = (*parameters, *made.values)
                    self.query(
                        made.text, place, state, is_dynamic=True, parameters=given, is_composed=True
                    )
        whole = is_return and returned(query) != "other"
        if state and not dynamic and not whole:
            mode = "PERFORM" if perform else expression["PLpgSQL_expr"].get("parseMode", 0)
            self._note_query(query, place, state, mode)
        source = self._text if place else BodyText(query)
        minds_null = bool(_MINDS_NULL.search(query)) or mentions_context(query)
        gaps = source.gaps
        for row, column, at in source.rows_in(place or TextRange(0, len(query))):
            written = written or any(gap.start <= at.start < gap.end for gap in gaps)
            if not whole:
                self.use(
                    "NEW" if row == "NEW" else "OLD",
                    column,
                    at if place else None,
                    state,
                    written=written,
                    minds_null=minds_null,
                    is_bare=source.text[at.start : at.end][-1:] != '"',
                )
            written = False
        return place

    def query(
        self,
        text: str,
        place: TextRange | None,
        state: State,
        *,
        prefix: str = "",
        is_dynamic: bool = False,
        parameters: tuple[str, ...] = (),
        is_composed: bool = False,
    ) -> None:
        """Notes a statement that the parser does not give as an expression of the body."""
        if state:
            handled = self.handled
            self.queries.append(
                Query(
                    text,
                    place,
                    state,
                    handled,
                    prefix,
                    is_dynamic=is_dynamic,
                    caught=self.caught,
                    parameters=parameters,
                    is_composed=is_composed,
                )
            )

    def must_be_array(self, text: str, place: TextRange | None, state: State) -> None:
        """Notes of an expression that FOREACH goes through its value."""
        if state:
            if not self.queries or self.queries[-1].place != place or place is None:
                self.query(text, place, state, prefix="SELECT ")
            self.queries[-1] = replace(self.queries[-1], must_be_array=True)

    def drop_results(self, since: int) -> None:
        """Notes of the statements from that number on that nothing takes rows from them."""
        for number in range(since, len(self.queries)):
            self.queries[number] = replace(self.queries[number], drops_result=True)

    def text_given(self, name: str, query: str) -> None:
        """Notes what a variable's text is put together from, in case that it is executed."""
        if _JOINS_TEXT.search(query) or "." in query:
            _, unquoted = made_of(query, self._texts)
            self._texts[name] = tuple(dict.fromkeys((*self._texts.get(name, ()), *unquoted)))

    def _within(self, place: TextRange | None, text: str) -> TextRange | None:
        """Where the inside of a literal stands."""
        start = self._text.text.find(text, place.start, place.end) if place else -1
        return TextRange(start, start + len(text)) if start >= 0 else None

    def _note_query(
        self, query: str, place: TextRange | None, state: State, mode: int | str
    ) -> None:
        prefix = "" if mode == _STATEMENT else "SELECT "
        if mode == "PERFORM":
            query = query.removeprefix(prefix)
        elif mode in _ASSIGNMENTS:
            start = len(query) - len(without_target(query))
            if "[" in (target := query[:start].rstrip(" \n\t:=")):
                at = TextRange(place.start, place.start + len(target)) if place else None
                self.query(target, at, state, prefix="SELECT ")
            query = query[start:]
            place = TextRange(place.start + start, place.end) if place else None
        if (
            mode in (_STATEMENT, "PERFORM")
            or _COMPUTES.search(query)
            or self._may_name_something(query)
        ):
            handled = self.handled
            # The parser declares SQLERRM for functions with handlers, and so may their authors.
            in_handler = self.in_handler > 0 or "sqlerrm" in self._variables
            self.queries.append(
                Query(
                    query, place, state, handled, prefix, in_handler=in_handler, caught=self.caught
                )
            )

    def _may_name_something(self, expression: str) -> bool:
        """Whether an expression has words but those of SQL, variables, and columns of rows."""
        lowered = expression.lower()
        if any(name in lowered for name in self._row_variables) or _PARTS.search(lowered):
            return True
        words = {word.lower() for word in _BARE_WORD.findall(expression)}
        return '"' in expression or not words <= _WORDS_OF_SQL | self._variables

    def use(
        self,
        row: Row,
        column: str | None,
        place: TextRange | None,
        state: State,
        *,
        written: bool,
        minds_null: bool = False,
        is_bare: bool = False,
    ) -> None:
        if state:
            self.rows.append(
                RowUse(
                    row,
                    column,
                    place,
                    state,
                    written,
                    minds_null,
                    self.handled,
                    self.order,
                    self.caught,
                    is_bare,
                )
            )

    def row_of(self, number: int) -> tuple[Row, str | None] | None:
        """NEW or OLD, and the column, that a variable's number stands for."""
        if number in self._rows:
            return self._rows[number], None
        if number >= len(self._datums):
            return None
        field = self._datums[number].get("PLpgSQL_recfield", {})
        if field.get("recparentno") in self._rows:
            return self._rows[field["recparentno"]], field["fieldname"]
        return None


def without_target(query: str) -> str:
    """The expression of an assignment, which the parser gives with what it is assigned to."""
    match = _ASSIGNED.match(query)
    return query[match.end() :] if match else query


def returned(query: str) -> Literal["NEW", "OLD", "NULL", "other"]:
    """What a RETURN with that expression returns."""
    match query.strip("() \t\r\n").upper():
        case "NEW":
            return "NEW"
        case "OLD":
            return "OLD"
        case "NULL":
            return "NULL"
        case _:
            return "other"
