"""Expressions that yield on the way to their value, and everything that asks whether code yields.

Parts are evaluated in Python's order, as far as they yield one after another. Then the expression
is evaluated as any other, over its parts' values.
"""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Generator, Iterator
from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects import iteration, unknowns
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.source.nodes import children, forget, kept

# Their parts are evaluated one after another, in the order of their fields, and each of them once.
_IN_ORDER = (
    ast.Attribute,
    ast.BinOp,
    ast.Call,
    ast.FormattedValue,
    ast.JoinedStr,
    ast.List,
    ast.NamedExpr,
    ast.Set,
    ast.Starred,
    ast.Subscript,
    ast.Tuple,
    ast.UnaryOp,
    ast.keyword,
)


def contains_yield(node: ast.AST) -> bool:
    """Whether a statement yields from the function it stands in."""
    return kept(node, "contains_yield", _contains_yield)  # asked each time that it is executed


def _contains_yield(node: ast.AST) -> bool:
    pending: list[ast.AST] = [node]
    while pending:
        child = pending.pop()
        if isinstance(child, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
        ):
            pending.extend(children(child))
    return False


def yielded(vm: Machine, node: ast.expr, scope: Scope) -> Generator[Any, Any, Any]:
    """Yields what an expression yields; returns its value."""
    if not contains_yield(node):
        return vm.value(node, scope)
    match node:
        case ast.Yield(value=None):
            return (yield None)
        case ast.Yield(value=ast.expr() as inner):
            return (yield (yield from yielded(vm, inner, scope)))
        case ast.YieldFrom():
            return (yield from _delegated(vm, node, scope))
        case ast.IfExp() if not contains_yield(node.body) and not contains_yield(node.orelse):
            test = yield from yielded(vm, node.test, scope)
            return vm.value(_with_parts(node, {"test": _known(node.test, test)}), scope)
    return vm.value((yield from _settled(vm, node, scope)), scope)


def not_followed(node: ast.AST, scope: Scope) -> Refusal:
    """The refusal of code that yields where that is not followed."""
    return Refusal(Unknown("a `yield` in this place is not followed", scope.module.span(node)))


def _delegated(vm: Machine, node: ast.YieldFrom, scope: Scope) -> Generator[Any, Any, Any]:
    value = yield from yielded(vm, node.value, scope)
    if isinstance(value, types.GeneratorType):  # what is sent and thrown goes there, too
        return (yield from value)
    items: Iterator[Any] | Unknown = iteration.each(vm, value, scope.module.span(node))
    if isinstance(items, Unknown):
        yield unknowns.spread(items)
        return items
    yield from items
    return None


def _settled(vm: Machine, node: Any, scope: Scope) -> Generator[Any, Any, Any]:
    """The expression with the values of its parts in their places."""
    if not isinstance(node, _IN_ORDER):
        raise not_followed(node, scope)
    parts: dict[str, Any] = {}
    for name, part in ast.iter_fields(node):
        if isinstance(part, list):
            parts[name] = items = [*part]
            for index, item in enumerate(part):
                items[index] = yield from _part(vm, item, scope)
        else:
            parts[name] = yield from _part(vm, part, scope)
    return _with_parts(node, parts)


def _part(vm: Machine, part: Any, scope: Scope) -> Generator[Any, Any, Any]:
    if isinstance(part, ast.Starred | ast.keyword | ast.Slice | ast.FormattedValue):
        return (yield from _settled(vm, part, scope))
    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
        return part
    if isinstance(part, ast.expr):
        return _known(part, (yield from yielded(vm, part, scope)))
    return part


def _known(node: ast.expr, value: Any) -> ast.Constant:
    return ast.copy_location(ast.Constant(value), node)


def _with_parts(node: Any, parts: dict[str, Any]) -> Any:
    made = copy.copy(node)
    vars(made).update(parts)
    forget(made)
    return made
