"""String literals with the place of each of their characters.

`ast` gives the value of a literal and where it begins and ends. Where the tenth character of the
value stands must be read from the source: escapes, line continuations, implicit concatenation
and the replacement fields of f-strings lie between.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeGuard

from pgtrigger_codegen.source.module import Module


class Char(NamedTuple):
    """One character of a value: lines and columns from 1, the end exclusive."""

    text: str
    line: int
    column: int
    end_column: int


Run = list[Char]
"""Characters without a replacement field between them."""


def literal_runs(module: Module, node: ast.Constant | ast.JoinedStr) -> list[Run]:
    """The characters of a literal; empty when its source is not understood."""
    span = module.span(node)
    lines = module.lines[span.line - 1 : span.end_line]
    if not lines:
        return []
    lines[-1] = lines[-1][: span.end_column - 1]
    text = "\n".join(lines)[span.column - 1 :]
    runs = _Scanner(text, span.line, span.column).runs()
    read = "".join(char.text for run in runs for char in run)
    return runs if read == _value(node) else []


def _value(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    parts = (part.value for part in node.values if isinstance(part, ast.Constant))
    return "".join(map(str, parts))


_OPENING = re.compile(r"([A-Za-z]{0,2})(\"\"\"|'''|\"|')")
_BETWEEN = re.compile(r"(?:[\s\\()]|#[^\n]*)+")
_ESCAPE = re.compile(
    r"\\(?:(?P<newline>\n)|(?P<octal>[0-7]{1,3})|x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})"
    r"|U(?P<U>[0-9a-fA-F]{8})|N\{(?P<name>[^}]*)\}|(?P<simple>[\\'\"abfnrtv]))"
)
_SIMPLE = dict(zip("\\'\"abfnrtv", "\\'\"\a\b\f\n\r\t\v", strict=True))


class _Scanner:
    def __init__(self, text: str, line: int, column: int) -> None:
        self._text = text
        self._position = 0
        self._line = line
        self._column = column
        self._runs: list[Run] = [[]]

    def runs(self) -> list[Run]:
        while self._position < len(self._text):
            if match := _BETWEEN.match(self._text, self._position):
                self._move(match.end())
            elif match := _OPENING.match(self._text, self._position):
                self._move(match.end())
                prefix = match.group(1).lower()
                if not self._string(match.group(2), raw="r" in prefix, fields="f" in prefix):
                    return []
            else:
                return []
        return [run for run in self._runs if run]

    def _string(self, quote: str, *, raw: bool, fields: bool) -> bool:
        """Reads up to the closing quote; whether there is one."""
        while self._position < len(self._text):
            rest = self._text[self._position : self._position + 3]
            if rest.startswith(quote):
                self._move(self._position + len(quote))
                return True
            if rest[0] == "\\" and self._backslash(raw=raw):
                continue
            if fields and rest[:2] in ("{{", "}}"):
                self._add(rest[0], self._position + 2)
            elif fields and rest[0] == "{":
                self._field()
            else:
                self._add(rest[0], self._position + 1)
        return False

    def _backslash(self, *, raw: bool) -> bool:
        """Reads an escape; a backslash that begins none stands for itself."""
        if raw:
            self._add("\\", self._position + 1)
            if self._position < len(self._text):
                self._add(self._text[self._position], self._position + 1)
            return True
        match = _ESCAPE.match(self._text, self._position)
        if match is None:
            return False
        value = _escaped(match)
        if value is None:
            return False
        if value:
            self._add(value, match.end())
        else:
            self._move(match.end())
        return True

    def _field(self) -> None:
        """Skips a replacement field, with whatever brackets and literals it holds."""
        depth = 0
        position = self._position
        while position < len(self._text):
            character = self._text[position]
            depth += {"{": 1, "}": -1}.get(character, 0)
            position += 1
            if depth == 0:
                break
        self._move(position)
        self._runs.append([])

    def _add(self, value: str, end: int) -> None:
        line, column = self._line, self._column
        self._move(end)
        end_column = self._column if self._line == line else column + 1
        self._runs[-1].append(Char(value, line, column, end_column))

    def _move(self, end: int) -> None:
        passed = self._text[self._position : end]
        breaks = passed.count("\n")
        self._line += breaks
        if breaks:
            self._column = len(passed) - passed.rfind("\n")
        else:
            self._column += len(passed)
        self._position = end


def _escaped(match: re.Match[str]) -> str | None:
    if match["newline"]:
        return ""
    if match["simple"]:
        return _SIMPLE[match["simple"]]
    if match["octal"]:
        return chr(int(match["octal"], 8))
    if match["name"] is not None:
        import unicodedata

        try:
            return unicodedata.lookup(match["name"])
        except KeyError:
            return None
    return chr(int(match["x"] or match["u"] or match["U"], 16))


def string_literals(tree: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """The string literals below a node in order, docstrings and the parts of f-strings aside."""
    pending = _children(tree)[::-1]
    while pending:  # not recursive: some trees are deeper than Python's stack
        node = pending.pop()
        if _is_text(node):
            yield node
        else:
            pending += _children(node)[::-1]


def _children(tree: ast.AST) -> list[ast.AST]:
    return [
        child
        for field, value in ast.iter_fields(tree)
        for child in (value if isinstance(value, list) else [value])
        if isinstance(child, ast.AST) and not isinstance(child, ast.FormattedValue)
        if not (field == "body" and isinstance(child, ast.Expr) and _is_text(child.value))
    ]


def _is_text(node: ast.AST) -> TypeGuard[ast.Constant | ast.JoinedStr]:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
