"""The line range of each statement, to which a comment on one of its lines applies.

In a list of calls, as that of a model's triggers or of a migration's operations is one, a comment
speaks of the call on whose lines it stands.
"""

from __future__ import annotations

import ast
import bisect
from collections.abc import Iterable, Iterator

from pgtrigger_codegen.source.module import Module


class Statements:
    """The line ranges of a module's statements.

    A simple statement has all of its lines, a compound one (`class`, `def`, `if`) those from its
    first decorator to the colon. Statements that share a line count as one, and so do calls in a
    list. Of lists in lists, the outermost counts.
    """

    def __init__(self, module: Module | None) -> None:
        self._statements = _merged(_ranges(module) if module is not None else ())
        self._calls = _merged(_listed_calls(module.tree) if module is not None else ())

    def lines(self, line: int) -> range:
        """The lines of the call in a list, else of the statement, that the line is part of.

        That line alone if it is part of none.
        """
        return _find(self._calls, line) or _find(self._statements, line) or range(line, line + 1)


def _merged(ranges: Iterable[range]) -> list[range]:
    """In order, those that share a line as one."""
    merged: list[range] = []
    for found in sorted(ranges, key=lambda lines: (lines.start, lines.stop)):
        lines = found
        if merged and lines.start < merged[-1].stop:
            last = merged.pop()
            lines = range(last.start, max(last.stop, lines.stop))
        merged.append(lines)
    return merged


def _find(ranges: list[range], line: int) -> range | None:
    index = bisect.bisect_right(ranges, line, key=lambda lines: lines.start) - 1
    return ranges[index] if index >= 0 and line in ranges[index] else None


def _listed_calls(tree: ast.AST) -> Iterator[range]:
    """The calls in lists that are in no other list."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.List | ast.Tuple):
            for item in node.elts:
                if isinstance(item, ast.Call):
                    yield range(item.lineno, (item.end_lineno or item.lineno) + 1)
        else:
            pending += ast.iter_child_nodes(node)


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
