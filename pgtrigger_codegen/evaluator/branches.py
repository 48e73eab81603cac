"""What names are after branches of which only one will run."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pgtrigger_codegen.evaluator.values import LazyImport, Unknown


def merge(
    before: Mapping[str, Any],
    outcomes: Sequence[Mapping[str, Any]],
    bound: Collection[str],
    why: Unknown,
) -> dict[str, Any]:
    """The names after blocks of which only one has run: what they agree on, and what not.

    Args:
        before: The names before.
        outcomes: The names after each block.
        bound: Names that statements of the blocks bind.
        why: What a name is that they do not agree on.
    """
    names: dict[str, Any] = {}
    for name in dict.fromkeys(name for outcome in outcomes for name in outcome):
        values = [outcome.get(name, _MISSING) for outcome in outcomes]
        if isinstance(before.get(name), LazyImport) and name not in bound:
            # Following an import binds it anew, and to the same wherever it is first needed.
            values = [value for value in values if not isinstance(value, LazyImport)]
            values = values[:1] or [before[name]]
        names[name] = _merged(values, why)
    return names


def bound_names(node: ast.stmt) -> set[str]:
    """Names that a statement at the top of a body may bind."""
    names = set()
    pending: list[ast.AST] = [node]
    while pending:
        child = pending.pop()
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(child.name)
            continue
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            names.add(child.id)
        elif isinstance(child, ast.Import | ast.ImportFrom):
            names.update(a.asname or a.name.partition(".")[0] for a in child.names)
        if not isinstance(child, ast.Lambda):
            pending.extend(ast.iter_child_nodes(child))
    return names


def local_names(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> frozenset[str]:
    """What a function binds somewhere in its body: these names mean nothing outside of it."""
    if isinstance(node, ast.Lambda):
        return frozenset()
    found: frozenset[str] | None = vars(node).get(_LOCAL_NAMES)
    if found is None:
        found = _local_names(node.body)
        setattr(node, _LOCAL_NAMES, found)  # asked for at each call
    return found


def _local_names(body: Sequence[ast.stmt]) -> frozenset[str]:
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
                inner = [part for part in ast.walk(child) if isinstance(part, ast.NamedExpr)]
                names.update(part.target.id for part in inner)
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
        pending.extend(ast.iter_child_nodes(child))
    return frozenset(names - elsewhere)


def _merged(values: list[Any], why: Unknown) -> Any:
    """What values of one name have in common: of lists, the items they begin with."""
    first = values[0]
    if all(_is_same(value, first) for value in values):
        return first
    if not isinstance(first, list | tuple) or any(
        type(value) is not type(first) for value in values
    ):
        return why
    shared = []
    for items in zip(*values, strict=False):
        if not all(_is_same(item, items[0]) for item in items):
            break
        shared.append(items[0])
    return type(first)([*shared, Unknown(why.reason, why.span, why.notes, spread=True)])


def _is_same(left: Any, right: Any) -> bool:
    """Whether it makes no difference which of two values it is."""
    if left is right:
        return True
    return isinstance(left, str | int | bool) and type(left) is type(right) and left == right


_LOCAL_NAMES = "local_names"
_MISSING = object()
