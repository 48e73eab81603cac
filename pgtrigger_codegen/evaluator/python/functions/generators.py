"""Generators: bodies with `yield` and generator expressions, run only as far as they are asked.

Not before: an endless generator gives what `next` takes of it, and a generator expression sees
what its names mean when it is consumed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Generator, Iterator
from typing import Any

from pgtrigger_codegen.evaluator.limits import totals
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.flow import blocks, exceptions
from pgtrigger_codegen.evaluator.python.objects import iteration, targets, unknowns
from pgtrigger_codegen.evaluator.python.objects.membrane import unwrapped
from pgtrigger_codegen.evaluator.values import signals
from pgtrigger_codegen.evaluator.values.raised import PythonRaise
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown

_Steps = Generator[Any, Any, "signals.Signal"]


def run_generator(vm: Machine, body: list[ast.stmt], scope: Scope) -> Iterator[Any]:
    """The values that a generator's body yields."""
    return lazily(vm, _run(vm, body, scope))


def lazily(vm: Machine, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, None]:
    """Resumes interpreted code at each value, in the state that it was left in.

    Raises:
        Refusal: Calls nest too deeply.
    """
    tries = 0
    sent: Any = None
    thrown: PythonRaise | None = None
    while True:
        if vm.depth >= totals.DEPTH:
            raise Refusal(Unknown(f"calls nest more than {totals.DEPTH} deep"))
        outside = vm.try_depth
        vm.try_depth += tries
        vm.depth += 1
        try:
            value = steps.send(sent) if thrown is None else steps.throw(thrown)
        except StopIteration:
            return
        finally:
            tries = vm.try_depth - outside
            vm.try_depth = outside
            vm.depth -= 1
        sent = thrown = None
        try:
            sent = yield value
        except PythonRaise as error:  # `generator.throw`
            thrown = error
        except GeneratorExit:
            if vm.closing:  # else it is thrown away, at a time that Python does not promise
                vm.try_depth += tries
                steps.close()
                vm.try_depth -= tries
            raise


def contains_yield(node: ast.AST) -> bool:
    """Whether a statement yields from the function it stands in."""
    found: bool | None = vars(node).get(_YIELDS)
    if found is None:
        found = _contains_yield(node)
        setattr(node, _YIELDS, found)  # asked for each time that it is executed
    return found


def _contains_yield(node: ast.AST) -> bool:
    pending: list[ast.AST] = [node]
    while pending:
        child = pending.pop()
        if isinstance(child, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
        ):
            pending.extend(ast.iter_child_nodes(child))
    return False


def _run(vm: Machine, body: list[ast.stmt], scope: Scope) -> Generator[Any, Any, None]:
    try:
        yield from _block(vm, body, scope)
    except PythonRaise as error:
        if isinstance(error.error, StopIteration):
            raise PythonRaise(RuntimeError("generator raised StopIteration"), error.span) from error
        raise


def _block(vm: Machine, body: list[ast.stmt], scope: Scope) -> _Steps:
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
        raise _not_followed(node, scope)
    return (yield from step(vm, node, scope))


def _expression(vm: Machine, node: ast.Expr, scope: Scope) -> _Steps:
    yield from _yielded(vm, node.value, scope)
    return None


def _assign(vm: Machine, node: ast.Assign, scope: Scope) -> _Steps:
    if not isinstance(node.value, ast.Yield):
        raise _not_followed(node.value, scope)
    sent = yield from _yielded(vm, node.value, scope)
    for target in node.targets:
        targets.assign(vm, target, sent, scope)  # `next` sends None
    return None


def _if(vm: Machine, node: ast.If, scope: Scope) -> _Steps:
    span = scope.module.span(node.test)
    decided = unknowns.truth(vm, _without_yield(vm, node.test, scope), span)
    if isinstance(decided, Unknown):
        yield unknowns.spread(decided)
        return signals.Return(None)
    return (yield from _block(vm, node.body if decided else node.orelse, scope))


