"""Expressions: one function for each kind of node, in one table."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator.django import operations
from pgtrigger_codegen.evaluator.django.postponed import postpone_fields
from pgtrigger_codegen.evaluator.limits.operators import check_format
from pgtrigger_codegen.evaluator.limits.sizes import check_size, checked
from pgtrigger_codegen.evaluator.limits.totals import LimitPassed
from pgtrigger_codegen.evaluator.limits.weight import SCALARS, weigh
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.python.calls import calls
from pgtrigger_codegen.evaluator.python.comprehensions import comprehension
from pgtrigger_codegen.evaluator.python.functions.functions import make_function
from pgtrigger_codegen.evaluator.python.objects import attributes, membrane
from pgtrigger_codegen.evaluator.python.objects.iteration import iterate
from pgtrigger_codegen.evaluator.python.objects.unknowns import spread, truth, used
from pgtrigger_codegen.evaluator.python.operators import UNARY, binary, compare
from pgtrigger_codegen.evaluator.values.imported import LazyImport, LibraryModule
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.text import as_text
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.translation.nodes import TemplateStr

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.python.machine import Interpreter


def evaluate(vm: Interpreter, node: ast.expr, scope: Scope) -> Any:
    """The value of an expression."""
    vm.step(node, scope)
    return _EVALUATORS[type(node)](vm, node, scope)


def subscript(vm: Interpreter, value: Any, key: Any, span: Span) -> Any:
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
    special = attributes.special_item(vm, value, key, span)
    if special is not None:
        return special
    if not attributes.is_plain(value) and not hasattr(value, "__class_getitem__"):
        return Unknown(f"an item of {attributes.describe(value)} is not evaluated", span)
    return membrane.inward(vm, vm.attempt(span, _item, value, key))


def _item(value: Any, key: Any) -> Any:
    if type(key) is slice:
        return checked(value[key])
    if type(key) not in SCALARS:
        weigh(key)
    return value[key]


def _constant(vm: Interpreter, node: ast.Constant, scope: Scope) -> Any:
    return node.value


def _name(vm: Interpreter, node: ast.Name, scope: Scope) -> Any:
    name = node.id
    if name.startswith("__"):
        name = scope.mangled(name)
    holder = scope.find(name)
    if holder is not None and not isinstance(value := holder.names[name], LazyImport):
        return value
    return vm.name(name, scope, scope.module.span(node))


def _attribute(vm: Interpreter, node: ast.Attribute, scope: Scope) -> Any:
    value = evaluate(vm, node.value, scope)
    name = node.attr
    if name.startswith("__"):
        name = scope.mangled(name)
    if isinstance(value, LibraryModule) and (value.name, name) in vm.library_values:
        return vm.library_values[value.name, name]
    return attributes.attribute(vm, value, name, scope.module.span(node))


def _call(vm: Interpreter, node: ast.Call, scope: Scope) -> Any:
    function = evaluate(vm, node.func, scope)
    span = scope.module.span(node)
    args: list[Any] = []
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            items = iterate(vm, evaluate(vm, arg.value, scope), scope.module.span(arg))
            args.extend([spread(items)] if isinstance(items, Unknown) else items)
        else:
            args.append(evaluate(vm, arg, scope))
    kwargs: dict[str, Any] = {}
    for keyword in node.keywords:
        value = _argument(vm, function, keyword, scope)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
        elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
            WORK.items(len(value))
            kwargs.update((str.__str__(key), item) for key, item in value.items())
        else:
            given = scope.module.span(keyword.value)
            unknown = first_unknown(value)
            if unknown is None and isinstance(value, dict):
                return vm.raised(TypeError("keywords must be strings"), given)
            unknown = unknown or Unknown("the keyword arguments are not known", given)
            return calls.call_with_unknown(vm, function, args, unknown, span, scope)
    return vm.noticed(calls.call(vm, function, tuple(args), kwargs, span, scope))


def _argument(vm: Interpreter, function: Any, keyword: ast.keyword, scope: Scope) -> Any:
    if keyword.arg == "fields" and operations.makes_table(function):
        fields = postpone_fields(vm, keyword.value, scope)
        if fields is not None:
            return fields
    return evaluate(vm, keyword.value, scope)


def _binary_node(vm: Interpreter, node: ast.BinOp, scope: Scope) -> Any:
    # A long chain of `+` is a left-deep tree: descend without recursion.
    pending: list[ast.BinOp] = []
    leftmost: ast.expr = node
    while isinstance(leftmost, ast.BinOp):
        pending.append(leftmost)
        leftmost = leftmost.left
    value = evaluate(vm, leftmost, scope)
    while pending:
        parent = pending.pop()
        right = evaluate(vm, parent.right, scope)
        value = binary(vm, parent.op, value, right, scope.module.span(parent))
    return value


def _unary(vm: Interpreter, node: ast.UnaryOp, scope: Scope) -> Any:
    span = scope.module.span(node)
    value = evaluate(vm, node.operand, scope)
    if isinstance(node.op, ast.Not):
        result = truth(vm, value, span)
        return result if isinstance(result, Unknown) else not result
    if (unknown := first_unknown(value)) is not None:
        return used(unknown, span)
    if not attributes.is_plain(value):
        return Unknown(f"an operator on {attributes.describe(value)} is not evaluated", span)
    return membrane.inward(vm, vm.attempt(span, UNARY[type(node.op)], value))


def _boolean(vm: Interpreter, node: ast.BoolOp, scope: Scope) -> Any:
    value: Any = None
    for index, operand in enumerate(node.values, 1):
        value = evaluate(vm, operand, scope)
        decided = truth(vm, value, scope.module.span(operand))
        if isinstance(decided, Unknown):
            return _either(vm, node.values[index:], scope, decided)
        if decided == isinstance(node.op, ast.Or):
            return value
    return value


def _compare(vm: Interpreter, node: ast.Compare, scope: Scope) -> Any:
    span = scope.module.span(node)
    left = evaluate(vm, node.left, scope)
    result: Any = True
    for operator, comparator in zip(node.ops, node.comparators, strict=True):
        right = evaluate(vm, comparator, scope)
        result = compare(vm, operator, left, right, span)
        decided = truth(vm, result, span)
        if isinstance(decided, Unknown):
            return decided
        if not decided:
            return result
        left = right
    return result


def _conditional(vm: Interpreter, node: ast.IfExp, scope: Scope) -> Any:
    decided = truth(vm, evaluate(vm, node.test, scope), scope.module.span(node.test))
    if isinstance(decided, Unknown):
        return _either(vm, [node.body, node.orelse], scope, decided)
    vm.trace.decide(scope.module, node.test, decided)
    return evaluate(vm, node.body if decided else node.orelse, scope)


def _either(vm: Interpreter, nodes: Sequence[ast.expr], scope: Scope, decided: Unknown) -> Unknown:
    """The value of one of several expressions, evaluated only for what they may register."""
    from pgtrigger_codegen.evaluator.django.registration import (
        may_register,
        mentions_registration,
        registers,
    )

    nodes = [node for node in nodes if mentions_registration(vm, node, scope.module)]
    before, values = dict(scope.names), []
    with vm.speculating(decided):
        for node in nodes:
            values.append(evaluate(vm, node, scope))
            scope.names.clear()
            scope.names.update(before)
    return may_register(decided) if registers(vm, values) else decided


def _items(vm: Interpreter, nodes: list[ast.expr], scope: Scope) -> list[Any]:
    result: list[Any] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            value = evaluate(vm, node.value, scope)
            if isinstance(value, list | tuple):
                result.extend(value)  # items that are not known stay so, one by one
                continue
            items = iterate(vm, value, scope.module.span(node))
            result.extend([spread(items)] if isinstance(items, Unknown) else items)
        else:
            result.append(evaluate(vm, node, scope))
    check_size(len(result))
    WORK.items(len(result))
    return result


def _list(vm: Interpreter, node: ast.List, scope: Scope) -> Any:
    return _items(vm, node.elts, scope)


def _tuple(vm: Interpreter, node: ast.Tuple, scope: Scope) -> Any:
    return tuple(_items(vm, node.elts, scope))


def _set(vm: Interpreter, node: ast.Set, scope: Scope) -> Any:
    span = scope.module.span(node)
    items = attributes.as_model_class(vm, _items(vm, node.elts, scope), span)
    if (unknown := first_unknown(items)) is not None:
        return unknown
    return vm.attempt(span, _set_of, items)


def _set_of(items: list[Any]) -> set[Any]:
    weigh(items)
    return set(items)


def _dict(vm: Interpreter, node: ast.Dict, scope: Scope) -> Any:
    result: dict[Any, Any] = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        if key_node is None:
            value = evaluate(vm, value_node, scope)
            if not isinstance(value, dict):
                return first_unknown(value) or Unknown(
                    "what `**` unpacks is not known", scope.module.span(value_node)
                )
            WORK.items(len(value))
            result.update(value)
            continue
        span = scope.module.span(key_node)
        key = attributes.as_model_class(vm, evaluate(vm, key_node, scope), span)
        value = evaluate(vm, value_node, scope)
        if (unknown := first_unknown(key)) is not None:
            return unknown
        if type(key) not in SCALARS:
            weigh(key)
        stored = vm.attempt(span, result.__setitem__, key, value)
        if isinstance(stored, Unknown):
            return stored
    return result


def _subscript(vm: Interpreter, node: ast.Subscript, scope: Scope) -> Any:
    value = evaluate(vm, node.value, scope)
    key = evaluate(vm, node.slice, scope)
    return vm.noticed(subscript(vm, value, key, scope.module.span(node)))


def _slice(vm: Interpreter, node: ast.Slice, scope: Scope) -> Any:
    parts = [
        None if part is None else evaluate(vm, part, scope)
        for part in (node.lower, node.upper, node.step)
    ]
    return first_unknown(parts) or slice(*parts)


def _joined(vm: Interpreter, node: ast.JoinedStr, scope: Scope) -> Any:
    pieces: list[str] = []
    for part in node.values:
        value = evaluate(vm, part, scope)
        if isinstance(value, Unknown):
            return value
        pieces.append(value)
    return checked("".join(pieces))


def _formatted(vm: Interpreter, node: ast.FormattedValue, scope: Scope) -> Any:
    span = scope.module.span(node.value)
    value = evaluate(vm, node.value, scope)
    spec = "" if node.format_spec is None else evaluate(vm, node.format_spec, scope)
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


def _named(vm: Interpreter, node: ast.NamedExpr, scope: Scope) -> Any:
    value = evaluate(vm, node.value, scope)
    while scope.kind == "comprehension" and scope.parent is not None:
        scope = scope.parent
    scope.bind(scope.mangled(node.target.id), value)
    return value


def _lambda(vm: Interpreter, node: ast.Lambda, scope: Scope) -> Any:
    return make_function(vm, node, scope)


def _starred(vm: Interpreter, node: ast.Starred, scope: Scope) -> Any:
    return Unknown("`*` is not evaluated here", scope.module.span(node))


def _yield(vm: Interpreter, node: ast.Yield | ast.YieldFrom, scope: Scope) -> Any:
    return Unknown("a `yield` in this place is not followed", scope.module.span(node))


def _await(vm: Interpreter, node: ast.Await, scope: Scope) -> Any:
    return Unknown("asynchronous code is not evaluated", scope.module.span(node))


def _template(vm: Interpreter, node: TemplateStr, scope: Scope) -> Any:
    return Unknown("a t-string is not evaluated", scope.module.span(node))


_EVALUATORS: dict[type[ast.expr], Callable[[Interpreter, Any, Scope], Any]] = {
    ast.Attribute: _attribute,
    ast.Await: _await,
    ast.BinOp: _binary_node,
    ast.BoolOp: _boolean,
    ast.Call: _call,
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
