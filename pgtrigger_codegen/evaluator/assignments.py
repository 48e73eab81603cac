"""Statements that bind names, attributes and items, or delete them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator import attributes, limits
from pgtrigger_codegen.evaluator.expressions import evaluate, subscript
from pgtrigger_codegen.evaluator.iteration import iterate
from pgtrigger_codegen.evaluator.operators import IN_PLACE, binary
from pgtrigger_codegen.evaluator.postponed import PostponedNames, postpone_field
from pgtrigger_codegen.evaluator.scope import Scope
from pgtrigger_codegen.evaluator.signals import Return, Signal
from pgtrigger_codegen.evaluator.targets import assign
from pgtrigger_codegen.evaluator.values import Invalid, Opaque, Unknown, first_unknown

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.interpreter import Interpreter


def assignment(vm: Interpreter, node: ast.Assign, scope: Scope) -> Signal:
    if isinstance(scope.names, PostponedNames) and _postpone(vm, node, scope):
        return None
    value = evaluate(vm, node.value, scope)
    if isinstance(value, Invalid) and scope.kind == "function":
        return Return(value)  # what raises ends the function, as above
    for target in node.targets:
        assign(vm, target, value, scope)
    return None


def annotated_assignment(vm: Interpreter, node: ast.AnnAssign, scope: Scope) -> Signal:
    if scope.kind == "class" and isinstance(node.target, ast.Name):
        annotations = scope.names.setdefault("__annotations__", {})
        if isinstance(annotations, dict):
            annotations[node.target.id] = _annotation(vm, node.annotation, scope)
    if node.value is not None:
        assign(vm, node.target, evaluate(vm, node.value, scope), scope)
    return None


def augmented_assignment(vm: Interpreter, node: ast.AugAssign, scope: Scope) -> Signal:
    span = scope.module.span(node)
    right = evaluate(vm, node.value, scope)
    left: Any = None
    match node.target:
        case ast.Name():
            left = vm.name(node.target.id, scope, span)
        case ast.Attribute():
            owner = evaluate(vm, node.target.value, scope)
            left = attributes.attribute(vm, owner, node.target.attr, span)
        case ast.Subscript():
            owner = evaluate(vm, node.target.value, scope)
            left = subscript(vm, owner, evaluate(vm, node.target.slice, scope), span)
    if isinstance(left, list) and isinstance(node.op, ast.Add):
        items = iterate(vm, right, span)
        if vm.speculation is not None:
            attributes.poison(left, vm.speculation, keep=True)
        elif isinstance(items, Unknown):
            left.append(Unknown(items.reason, items.span, items.notes, spread=True))
        elif isinstance(right, list | tuple):
            left.extend(right)
        else:
            left.extend(items)
        limits.check_size(len(left))
        value: Any = left
    elif isinstance(left, dict | set) and vm.speculation is None:
        items = iterate(vm, right, span) if hasattr(type(right), "__next__") else right
        value = first_unknown(items) or vm.attempt(span, IN_PLACE[type(node.op)], left, items)
    else:
        value = binary(vm, node.op, left, right, span)
    assign(vm, node.target, value, scope)
    return None


def deletion(vm: Interpreter, node: ast.Delete, scope: Scope) -> Signal:
    for target in node.targets:
        if isinstance(target, ast.Name):
            scope.names.pop(target.id, None)
        elif isinstance(target, ast.Subscript):
            container = evaluate(vm, target.value, scope)
            key = evaluate(vm, target.slice, scope)
            span = scope.module.span(target)
            if (unknown := first_unknown(key) or vm.speculation) is not None:
                attributes.poison(container, unknown)
            elif isinstance(container, list | dict):
                vm.attempt(span, container.__delitem__, key)
    return None


def _postpone(vm: Interpreter, node: ast.Assign, scope: Scope) -> bool:
    """Binds a model's field without making it, where nothing can depend on when it is made."""
    match node.targets:
        case [ast.Name(id=name)] if name not in scope.global_names | scope.nonlocal_names:
            field = postpone_field(vm, node.value, scope)
            if field is not None and isinstance(scope.names, PostponedNames):
                scope.names.postpone(name, field)
                return True
    return False


def _annotation(vm: Interpreter, node: ast.expr, scope: Scope) -> Any:
    value = vm.evaluate(node, scope)
    if isinstance(value, Opaque):
        return value
    return ast.unparse(node) if first_unknown(value) or not attributes.is_plain(value) else value
