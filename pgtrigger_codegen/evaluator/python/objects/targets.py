"""Binds the targets of assignments, loops and `with`: names, attributes, items, and several at
once.
"""

from __future__ import annotations

import ast
from collections import deque
from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.limits.sizes import check_size
from pgtrigger_codegen.evaluator.limits.weight import SCALARS, weigh
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects.attribute_assignment import assign_attribute
from pgtrigger_codegen.evaluator.python.objects.changes import (
    given_away,
    may_be_changed,
    note_change_of,
)
from pgtrigger_codegen.evaluator.python.objects.environment import (
    delete_variable,
    set_variable,
)
from pgtrigger_codegen.evaluator.python.objects.iteration import iterate
from pgtrigger_codegen.evaluator.python.objects.kinds import describe, is_user_object, poison
from pgtrigger_codegen.evaluator.python.objects.namespaces import bind, unbind
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.namespaces import namespace_behind
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.source.span import Span


def assign(vm: Machine, target: ast.expr, value: Any, scope: Scope) -> None:
    """Binds a target of an assignment, a loop or a `with`."""
    span = scope.module.span(target)
    match target:
        case ast.Name():
            name = scope.mangled(target.id)
            if vm.speculation is not None and scope.binds_elsewhere(name):
                value = vm.speculation  # which nobody compares with what it was before
            scope.bind(name, value)
        case ast.Starred():
            assign(vm, target.value, value, scope)
        case ast.Tuple() | ast.List():
            _unpack(vm, target.elts, value, scope, span)
        case ast.Attribute():
            owner = vm.value(target.value, scope)
            note_change(vm, target.value, owner, value, scope)
            assign_attribute(vm, owner, scope.mangled(target.attr), value, span)
        case ast.Subscript():
            container = vm.value(target.value, scope)
            key = vm.value(target.slice, scope)
            note_change(vm, target.value, container, value, scope)
            assign_item(vm, container, key, value, span)
        case _:
            raise AssertionError(f"not a target: {ast.dump(target)}")


def note_change(vm: Machine, node: ast.expr, owner: Any, value: Any, scope: Scope) -> None:
    """Notes that something is changed which is not known, and gets hold of a value perhaps."""
    if identity(owner) in vm.choices:
        span = scope.module.span(node)
        note_change_of(vm, owner, Unknown("which one is changed is not known", span))
    if isinstance(owner, Unknown):
        may_be_changed(vm, node, scope, owner)
        given_away(vm, [value], owner, scope.module.span(node))


def _unpack(vm: Machine, targets: list[ast.expr], value: Any, scope: Scope, span: Span) -> None:
    items = iterate(vm, value, span)
    if isinstance(items, Unknown):
        for target in targets:
            assign(vm, target, items, scope)
        return
    star = next((i for i, t in enumerate(targets) if isinstance(t, ast.Starred)), None)
    if star is None:
        parts: list[Any] = items
    else:
        tail = len(targets) - star - 1
        middle = items[star : len(items) - tail]
        parts = [*items[:star], middle, *(items[len(items) - tail :] if tail else [])]
    if len(parts) != len(targets) or (star is not None and len(items) < len(targets) - 1):
        error = ValueError(f"cannot unpack {len(items)} values into {len(targets)} names")
        unknown = vm.raised(error, span)
        parts = [unknown] * len(targets)
    for target, part in zip(targets, parts, strict=True):
        assign(vm, target, part, scope)


def assign_item(vm: Machine, container: Any, key: Any, value: Any, span: Span) -> None:
    """`container[key] = value`."""
    if isinstance(container, Unknown):
        return
    if (scope := namespace_behind(container)) is not None:
        bind(vm, scope, key, value, span)
        return
    if isinstance(container, Special):
        if container.name == "os.environ":
            set_variable(vm, key, value, span)
        return
    if (unknown := first_unknown(key)) is not None or vm.speculation is not None:
        poison(container, unknown or vm.speculation or Unknown("not known", span))
        return
    if isinstance(key, slice) and not is_user_object(vm, container):
        value = iterate(vm, value, span)
        if isinstance(value, list) and isinstance(container, list):
            value = vm.attempt(span, _joined_size, container, value)
        if isinstance(value, Unknown):
            poison(container, value)
            return
    if isinstance(container, list | dict | deque) or is_user_object(vm, container):
        done = vm.attempt(span, _store, container, key, value)
        if isinstance(done, Unknown):
            poison(container, done)


def delete_item(vm: Machine, container: Any, key: Any, span: Span) -> None:
    """`del container[key]`.

    Raises:
        Refusal: What the deletion does is not followed.
    """
    if (scope := namespace_behind(container)) is not None:
        unbind(vm, scope, key, span)
        return
    if isinstance(container, Special) and container.name == "os.environ":
        delete_variable(vm, key, span)
    if isinstance(container, Unknown | Special):
        return
    if (unknown := first_unknown(key) or vm.speculation) is not None:
        poison(container, unknown)
    elif isinstance(container, list | dict | deque) or is_user_object(vm, container):
        vm.attempt(span, _delete, container, key)
    else:
        reason = f"a deletion from {describe(container)} is not followed"
        raise Refusal(Unknown(reason, span))


def _store(container: Any, key: Any, value: Any) -> None:
    if type(key) not in SCALARS:
        weigh(key)
    container[key] = value


def _delete(container: Any, key: Any) -> None:
    if type(key) not in SCALARS:
        weigh(key)
    elif isinstance(container, list):
        WORK.items(len(container))  # what follows moves up
    del container[key]


def _joined_size(container: list[Any], items: list[Any]) -> list[Any]:
    size = len(container) + len(items)
    check_size(size)
    WORK.items(size)
    return items
