"""Expressions: one function for each kind of node, in one table."""

from __future__ import annotations

import ast
import types
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator import attributes, calls, limits
from pgtrigger_codegen.evaluator.functions import make_function
from pgtrigger_codegen.evaluator.operators import BINARY, COMPARE, UNARY
from pgtrigger_codegen.evaluator.scope import Scope
from pgtrigger_codegen.evaluator.text import RUN_TO_RUN, as_text, has_no_order
from pgtrigger_codegen.evaluator.values import External, Unknown, first_unknown
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.interpreter import Interpreter


def evaluate(vm: Interpreter, node: ast.expr, scope: Scope) -> Any:
    """The value of an expression."""
    vm.step(lambda: scope.module.span(node))
    return _EVALUATORS[type(node)](vm, node, scope)


def truth(vm: Interpreter, value: Any, span: Span) -> bool | Unknown:
    """`bool(value)`."""
    if isinstance(value, Unknown):
        return _used(value, span)
    if isinstance(value, list | tuple | dict | set) and any(
        isinstance(item, Unknown) and item.spread for item in value
    ):
        if any(not (isinstance(item, Unknown) and item.spread) for item in value):
            return True
        return first_unknown(value) or Unknown("the number of items is not known", span)
    result = vm.attempt(span, bool, value)
    return result if isinstance(result, Unknown) else bool(result)


def assign(vm: Interpreter, target: ast.expr, value: Any, scope: Scope) -> None:
    """Binds a target of an assignment, a loop or a `with`."""
    span = scope.module.span(target)
    match target:
        case ast.Name():
            scope.bind(target.id, value)
        case ast.Starred():
            assign(vm, target.value, value, scope)
        case ast.Tuple() | ast.List():
            _unpack(vm, target.elts, value, scope, span)
        case ast.Attribute():
            attributes.assign_attribute(
                vm, evaluate(vm, target.value, scope), target.attr, value, span
            )
        case ast.Subscript():
            container = evaluate(vm, target.value, scope)
            key = evaluate(vm, target.slice, scope)
            _assign_item(vm, container, key, value, span)
        case _:
            raise AssertionError(f"not a target: {ast.dump(target)}")


def iterate(
    vm: Interpreter, value: Any, span: Span, *, ordered: bool = True
) -> list[Any] | Unknown:
    """All items of an iterable, within limits.

    Args:
        ordered: Whether the order of the items matters to the caller.
    """
    if isinstance(value, Unknown):
        return _used(value, span)
    if isinstance(value, list | tuple):
        for item in value:
            if isinstance(item, Unknown) and item.spread:
                return _used(item, span)
        return list(value)
    if isinstance(value, dict) and any(isinstance(key, Unknown) for key in value):
        return first_unknown(value) or Unknown("keys are not known", span)
    if isinstance(value, set | frozenset) and ordered and has_no_order(value):
        return Unknown(RUN_TO_RUN, span)
    if not attributes.is_plain(value):
        return Unknown(f"{attributes.describe(value)} is not iterated", span)
    result = vm.attempt(span, lambda: list(limits.bounded(value)))
    return result if isinstance(result, Unknown) else list(result)


def each(vm: Interpreter, value: Any, span: Span) -> Iterator[Any] | Unknown:
    """The items of an iterable for a loop, which may end before they do."""
    if isinstance(value, types.GeneratorType):
        return limits.bounded(value)
    if isinstance(value, list | tuple):
        return iter(list(value))  # an item may stand for any number of them
    if isinstance(value, Iterator) and attributes.is_plain(value):
        return limits.bounded(_resumed(vm, value, span))
    items = iterate(vm, value, span)
    return items if isinstance(items, Unknown) else iter(items)


def _resumed(vm: Interpreter, iterator: Iterator[Any], span: Span) -> Iterator[Any]:
    while (item := vm.attempt(span, next, iterator, _END)) is not _END:
        if isinstance(item, Unknown):
            yield spread(item)
            return
        yield item


def spread(unknown: Unknown) -> Unknown:
    """An unknown that stands for any number of items."""
    return Unknown(unknown.reason, unknown.span, unknown.notes, spread=True)


def is_spread(value: Any) -> bool:
    """Whether a value stands for any number of items."""
    return isinstance(value, Unknown) and value.spread


