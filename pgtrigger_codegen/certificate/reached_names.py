"""Names by which functions may be called that nobody was seen to call."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import walk


def reached_names(names: Mapping[str, str], modules: Iterable[Module]) -> Mapping[str, str]:
    """The names, and those that functions so named mention, and so on; each with its reason.

    Args:
        names: Names that may be called, and why it is not known whether they are.
    """
    bodies: dict[str, set[str]] = {}
    for module in modules if names else ():
        for node in walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                bodies.setdefault(node.name, set()).update(_names_in(node))
    reached: dict[str, str] = {}
    pending = list(names.items())
    while pending:
        name, why = pending.pop()
        if name not in reached:
            reached[name] = why
            pending += [(inner, why) for inner in bodies.get(name, ())]
    return reached


def _names_in(node: ast.AST) -> set[str]:
    named = {getattr(x, "id", None) or getattr(x, "attr", None) for x in walk(node)}
    return {name for name in named if name is not None}
