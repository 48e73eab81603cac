"""What code that is not followed may have changed: lists, dicts and sets that it gets hold of.

A list that is given to a function of a package which is not read may have other items afterwards.
So nothing is known of it from there on, and of nothing that it holds. Objects of the project's own
classes are left as they are: to doubt each that is given away would leave little to be known.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.modules.bound_names import local_names
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects.kinds import poison
from pgtrigger_codegen.evaluator.values.callables import interpreted
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span

_CHANGEABLE = (list, dict, set, deque)
_MUTATORS = frozenset(name for kind in _CHANGEABLE for name in lookup.mutators_of(kind))


def given_away(vm: Machine, values: Collection[Any], unknown: Unknown, span: Span) -> None:
    """Nothing is known of what is among the arguments of a call that is not followed.

    Nor is anything known of what functions among them change: the call may call them.
    """
    given_functions = [one for one in map(interpreted, values) if one is not None]
    for function in given_functions:
        cut_short([function.node], function.scope, unknown)
    found = list(_changeable(values))
    if found:
        given = f"is given to what may change it: {unknown.reason}"
        reason = Unknown(given, unknown.span or span, unknown.notes)
        for container in found:
            poison(container, reason, keep=_is_added_to(vm, container))


def cut_short(nodes: Iterable[ast.AST], scope: Scope, unknown: Unknown) -> None:
    """Nothing is known of what statements may change by name, and did not come to change."""
    _doubt((name for node in nodes for name in _changed_names(node)), scope, unknown)


def may_be_changed(method: ast.expr, scope: Scope, unknown: Unknown) -> None:
    """Nothing is known of what a method's object may be: `(a if unknown else b).append`."""
    names = (part.id for part in ast.walk(method) if isinstance(part, ast.Name))
    _doubt(names, scope, unknown)


def _doubt(names: Iterable[str], scope: Scope, unknown: Unknown) -> None:
    for name in dict.fromkeys(names):
        holder = scope.find(name)
        if holder is not None:
            for container in list(_changeable([holder.names[name]])):
                poison(container, unknown)


def may_change(node: ast.AST) -> bool:
    """Whether an expression calls a method that changes its object: `found.append(item)`."""
    return any(
        isinstance(part, ast.Call)
        and isinstance(part.func, ast.Attribute)
        and part.func.attr in _MUTATORS
        for part in ast.walk(node)
    )


def _is_added_to(vm: Machine, value: Any) -> bool:
    return isinstance(value, list) and any(
        scope.names.get(name) is value
        for scope in vm.scopes.values()
        for name in vm.domain.lists_added_to
    )


def _changeable(values: Iterable[Any]) -> Iterator[Any]:
    pending, seen = list(values), set[int]()
    while pending:
        value = pending.pop()
        receiver = getattr(value, "__self__", None) if callable(value) else None
        if isinstance(receiver, _CHANGEABLE) and lookup.is_mutator(receiver, value.__name__):
            value = receiver  # `found.append`, to be called later
        if id(value) in seen:
            continue
        if isinstance(value, dict):
            inner = list(dict.values(value))
        elif isinstance(value, (list, tuple, set, deque)):
            inner = list(value)
        else:
            continue
        seen.add(id(value))
        pending += inner
        if isinstance(value, _CHANGEABLE):
            yield value


def _changed_names(node: ast.AST) -> Iterator[str]:
    """Names of what is changed, but for a function's own."""
    own: set[str] = set()
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        own.update(local_names(node))
        own.update(part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg))
    for part in ast.walk(node):
        changed: list[ast.AST] = []
        match part:
            case ast.Call(func=ast.Attribute(value=value, attr=attribute)):
                changed = [*part.args, *([value] if attribute in _MUTATORS else [])]
            case ast.Call():
                changed = [*part.args, *(keyword.value for keyword in part.keywords)]
            case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
                changed = [value]
            case ast.AugAssign(target=target):
                changed = [target]
        yield from (name for name in map(_root, changed) if name is not None and name not in own)


def _root(node: ast.AST) -> str | None:
    """The name that `name.attribute[0]` starts from."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None
