"""Statements that bind names, attributes and items, or delete them."""

from __future__ import annotations

import ast
from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.limits.sizes import check_size
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.python.objects.attribute_assignment import (
    assign_attribute,
    delete_attribute,
)
from pgtrigger_codegen.evaluator.python.objects.changes import (
    doubt_names,
    may_be_changed,
    note_change_of,
    one_of_names,
)
from pgtrigger_codegen.evaluator.python.objects.iteration import iterate
from pgtrigger_codegen.evaluator.python.objects.kinds import is_plain, is_user_object, poison
from pgtrigger_codegen.evaluator.python.objects.namespaces import update
from pgtrigger_codegen.evaluator.python.objects.targets import (
    assign,
    assign_item,
    delete_item,
    note_change,
)
from pgtrigger_codegen.evaluator.python.operators import IN_PLACE, binary
from pgtrigger_codegen.evaluator.values.callables import Opaque, Special
from pgtrigger_codegen.evaluator.values.namespaces import namespace_behind
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.signals import Return, Signal
from pgtrigger_codegen.evaluator.values.unknown import Raised, Unknown, first_unknown
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unparsing import unparsed

_ENVIRON, _ENVIRON_UPDATE = Special("os.environ"), Special("os.environ.update")


def assignment(vm: Machine, node: ast.Assign, scope: Scope) -> Signal:
    if scope.kind == "class" and vm.domain.postponed(vm, node, scope) is not NotImplemented:
        return None
    value = vm.value(node.value, scope)
    if (ended := _ended_by(vm, value, scope)) is not None:
        return ended
    if isinstance(value, Unknown):
        value = one_of_names(vm, value, node.value, scope)
    for target in node.targets:
        assign(vm, target, value, scope)
    return None


def annotated_assignment(vm: Machine, node: ast.AnnAssign, scope: Scope) -> Signal:
    if scope.kind == "class" and isinstance(node.target, ast.Name):
        annotations = scope.names.setdefault("__annotations__", {})
        if isinstance(annotations, dict):
            annotations[node.target.id] = _annotation(vm, node.annotation, scope)
    if node.value is not None:
        value = vm.value(node.value, scope)
        if (ended := _ended_by(vm, value, scope)) is not None:
            return ended
        if isinstance(value, Unknown):
            value = one_of_names(vm, value, node.value, scope)
        assign(vm, node.target, value, scope)
    return None


def _ended_by(vm: Machine, value: Any, scope: Scope) -> Signal:
    """How a function ends by what it would assign, if that raises; a module may end by it."""
    if isinstance(value, Raised) and scope.kind == "module":
        vm.may_have_ended(value)
    return Return(value) if isinstance(value, Raised) and scope.kind == "function" else None


def augmented_assignment(vm: Machine, node: ast.AugAssign, scope: Scope) -> Signal:
    """`target += value`: the target's own parts are evaluated once."""
    span = scope.module.span(node)
    left: Any = None
    owner: Any = None
    key: Any = None
    match node.target:
        case ast.Name():
            left = vm.name(scope.mangled(node.target.id), scope, span)
        case ast.Attribute():
            owner = vm.value(node.target.value, scope)
            left = vm.attribute(owner, scope.mangled(node.target.attr), span)
        case ast.Subscript():
            owner = vm.value(node.target.value, scope)
            key = vm.value(node.target.slice, scope)
            left = vm.subscript(owner, key, span)
    if isinstance(left, Unknown):
        may_be_changed(vm, node.target, scope, left)
    value = _changed(vm, node.op, left, vm.value(node.value, scope), span)
    if (ended := _ended_by(vm, value, scope)) is not None:
        return ended
    match node.target:
        case ast.Attribute():
            assign_attribute(vm, owner, scope.mangled(node.target.attr), value, span)
        case ast.Subscript():
            assign_item(vm, owner, key, value, span)
        case _:
            assign(vm, node.target, value, scope)
    return None


def _changed(vm: Machine, op: ast.operator, left: Any, right: Any, span: Span) -> Any:
    """What `left += right` binds; lists, dictionaries and sets are changed in place."""
    if identity(left) in vm.choices:
        note_change_of(vm, left, Unknown("which list is added to is not known", span))
    if isinstance(left, list) and isinstance(op, ast.Add):
        items = iterate(vm, right, span)
        if vm.speculation is not None:
            poison(left, vm.speculation, keep=True)
        elif isinstance(items, Unknown):
            left.append(Unknown(items.reason, items.span, items.notes, spread=True))
        elif isinstance(right, list | tuple):
            left.extend(right)
        else:
            left.extend(items)
        check_size(len(left))
        return left
    if (scope := namespace_behind(left)) is not None:
        call = SpecialCall(left, (right,), {}, span, None)
        if isinstance(op, ast.BitOr):
            update(vm, call)
        else:
            doubt_names(vm, scope, Unknown("an operator changes a namespace", span))
        return left
    if left == _ENVIRON and isinstance(op, ast.BitOr):
        vm.call_special(SpecialCall(_ENVIRON_UPDATE, (right,), {}, span, None))
        return left
    if isinstance(left, dict | set) and vm.speculation is None:
        items = iterate(vm, right, span) if hasattr(type(right), "__next__") else right
        return first_unknown(items) or vm.attempt(span, IN_PLACE[type(op)], left, items)
    if is_user_object(vm, left) and first_unknown(right) is None:
        return membrane.inward(vm, vm.attempt(span, IN_PLACE[type(op)], left, right))
    return binary(vm, op, left, right, span)


def deletion(vm: Machine, node: ast.Delete, scope: Scope) -> Signal:
    for target in node.targets:
        span = scope.module.span(target)
        match target:
            case ast.Name():
                name = scope.mangled(target.id)
                if vm.speculation is not None and scope.binds_elsewhere(name):
                    scope.bind(name, vm.speculation)
                else:
                    scope.unbind(name)
            case ast.Attribute():
                owner = vm.value(target.value, scope)
                note_change(vm, target.value, owner, None, scope)
                delete_attribute(vm, owner, scope.mangled(target.attr), span)
            case ast.Subscript():
                container = vm.value(target.value, scope)
                note_change(vm, target.value, container, None, scope)
                delete_item(vm, container, vm.value(target.slice, scope), span)
            case ast.Tuple() | ast.List():
                deletion(vm, ast.Delete(targets=target.elts), scope)
    return None


def _annotation(vm: Machine, node: ast.expr, scope: Scope) -> Any:
    if scope.module.postpones_annotations:
        return unparsed(node)
    value = vm.evaluate(node, scope)
    if isinstance(value, Opaque):
        # Of the others only the text is handed on: a class may be none that real code is given.
        special = value.dotted.partition(".")[0] in ("typing", "dataclasses")
        return value if special else unparsed(node)
    return unparsed(node) if first_unknown(value) or not is_plain(value) else value