def subscript(vm: Interpreter, value: Any, key: Any, span: Span) -> Any:
    """`value[key]`."""
    if isinstance(value, Unknown) or isinstance(key, Unknown):
        return _used(value if isinstance(value, Unknown) else key, span)
    if isinstance(value, list | tuple) and any(
        isinstance(item, Unknown) and item.spread for item in value
    ):
        return first_unknown(value)
    if isinstance(value, dict) and any(isinstance(item, Unknown) for item in value):
        return first_unknown(list(value))
    special = attributes.special_item(vm, value, key, span)
    if special is not None:
        return special
    if not attributes.is_plain(value) and not hasattr(value, "__class_getitem__"):
        return Unknown(f"an item of {attributes.describe(value)} is not evaluated", span)
    return vm.attempt(span, lambda: value[key])


def binary(vm: Interpreter, operator: ast.operator, left: Any, right: Any, span: Span) -> Any:
    """`left <operator> right`."""
    symbol, function = BINARY[type(operator)]
    if symbol == "+" and (joined := _join_partly_known(left, right)) is not None:
        return joined
    inert = symbol == "+" and type(left) is type(right) and isinstance(left, list | tuple)
    if not inert:
        for operand in (left, right):
            if (unknown := first_unknown(operand)) is not None:
                return _used(unknown, span)
            if not attributes.is_plain(operand):
                return Unknown(
                    f"`{symbol}` on {attributes.describe(operand)} is not evaluated", span
                )
        if symbol == "%" and isinstance(left, str) and (refused := _refuse_text(right, span)):
            return refused
    try:
        limits.check_binary(symbol, left, right)
    except limits.LimitPassed as error:
        return Unknown(str(error), span)
    result = vm.attempt(span, lambda: limits.checked(function(left, right)))
    return calls.note_origin(vm, result, span)


def _used(unknown: Unknown, span: Span) -> Unknown:
    """An External whose value is needed is an Unknown like any other, at the use."""
    if isinstance(unknown, External) and unknown.span is None:
        return Unknown(unknown.reason, span)
    return unknown.with_note("used here", span)


def _join_partly_known(left: Any, right: Any) -> list[Any] | None:
    """`known + [unknown]` keeps what is known of a list, so that no item of it is lost."""
    if isinstance(left, Unknown) and isinstance(right, list | tuple):
        return [spread(left), *right]
    if isinstance(right, Unknown) and isinstance(left, list | tuple):
        return [*left, spread(right)]
    return None


def _refuse_text(value: Any, span: Span) -> Unknown | None:
    items = (
        value
        if isinstance(value, tuple)
        else value.values()
        if isinstance(value, dict)
        else [value]
    )
    for item in items:
        text = as_text(item, span)
        if isinstance(text, Unknown):
            return text
    return None


def _constant(vm: Interpreter, node: ast.Constant, scope: Scope) -> Any:
    return node.value


def _name(vm: Interpreter, node: ast.Name, scope: Scope) -> Any:
    return vm.name(node.id, scope, scope.module.span(node))


def _attribute(vm: Interpreter, node: ast.Attribute, scope: Scope) -> Any:
    value = evaluate(vm, node.value, scope)
    return attributes.attribute(vm, value, node.attr, scope.module.span(node))


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
        value = evaluate(vm, keyword.value, scope)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
        elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
            kwargs.update(value)
        else:
            unknown = first_unknown(value) or Unknown(
                "the keyword arguments are not known", scope.module.span(keyword.value)
            )
            return calls.call_with_unknown(vm, function, args, unknown, span)
    return vm.noticed(calls.call(vm, function, tuple(args), kwargs, span, scope))


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
        return _used(unknown, span)
    if not attributes.is_plain(value):
        return Unknown(f"an operator on {attributes.describe(value)} is not evaluated", span)
    return vm.attempt(span, UNARY[type(node.op)], value)


def _boolean(vm: Interpreter, node: ast.BoolOp, scope: Scope) -> Any:
    value: Any = None
    for operand in node.values:
        value = evaluate(vm, operand, scope)
        decided = truth(vm, value, scope.module.span(operand))
        if isinstance(decided, Unknown):
            return decided
        if decided == isinstance(node.op, ast.Or):
            return value
    return value


