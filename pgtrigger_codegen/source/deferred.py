"""Function bodies that are parsed when somebody looks at them.

Most of a package is bodies of functions that nobody calls. Where they stand in a file follows from
its text alone; whoever knows that from an earlier run (`Keeper`) has only the rest of it parsed.
The trees are the same, positions included.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol, SupportsIndex


class Place(NamedTuple):
    """Where the statements of a function's body stand, but for its docstring.

    Attributes:
        column: UTF-8 bytes in front of the first statement, all of them blanks.
        end_column: UTF-8 bytes in the last line, up to the end of the last statement.
    """

    line: int
    column: int
    end_line: int
    end_column: int


class Keeper(Protocol):
    """Knows of earlier runs where the bodies in a package's files are."""

    def places(self, name: str, data: bytes) -> Sequence[Place] | None:
        """The places in the file of a module with this content; None where they are not known."""

    def found(self, name: str, data: bytes, places: Sequence[Place]) -> None:
        """Takes the places in a file, for later runs."""


def keeper() -> Keeper | None:
    """Who is asked, and told, by the run that is under way."""
    return _keeper


@contextmanager
def kept_by(one: Keeper | None) -> Iterator[None]:
    """Inside of it, this one is asked; nobody where it is None."""
    before = _keeper
    ask(one)
    try:
        yield
    finally:
        ask(before)


def ask(one: Keeper | None) -> None:
    """From here on, this one is asked."""
    global _keeper  # noqa: PLW0603  (files are read in many places, for one run)
    _keeper = one


_keeper: Keeper | None = None


def body_places(text: str, tree: ast.Module) -> tuple[Place, ...]:
    """The bodies worth being left, of functions at the top of a module and in its classes."""
    if "\f" in text:  # counts as no column
        return ()
    lines = text.split("\n")
    places = (_place(node, lines) for node in _functions(tree.body))
    return tuple(place for place in places if place is not None)


def parse_around(text: str, places: Sequence[Place]) -> ast.Module | None:
    """The tree of a file; None where these are not the places of bodies in it.

    Raises:
        SyntaxError: It does not parse, as it cannot where these are the places.
    """
    lines = text.split("\n")
    whole = list(lines)
    last = 0
    for line, column, end_line, end_column in places:
        if not max(last, 1) < line < end_line <= len(lines) or column < 1:
            return None
        end = whole[end_line - 1].encode()
        if not 0 < end_column <= len(end):
            return None
        last = end_line
        # An expression of the same extent: all around it has the positions that it had.
        lines[line - 1] = f"{whole[line - 1][:column]}(0"
        lines[line : end_line - 1] = [""] * (end_line - line - 1)
        rest = end[end_column:].decode(errors="replace")
        lines[end_line - 1] = f"{' ' * (end_column - 1)}){rest}"
    tree = parsed("\n".join(lines))
    by_line = {place.line: place for place in places}
    for node in _functions(tree.body):
        place = by_line.get(node.body[-1].lineno)
        if place is not None and _stands_for_it(node, place):
            del by_line[place.line]
            node.body = Deferred(node, whole, place)
    return None if by_line else tree


def docstring(node: ast.FunctionDef | ast.AsyncFunctionDef, *, clean: bool) -> str | None:
    """The docstring of a function, as `ast.get_docstring` gives it; its body is left."""
    if not isinstance(node.body, Deferred):
        return ast.get_docstring(node, clean=clean)
    first = node.body.first
    return None if first is None else ast.get_docstring(ast.Module([first], []), clean=clean)


