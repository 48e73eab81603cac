"""Source stage: the text of a syntax tree, as Python would write it."""

from __future__ import annotations

import ast

UNWRITTEN = "…"
"""In the place of what has no text. It is no Python, so that no fix can be made of it."""


def unparsed(node: ast.AST) -> str:
    """The text of a tree.

    `ast.unparse` is recursive, and ends with a `RecursionError` where the parser itself did not. It
    refuses f-strings whose quotes it cannot nest with a `ValueError`.
    """
    try:
        return ast.unparse(node)
    except (RecursionError, ValueError):
        return UNWRITTEN
