"""Expressions: one function for each kind of node, in one table."""

from __future__ import annotations

import ast
import types
from collections import ChainMap, deque
from collections.abc import Callable, Sequence
from typing import Any

from pgtrigger_codegen.evaluator.limits.operators import check_format
from pgtrigger_codegen.evaluator.limits.sizes import check_size, checked
from pgtrigger_codegen.evaluator.limits.totals import LimitPassed
from pgtrigger_codegen.evaluator.limits.weight import SCALARS, weigh
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.call_expressions import call_expression
from pgtrigger_codegen.evaluator.python.comprehensions import comprehension
from pgtrigger_codegen.evaluator.python.functions.functions import make_function
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.python.objects.changes import bind_walrus_names, may_change
from pgtrigger_codegen.evaluator.python.objects.iteration import iterate
from pgtrigger_codegen.evaluator.python.objects.kinds import describe, is_plain, is_user_object
from pgtrigger_codegen.evaluator.python.objects.text import as_text
from pgtrigger_codegen.evaluator.python.objects.unknowns import spread, truth, used
from pgtrigger_codegen.evaluator.python.operators import UNARY, binary, compare
from pgtrigger_codegen.evaluator.values.callables import Opaque, Special
from pgtrigger_codegen.evaluator.values.imported import LazyImport, LibraryModule
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown, may_register
from pgtrigger_codegen.evaluator.values.user_classes import Class, as_type, opened
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.translation.nodes import TemplateStr


def subscript(vm: Machine, value: Any, key: Any, span: Span) -> Any:
    """`value[key]`."""
    if isinstance(value, Unknown) or isinstance(key, Unknown):
        return used(value if isinstance(value, Unknown) else key, span)
    if isinstance(value, list | tuple):
        WORK.items(len(value))
        if any(isinstance(item, Unknown) and item.spread for item in value):
            return first_unknown(value)
    elif isinstance(value, dict):
        WORK.items(len(value))
        if any(isinstance(item, Unknown) for item in value):
            return first_unknown(list(value))
    if isinstance(value, Special):
        return vm.special_item(value, key, span)
    if isinstance(value, Opaque) and hasattr(value.real, "__class_getitem__"):
        return Opaque(f"{value.dotted}[…]", object())  # in an annotation
    value = opened(value) if type(value) is Class else value
    if not isinstance(value, _CONTAINERS) and not is_user_object(vm, value):
        key = opened(key)
    if not is_plain(value) and not hasattr(value, "__class_getitem__"):
        return Unknown(f"an item of {describe(value)} is not evaluated", span)
    return membrane.inward(vm, vm.attempt(span, _item, value, key))


# They look for the key among what they hold; others make something of it.
_CONTAINERS = (list, tuple, dict, str, bytes, range, types.MappingProxyType, deque, ChainMap)


def _item(value: Any, key: Any) -> Any:
    if type(key) is slice:
        return checked(value[key])
    if type(key) not in SCALARS:
        weigh(key)
    return value[key]


def _constant(vm: Machine, node: ast.Constant, scope: Scope) -> Any:
    return node.value


def _name(vm: Machine, node: ast.Name, scope: Scope) -> Any:
    name = node.id
    if name.startswith("__"):
        name = scope.mangled(name)
    holder = scope.find(name)
    if holder is not None and not isinstance(value := holder.names[name], LazyImport):
        return value
    return vm.name(name, scope, scope.module.span(node))


def _attribute(vm: Machine, node: ast.Attribute, scope: Scope) -> Any:
    value = vm.value(node.value, scope)
    name = node.attr
    if name.startswith("__"):
        name = scope.mangled(name)
    if isinstance(value, LibraryModule) and (value.name, name) in vm.library_values:
        return vm.library_values[value.name, name]
    found = vm.attribute(value, name, scope.module.span(node))
    return vm.noticed(found) if vm.try_depth else found


def _binary_node(vm: Machine, node: ast.BinOp, scope: Scope) -> Any:
    # A long chain of `+` is a left-deep tree: descend without recursion.
    pending: list[ast.BinOp] = []
    leftmost: ast.expr = node
    while isinstance(leftmost, ast.BinOp):
        pending.append(leftmost)
        leftmost = leftmost.left
    value = vm.value(leftmost, scope)
    while pending:
        parent = pending.pop()
        right = vm.value(parent.right, scope)
        value = binary(vm, parent.op, value, right, scope.module.span(parent))
    return value