def parsed(text: str) -> ast.Module:
    """The tree of a text.

    Raises:
        SyntaxError: It does not parse.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in the user's code are not our business
        return ast.parse(text)


class Deferred(list[ast.stmt]):
    """The body of a function, parsed once somebody asks for anything in it.

    The list itself stays empty: what reads it without asking it would see no statement, which no
    function has.

    Attributes:
        first: Its docstring; None without one.
    """

    __slots__ = ("_lines", "_node", "_place", "_statements", "first")

    def __init__(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str], place: Place
    ):
        super().__init__()
        self.first = node.body[0] if len(node.body) > 1 else None
        self._node = node
        self._lines = lines
        self._place = place
        self._statements: list[ast.stmt] | None = None

    def statements(self) -> list[ast.stmt]:
        """What stands there."""
        if self._statements is None:
            found = _parsed_alone(self._lines, self._place)
            if found is None:
                found = _parsed_as_a_whole(self._lines, self._node)
            elif self.first is not None:
                found.insert(0, self.first)
            self._statements = found
            if self._node.body is self:
                self._node.body = found
        return self._statements

    def __iter__(self) -> Iterator[ast.stmt]:
        return iter(self.statements())

    def __len__(self) -> int:
        return len(self.statements())

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        return self.statements()[index]

    def __reversed__(self) -> Iterator[ast.stmt]:
        return reversed(self.statements())

    def __contains__(self, one: object) -> bool:
        return one in self.statements()

    def __eq__(self, other: object) -> bool:
        return self.statements() == (other.statements() if isinstance(other, Deferred) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None

    def __add__(self, other: Any) -> list[Any]:
        return [*self.statements(), *other]

    def __radd__(self, other: Any) -> list[Any]:
        return [*other, *self.statements()]

    def __mul__(self, times: SupportsIndex) -> list[ast.stmt]:
        return self.statements() * times

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return repr(self.statements())

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return list, (self.statements(),)

    def copy(self) -> list[ast.stmt]:
        return self.statements().copy()

    def count(self, one: Any) -> int:
        return self.statements().count(one)

    def index(self, one: Any, *where: Any) -> int:
        return self.statements().index(one, *where)


def _functions(body: Sequence[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions that a body defines, in order; none within functions."""
    pending: list[ast.AST] = [*reversed(body)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        elif isinstance(node, _HOLDING):
            inner = (getattr(node, name, ()) for name in _BLOCKS)
            pending += [part for block in inner for part in block][::-1]


_BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")
_HOLDING = (
    *(ast.AsyncFor, ast.AsyncWith, ast.ClassDef, ast.ExceptHandler, ast.For, ast.If, ast.Match),
    *(ast.Try, ast.TryStar, ast.While, ast.With, ast.match_case),
)


def _place(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> Place | None:
    """Where the body of a function stands; None where there is nothing to gain."""
    body = node.body[1:] if _is_text(node.body[0]) else node.body
    if not body:
        return None
    end_line, end_column = body[-1].end_lineno or 0, body[-1].end_col_offset or 0
    decorators = getattr(body[0], "decorator_list", [])
    line = decorators[0].lineno if decorators else body[0].lineno
    text = lines[line - 1]
    column = len(text) - len(text.lstrip(" \t"))
    begins_there = text[column : column + 1] == "@" if decorators else column == body[0].col_offset
    if not begins_there or line == node.lineno or line >= end_line:
        return None
    return Place(line, column, end_line, end_column)


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _stands_for_it(node: ast.FunctionDef | ast.AsyncFunctionDef, place: Place) -> bool:
    """Whether a function has, but for a docstring, what `parse_around` put in place of a body."""
    last = node.body[-1]
    return (len(node.body) == 1 or (len(node.body) == 2 and _is_text(node.body[0]))) and Place(
        last.lineno, last.col_offset, last.end_lineno or 0, last.end_col_offset or 0
    ) == place


def _parsed_alone(lines: list[str], place: Place) -> list[ast.stmt] | None:
    """The statements in a place; None where there are none of a body."""
    line, _, end_line, end_column = place
    last = lines[end_line - 1].encode()[:end_column].decode(errors="replace")
    # Where a body stands there is a function around it; the parser asks for none.
    text = "\n".join(("\n" * (line - 2) + "if 0:", *lines[line - 1 : end_line - 1], last))
    try:
        tree = parsed(text)
    except (SyntaxError, ValueError):
        return None
    match tree.body:
        case [ast.If(body=body, orelse=[])] if (
            body[-1].end_lineno == end_line and body[-1].end_col_offset == end_column
        ):
            return body
    return None


def _parsed_as_a_whole(
    lines: list[str], node: ast.FunctionDef | ast.AsyncFunctionDef
) -> list[ast.stmt]:
    """The body of a function in the tree of the whole file."""
    where = node.lineno, node.col_offset
    tree = parsed("\n".join(lines))
    return next(one.body for one in _functions(tree.body) if (one.lineno, one.col_offset) == where)
