"""Generators: bodies with `yield` and generator expressions, run only as far as they are asked.

Not before: an endless generator gives what `next` takes of it, and a generator expression sees
what its names mean when it is consumed.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Generator
from typing import Any

from pgtrigger_codegen.evaluator.limits import totals
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.functions.yielding import yielding_block
from pgtrigger_codegen.evaluator.python.objects import unknowns
from pgtrigger_codegen.evaluator.python.objects.changes import cut_short
from pgtrigger_codegen.evaluator.python.objects.membrane import unwrapped
from pgtrigger_codegen.evaluator.values import signals
from pgtrigger_codegen.evaluator.values.callables import Function
from pgtrigger_codegen.evaluator.values.raised import Frame, PythonRaise
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Raised, Refusal, Unknown


def run_generator(vm: Machine, function: Function, scope: Scope) -> Generator[Any, Any, Any]:
    """The values that a generator's body yields."""
    assert not isinstance(function.node, ast.Lambda)  # in which there is no statement
    steps = _run(vm, function.node.body, scope)
    cut = functools.partial(cut_short, vm, function.node.body, scope)
    return lazily(vm, steps, function.name, returns=True, cut=cut)


def lazily(
    vm: Machine,
    steps: Generator[Any, Any, Any],
    name: str = "<genexpr>",
    *,
    returns: bool = False,
    cut: Callable[[Unknown], None] | None = None,
) -> Generator[Any, Any, Any]:
    """Resumes interpreted code at each value, in the state that it was left in.

    Args:
        name: What the code is called in a traceback.
        returns: Whether what the steps return is a value of interpreted code.
        cut: Called when a value stands for all that follows.

    Raises:
        Refusal: Calls nest too deeply.
    """
    tries = 0
    handled: list[PythonRaise] = []
    sent: Any = None
    thrown: PythonRaise | None = None
    while True:
        if vm.depth >= totals.DEPTH:
            raise Refusal(Unknown(f"calls nest more than {totals.DEPTH} deep"))
        outside, handled_outside = vm.try_depth, len(vm.handled)
        vm.try_depth += tries
        vm.handled += handled
        vm.depth += 1
        around, vm.frame = vm.frame, Frame(name, None, vm.frame)
        try:
            value = steps.send(sent) if thrown is None else steps.throw(thrown)
        except StopIteration as ended:
            return ended.value if returns else None
        except PythonRaise as error:
            error.frame = error.frame or vm.frame
            raise
        finally:
            vm.frame = around
            tries = vm.try_depth - outside
            vm.try_depth = outside
            handled = vm.handled[handled_outside:]
            del vm.handled[handled_outside:]
            vm.depth -= 1
        sent = thrown = None
        if cut is not None and unknowns.is_spread(value):
            cut(value)
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


def _run(vm: Machine, body: list[ast.stmt], scope: Scope) -> Generator[Any, Any, Any]:
    try:
        signal = yield from yielding_block(vm, body, scope)
    except PythonRaise as error:
        if isinstance(error.error, StopIteration):
            raise PythonRaise(RuntimeError("generator raised StopIteration"), error.span) from error
        raise
    if not isinstance(signal, signals.Return):
        return None
    if isinstance(signal.value, Raised):  # a statement raised: Python would give no more items
        yield unknowns.spread(signal.value)
    return signal.value


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
