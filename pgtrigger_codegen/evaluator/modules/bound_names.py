"""Names that statements bind, and those that are a function's own."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from pgtrigger_codegen.source.nodes import children, kept


def bound_names(node: ast.stmt) -> frozenset[str]:
    """Names that a statement at the top of a body may bind."""
    # Asked for each time that it is executed, where it is not known whether it is.
    return kept(node, "bound_names", lambda one: frozenset(_bound([one])[0]))


def local_names(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> frozenset[str]:
    """What a function binds somewhere in its body: these names mean nothing outside of it."""
    if isinstance(node, ast.Lambda):
        return frozenset()
    body = node.body
    return kept(node, "local_names", lambda _: _local_names(body))  # asked for at each call


def walrus_names(node: ast.AST) -> frozenset[str]:
    """Names that `:=` binds in an expression, but for what functions within bind of their own."""
    return kept(node, "walrus_names", _walrus_names)


def _walrus_names(node: ast.AST) -> frozenset[str]:
    names: set[str] = set()
    pending = [node]
    while pending:
        child = pending.pop()
        if isinstance(child, ast.NamedExpr):
            names.add(child.target.id)
        if not isinstance(child, ast.Lambda):
            pending.extend(children(child))
    return frozenset(names)


def _local_names(body: Sequence[ast.stmt]) -> frozenset[str]:
    names, elsewhere = _bound(body)
    return frozenset(names - elsewhere)


def _bound(body: Sequence[ast.AST]) -> tuple[set[str], set[str]]:
    """Names that statements bind, and those that they say are bound elsewhere."""
    names: set[str] = set()
    elsewhere: set[str] = set()
    pending: list[ast.AST] = list(body)
    while pending:
        child = pending.pop()
        match child:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(child.name)
                continue
            case ast.Lambda():
                continue
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                names |= walrus_names(child)
                continue
            case ast.Name(ctx=ast.Store() | ast.Del()):
                names.add(child.id)
            case ast.Import() | ast.ImportFrom():
                names.update(a.asname or a.name.partition(".")[0] for a in child.names)
            case ast.Global() | ast.Nonlocal():
                elsewhere.update(child.names)
            case ast.ExceptHandler(name=str(name)):
                names.add(name)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
            case ast.MatchMapping(rest=str(name)):
                names.add(name)
        pending.extend(children(child))
    return names, elsewhere
