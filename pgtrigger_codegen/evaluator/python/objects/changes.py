"""What code that is not followed may have changed: lists, dicts and sets that it gets hold of.

A list that is given to a function of a package which is not read may have other items afterwards.
So nothing is known of it from there on, and of nothing that it holds. The same holds for an object
of the project's own, and for what a function changes that is given away. Classes are left as they
are: to doubt each that is given to a decorator, or registered, would leave little to be known.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.modules.bound_names import (
    bound_names,
    local_names,
    walrus_names,
)
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects.kinds import is_user_class, poison
from pgtrigger_codegen.evaluator.python.objects.reach import (
    CHANGEABLE,
    changeable_in,
    choices_of,
    functions_in,
    namespaces_in,
)
from pgtrigger_codegen.evaluator.python.objects.unknowns import spread
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.nodes import kept, walk
from pgtrigger_codegen.source.span import Span

_DUNDERS_OF_MODULES = frozenset({"__doc__", "__file__", "__name__", "__package__"})
# Attributes that lead to the names of modules and functions.
_WAYS_TO_NAMES = frozenset({"__globals__", "f_globals", "f_locals"})
_MUTATORS = frozenset(name for kind in CHANGEABLE for name in lookup.mutators_of(kind))


def given_away(vm: Machine, values: Collection[Any], unknown: Unknown, span: Span) -> None:
    """Nothing is known of what is among the arguments of a call that is not followed.

    Nor is anything known of what functions among them change: the call may call them.
    """
    for function in functions_in(vm, values):
        cut_short(vm, [function.node], function.scope, unknown)
    for scope in namespaces_in(vm, values):
        doubt_names(vm, scope, unknown)
    found = list(changeable_in(vm, values))
    if found:
        given = f"is given to what may change it: {unknown.reason}"
        reason = Unknown(given, unknown.span or span, unknown.notes)
        for container in found:
            _doubt_value(vm, container, reason, keep=_is_added_to(vm, container))


def cut_short(vm: Machine, nodes: Iterable[ast.AST], scope: Scope, unknown: Unknown) -> None:
    """Nothing is known of what statements may change or bind, and did not come to it.

    Their own names are the caller's to say: here it is about containers, about names that a
    function has declared as those of another scope, and about `:=`.
    """
    for node in nodes:
        _doubt(vm, kept(node, "changed_names", _changed_names), scope, unknown)
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            _doubt_outer_names(node, scope, unknown)
        elif isinstance(node, ast.stmt):
            bound = {*bound_names(node)}
            for name in bound & (scope.global_names | scope.nonlocal_names):
                scope.bind(name, unknown)


def _doubt_outer_names(node: ast.FunctionDef | ast.Lambda, scope: Scope, unknown: Unknown) -> None:
    """Nothing is known of names that a function binds elsewhere (`global`, `nonlocal`)."""
    for part in kept(node, "outer_names", _outer_names):
        if isinstance(part, ast.Global):
            for name in part.names:
                scope.module_scope.names[name] = unknown
        else:
            for name in part.names:
                if (holder := scope.find(name)) is not None:
                    holder.names[name] = unknown


def _outer_names(node: ast.AST) -> list[ast.Global | ast.Nonlocal]:
    return [part for part in walk(node) if isinstance(part, ast.Global | ast.Nonlocal)]


def may_be_changed(vm: Machine, target: ast.expr, scope: Scope, unknown: Unknown) -> None:
    """Nothing is known of what a changed object may be: `(a if unknown else b).append(…)`."""
    parts = list(walk(target))
    _doubt(vm, (part.id for part in parts if isinstance(part, ast.Name)), scope, unknown)
    if any(isinstance(part, ast.Attribute) and part.attr in _WAYS_TO_NAMES for part in parts):
        executed_text(vm, scope, unknown)


def bind_walrus_names(node: ast.AST, scope: Scope, unknown: Unknown) -> None:
    """Nothing is known of what an expression binds by `:=` that may be evaluated or not."""
    outer = scope.outside_comprehensions()
    for name in walrus_names(node):
        outer.bind(outer.mangled(name), unknown)


def one_of(vm: Machine, unknown: Unknown, values: Iterable[Any]) -> Unknown:
    """An unknown that may be one of several values, which change where that is changed."""
    values = list(values)
    classes = [value for value in values if is_user_class(vm, value)]
    found = (*changeable_in(vm, values), *classes)
    if not found:
        return unknown
    made = copy.copy(unknown)
    vm.choices[identity(made)] = made, found
    return made


def one_of_names(vm: Machine, unknown: Unknown, node: ast.expr, scope: Scope) -> Unknown:
    """The same, for what an expression leads to by name: `a if unknown else b`, `a[unknown]`."""
    if isinstance(node, ast.Name | ast.Constant) or identity(unknown) in vm.choices:
        return unknown
    holders = ((name, scope.find(name)) for name in sorted({*_names_led_to(node)}))
    return one_of(vm, unknown, [found.names[name] for name, found in holders if found is not None])


def _names_led_to(node: ast.expr) -> Iterator[str]:
    """Names of which an expression may give the very object, or what that holds: no copy of it."""
    inner: Sequence[ast.expr] = ()
    match node:
        case ast.Name():
            yield node.id
        case ast.IfExp():
            inner = [node.body, node.orelse]
        case ast.BoolOp():
            inner = node.values
        case ast.Attribute() | ast.NamedExpr() | ast.Subscript():
            inner = [node.value]
        case ast.List() | ast.Set() | ast.Tuple():
            inner = node.elts
        case ast.Dict():
            inner = node.values
        case ast.Call():
            inner = [node.func, *node.args, *(keyword.value for keyword in node.keywords)]
    for part in inner:
        yield from _names_led_to(part)


def note_change_of(vm: Machine, container: Any, unknown: Unknown) -> None:
    """Nothing is known of the lists that a list may be of which only the beginning is known."""
    for choice in choices_of(vm, container):
        if isinstance(choice, CHANGEABLE):
            poison(choice, unknown)


def doubt_names(
    vm: Machine, scope: Scope, unknown: Unknown, names: Collection[str] | None = None
) -> None:
    """Nothing is known of the names of a namespace: code that is not followed may bind each anew.

    Args:
        names: Those that it may bind, if not all.
    """
    reason = Unknown(f"may be bound anew: {unknown.reason}", unknown.span, unknown.notes)
    for name in list(scope.names) if names is None else names:
        value = scope.names[name]
        if isinstance(value, list) and name in vm.domain.lists_added_to:
            poison(value, reason, keep=True)
        elif isinstance(value, tuple) and name in vm.domain.lists_added_to:
            scope.names[name] = (*value, spread(reason))
        elif name not in _DUNDERS_OF_MODULES:
            scope.names[name] = reason
    scope.open_ended = scope.open_ended or reason


def executed_text(vm: Machine, scope: Scope | None, unknown: Unknown) -> None:
    """Nothing is known of names that `exec(text)` may bind: of the module, and of a class body."""
    if scope is not None:
        doubt_names(vm, scope.module_scope, unknown)
        if scope.kind == "class":
            doubt_names(vm, scope, unknown)


def _doubt(vm: Machine, names: Iterable[str], scope: Scope, unknown: Unknown) -> None:
    for name in dict.fromkeys(names):
        holder = scope.find(name)
        if holder is not None:
            for container in list(changeable_in(vm, [holder.names[name]])):
                _doubt_value(vm, container, unknown)


def _doubt_value(vm: Machine, value: Any, unknown: Unknown, *, keep: bool = False) -> None:
    if isinstance(value, CHANGEABLE):
        poison(value, unknown, keep=keep)
    else:
        vm.spoiled.add(value, unknown)


def may_change(node: ast.AST) -> bool:
    """Whether an expression changes an object by a method, or binds: `found.append(item)`, `:=`."""
    return kept(node, "may_change", _may_change)


def _may_change(node: ast.AST) -> bool:
    return any(
        isinstance(part, ast.NamedExpr)
        or (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Attribute)
            and part.func.attr in _MUTATORS
        )
        for part in walk(node)
    )


def _is_added_to(vm: Machine, value: Any) -> bool:
    return isinstance(value, list) and any(
        scope.names.get(name) is value
        for scope in vm.scopes.values()
        for name in vm.domain.lists_added_to
    )


def _changed_names(node: ast.AST) -> tuple[str, ...]:
    """Names of what is changed, but for a function's own."""
    return tuple(dict.fromkeys(_names_changed_in(node)))


def _names_changed_in(node: ast.AST) -> Iterator[str]:
    own: set[str] = set()
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        own.update(local_names(node))
        own.update(part.arg for part in walk(node.args) if isinstance(part, ast.arg))
    for part in walk(node):
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
