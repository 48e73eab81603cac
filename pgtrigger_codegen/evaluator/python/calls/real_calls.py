"""Calls of real callables: listed, checked, and what they give passes the membrane."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.limits.sizes import checked
from pgtrigger_codegen.evaluator.protocols.events import Refused
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.calls import arguments, checks, makers
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.python.objects.admission import is_allowed, receiver_of
from pgtrigger_codegen.evaluator.python.objects.changes import (
    given_away,
    note_change_of,
)
from pgtrigger_codegen.evaluator.python.objects.faces import absorb
from pgtrigger_codegen.evaluator.python.objects.iteration import iterate
from pgtrigger_codegen.evaluator.python.objects.kinds import (
    describe,
    poison,
)
from pgtrigger_codegen.evaluator.python.objects.unknowns import spread
from pgtrigger_codegen.evaluator.values.models import (
    ModelClass,
    ModelReference,
    ThroughModel,
    has_reference,
)
from pgtrigger_codegen.evaluator.values.unknown import (
    Unknown,
    first_unknown,
)
from pgtrigger_codegen.evaluator.values.user_classes import class_behind, has_face, opened
from pgtrigger_codegen.source.span import Span

_MODELS = (ModelClass, ModelReference, ThroughModel)


def call_real(
    vm: Machine, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    """The value of a call of a real callable, or why it is not called."""
    if function is format and args:
        vm.check_format(args[0], args[1:], span)
    if identity(function) in vm.makers:
        args = tuple(map(opened, args))
        kwargs = {name: opened(value) for name, value in kwargs.items()}
    if not callable(function):
        return vm.raised(TypeError(f"'{type(function).__name__}' object is not callable"), span)
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
    _absorb(args, kwargs)
    if isinstance(result, Unknown):
        return result
    makers.note_made(vm, function, result)
    return vm.domain.note_origin(vm, membrane.inward(vm, result), span)


def _absorb(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """What a call has set on classes that it was given is theirs."""
    for given in (*args, *kwargs.values()):
        if isinstance(given, type) and has_face(given):
            absorb(class_behind(given))


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
