"""The lines of each statement, so that a comment on one of them speaks of all of it."""

from __future__ import annotations

import ast
import bisect
from collections.abc import Iterator

from pgtrigger_codegen.source.module import Module


class Statements:
    """The line ranges of a module's statements.

    A simple statement has all of its lines, a compound one (`class`, `def`, `if`) those from its
    first decorator to the colon. Statements that share a line count as one.
    """

    def __init__(self, module: Module | None) -> None:
        self._ranges: list[range] = []
        ranges = _ranges(module) if module is not None else ()
        for found in sorted(ranges, key=lambda lines: (lines.start, lines.stop)):
            lines = found
            if self._ranges and lines.start < self._ranges[-1].stop:
                last = self._ranges.pop()
                lines = range(last.start, max(last.stop, lines.stop))
            self._ranges.append(lines)

    def lines(self, line: int) -> range:
        """The lines of the statement that the line is part of: that line alone if of none."""
        index = bisect.bisect_right(self._ranges, line, key=lambda lines: lines.start) - 1
        if index >= 0 and line in self._ranges[index]:
            return self._ranges[index]
        return range(line, line + 1)


def _ranges(module: Module) -> Iterator[range]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.stmt):
            yield _lines(node, module)
        elif isinstance(node, ast.ExceptHandler):
            yield range(node.lineno, _header_end(node.lineno, node.body, module) + 1)


def _lines(node: ast.stmt, module: Module) -> range:
    decorators = getattr(node, "decorator_list", [])
    first = min((item.lineno for item in decorators), default=node.lineno)
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if not isinstance(body, list):
        return range(first, (node.end_lineno or first) + 1)
    return range(first, _header_end(node.lineno, body, module) + 1)


def _header_end(line: int, body: list[ast.stmt], module: Module) -> int:
    """The line of the colon: the last one before the body that is more than a comment."""
    start = body[0]
    decorators = getattr(start, "decorator_list", [])
    positioned = getattr(start, "pattern", start)  # a `case` has no position of its own
    first: int = min([positioned.lineno, *(item.lineno for item in decorators)])
    before = module.lines[first - 1][: positioned.col_offset].strip(" \t@")
    if before and positioned is start:
        return first  # the body stands behind the colon
    last = first - 1
    while last > line and module.lines[last - 1].lstrip()[:1] in ("", "#"):
        last -= 1
    return max(last, line)
