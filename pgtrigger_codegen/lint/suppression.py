"""Comments that silence findings: `# pgtrigger-codegen: ignore[PGT103] reason`.

`ignore[…]` speaks of the statement that its line is part of, in a list of calls of the call;
`ignore-file[…]` of the whole file. A comment of SQL (`-- pgtrigger-codegen: ignore[PGT301]`) speaks
of its line.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.lint.places.statements import Statements
from pgtrigger_codegen.lint.selection import Selector
from pgtrigger_codegen.source.module import Module, SourceSyntaxError, parse_module
from pgtrigger_codegen.source.span import Span

MARKER = "pgtrigger-codegen:"

# What follows may be a reason, up to another comment on the same line. Prose that only begins
# like this is none of ours.
_COMMENT = re.compile(
    r"(?:#|--)\s*pgtrigger-codegen:\s*(?P<kind>ignore[\w-]*)\s*(?:\[(?P<list>[^\]#]*)\])?"
    r"(?:(?!\s#\s).)*"
)
_KINDS = ("ignore", "ignore-file")


class SuppressionComment(Struct, frozen=True):
    """One such comment.

    Attributes:
        span: From its `#` to its end, or to the next comment on the line.
        whole_line: Whether nothing else stands on the line.
        whole_file: Whether it is an `ignore-file`.
        selectors: What it names; empty when it is not written as it must be.
        list_span: What stands in the brackets, None without them.
        gap_column: Where the blanks before the comment begin, which go when it goes.
        in_sql: Whether it is one of SQL, in a string or a file: it speaks of its line, and of the
            next one where nothing else stands on its own.
    """

    span: Span
    whole_line: bool
    whole_file: bool
    selectors: tuple[Selector, ...]
    list_span: Span | None
    gap_column: int
    in_sql: bool = False


class Suppressions(Struct, frozen=True):
    """The comments of one file, with those that have been used."""

    comments: Sequence[SuppressionComment]
    statements: Statements
    _used: set[tuple[SuppressionComment, Selector]] = field(default_factory=set)

    def suppress(self, finding: Diagnostic) -> bool:
        """Whether a comment silences the finding; the comment has then been of use."""
        fitting = [
            (comment, selector)
            for comment in self.comments
            if comment.whole_file or finding.span.line in self._lines(comment)
            for selector in comment.selectors
            if selector.matches(finding.code, finding.name)
        ]
        self._used.update(fitting)
        return bool(fitting)

    def _lines(self, comment: SuppressionComment) -> range:
        """The lines that a comment speaks of."""
        line = comment.span.line
        if comment.in_sql:
            return range(line, line + 1 + comment.whole_line)
        return self.statements.lines(line)

    def unused(self, comment: SuppressionComment) -> tuple[Selector, ...]:
        """The selectors of a comment that have silenced nothing."""
        return tuple(one for one in comment.selectors if (comment, one) not in self._used)


def read_suppressions(path: str, source: SourceText) -> Suppressions:
    """The comments of a file; a file that does not parse has no statements, but lines."""
    text = source.plain
    comments = tuple(_comments(path, text)) if MARKER in text else ()
    return Suppressions(comments, Statements(parsed(path, text) if comments else None))


def parsed(path: str, text: str) -> Module | None:
    """The module, None when it does not parse."""
    try:
        return parse_module("", Path(path), text)
    except SourceSyntaxError:
        return None


def tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens of a file, up to the place where it is no Python."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, SyntaxError):
        return


def _comments(path: str, text: str) -> Iterator[SuppressionComment]:
    is_python = not path.endswith(".sql")
    python: dict[int, int] = {}
    for token in tokens(text) if is_python else ():
        if token.type == tokenize.COMMENT:
            line, column = token.start
            python[line] = column
            before = token.line[:column]
            for match in _COMMENT.finditer(token.string):
                if match.group().startswith("#"):
                    yield _comment(path, line, column, match, before)
    for number, line_text in enumerate(text.split("\n"), start=1):
        if "--" in line_text and MARKER in line_text:
            for match in _COMMENT.finditer(line_text, 0, python.get(number, len(line_text))):
                if match.group().startswith("--"):
                    comment = _comment(path, number, 0, match, "")
                    alone = not line_text[: match.start()].strip()
                    yield replace(comment, in_sql=True, whole_line=alone)


def _comment(
    path: str, line: int, column: int, match: re.Match[str], before: str
) -> SuppressionComment:
    def span(start: int, end: int) -> Span:
        return Span(path, line, column + start + 1, line, column + end + 1)

    known = match["kind"] in _KINDS
    # A trailing comment behind this one begins where this match ends.
    ends_line = match.end() == len(match.string)
    return SuppressionComment(
        span=span(match.start(), match.start() + len(match.group().rstrip())),
        whole_line=not before.strip() and match.start() == 0 and ends_line,
        whole_file=match["kind"] == "ignore-file",
        selectors=tuple(_selectors(match["list"] or "")) if known else (),
        list_span=span(*match.span("list")) if match["list"] is not None else None,
        gap_column=len((before + match.string[: match.start()]).rstrip()) + 1,
    )


def _selectors(text: str) -> Iterable[Selector]:
    names = (name.strip() for name in text.split(","))
    return dict.fromkeys(Selector(name) for name in names if name)