def _unary(vm: Machine, node: ast.UnaryOp, scope: Scope) -> Any:
    span = scope.module.span(node)
    value = vm.value(node.operand, scope)
    if isinstance(node.op, ast.Not):
        result = truth(vm, value, span)
        return result if isinstance(result, Unknown) else not result
    if (unknown := first_unknown(value)) is not None:
        return used(unknown, span)
    if not is_plain(value):
        return Unknown(f"an operator on {describe(value)} is not evaluated", span)
    value = as_type(value)
    return membrane.inward(vm, vm.attempt(span, UNARY[type(node.op)], value))


def _boolean(vm: Machine, node: ast.BoolOp, scope: Scope) -> Any:
    value: Any = None
    for index, operand in enumerate(node.values, 1):
        value = vm.value(operand, scope)
        decided = truth(vm, value, scope.module.span(operand))
        if isinstance(decided, Unknown):
            return _either(vm, node.values[index:], scope, decided)
        if decided == isinstance(node.op, ast.Or):
            return value
    return value


def _compare(vm: Machine, node: ast.Compare, scope: Scope) -> Any:
    span = scope.module.span(node)
    left = vm.value(node.left, scope)
    result: Any = True
    for index, (operator, comparator) in enumerate(zip(node.ops, node.comparators, strict=True), 1):
        right = vm.value(comparator, scope)
        result = compare(vm, operator, left, right, span)
        decided = truth(vm, result, span)
        if isinstance(decided, Unknown):
            return _either(vm, node.comparators[index:], scope, decided)
        if not decided:
            return result
        left = right
    return result


def _conditional(vm: Machine, node: ast.IfExp, scope: Scope) -> Any:
    decided = truth(vm, vm.value(node.test, scope), scope.module.span(node.test))
    if isinstance(decided, Unknown):
        return _either(vm, [node.body, node.orelse], scope, decided)
    vm.observer.decided(scope.module, node.test, decided)
    return vm.value(node.body if decided else node.orelse, scope)


def _either(vm: Machine, nodes: Sequence[ast.expr], scope: Scope, decided: Unknown) -> Unknown:
    """The value of one of several expressions, evaluated only for what they may do besides."""
    nodes = [
        node
        for node in nodes
        if may_change(node) or vm.domain.mentions_registration(vm, node, scope.module)
    ]
    before, values = dict(scope.names), []
    with vm.speculating(decided):
        for node in nodes:
            values.append(vm.value(node, scope))
            scope.names.clear()
            scope.names.update(before)
    for node in nodes:
        bind_walrus_names(node, scope, decided)
    return may_register(decided) if vm.domain.registers(vm, values) else decided


def _items(vm: Machine, nodes: list[ast.expr], scope: Scope) -> list[Any]:
    result: list[Any] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            value = vm.value(node.value, scope)
            if isinstance(value, list | tuple):
                result.extend(value)  # items that are not known stay so, one by one
                continue
            items = iterate(vm, value, scope.module.span(node))
            result.extend([spread(items)] if isinstance(items, Unknown) else items)
        else:
            result.append(vm.value(node, scope))
    check_size(len(result))
    WORK.items(len(result))
    return result


def _list(vm: Machine, node: ast.List, scope: Scope) -> Any:
    return _items(vm, node.elts, scope)


def _tuple(vm: Machine, node: ast.Tuple, scope: Scope) -> Any:
    return tuple(_items(vm, node.elts, scope))


def _set(vm: Machine, node: ast.Set, scope: Scope) -> Any:
    span = scope.module.span(node)
    items = vm.domain.resolved(vm, _items(vm, node.elts, scope), span)
    if (unknown := first_unknown(items)) is not None:
        return unknown
    return vm.attempt(span, _set_of, items)


def _set_of(items: list[Any]) -> set[Any]:
    weigh(items)
    return set(items)


