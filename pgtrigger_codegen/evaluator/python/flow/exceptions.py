"""Statements that raise exceptions, catch them, or clean up after them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from pgtrigger_codegen.evaluator.limits.weight import SCALARS
from pgtrigger_codegen.evaluator.modules.bound_names import bound_names
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.flow.blocks import (
    either,
    execute_block,
    merged_names,
    noted_end,
)
from pgtrigger_codegen.evaluator.python.flow.context_managers import enter, may_swallow
from pgtrigger_codegen.evaluator.python.objects.changes import cut_short, one_of
from pgtrigger_codegen.evaluator.python.objects.membrane import inward, unwrapped
from pgtrigger_codegen.evaluator.python.objects.unknowns import truth
from pgtrigger_codegen.evaluator.values.raised import PythonRaise, UnknownRaise, is_error_of
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.signals import Maybe, Return, Signal, stays_in_loop
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class
from pgtrigger_codegen.source.span import Span


def try_statement(vm: Machine, node: ast.Try, scope: Scope) -> Signal:
    guards = any(_catches_import_error(handler) for handler in node.handlers)
    vm.import_guards += guards
    doubt, vm.doubt = vm.doubt, None
    before = dict(scope.names)
    try:
        with vm.catching():
            signal = execute_block(vm, node.body, scope)
    except PythonRaise as error:
        signal = _handle(vm, node, error, scope)
    else:
        if (why := _doubt_within(vm)) is not None:
            signal = _may_have_raised(vm, node, signal, scope, before, why)
        elif signal is None:
            signal = _or_finally(vm, node, node.orelse, scope)
    finally:
        vm.import_guards -= guards
        vm.doubt = doubt
    final = execute_block(vm, node.finalbody, scope)
    return final if final is not None else signal


def matching_handler(
    vm: Machine, node: ast.Try, error: PythonRaise, scope: Scope
) -> ast.ExceptHandler | Unknown | None:
    """The `except` that catches an exception, its name bound; `Unknown` if it may be any."""
    for handler in node.handlers:
        kind = BaseException if handler.type is None else vm.value(handler.type, scope)
        if (unknown := first_unknown(kind)) is not None:
            return unknown
        if any(type(each) is Class for each in (kind if isinstance(kind, tuple) else (kind,))):
            reason = "an `except` of what is no exception is not evaluated"
            return Unknown(reason, scope.module.span(handler))
        kind = unwrapped(kind)
        kinds = kind if isinstance(kind, tuple) else (kind,)
        caught = any(isinstance(each, type) and is_error_of(error.error, each) for each in kinds)
        if isinstance(error.error, UnknownRaise):
            if error.error.kind is None and not caught:
                return error.error.unknown
            raised: Any = error.error.unknown
        else:
            raised = inward(vm, error.error)
        if caught:
            if handler.name:
                scope.bind(handler.name, raised)
            return handler
    return None


def with_statement(vm: Machine, node: ast.With, scope: Scope) -> Signal:
    return _with(vm, node.items, node.body, scope)


def _with(vm: Machine, items: Sequence[ast.withitem], body: list[ast.stmt], scope: Scope) -> Signal:
    if not items:
        return execute_block(vm, body, scope)
    item, *rest = items
    span = scope.module.span(item.context_expr)
    manager = noted_end(vm, vm.value(item.context_expr, scope))
    leave = enter(vm, manager, item, scope)
    if leave is None and isinstance(manager, Unknown):
        try:
            with vm.catching():
                return _with(vm, rest, body, scope)
        except PythonRaise:
            return _swallowed(vm, body, scope, manager)
    if leave is None:
        return _with(vm, rest, body, scope)
    doubt, vm.doubt = vm.doubt, None
    try:
        with vm.catching():
            signal = _with(vm, rest, body, scope)
    except PythonRaise as error:
        if not leave(error, span):
            raise
        return None
    finally:
        within, vm.doubt = _doubt_within(vm), doubt
    leave(None, span)
    if within is None or not may_swallow(leave):
        return signal
    _swallowed(vm, body, scope, within)
    return None if signal is None else Maybe(within, stays_in_loop(signal))


def _swallowed(vm: Machine, body: Sequence[ast.stmt], scope: Scope, why: Unknown) -> Signal:
    """A body that may have ended anywhere, by an exception that went no further."""
    for name in {name for inner in body for name in bound_names(inner)}:
        scope.bind(scope.mangled(name), why)
    cut_short(vm, body, scope, why)
    return Maybe(why)


def raise_statement(vm: Machine, node: ast.Raise, scope: Scope) -> Signal:
    span = scope.module.span(node)
    if node.exc is None and vm.handled:
        raise vm.handled[-1]
    value = None if node.exc is None else unwrapped(vm.value(node.exc, scope))
    if isinstance(value, type) and issubclass(value, BaseException):
        value = vm.attempt(span, value)
    if type(value) in SCALARS and node.exc is not None:
        value = TypeError("exceptions must derive from BaseException")
    if isinstance(value, NotImplementedError) and scope.module.is_stub:
        # The package raises nothing there: nobody can catch what a stub does not tell.
        raise Refusal(Unknown(str(value), span))
    if isinstance(value, BaseException):
        if node.cause is not None:
            _set_cause(vm, value, vm.value(node.cause, scope), span)
        raise PythonRaise(value, span)
    unknown = first_unknown(value) or Unknown("it is none of Python's", span)
    raise PythonRaise(UnknownRaise(unknown, _class_of(vm, node.exc, scope)), span)


def _set_cause(vm: Machine, error: BaseException, cause: Any, span: Span) -> None:
    cause = unwrapped(cause)
    if isinstance(cause, type) and issubclass(cause, BaseException):
        cause = vm.attempt(span, cause)
    if cause is None or isinstance(cause, BaseException):
        error.__cause__ = cause
    elif not isinstance(cause, Unknown):
        message = "exception causes must derive from BaseException"
        raise PythonRaise(TypeError(message), span)


def _class_of(vm: Machine, node: ast.expr | None, scope: Scope) -> type[BaseException] | None:
    """The class of an exception that is made there, with arguments that are not known."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
        return None
    kind = unwrapped(vm.value(node.func, scope))
    return kind if isinstance(kind, type) and issubclass(kind, BaseException) else None