def _compare(vm: Interpreter, node: ast.Compare, scope: Scope) -> Any:
    span = scope.module.span(node)
    left = evaluate(vm, node.left, scope)
    result: Any = True
    for operator, comparator in zip(node.ops, node.comparators, strict=True):
        right = evaluate(vm, comparator, scope)
        result = _compare_pair(vm, operator, left, right, span)
        decided = truth(vm, result, span)
        if isinstance(decided, Unknown):
            return decided
        if not decided:
            return result
        left = right
    return result


def _compare_pair(vm: Interpreter, operator: ast.cmpop, left: Any, right: Any, span: Span) -> Any:
    left, right = (attributes.as_model_class(vm, value, span) for value in (left, right))
    if isinstance(operator, ast.Is | ast.IsNot) and not (
        isinstance(left, Unknown) or isinstance(right, Unknown)
    ):
        return COMPARE[type(operator)](left, right)
    for operand in (left, right):
        if (unknown := first_unknown(operand)) is not None:
            return _used(unknown, span)
    if isinstance(operator, ast.In | ast.NotIn):
        if attributes.is_own_kind(right):
            return Unknown(f"what {attributes.describe(right)} contains is not known", span)
        if hasattr(type(right), "__next__") or (
            isinstance(right, range) and not isinstance(left, int)
        ):
            right = iterate(vm, right, span)
            if isinstance(right, Unknown):
                return right
    return vm.attempt(span, COMPARE[type(operator)], left, right)


def _conditional(vm: Interpreter, node: ast.IfExp, scope: Scope) -> Any:
    decided = truth(vm, evaluate(vm, node.test, scope), scope.module.span(node.test))
    if isinstance(decided, Unknown):
        return decided
    return evaluate(vm, node.body if decided else node.orelse, scope)


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
    limits.check_size(len(result))
    return result


def _list(vm: Interpreter, node: ast.List, scope: Scope) -> Any:
    return _items(vm, node.elts, scope)


def _tuple(vm: Interpreter, node: ast.Tuple, scope: Scope) -> Any:
    return tuple(_items(vm, node.elts, scope))


def _set(vm: Interpreter, node: ast.Set, scope: Scope) -> Any:
    items = _items(vm, node.elts, scope)
    if (unknown := first_unknown(items)) is not None:
        return unknown
    return vm.attempt(scope.module.span(node), set, items)


def _dict(vm: Interpreter, node: ast.Dict, scope: Scope) -> Any:
    result: dict[Any, Any] = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = evaluate(vm, value_node, scope)
        if key_node is None:
            if not isinstance(value, dict):
                return first_unknown(value) or Unknown(
                    "what `**` unpacks is not known", scope.module.span(value_node)
                )
            result.update(value)
            continue
        key = evaluate(vm, key_node, scope)
        if (unknown := first_unknown(key)) is not None:
            return unknown
        stored = vm.attempt(scope.module.span(key_node), result.__setitem__, key, value)
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
    return limits.checked("".join(pieces))


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
        limits.check_format(spec)
    except limits.LimitPassed as error:
        return Unknown(str(error), span)
    conversions: dict[int, Callable[[Any], str]] = {115: str, 114: repr, 97: ascii}
    convert = conversions.get(node.conversion)
    converted = value if convert is None else vm.attempt(span, convert, value)
    if isinstance(converted, Unknown):
        return converted
    return vm.attempt(span, format, converted, spec)


def _named(vm: Interpreter, node: ast.NamedExpr, scope: Scope) -> Any:
    value = evaluate(vm, node.value, scope)
    while scope.kind == "comprehension" and scope.parent is not None:
        scope = scope.parent
    scope.bind(node.target.id, value)
    return value


def _lambda(vm: Interpreter, node: ast.Lambda, scope: Scope) -> Any:
    return make_function(vm, node, scope)


def _starred(vm: Interpreter, node: ast.Starred, scope: Scope) -> Any:
    return Unknown("`*` is not evaluated here", scope.module.span(node))


def _comprehension(vm: Interpreter, node: Any, scope: Scope) -> Any:
    # Only the outermost iterable sees the names of a class body around the comprehension.
    from pgtrigger_codegen.evaluator.generators import lazily

    inner = Scope("comprehension", scope.module, parent=scope.function_parent(), owner=scope.owner)
    outermost = node.generators[0].iter
    items = each(vm, evaluate(vm, outermost, scope), scope.module.span(outermost))
    if isinstance(items, Unknown):
        return items
    if isinstance(node, ast.GeneratorExp):
        return lazily(vm, _loop(vm, node, node.generators, items, inner))
    collected = list(_loop(vm, node, node.generators, items, inner))
    if collected and is_spread(collected[-1]):
        return replace(collected[-1], spread=False)
    span = scope.module.span(node)
    match node:
        case ast.ListComp():
            return collected
        case ast.SetComp():
            return first_unknown(collected) or vm.attempt(span, set, collected)
        case _:
            keys = first_unknown([key for key, _ in collected])
            return keys or vm.attempt(span, dict, collected)


