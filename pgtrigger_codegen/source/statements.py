"""Stage source: the statements of a tree, those inside of others included."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator

# The fields that hold statements, or what holds statements, in the order of the source.
_BLOCKS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.AsyncFor: ("body", "orelse"),
    ast.AsyncFunctionDef: ("body",),
    ast.AsyncWith: ("body",),
    ast.ClassDef: ("body",),
    ast.ExceptHandler: ("body",),
    ast.For: ("body", "orelse"),
    ast.FunctionDef: ("body",),
    ast.If: ("body", "orelse"),
    ast.Match: ("cases",),
    ast.Try: ("body", "handlers", "orelse", "finalbody"),
    ast.TryStar: ("body", "handlers", "orelse", "finalbody"),
    ast.While: ("body", "orelse"),
    ast.With: ("body",),
    ast.match_case: ("body",),
}


def statements_within(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body and all within them, in the order of `ast.walk`.

    Most of a tree is expressions, which hold no statements and are not looked at here.
    """
    pending: deque[ast.AST] = deque(body)
    while pending:
        node = pending.popleft()
        if isinstance(node, ast.stmt):
            yield node
        for name in _BLOCKS.get(type(node), ()):
            pending.extend(getattr(node, name))
