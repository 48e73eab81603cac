"""Stage source: elements of a call or a list that are moved, as they are written.

Comments move along, and lines are indented anew, but for those that a string goes over: its
content would change.
"""

from __future__ import annotations

import ast
import io
import itertools
import tokenize
from collections.abc import Iterator, Sequence

from msgspec import Struct

from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

Place = tuple[int, int]
"""Line and column, both from 1."""


class Element(Struct, frozen=True):
    """One expression between commas.

    Attributes:
        lines: Its text, each line with what it is indented by beyond the first.
        comments: Those above it.
        trailing: The comment behind it, empty without one.
    """

    lines: tuple[Line, ...]
    comments: tuple[str, ...] = ()
    trailing: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether it fits into a line."""
        return len(self.lines) == 1 and not self.comments and not self.trailing

    def render(self, indent: str) -> Iterator[str]:
        """Its lines, the last one with a comma."""
        yield from (indent + comment for comment in self.comments)
        *before, last = self.lines
        yield from (line.render(indent) for line in before)
        behind = f"  {self.trailing}" if self.trailing else ""
        yield f"{last.render(indent)},{behind}"


class Line(Struct, frozen=True):
    """A line of an element.

    Attributes:
        is_fixed: Whether it begins within a string, so that it cannot be indented.
    """

    text: str
    is_fixed: bool = False

    def render(self, indent: str) -> str:
        """The line, indented."""
        return self.text if self.is_fixed or not self.text else indent + self.text


def plain_element(code: str) -> Element:
    """An element of a single line."""
    return Element((Line(code),))


def elements_between(
    module: Module, nodes: Sequence[ast.expr], start: Place, end: Place
) -> tuple[tuple[Element, ...], tuple[str, ...]]:
    """The elements, with the comments that stand between two places.

    Returns:
        The elements, and the comments below the last one.
    """
    fixed = lines_in_strings(module)
    comments = [comment for comment in comments_of(module) if start <= comment.place < end]
    found = []
    spans = sorted(map(module.span, nodes))
    for span, following in itertools.zip_longest(spans, spans[1:]):
        next_place = (following.line, following.column) if following else end
        above, comments = _until(comments, (span.line, span.column))
        _, comments = _until(comments, (span.end_line, span.end_column))  # those inside stay there
        behind = ""
        if comments and comments[0].line == span.end_line and comments[0].place < next_place:
            behind, comments = comments[0].text, comments[1:]
        lines = tuple(_lines(module, span, fixed))
        found.append(Element(lines, tuple(one.text for one in above), behind))
    return tuple(found), tuple(comment.text for comment in comments)


class Comment(Struct, frozen=True):
    """A comment and where it begins."""

    line: int
    column: int
    text: str

    @property
    def place(self) -> Place:
        """Where it begins."""
        return (self.line, self.column)


def comments_of(module: Module) -> list[Comment]:
    """The comments of a module, in order."""
    return [
        Comment(token.start[0], token.start[1] + 1, token.string)
        for token in tokens_of(module)
        if token.type == tokenize.COMMENT
    ]


def tokens_of(module: Module) -> Iterator[tokenize.TokenInfo]:
    """The tokens, as far as this Python's tokenizer gets."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(module.text).readline)
    except (tokenize.TokenError, SyntaxError):
        return


def lines_in_strings(module: Module) -> frozenset[int]:
    """Lines that begin within a string."""
    found: set[int] = set()
    open_strings: list[int] = []
    for token in tokens_of(module):
        name = tokenize.tok_name[token.type]
        if name.endswith("STRING_START"):  # an f-string, from Python 3.12 on
            open_strings.append(token.start[0])
        elif name.endswith("STRING_END") and open_strings:
            found.update(range(open_strings.pop() + 1, token.end[0] + 1))
        elif token.type == tokenize.STRING:
            found.update(range(token.start[0] + 1, token.end[0] + 1))
    return frozenset(found)


def opening_bracket(module: Module, span: Span) -> Place | None:
    """Behind the bracket that the last character of a span closes."""
    stack: list[Place] = []
    for token in tokens_of(module):
        place = (token.end[0], token.end[1] + 1)
        if token.type == tokenize.OP and token.string in "([{":
            stack.append(place)
        elif token.type == tokenize.OP and token.string in ")]}":
            opened = stack.pop() if stack else None
            if place == (span.end_line, span.end_column):
                return opened if opened and opened > (span.line, span.column) else None
    return None


def indentation(line: str) -> str:
    """The blanks that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def _until(comments: list[Comment], place: Place) -> tuple[list[Comment], list[Comment]]:
    count = sum(comment.place < place for comment in comments)
    return comments[:count], comments[count:]


def _lines(module: Module, span: Span, fixed: frozenset[int]) -> Iterator[Line]:
    base = indentation(module.lines[span.line - 1])
    for number in range(span.line, span.end_line + 1):
        line = module.lines[number - 1]
        end = span.end_column - 1 if number == span.end_line else len(line)
        if number == span.line:
            yield Line(line[span.column - 1 : end])
        elif number in fixed:
            yield Line(line[:end], is_fixed=True)
        else:
            text = line[:end]
            yield Line(text[len(base) :] if text.startswith(base) else text.lstrip())
