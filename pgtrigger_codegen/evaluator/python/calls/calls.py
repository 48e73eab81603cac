"""Calls: decides whether a call is interpreted, made for real, or refused."""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence
from typing import Any

from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.limits.sizes import checked
from pgtrigger_codegen.evaluator.limits.totals import LimitPassed
from pgtrigger_codegen.evaluator.protocols.events import Ended
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.calls import arguments, checks, makers
from pgtrigger_codegen.evaluator.python.calls.formatting import format_text
from pgtrigger_codegen.evaluator.python.calls.real_calls import call_real
from pgtrigger_codegen.evaluator.python.functions.functions import call_function
from pgtrigger_codegen.evaluator.python.imports.dynamic_names import note_names_not_set
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.python.objects.changes import (
    cut_short,
    executed_text,
    given_away,
    one_of,
)
from pgtrigger_codegen.evaluator.python.objects.kinds import (
    describe,
    is_only_of_users,
    is_user_class,
    is_user_object,
    is_users_metaclass,
    method_of_users,
)
from pgtrigger_codegen.evaluator.values.callables import (
    BoundMethod,
    Function,
    Opaque,
    Special,
    bound_to,
    interpreted,
)
from pgtrigger_codegen.evaluator.values.classes import find_attribute
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind, type_name
from pgtrigger_codegen.evaluator.values.raised import PythonRaise
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import (
    BudgetPassed,
    External,
    Raised,
    Refusal,
    Unknown,
    first_unknown,
    may_register,
)
from pgtrigger_codegen.evaluator.values.user_classes import as_type
from pgtrigger_codegen.source.span import Span

_ALIASES = (types.GenericAlias, typing._GenericAlias)  # type: ignore[attr-defined]
_FORMATS = (str.format, str.format_map)
_OBJECT_NEW = vars(object)["__new__"]


def call(
    vm: Machine,
    function: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None = None,
) -> Any:
    """The value of a call."""
    if type(function) is membrane.CallBack:
        function = function.value
    if is_own_kind(function) or isinstance(function, Unknown):
        return _call_own_kind(vm, function, args, kwargs, span, scope)
    if (user_function := interpreted(function)) is not None:
        return _interpret(vm, user_function, (*bound_to(function), *args), kwargs, span)
    function = as_type(function)
    if isinstance(function, type):
        if (waiting := _asked_by_metaclass(vm, function)) is not None:
            return vm.apply(waiting, args, kwargs, span, scope)
        made = vm.domain.called(vm, function, args, kwargs, span)
        return instantiate(vm, function, args, kwargs, span) if made is NotImplemented else made
    if is_user_object(vm, function):
        return _call_object(vm, function, args, kwargs, span)
    made = arguments.call_library_object(vm, function, args, kwargs, span)
    if made is not NotImplemented:
        return made
    if isinstance(function, _ALIASES):  # `Box[int](…)`
        return vm.apply(membrane.inward(vm, function.__origin__), args, kwargs, span, scope)
    if (waiting := makers.decorator(vm, function, args, kwargs)) is not None:
        return waiting
    if function in _FORMATS and args and isinstance(args[0], str):
        function, args = function.__get__(args[0]), args[1:]
    receiver = getattr(function, "__self__", None)
    called = getattr(function, "__name__", "")
    formats = called == "format" or (called == "format_map" and len(args) == 1)
    if isinstance(receiver, str) and formats:
        given, named = (args, kwargs) if called == "format" else ((), args[0])
        return format_text(vm, receiver, given, named, span)
    return call_real(vm, function, args, kwargs, span)