def _loop(
    vm: Interpreter,
    node: Any,
    generators: list[ast.comprehension],
    items: Iterator[Any],
    scope: Scope,
) -> Generator[Any, None, bool]:
    """Runs the loops of a comprehension from the outermost one in.

    Yields:
        Its items; at last an `Unknown` in the place of all that cannot be known of them.

    Returns:
        Whether it ended with such a one.
    """
    head, *rest = generators
    span = scope.module.span(head.iter)
    for item in items:
        vm.step(lambda: span)
        if is_spread(item):
            yield item
            return True
        assign(vm, head.target, item, scope)
        wanted = _all_true(vm, head.ifs, scope)
        if isinstance(wanted, Unknown):
            yield spread(wanted)
            return True
        if not wanted:
            continue
        if not rest:
            yield _element(vm, node, scope)
            continue
        source = each(vm, evaluate(vm, rest[0].iter, scope), scope.module.span(rest[0].iter))
        if isinstance(source, Unknown):
            yield spread(source)
            return True
        if (yield from _loop(vm, node, rest, source, scope)):
            return True
    return False


def _element(vm: Interpreter, node: Any, scope: Scope) -> Any:
    if isinstance(node, ast.DictComp):
        return evaluate(vm, node.key, scope), evaluate(vm, node.value, scope)
    return evaluate(vm, node.elt, scope)


def _all_true(vm: Interpreter, conditions: list[ast.expr], scope: Scope) -> bool | Unknown:
    for condition in conditions:
        decided = truth(vm, evaluate(vm, condition, scope), scope.module.span(condition))
        if decided is not True:
            return decided
    return True


def _yield(vm: Interpreter, node: ast.Yield | ast.YieldFrom, scope: Scope) -> Any:
    return Unknown("a `yield` in this place is not followed", scope.module.span(node))


def _await(vm: Interpreter, node: ast.Await, scope: Scope) -> Any:
    return Unknown("asynchronous code is not evaluated", scope.module.span(node))


def _unpack(vm: Interpreter, targets: list[ast.expr], value: Any, scope: Scope, span: Span) -> None:
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


def _assign_item(vm: Interpreter, container: Any, key: Any, value: Any, span: Span) -> None:
    if isinstance(container, Unknown):
        return
    if (unknown := first_unknown(key)) is not None or vm.speculation is not None:
        attributes.poison(container, unknown or vm.speculation or Unknown("not known", span))
        return
    if attributes.special_item_assignment(vm, container, key, value, span):
        return
    if isinstance(key, slice):
        value = iterate(vm, value, span)
        if isinstance(value, list) and isinstance(container, list):
            value = vm.attempt(span, _joined_size, container, value)
        if isinstance(value, Unknown):
            attributes.poison(container, value)
            return
    if isinstance(container, list | dict | deque) or attributes.is_user_object(vm, container):
        done = vm.attempt(span, container.__setitem__, key, value)
        if isinstance(done, Unknown):
            attributes.poison(container, done)


def _joined_size(container: list[Any], items: list[Any]) -> list[Any]:
    limits.check_size(len(container) + len(items))
    return items


_END = object()
_EVALUATORS: dict[type[ast.expr], Callable[[Interpreter, Any, Scope], Any]] = {
    ast.Attribute: _attribute,
    ast.Await: _await,
    ast.BinOp: _binary_node,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: _comprehension,
    ast.FormattedValue: _formatted,
    ast.GeneratorExp: _comprehension,
    ast.IfExp: _conditional,
    ast.JoinedStr: _joined,
    ast.Lambda: _lambda,
    ast.List: _list,
    ast.ListComp: _comprehension,
    ast.Name: _name,
    ast.NamedExpr: _named,
    ast.Set: _set,
    ast.SetComp: _comprehension,
    ast.Slice: _slice,
    ast.Starred: _starred,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
}