def assert_statement(vm: Machine, node: ast.Assert, scope: Scope) -> Signal:
    span = scope.module.span(node)
    decided = vm.noticed(truth(vm, vm.value(node.test, scope), span))
    if decided is False:
        message = [] if node.msg is None else [vm.value(node.msg, scope)]
        raise PythonRaise(AssertionError(*message), span)
    return None


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    names = (
        {getattr(node, "id", None) for node in ast.walk(handler.type)} if handler.type else {None}
    )
    return bool(names & {"ImportError", "ModuleNotFoundError", "Exception", None})


def _doubt_within(vm: Machine) -> Unknown | None:
    """What was not known since the statement began."""
    return vm.doubt


def _may_have_raised(
    vm: Machine,
    node: ast.Try,
    signal: Signal,
    scope: Scope,
    before: dict[str, Any],
    why: Unknown,
) -> Signal:
    """Something in the `try` is not known: it may as well have raised, and a handler goes on.

    What the body or the handlers bind otherwise is not known then; what they register is
    unresolved.

    Args:
        before: The names before the body.
    """
    handlers = [one.body for one in node.handlers if not isinstance(one.body[-1], ast.Raise)]
    if not handlers:
        return _or_finally(vm, node, node.orelse, scope) if signal is None else signal
    bound = {name for inner in node.body for name in bound_names(inner)}
    merged = merged_names(vm, before, [before, dict(scope.names)], bound, why)
    outer = scope.global_names | scope.nonlocal_names
    scope.names.update((name, merged[name]) for name in bound if name in merged)
    cut_short(vm, node.body if outer & bound else (), scope, why)
    ended = either(vm, [[] if signal is not None else node.orelse, *handlers], scope, why)
    if signal is None:
        return ended
    given = [signal.value] if isinstance(signal, Return) else []
    in_loop = stays_in_loop(signal) and (ended is None or stays_in_loop(ended))
    return Maybe(one_of(vm, why, given), in_loop)


def _handle(vm: Machine, node: ast.Try, error: PythonRaise, scope: Scope) -> Signal:
    if isinstance(node, ast.TryStar):
        return _handle_groups(vm, node, error, scope)
    handler = matching_handler(vm, node, error, scope)
    if handler is None:
        execute_block(vm, node.finalbody, scope)
        raise error
    if isinstance(handler, Unknown):
        return either(vm, [*(other.body for other in node.handlers), []], scope, handler)
    vm.handled.append(error)
    try:
        return _or_finally(vm, node, handler.body, scope)
    finally:
        vm.handled.pop()
        if handler.name:
            scope.unbind(handler.name)


def _handle_groups(vm: Machine, node: ast.Try, error: PythonRaise, scope: Scope) -> Signal:
    """`except*`: each handler takes its part of a group; what is left is raised.

    Raises:
        Refusal: A handler raises, which would make a group of what it raised and what is left.
    """
    rest: Any = error.error
    if isinstance(rest, UnknownRaise):
        raise Refusal(rest.unknown)
    naked = not isinstance(rest, BaseExceptionGroup)
    if naked:
        rest = BaseExceptionGroup("", [rest])
    for handler in node.handlers:
        kind = unwrapped(vm.value(handler.type, scope)) if handler.type is not None else None
        if (unknown := first_unknown(kind)) is not None:
            raise Refusal(unknown)
        if rest is None:
            continue
        taken, rest = rest.split(kind)
        if taken is None:
            continue
        if handler.name:
            scope.bind(handler.name, inward(vm, taken))
        try:
            execute_block(vm, handler.body, scope)
        except PythonRaise as raised:
            reason = "an exception that a handler of `except*` raises is not followed"
            raise Refusal(Unknown(reason, raised.span)) from None
        if handler.name:
            scope.unbind(handler.name)
    if rest is not None:
        execute_block(vm, node.finalbody, scope)
        raise error if naked else PythonRaise(rest, error.span)
    return None


def _or_finally(vm: Machine, node: ast.Try, body: list[ast.stmt], scope: Scope) -> Signal:
    """Executes what follows on the `try` block; when it raises, the `finally` block comes next."""
    try:
        return execute_block(vm, body, scope)
    except PythonRaise:
        execute_block(vm, node.finalbody, scope)
        raise
