"""Source stage: the words in a syntax tree, at any depth.

`ast.unparse` is recursive, and ends with a `RecursionError` where the parser itself did not.
"""

from __future__ import annotations

import ast

from pgtrigger_codegen.source.nodes import walk


def mentions(node: ast.AST, *words: str) -> bool:
    """Whether one of the words is part of a name or string in the tree."""
    return any(
        word in value
        for part in walk(node)
        for _, value in ast.iter_fields(part)
        if isinstance(value, str)
        for word in words
    )
