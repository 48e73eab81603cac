"""Statements that yield: each does what its like elsewhere does, and stops at each value."""

from __future__ import annotations

import ast
from collections.abc import Callable, Generator, Sequence
from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.flow import (
    blocks,
    context_managers,
    control_flow,
    exceptions,
)
from pgtrigger_codegen.evaluator.python.functions.yielded_values import (
    contains_yield,
    not_followed,
    yielded,
)
from pgtrigger_codegen.evaluator.python.objects import iteration, targets, unknowns
from pgtrigger_codegen.evaluator.values import signals
from pgtrigger_codegen.evaluator.values.raised import PythonRaise
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Raised, Refusal, Unknown

_Steps = Generator[Any, Any, "signals.Signal"]


def yielding_block(vm: Machine, body: Sequence[ast.stmt], scope: Scope) -> _Steps:
    """Executes statements until one of them ends the block; yields what they yield."""
    for node in body:
        if contains_yield(node):
            signal = yield from _step(vm, node, scope)
        else:
            signal = blocks.execute_block(vm, [node], scope)
        if isinstance(signal, signals.Maybe):
            yield unknowns.spread(signal.why)
            return signals.Return(None)
        if signal is not None:
            return signal
    return None


def _step(vm: Machine, node: ast.stmt, scope: Scope) -> _Steps:
    vm.step(node, scope)
    step = _STEPS.get(type(node))
    if step is None:
        raise not_followed(node, scope)
    return (yield from step(vm, node, scope))


def _expression(vm: Machine, node: ast.Expr, scope: Scope) -> _Steps:
    value = yield from yielded(vm, node.value, scope)
    return signals.Return(value) if isinstance(value, Raised) else None


def _return(vm: Machine, node: ast.Return, scope: Scope) -> _Steps:
    value = None if node.value is None else (yield from yielded(vm, node.value, scope))
    return signals.Return(value)


def _assign(vm: Machine, node: ast.Assign | ast.AnnAssign, scope: Scope) -> _Steps:
    if node.value is None:
        return None
    value = yield from yielded(vm, node.value, scope)
    if isinstance(value, Raised):
        return signals.Return(value)
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        if contains_yield(target):
            raise not_followed(target, scope)
        targets.assign(vm, target, value, scope)  # `next` sends None
    return None


def _augmented(vm: Machine, node: ast.AugAssign, scope: Scope) -> _Steps:
    """`name += yield`: the name is read first, and what it was then is what is added to."""
    if not isinstance(node.target, ast.Name):
        raise not_followed(node, scope)
    read = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
    before = vm.value(read, scope)
    value = yield from yielded(vm, node.value, scope)
    if vm.value(read, scope) is not before:
        raise not_followed(node, scope)
    known = ast.copy_location(ast.Constant(value), node.value)
    changed = ast.copy_location(ast.AugAssign(node.target, node.op, known), node)
    return vm.execute_statement(changed, scope)


def _with(vm: Machine, node: ast.With, scope: Scope) -> _Steps:
    return (yield from _with_items(vm, node.items, node.body, scope))


def _with_items(
    vm: Machine, items: Sequence[ast.withitem], body: Sequence[ast.stmt], scope: Scope
) -> _Steps:
    if not items:
        return (yield from yielding_block(vm, body, scope))
    item, *rest = items
    span = scope.module.span(item.context_expr)
    manager = yield from yielded(vm, item.context_expr, scope)
    leave = context_managers.enter(vm, manager, item, scope)
    if leave is None:
        return (yield from _with_items(vm, rest, body, scope))
    # Not `vm.catching()`, as in `try`.
    vm.try_depth += 1
    signal: signals.Signal = None
    raised: PythonRaise | None = None
    try:
        signal = yield from _with_items(vm, rest, body, scope)
    except PythonRaise as error:
        raised = error
    except Refusal:
        vm.try_depth -= 1
        raise
    except GeneratorExit:
        vm.try_depth -= 1
        leave(None, span)
        raise
    vm.try_depth -= 1
    if raised is not None and not leave(raised, span):
        raise raised
    if raised is None:
        leave(None, span)
    return signal