def _call_object(
    vm: Machine, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    if not callable(function):
        error = TypeError(f"'{type(function).__name__}' object is not callable")
        return vm.raised(error, span)
    method = vm.attempt(span, lambda: function.__call__)
    return method if isinstance(method, Unknown) else vm.apply(method, args, kwargs, span)


def _asked_by_metaclass(vm: Machine, cls: type) -> Any:
    """What a call of a class comes to by a metaclass of the user's; None where that is nothing."""
    if issubclass(cls, type) and is_user_class(vm, cls):
        return Special("metaclass", cls)
    if type(cls) is type or not is_users_metaclass(vm, type(cls)):
        return None
    own = method_of_users(vm, type(cls), "__call__")
    return BoundMethod(own, cls) if isinstance(own, Function) else own


def _call_own_kind(
    vm: Machine,
    function: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    if isinstance(function, Unknown):
        if isinstance(function, External):
            unread = Unknown(f"calls `{function.dotted}`, which is not evaluated", span)
        else:
            unread = function.with_note("called here", span)
        given = (*args, *kwargs.values())
        outcome = vm.domain.call_unread(vm, unread, given, span, scope)
        given_away(vm, given, unread, span)
        if isinstance(function, External) and function.dotted == "exec" and len(args) == 1:
            executed_text(vm, scope, unread)
        return outcome
    if isinstance(function, Special):
        return vm.call_special(SpecialCall(function, args, kwargs, span, scope))
    if isinstance(function, Opaque):
        unread = Unknown(f"calls `{function.dotted}`, which is not evaluated", span)
        given = (*args, *kwargs.values())
        outcome = vm.domain.call_unread(vm, unread, given, span, scope)
        given_away(vm, given, unread, span)
        return outcome
    if (caller := vm.domain.callers.get(type(function))) is not None:
        return caller(vm, function, args, kwargs, span, scope)
    unread = Unknown(f"calls {describe(function)}, which is not evaluated", span)
    given_away(vm, (*args, *kwargs.values()), unread, span)
    return unread


def call_with_unknown(
    vm: Machine,
    function: Any,
    args: Sequence[Any],
    unknown: Unknown,
    span: Span,
    scope: Scope | None = None,
) -> Any:
    """A call whose keyword arguments are not known."""
    if vm.domain.notes_calls(function):  # what it declares is not known, but not forgotten
        return vm.apply(function, tuple(args), {"**": unknown}, span, scope)
    if isinstance(function, External):
        unread = Unknown(f"calls `{function.dotted}`, which is not evaluated", span)
        given_away(vm, args, unread, span)
        return unread
    if not lookup.is_callable_listed(function):
        given_away(vm, (function, *args), unknown, span)
    return first_unknown(function) or first_unknown(list(args)) or unknown


def _interpret(
    vm: Machine, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    try:
        result = call_function(vm, function, args, kwargs, span)
    except PythonRaise as error:
        if vm.try_depth:
            raise
        result = vm.invalid(error.error, error.span or span, error.frame).passed_on()
        _tell_ended(vm, function, result, span)
        note_names_not_set(vm, function, result)
        if vm.frame is not None:  # the function that calls ends as well
            raise
        return result
    except (LimitPassed, Refusal) as stop:
        unknown = stop.unknown if isinstance(stop, Refusal) else Unknown(str(stop), span)
        result = _tell_ended(vm, function, unknown, span)
        given_away(vm, (*args, *kwargs.values()), result, span)
        cut_short(vm, [function.node], function.scope, result)
        if isinstance(stop, BudgetPassed):
            raise
        if isinstance(stop, LimitPassed):
            return result
    else:
        if isinstance(result, Raised):
            result = _tell_ended(vm, function, result.passed_on(), span)
    if isinstance(result, Unknown):
        result = one_of(vm, result.with_call(function.name, span), [result])
        note_names_not_set(vm, function, result)
        if vm.domain.mentions_registration(vm, function.node, function.module):
            return may_register(result)
    return result


def _tell_ended(vm: Machine, function: Function, result: Unknown, span: Span) -> Unknown:
    """Passes on what a function gives that is not followed to its end."""
    vm.observer.unfinished(function.module, function.node, result.reason)
    vm.tell(Ended(function, result, span))
    return result


def instantiate(
    vm: Machine, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    """Makes an object of a real class, the user's or a listed one, by Python's rules alone."""
    cls = as_type(cls)
    if is_user_class(vm, cls):
        if (ended := interpreted(find_attribute(cls, "__del__"))) is not None:
            reason = f"when Python calls `__del__` of `{cls.__name__}` is not known"
            unknown = Unknown(reason, span)
            given_away(vm, (ended, *args, *kwargs.values()), unknown, span)
            return unknown
        made = _instantiate_user_class(vm, cls, args, kwargs, span)
        return vm.domain.note_origin(vm, made, span)
    return call_real(vm, cls, args, kwargs, span)


def _instantiate_user_class(
    vm: Machine, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    own_init = interpreted(find_attribute(cls, "__init__"))
    by_type = type(cls) is type or is_users_metaclass(vm, type(cls))
    plain = by_type and find_attribute(cls, "__new__") is _OBJECT_NEW
    if own_init is None or not plain:
        refused = first_unknown(list(args)) or first_unknown(kwargs)
        if refused is not None:
            return refused.with_note(f"is given to `{cls.__name__}`", span)
        if (textless := checks.without_text(cls, (*args, *kwargs.values()), span)) is not None:
            return textless
        return vm.attempt(span, _make, vm, cls, args, kwargs, span)
    # The interpreter runs the user's `__init__` itself, which may be given what is not known.
    made = vm.attempt(span, object.__new__, cls)
    if isinstance(made, Unknown):
        return made
    outcome = _interpret(vm, own_init, (made, *args), kwargs, span)
    if outcome is not None and not isinstance(outcome, Unknown):
        text = f"__init__() should return None, not '{type_name(outcome)}'"
        return vm.raised(TypeError(text), span)
    return outcome if isinstance(outcome, Unknown) else made


def _make(vm: Machine, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span) -> Any:
    # A class that is the user's own all through, a dataclass say, keeps whatever it is given.
    keeps = is_only_of_users(vm, cls)
    function = types.SimpleNamespace if keeps or issubclass(cls, tuple) else cls
    args, kwargs = arguments.prepare(vm, function, None, args, kwargs, span)
    checks.check(cls, None, "", args, kwargs, span)
    # What its metaclass says of calls has been asked before.
    call = type.__call__ if is_users_metaclass(vm, type(cls)) else type(cls).__call__
    made = checked(call(cls, *args, **kwargs))
    return membrane.inward(vm, makers.note_made(vm, cls, made))
