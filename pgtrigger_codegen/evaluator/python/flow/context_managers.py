"""Context managers: what a `with` statement enters, and how it leaves that.

The user's own are objects with `__enter__` and `__exit__`, or generators that
`contextlib.contextmanager` decorates. Of a library's, those that `files` and `suppress` know.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.objects import files
from pgtrigger_codegen.evaluator.python.objects.kinds import describe, is_user_object
from pgtrigger_codegen.evaluator.python.objects.membrane import inward
from pgtrigger_codegen.evaluator.python.objects.targets import assign
from pgtrigger_codegen.evaluator.python.objects.unknowns import truth
from pgtrigger_codegen.evaluator.values.callables import ContextManager, Function
from pgtrigger_codegen.evaluator.values.raised import PythonRaise, UnknownRaise, is_error_of
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Raised, Refusal, Unknown
from pgtrigger_codegen.source.span import Span

_END = object()

Leave = Callable[[PythonRaise | None, Span], bool]
"""Leaves a `with` statement, by an exception or without; whether it swallows the exception."""


def enter(vm: Machine, manager: Any, item: ast.withitem, scope: Scope) -> Leave | None:
    """Enters a `with` statement; gives what leaves it, if leaving it does anything.

    Raises:
        PythonRaise: The manager raises.
        Refusal: What the manager does is not known.
    """
    span = scope.module.span(item.context_expr)
    leave: Leave | None = None
    if is_user_object(vm, manager):
        method = _method(vm, manager, "__exit__", span)
        leave = functools.partial(_leave, vm, method)
        given = vm.apply(_method(vm, manager, "__enter__", span), (), {}, span)
        if isinstance(given, Raised):
            raise Refusal(given)
    elif type(manager) is ContextManager:
        leave = functools.partial(_leave_generator, vm, manager)
        given = _enter_generator(vm, manager, span)
    else:
        given = files.enter(manager, span)
        if isinstance(manager, contextlib.suppress):
            leave = functools.partial(_suppress, manager)
    if item.optional_vars is not None:
        assign(vm, item.optional_vars, given, scope)
    return leave


def _leave(vm: Machine, method: Any, error: PythonRaise | None, span: Span) -> bool:
    told: tuple[Any, ...] = (None, None, None)
    if error is not None:
        if isinstance(error.error, UnknownRaise):
            raise Refusal(error.error.unknown)
        raised = (type(error.error), error.error, None)
        told = tuple(inward(vm, value) for value in raised)
    ended = vm.apply(method, told, {}, span)
    if error is None:
        if isinstance(ended, Raised):
            raise Refusal(ended)
        return False
    swallowed = truth(vm, ended, span)
    if isinstance(swallowed, Unknown):
        raise Refusal(swallowed)
    return swallowed


def _enter_generator(vm: Machine, manager: ContextManager, span: Span) -> Any:
    if inspect.getgeneratorstate(manager.generator) != inspect.GEN_CREATED:
        raise Refusal(Unknown(f"{describe(manager)} is entered a second time", span))
    given = vm.attempt(span, next, manager.generator, _END)
    if given is _END:
        raise PythonRaise(RuntimeError("generator didn't yield"), span)
    if isinstance(given, Raised):
        raise Refusal(given)
    return given


def _leave_generator(
    vm: Machine, manager: ContextManager, error: PythonRaise | None, span: Span
) -> bool:
    if error is None:
        given = vm.attempt(span, next, manager.generator, _END)
        swallowed, message = False, "generator didn't stop"
    elif isinstance(error.error, UnknownRaise | StopIteration):
        raise Refusal(vm.invalid(error.error, error.span or span, error.frame))
    else:
        given = _thrown(vm, manager, error, span)
        swallowed, message = given is _END, "generator didn't stop after throw()"
    if isinstance(given, Unknown):
        raise Refusal(given)
    if given is not _END and given is not error:
        raise PythonRaise(RuntimeError(message), span)
    return swallowed


def _thrown(vm: Machine, manager: ContextManager, error: PythonRaise, span: Span) -> Any:
    """What a generator gives in which an exception is raised: the same one if it leaves."""
    try:
        with vm.catching():
            return vm.attempt(span, manager.generator.throw, PythonRaise(error.error, error.span))
    except PythonRaise as raised:
        if isinstance(raised.error, StopIteration):
            return _END
        if raised.error is error.error:
            return error
        raise


def _context_manager(vm: Machine, call: SpecialCall) -> Any:
    """`@contextlib.contextmanager`: a function that gives what a `with` statement enters."""
    function = call.argument(0, "func")
    if not isinstance(function, Function):
        reason = f"{describe(function)} is no generator that is evaluated"
        return call.unknown() or Unknown(reason, call.span)
    names = {**function.names, "__wrapped__": function}
    return replace(function, manages=True, names=names, dunders={**function.dunders}, real=None)


def _suppress(manager: contextlib.suppress, error: PythonRaise | None, span: Span) -> bool:
    if error is None:
        return False
    kinds: tuple[type, ...] = manager._exceptions  # type: ignore[attr-defined]
    if any(is_error_of(error.error, kind) for kind in kinds):
        return True
    if isinstance(error.error, UnknownRaise) and error.error.kind is None:
        raise Refusal(error.error.unknown)
    return False


def may_swallow(leave: Leave) -> bool:
    """Whether leaving is what swallows exceptions (`contextlib.suppress`)."""
    return isinstance(leave, functools.partial) and leave.func is _suppress


def _method(vm: Machine, manager: Any, name: str, span: Span) -> Any:
    found = vm.attribute(manager, name, span)
    if isinstance(found, Unknown):
        raise Refusal(found)
    return found


HANDLERS: dict[str, Handler] = {"contextmanager": _context_manager}
