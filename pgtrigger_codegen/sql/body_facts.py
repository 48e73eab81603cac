"""Stage sql: the actions of a trigger's body, each with its place in the body's text."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct

from pgtrigger_codegen.sql.body_paths import State
from pgtrigger_codegen.sql.definition import Row


class TextRange(NamedTuple):
    """A stretch of the body's text, by character."""

    start: int
    end: int


class ReturnStatement(Struct, frozen=True):
    """A RETURN that can be reached.

    Attributes:
        place: Of the whole statement; None where it cannot be told.
        text: The expression.
    """

    value: Literal["NEW", "OLD", "NULL", "other"]
    place: TextRange | None
    state: State
    text: str = ""


class Condition(Struct, frozen=True):
    """The condition of an IF, CASE, WHILE or EXIT that can be reached."""

    text: str
    place: TextRange | None
    in_handled_block: bool


class Assignment(Struct, frozen=True):
    """A column of NEW that is set to an expression, where control can get.

    Attributes:
        place: Of the expression.
    """

    column: str
    text: str
    place: TextRange | None
    in_handled_block: bool


class Taken(Struct, frozen=True):
    """A value that a statement takes, where control can get.

    Attributes:
        text: The expression; the query, where several variables take its results.
        wanted: What it has to be; `variable` for what the variable is.
        name: The variable; `new` for the row.
        field: Of the variable, where that is a row.
        subfield: Of the field, where that is to be a row as well.
        is_element: Whether an element is set: `NEW.data['key'] := …`.
        number: Which result of the query it is; None for an expression.
    """

    text: str
    place: TextRange | None
    in_handled_block: bool
    wanted: Literal["boolean", "integer", "array", "variable"]
    name: str = ""
    field: str | None = None
    is_element: bool = False
    number: int | None = None
    subfield: str | None = None


class RowUse(Struct, frozen=True):
    """NEW or OLD, or a column of it, in a statement that can be reached.

    Attributes:
        column: None for the whole row.
        written: Whether it is assigned to, not read.
        minds_null: Whether the expression is made for values that may be NULL (`COALESCE`),
            or asks for the event itself.
        in_handled_block: Whether a handler of exceptions may deal with its failure.
        order: Statements are numbered in the order of the text.
        caught: The names of the conditions that handlers around it catch.
        is_bare: Whether the column is named without quotes.
    """

    row: Row
    column: str | None
    place: TextRange | None
    state: State
    written: bool
    minds_null: bool
    in_handled_block: bool
    order: int
    caught: frozenset[str] = frozenset()
    is_bare: bool = False


class Dynamic(Struct, frozen=True):
    """An EXECUTE of SQL that is made at run time.

    Attributes:
        constant: Whether the text is a literal.
        unquoted: Values that are put into the text without quoting, as written.
        fails: Whether the text cannot be put together at all.
        composed: Whether the text is put together of constants and quoted values.
    """

    place: TextRange | None
    constant: bool
    unquoted: tuple[str, ...]
    fails: bool = False
    composed: bool = False

    @property
    def is_known(self) -> bool:
        """Whether it is known what the text names."""
        return self.constant or self.composed


class Failure(Struct, frozen=True):
    """A reachable error of PostgreSQL, or a silent loss of a value.

    Attributes:
        message: In PostgreSQL's words, where that has any.
        loses: Whether nothing fails, and a value is dropped.
    """

    message: str
    place: TextRange | None
    in_handled_block: bool
    loses: bool = False


class RecordSource(Struct, frozen=True):
    """The query or row that gives a variable of type `record` its fields.

    Attributes:
        query: The statement whose rows it takes; None where they may have any fields.
    """

    name: str
    query: str | None


class Query(Struct, frozen=True):
    """A statement of SQL that can be reached, or an expression.

    Attributes:
        text: As the parser has it: of the length of the place, where that is known.
        prefix: What makes the text a statement: SELECT, before expressions and for PERFORM.
        drops_result: Whether it is run for what it does, and nothing takes rows from it.
        in_handler: Whether a handler of exceptions may run it.
        is_dynamic: Whether EXECUTE runs it, so that no variable is in sight.
        caught: The names of the conditions that handlers around it catch.
        parameters: The expressions after USING, in their order.
        must_be_array: Whether FOREACH goes through the value.
        is_composed: Whether the text was put together of constants, and the place is that of the
            expression. Values between them stand as further parameters.
    """

    text: str
    place: TextRange | None
    state: State
    in_handled_block: bool
    prefix: str = ""
    drops_result: bool = False
    is_dynamic: bool = False
    in_handler: bool = False
    caught: frozenset[str] = frozenset()
    parameters: tuple[str, ...] = ()
    must_be_array: bool = False
    is_composed: bool = False

    @property
    def sql(self) -> str:
        """The text as a statement."""
        return self.prefix + self.text

    def place_at(self, location: int, size: int) -> TextRange | None:
        """The place of some characters, by the parser's location in the statement, in bytes."""
        if self.place is None or self.is_composed:
            return self.place
        before = self.sql.encode()[:location].decode(errors="replace")
        start = self.place.start + len(before) - len(self.prefix)
        return TextRange(start, start + size)