def _for(vm: Machine, node: ast.For, scope: Scope) -> _Steps:
    span = scope.module.span(node.iter)
    items = iteration.each(vm, _without_yield(vm, node.iter, scope), span)
    if isinstance(items, Unknown):
        yield unknowns.spread(items)
        return signals.Return(None)
    for item in items:
        vm.step_at(span)
        if unknowns.is_spread(item):
            yield item
            return signals.Return(None)
        targets.assign(vm, node.target, item, scope)
        signal = yield from _block(vm, node.body, scope)
        if isinstance(signal, signals.Break):
            return None
        if isinstance(signal, signals.Return):
            return signal
    return (yield from _block(vm, node.orelse, scope))


def _while(vm: Machine, node: ast.While, scope: Scope) -> _Steps:
    span = scope.module.span(node.test)
    while True:
        vm.step_at(span)
        decided = unknowns.truth(vm, _without_yield(vm, node.test, scope), span)
        if isinstance(decided, Unknown):
            yield unknowns.spread(decided)
            return signals.Return(None)
        if not decided:
            return (yield from _block(vm, node.orelse, scope))
        signal = yield from _block(vm, node.body, scope)
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
        signal = yield from _block(vm, node.body, scope)
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
            yield from _block(vm, node.finalbody, scope)
            raise raised
        signal = yield from _block(vm, handler.body, scope)
    elif signal is None:
        signal = yield from _block(vm, node.orelse, scope)
    final = yield from _block(vm, node.finalbody, scope)
    return final if final is not None else signal


def _yielded(vm: Machine, node: ast.expr, scope: Scope) -> Generator[Any, Any, Any]:
    """The values of one `yield` or `yield from`; gives what is sent to a `yield`."""
    span = scope.module.span(node)
    match node:
        case ast.Yield():
            return (yield None if node.value is None else _without_yield(vm, node.value, scope))
        case ast.YieldFrom():
            items = iteration.each(vm, _without_yield(vm, node.value, scope), span)
            if isinstance(items, Unknown):
                yield unknowns.spread(items)
            else:
                yield from items
        case _:
            raise _not_followed(node, scope)
    return None


def _without_yield(vm: Machine, node: ast.expr, scope: Scope) -> Any:
    if contains_yield(node):
        raise _not_followed(node, scope)
    return vm.value(node, scope)


def _not_followed(node: ast.AST, scope: Scope) -> Refusal:
    return Refusal(Unknown("a `yield` in this place is not followed", scope.module.span(node)))


_YIELDS = "contains_yield"
_STEPS: dict[type[ast.stmt], Callable[[Machine, Any, Scope], _Steps]] = {
    ast.Assign: _assign,
    ast.Expr: _expression,
    ast.For: _for,
    ast.If: _if,
    ast.Try: _try,
    ast.While: _while,
}


def _close(vm: Machine, call: SpecialCall) -> Any:
    """`generator.close()`: what it would do last is done now."""
    vm.closing += 1
    try:
        return vm.attempt(call.span, call.special.receiver.close)
    finally:
        vm.closing -= 1


def _send(vm: Machine, call: SpecialCall) -> Any:
    """`generator.send(value)`."""
    return call.unknown() or vm.attempt(call.span, call.special.receiver.send, *call.args)


def _throw(vm: Machine, call: SpecialCall) -> Any:
    """`generator.throw(error)`."""
    error = unwrapped(call.argument(0, ""))
    if isinstance(error, type) and issubclass(error, BaseException):
        error = vm.attempt(call.span, error)
    if len(call.args) != 1 or not isinstance(error, BaseException):
        return call.unknown() or Unknown("what is thrown is not known", call.span)
    thrown = PythonRaise(error, call.span)
    return vm.attempt(call.span, call.special.receiver.throw, thrown)


HANDLERS: dict[str, Handler] = {
    "generator.close": _close,
    "generator.send": _send,
    "generator.throw": _throw,
}
