"""Stage project: names that a file assigns exactly once, and so stand for one expression."""

from __future__ import annotations

import ast
from collections import Counter

from pgtrigger_codegen.source.nodes import walk

# Constants may refer to one another, even in a circle.
MAX_DEPTH = 20


def once_assigned(module: ast.Module) -> dict[str, ast.expr]:
    """Names that the file assigns exactly once, to their expressions."""
    stores = Counter(
        node.id
        for node in walk(module)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    found: dict[str, ast.expr] = {}
    for node in walk(module):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                found[name] = value
            case _:
                pass
    return {name: value for name, value in found.items() if stores[name] == 1}
