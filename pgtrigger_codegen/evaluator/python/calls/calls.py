"""Calls: decides whether a call is interpreted, made for real, or refused."""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence
from typing import Any

from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.limits.sizes import checked
from pgtrigger_codegen.evaluator.limits.totals import LimitPassed
from pgtrigger_codegen.evaluator.protocols.events import Ended, Refused
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.calls import arguments, checks, makers
from pgtrigger_codegen.evaluator.python.calls.formatting import format_text
from pgtrigger_codegen.evaluator.python.functions.functions import call_function
from pgtrigger_codegen.evaluator.python.imports.dynamic_names import note_names_not_set
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.python.objects.admission import is_allowed, receiver_of
from pgtrigger_codegen.evaluator.python.objects.changes import (
    cut_short,
    executed_text,
    given_away,
    note_change_of,
    one_of,
)
from pgtrigger_codegen.evaluator.python.objects.iteration import iterate
from pgtrigger_codegen.evaluator.python.objects.kinds import (
    describe,
    is_only_of_users,
    is_user_class,
    is_user_object,
    is_users_metaclass,
    method_of_users,
    poison,
)
from pgtrigger_codegen.evaluator.python.objects.unknowns import spread
from pgtrigger_codegen.evaluator.values.callables import (
    BoundMethod,
    Function,
    Opaque,
    Special,
    bound_to,
    interpreted,
)
from pgtrigger_codegen.evaluator.values.classes import find_attribute
from pgtrigger_codegen.evaluator.values.models import (
    ModelClass,
    ModelReference,
    ThroughModel,
    has_reference,
)
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
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
from pgtrigger_codegen.source.span import Span

_MODELS = (ModelClass, ModelReference, ThroughModel)
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
    if isinstance(function, type):
        if (waiting := _asked_by_metaclass(vm, function)) is not None:
            return vm.apply(waiting, args, kwargs, span, scope)
        made = vm.domain.called(vm, function, args, kwargs, span)
        return instantiate(vm, function, args, kwargs, span) if made is NotImplemented else made
    if is_user_object(vm, function):
        method = vm.attempt(span, lambda: function.__call__)
        return method if isinstance(method, Unknown) else vm.apply(method, args, kwargs, span)
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
    return _call_real(vm, function, args, kwargs, span)


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
        given_away(vm, (*args, *kwargs.values()), unread, span)
        return unread
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
    if is_user_class(vm, cls):
        made = _instantiate_user_class(vm, cls, args, kwargs, span)
        return vm.domain.note_origin(vm, made, span)
    return _call_real(vm, cls, args, kwargs, span)


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


def _call_real(
    vm: Machine, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    if function is format and args:
        vm.check_format(args[0], args[1:], span)
    result = _call_checked(vm, function, args, kwargs, span)
    if isinstance(result, Unknown):
        if lookup.is_callable_listed(function):  # refused for its arguments, not for itself
            vm.tell(Refused((*args, *kwargs.values()), result, span))
        receiver, name = receiver_of(function)
        if name and lookup.is_mutator(receiver, name):
            poison(receiver, result)  # the change that it should have had is missing
        elif getattr(function, "__module__", "") == "_operator":
            given_away(vm, args, result, span)  # `operator.setitem(globals(), …)`
    return result


def _call_checked(
    vm: Machine, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    if not callable(function):
        return vm.raised(TypeError(f"'{type(function).__name__}' object is not callable"), span)
    receiver, name = receiver_of(function)
    if not is_allowed(vm, function):
        unread = Unknown(f"calls `{describe(function)}`, which is not evaluated", span)
        given_away(vm, (*args, *kwargs.values()), unread, span)
        return unread
    if name and lookup.is_mutator(receiver, name):
        note_change_of(vm, receiver, Unknown("which list is changed is not known", span))
        if vm.speculation is not None:
            poison(receiver, vm.speculation, keep=name in ("append", "extend"))
            return None
    if vm.spoiled and (unknown := checks.consumed(vm, (receiver, *args))) is not None:
        return unknown
    inert = bool(name) and lookup.is_inert(receiver, name)
    refused = _unknown_key(receiver, name, args) if inert else _unknown(receiver, args, kwargs)
    if not inert and refused is None:
        refused = checks.without_text(function, (*args, *kwargs.values()), span)
    if refused is not None:
        checks.note_calls_of_unknown(vm, function, args, kwargs, refused, span)
        return refused.with_note("used here", span)
    if name == "extend" and args:
        args = (_known_items(vm, args[0], span),)

    def real() -> Any:
        nonlocal args, kwargs
        makers.check(vm, function, args, kwargs, span)
        if not inert:
            args, kwargs = arguments.prepare(vm, function, receiver, args, kwargs, span)
        checks.check(function, receiver, name, args, kwargs, span)
        with makers.known_module(vm, function, args, span):
            return checked(function(*args, **kwargs))

    result = vm.attempt(span, real)
    if isinstance(result, Unknown):
        return result
    makers.note_made(vm, function, result)
    return vm.domain.note_origin(vm, membrane.inward(vm, result), span)


def _unknown(receiver: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Unknown | None:
    everything = [receiver, *args] if isinstance(receiver, list | dict | tuple) else list(args)
    return first_unknown(everything) or first_unknown(kwargs)


def _unknown_key(receiver: Any, name: str, args: tuple[Any, ...]) -> Unknown | None:
    if name in ("get", "pop", "setdefault") and isinstance(receiver, dict):
        keys = [*receiver.keys(), *args[:1]]
        if has_reference(keys) and any(isinstance(key, _MODELS) for key in keys):
            return Unknown("a model is looked up among models that are named by their labels")
        return first_unknown(keys)
    if name == "update" and args and isinstance(args[0], Unknown):
        return args[0]
    return None


def _known_items(vm: Machine, value: Any, span: Span) -> list[Any]:
    """What a list is extended by: items that are not known stay so, one by one."""
    if isinstance(value, list | tuple):
        return list(value)
    items = iterate(vm, value, span)
    return [spread(items)] if isinstance(items, Unknown) else items
