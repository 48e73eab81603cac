"""Calls: what is interpreted, what is called for real, and what is refused."""

from __future__ import annotations

import inspect
import types
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator import attributes, fields, library, limits, operations
from pgtrigger_codegen.evaluator.functions import call_function, interpreted
from pgtrigger_codegen.evaluator.scope import Scope
from pgtrigger_codegen.evaluator.text import as_text
from pgtrigger_codegen.evaluator.special_call import SpecialCall
from pgtrigger_codegen.evaluator.values import (
    External,
    ModelClass,
    ModelReference,
    PythonRaise,
    Refusal,
    Registrar,
    Special,
    ThroughModel,
    Unknown,
    first_unknown,
)
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.interpreter import Interpreter

_OBJECT_NEW = inspect.getattr_static(object, "__new__")

# Callables for which the order of a set's items makes no difference.
_ORDER_FREE = (sorted, set, frozenset, len, min, max, any, all, sum, bool, callable, dict)


def call(
    vm: Interpreter,
    function: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None = None,
) -> Any:
    """The value of a call."""
    match function:
        case External():
            return Unknown(f"calls `{function.dotted}`, which is not evaluated", span)
        case Unknown():
            return function.with_note("called here", span)
        case Special():
            from pgtrigger_codegen.evaluator.specials import call_special

            return call_special(vm, SpecialCall(function, args, kwargs, span, scope))
        case Registrar():
            from pgtrigger_codegen.evaluator.registration import register

            return register(vm, function, args, span, scope)
        case ModelClass() if (base := next(function.unknown_bases(), None)) is not None:
            return base.with_note(f"a base of `{function.name}`", function.span)
        case ModelClass() | ThroughModel() | ModelReference():
            return Unknown("an instance of a model is not evaluated", span)
    if (user_function := interpreted(function)) is not None:
        if isinstance(function, types.MethodType):
            args = (function.__self__, *args)
        return _interpret(vm, user_function, args, kwargs, span)
    if isinstance(function, type):
        return _instantiate(vm, function, args, kwargs, span)
    return _call_real(vm, function, args, kwargs, span)


def call_with_unknown(
    vm: Interpreter, function: Any, args: Sequence[Any], unknown: Unknown, span: Span
) -> Any:
    """A call whose keyword arguments are not known."""
    if isinstance(function, External):
        return Unknown(f"calls `{function.dotted}`, which is not evaluated", span)
    return first_unknown(function) or first_unknown(list(args)) or unknown


def note_origin(vm: Interpreter, value: Any, span: Span) -> Any:
    """Remembers where a trigger was made."""
    if attributes.is_trigger(value) and vm.origin(value) is None:
        cls = type(value)
        vm.remember_origin(value, span, f"{cls.__module__}.{cls.__qualname__}")
    return value