def _dict(vm: Machine, node: ast.Dict, scope: Scope) -> Any:
    result: dict[Any, Any] = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        if key_node is None:
            value = vm.value(value_node, scope)
            if not isinstance(value, dict):
                return first_unknown(value) or Unknown(
                    "what `**` unpacks is not known", scope.module.span(value_node)
                )
            WORK.items(len(value))
            result.update(value)
            continue
        span = scope.module.span(key_node)
        key = vm.domain.resolved(vm, vm.value(key_node, scope), span)
        value = vm.value(value_node, scope)
        if (unknown := first_unknown(key)) is not None:
            return unknown
        if type(key) not in SCALARS:
            weigh(key)
        stored = vm.attempt(span, result.__setitem__, key, value)
        if isinstance(stored, Unknown):
            return stored
    return result


def _subscript(vm: Machine, node: ast.Subscript, scope: Scope) -> Any:
    value = vm.value(node.value, scope)
    key = vm.value(node.slice, scope)
    return vm.noticed(subscript(vm, value, key, scope.module.span(node)))


def _slice(vm: Machine, node: ast.Slice, scope: Scope) -> Any:
    parts = [
        None if part is None else vm.value(part, scope)
        for part in (node.lower, node.upper, node.step)
    ]
    return first_unknown(parts) or slice(*parts)


def _joined(vm: Machine, node: ast.JoinedStr, scope: Scope) -> Any:
    pieces: list[str] = []
    for part in node.values:
        value = vm.value(part, scope)
        if isinstance(value, Unknown):
            return value
        pieces.append(value)
    return checked("".join(pieces))


def _formatted(vm: Machine, node: ast.FormattedValue, scope: Scope) -> Any:
    span = scope.module.span(node.value)
    value = vm.value(node.value, scope)
    spec = "" if node.format_spec is None else vm.value(node.format_spec, scope)
    if isinstance(spec, Unknown):
        return spec
    text = as_text(value, span)
    if isinstance(text, Unknown):
        return text
    try:
        check_format(spec)
    except LimitPassed as error:
        return Unknown(str(error), span)
    conversions: dict[int, Callable[[Any], str]] = {115: str, 114: repr, 97: ascii}
    convert = conversions.get(node.conversion)
    converted = value if convert is None else vm.attempt(span, convert, value)
    if isinstance(converted, Unknown):
        return converted
    vm.check_format(converted, spec, span)
    return vm.attempt(span, format, converted, spec)


def _named(vm: Machine, node: ast.NamedExpr, scope: Scope) -> Any:
    value = vm.value(node.value, scope)
    scope = scope.outside_comprehensions()
    scope.bind(scope.mangled(node.target.id), value)
    return value


def _lambda(vm: Machine, node: ast.Lambda, scope: Scope) -> Any:
    return make_function(vm, node, scope)


def _starred(vm: Machine, node: ast.Starred, scope: Scope) -> Any:
    return Unknown("`*` is not evaluated here", scope.module.span(node))


def _yield(vm: Machine, node: ast.Yield | ast.YieldFrom, scope: Scope) -> Any:
    return Unknown("a `yield` in this place is not followed", scope.module.span(node))


def _await(vm: Machine, node: ast.Await, scope: Scope) -> Any:
    return Unknown("asynchronous code is not evaluated", scope.module.span(node))


def _template(vm: Machine, node: TemplateStr, scope: Scope) -> Any:
    return Unknown("a t-string is not evaluated", scope.module.span(node))


EVALUATORS: dict[type[ast.expr], Callable[[Machine, Any, Scope], Any]] = {
    ast.Attribute: _attribute,
    ast.Await: _await,
    ast.BinOp: _binary_node,
    ast.BoolOp: _boolean,
    ast.Call: call_expression,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: comprehension,
    ast.FormattedValue: _formatted,
    ast.GeneratorExp: comprehension,
    ast.IfExp: _conditional,
    ast.JoinedStr: _joined,
    ast.Lambda: _lambda,
    ast.List: _list,
    ast.ListComp: comprehension,
    ast.Name: _name,
    ast.NamedExpr: _named,
    ast.Set: _set,
    ast.SetComp: comprehension,
    ast.Slice: _slice,
    ast.Starred: _starred,
    ast.Subscript: _subscript,
    TemplateStr: _template,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
}
