"""Syntax newer than the Python that runs us, overwritten so that the rest can be read.

A pre-commit hook often runs under an older Python than the project. LibCST parses every
Python's grammar whatever runs it; with its help the few constructs that `ast` here does not
know are replaced by text of the same length and lines, so that no position moves:

- type parameters (`class Box[T]:`, Python 3.12) become blanks;
- `type Alias = …` statements (3.12) become `pass`;
- f-strings that only PEP 701 (3.12) allows become a name that nothing binds, so that an
  expression which depends on one is refused, never misread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst as cst
    from libcst.metadata import CodePosition

UNREADABLE_NAME = "___"

# LibCST's native parser is recursive: what nests more deeply ends the process. Python itself
# takes 200 brackets and 100 blocks.
_MAX_DEPTH = 200
_DEEP = re.compile(
    r"(?:[-+~]\s*){200}|(?:\bnot\s+){200}|(?:\blambda\s*:\s*){200}|^[ \t]{1000}", re.MULTILINE
)


def downlevel(text: str) -> str | None:
    """Rewrites newer syntax in place.

    Returns:
        Text with the same lines, or None when LibCST cannot parse it either, or when there
        is nothing to rewrite.
    """
    if _DEEP.search(text) or _depth(text) > _MAX_DEPTH:
        return None
    import libcst as cst
    from libcst.metadata import MetadataWrapper, PositionProvider

    try:
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    except (cst.ParserSyntaxError, RecursionError):
        return None
    positions = wrapper.resolve(PositionProvider)
    lines = [list(line) for line in text.split("\n")]
    changed = False
    for node, replacement in _newer_nodes(wrapper.module):
        where = positions[node]
        _overwrite(lines, where.start, where.end, replacement)
        changed = True
    return "\n".join("".join(line) for line in lines) if changed else None


def _depth(text: str) -> int:
    """How deeply brackets nest, those in strings and comments counted too."""
    deepest = depth = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth = max(depth - 1, 0)
    return deepest


def _newer_nodes(module: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, str]]:
    import libcst as cst

    pending = [module]
    while pending:
        node = pending.pop()
        if isinstance(node, cst.TypeParameters):
            yield node, ""
        elif isinstance(node, cst.TypeAlias):
            yield node, "pass"
        elif isinstance(node, cst.FormattedString) and _is_pep_701(node):
            yield node, UNREADABLE_NAME
        else:
            pending.extend(node.children)


def _is_pep_701(string: cst.FormattedString) -> bool:
    """Whether an f-string holds its own quote, a backslash or a line end in an expression."""
    import libcst as cst

    triple = len(string.quote) == 3
    for part in string.parts:
        if isinstance(part, cst.FormattedStringExpression):
            code = cst.Module([]).code_for_node(part)
            if string.quote in code or "\\" in code or "#" in code or ("\n" in code and not triple):
                return True
    return False


def _overwrite(
    lines: list[list[str]], start: CodePosition, end: CodePosition, replacement: str
) -> None:
    """Blanks a range; a range over several lines stays open to continuation by parentheses."""
    first, last = start.line, end.line
    for number in range(first, last + 1):
        line = lines[number - 1]
        begin = start.column if number == first else 0
        stop = end.column if number == last else len(line)
        line[begin:stop] = " " * (stop - begin)
    if replacement:
        begin = start.column
        if first == last:
            lines[first - 1][begin : begin + len(replacement)] = replacement
        else:
            lines[first - 1][begin : begin + len(replacement) + 1] = "(" + replacement
            stop = end.column
            lines[last - 1][stop - 1 : stop] = ")"