def _interpret(
    vm: Interpreter, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    try:
        result = call_function(vm, function, args, kwargs, span)
    except PythonRaise as error:
        if vm.try_depth:
            raise
        return vm.invalid(error.error, error.span or span).with_note(
            f"in `{function.name}`, called here", span
        )
    except limits.LimitPassed as error:
        return Unknown(str(error), span)
    if isinstance(result, Unknown):
        return result.with_note(f"`{function.name}` is called here", span)
    return result


def _instantiate(
    vm: Interpreter, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    """Makes an object of a real class, the user's or a listed one."""
    if attributes.is_field_class(cls) and (
        attributes.is_user_class(vm, cls) or library.is_callable_listed(cls)
    ):
        return fields.make_field(vm, cls, args, kwargs, span)
    if attributes.has_base(cls, "django.db.migrations.operations.base", "Operation"):
        args, kwargs = operations.known_arguments(args, kwargs)
    if attributes.is_user_class(vm, cls):
        return note_origin(vm, _instantiate_user_class(vm, cls, args, kwargs, span), span)
    return _call_real(vm, cls, args, kwargs, span)


def _instantiate_user_class(
    vm: Interpreter, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    own_init = interpreted(inspect.getattr_static(cls, "__init__", None))
    plain = type(cls) is type and inspect.getattr_static(cls, "__new__") is _OBJECT_NEW
    if own_init is None or not plain:
        refused = first_unknown(list(args)) or first_unknown(kwargs)
        if refused is not None:
            return refused.with_note(f"is given to `{cls.__name__}`", span)
        if (unusable := _unusable(vm, (*args, *kwargs.values()), span)) is not None:
            return unusable
        return vm.attempt(span, cls, *args, **kwargs)
    # The interpreter runs the user's `__init__` itself, which may be given what is not known.
    made = vm.attempt(span, object.__new__, cls)
    if isinstance(made, Unknown):
        return made
    outcome = _interpret(vm, own_init, (made, *args), kwargs, span)
    return outcome if isinstance(outcome, Unknown) else made


def _call_real(
    vm: Interpreter, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    if not callable(function):
        return vm.raised(TypeError(f"'{type(function).__name__}' object is not callable"), span)
    receiver, name = _receiver(function)
    if not _is_allowed(vm, function, receiver, name):
        return Unknown(f"calls `{attributes.describe(function)}`, which is not evaluated", span)
    if name and library.is_mutator(receiver, name) and vm.speculation is not None:
        attributes.poison(receiver, vm.speculation, keep=name in ("append", "extend"))
        return None
    inert = bool(name) and library.is_inert(receiver, name)
    if not inert:
        everything = [receiver, *args] if isinstance(receiver, list | dict | tuple) else list(args)
        unknown = first_unknown(everything) or first_unknown(kwargs)
        if unknown is not None:
            return unknown.with_note("used here", span)
        given = (*args, *kwargs.values())
        refused = _unusable(vm, given, span) or _without_text(function, receiver, name, given, span)
        refused = refused or _without_order(function, kwargs, span)
        if refused is not None:
            return refused
    elif (
        name == "get"
        and isinstance(receiver, dict)
        and (unknown := first_unknown([*receiver.keys(), *args[:1]]))
    ):
        return unknown
    try:
        prepared = tuple(_prepare(function, arg, span) for arg in args)
        if receiver is not None and name:
            limits.check_method(receiver, name, prepared)
        limits.check_call(function, prepared)
        limited = {key: _prepare(function, value, span) for key, value in kwargs.items()}
    except limits.LimitPassed as error:
        return Unknown(str(error), span)
    except Refusal as refusal:
        return refusal.unknown
    result = vm.attempt(span, function, *prepared, **limited)
    if callable(result) and not isinstance(result, Unknown) and interpreted(result) is None:
        vm.bless(result)
    return note_origin(vm, result, span)


def _without_text(
    function: Any, receiver: Any, name: str, values: tuple[Any, ...], span: Span
) -> Unknown | None:
    """Refuses to turn into text what has none, or one that differs from run to run."""
    makes_text = function in (str, repr, ascii, format) or (
        isinstance(receiver, str) and name in ("format", "format_map", "join")
    )
    for value in values if makes_text else ():
        items = value.values() if name == "format_map" and isinstance(value, dict) else [value]
        for item in items:
            if (refused := as_text(item, span)) is not None:
                return refused
    return None


def _without_order(function: Any, kwargs: dict[str, Any], span: Span) -> Unknown | None:
    """Refuses a set where a trigger's SQL follows the order of the items."""
    from pgtrigger_codegen.evaluator.expressions import has_no_order

    if not str(getattr(function, "__module__", "")).startswith("pgtrigger."):
        return None
    for name in ("fields", "document_fields", "transitions", "declare"):
        value = kwargs.get(name)
        if isinstance(value, set | frozenset) and has_no_order(value):
            return Unknown("the order of a set's items differs from run to run", span)
    return None


def _receiver(function: Any) -> tuple[Any, str]:
    """The object that a bound method belongs to, and the method's name."""
    receiver = getattr(function, "__self__", None)
    if receiver is None or isinstance(receiver, types.ModuleType):
        return None, ""
    return receiver, getattr(function, "__name__", "")


def _is_allowed(vm: Interpreter, function: Any, receiver: Any, name: str) -> bool:
    if library.is_callable_listed(function) or id(function) in vm.blessed:
        return True
    if receiver is not None and name:
        owner = receiver if isinstance(receiver, type) else type(receiver)
        return library.is_method_listed(owner, name)
    defined_in = getattr(function, "__objclass__", None)  # `str.upper`, called as a function
    if isinstance(defined_in, type):
        return library.is_method_listed(defined_in, function.__name__)
    if isinstance(function, types.FunctionType):  # `Trigger.get_func`, called as a function
        owner_name, _, method = function.__qualname__.rpartition(".")
        return (
            function.__module__.partition(".")[0] == "pgtrigger"
            and method in library.METHODS.get(owner_name, "").split()
        )
    return hasattr(type(function), "__call__") and library.is_method_listed(  # noqa: B004
        type(function), "__call__"
    )


def _unusable(vm: Interpreter, values: tuple[Any, ...], span: Span) -> Unknown | None:
    """Real code is never given the interpreter's own kinds of value."""
    for value in values:
        if attributes.is_own_kind(value):
            return Unknown(f"{attributes.describe(value)} is given to a call here", span)
        items: tuple[Any, ...] = ()
        if isinstance(value, list | tuple | set | frozenset):
            items = tuple(value)
        elif isinstance(value, dict):
            items = (*value.keys(), *value.values())
        if items and (refused := _unusable(vm, items, span)) is not None:
            return refused
    return None


def _prepare(function: Any, value: Any, span: Span) -> Any:
    """An argument for a real call: what C would iterate without end is made a list first.

    Raises:
        LimitPassed: It has too many items.
        Refusal: Its order would matter, and differs from run to run.
    """
    from pgtrigger_codegen.evaluator.expressions import has_no_order

    if isinstance(value, range):
        if function in (len, reversed, enumerate, isinstance):
            return value
        return list(limits.bounded(value))
    if (
        isinstance(value, set | frozenset)
        and function in (list, tuple, enumerate, zip, map, filter, iter, next, str, repr)
        and has_no_order(value)
        and function not in _ORDER_FREE
    ):
        raise Refusal(Unknown("the order of a set's items differs from run to run", span))
    if isinstance(value, types.GeneratorType | map | filter | zip) and function is not next:
        return iter(list(limits.bounded(value)))
    return value