def _match(vm: Machine, node: ast.Match, scope: Scope) -> _Steps:
    subject = yield from yielded(vm, node.subject, scope)
    for case in node.cases:
        if case.guard is not None and contains_yield(case.guard):
            raise not_followed(case.guard, scope)
        fits = control_flow.fits(vm, case, subject, scope)
        if isinstance(fits, Unknown):
            yield unknowns.spread(fits)
            return signals.Return(None)
        if fits:
            return (yield from yielding_block(vm, case.body, scope))
    return None


def _if(vm: Machine, node: ast.If, scope: Scope) -> _Steps:
    span = scope.module.span(node.test)
    decided = unknowns.truth(vm, (yield from yielded(vm, node.test, scope)), span)
    if isinstance(decided, Unknown):
        yield unknowns.spread(decided)
        return signals.Return(None)
    return (yield from yielding_block(vm, node.body if decided else node.orelse, scope))


def _for(vm: Machine, node: ast.For, scope: Scope) -> _Steps:
    span = scope.module.span(node.iter)
    items = iteration.each(vm, (yield from yielded(vm, node.iter, scope)), span)
    if isinstance(items, Unknown):
        yield unknowns.spread(items)
        return signals.Return(None)
    for item in items:
        vm.step_at(span)
        if unknowns.is_spread(item):
            yield item
            return signals.Return(None)
        targets.assign(vm, node.target, item, scope)
        signal = yield from yielding_block(vm, node.body, scope)
        if isinstance(signal, signals.Break):
            return None
        if isinstance(signal, signals.Return):
            return signal
    return (yield from yielding_block(vm, node.orelse, scope))


def _while(vm: Machine, node: ast.While, scope: Scope) -> _Steps:
    span = scope.module.span(node.test)
    while True:
        vm.step_at(span)
        decided = unknowns.truth(vm, (yield from yielded(vm, node.test, scope)), span)
        if isinstance(decided, Unknown):
            yield unknowns.spread(decided)
            return signals.Return(None)
        if not decided:
            return (yield from yielding_block(vm, node.orelse, scope))
        signal = yield from yielding_block(vm, node.body, scope)
        if isinstance(signal, signals.Break):
            return None
        if isinstance(signal, signals.Return):
            return signal


def _try(vm: Machine, node: ast.Try, scope: Scope) -> _Steps:
    # Not `vm.catching()`: its exit would also run when the generator is thrown away, suspended.
    vm.try_depth += 1
    signal: signals.Signal = None
    raised: PythonRaise | None = None
    try:
        signal = yield from yielding_block(vm, node.body, scope)
    except PythonRaise as error:
        raised = error
    except Refusal:
        vm.try_depth -= 1
        raise
    except GeneratorExit:
        vm.try_depth -= 1
        blocks.execute_block(vm, node.finalbody, scope)
        raise
    vm.try_depth -= 1
    if raised is not None:
        handler = exceptions.matching_handler(vm, node, raised, scope)
        if isinstance(handler, Unknown):
            yield unknowns.spread(handler)
            return signals.Return(None)
        if handler is None:
            yield from yielding_block(vm, node.finalbody, scope)
            raise raised
        signal = yield from _handle(vm, node, handler, raised, scope)
    elif signal is None:
        signal = yield from _or_finally(vm, node, node.orelse, scope)
    final = yield from yielding_block(vm, node.finalbody, scope)
    return final if final is not None else signal


def _handle(
    vm: Machine, node: ast.Try, handler: ast.ExceptHandler, raised: PythonRaise, scope: Scope
) -> _Steps:
    vm.handled.append(raised)
    try:
        return (yield from _or_finally(vm, node, handler.body, scope))
    finally:
        if raised in vm.handled:  # not where the generator is thrown away
            vm.handled.remove(raised)
        if handler.name:
            scope.unbind(handler.name)


def _or_finally(vm: Machine, node: ast.Try, body: Sequence[ast.stmt], scope: Scope) -> _Steps:
    try:
        return (yield from yielding_block(vm, body, scope))
    except PythonRaise:
        yield from yielding_block(vm, node.finalbody, scope)
        raise


_STEPS: dict[type[ast.stmt], Callable[[Machine, Any, Scope], _Steps]] = {
    ast.AnnAssign: _assign,
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
    ast.Expr: _expression,
    ast.For: _for,
    ast.If: _if,
    ast.Match: _match,
    ast.Return: _return,
    ast.Try: _try,
    ast.While: _while,
    ast.With: _with,
}
