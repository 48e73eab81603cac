"""Assignments to attributes of every kind of value: followed, ignored, or refused."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator.protocols.special_call import Handler, SpecialCall
from pgtrigger_codegen.evaluator.python.objects import attributes, membrane
from pgtrigger_codegen.evaluator.values.callables import Special, interpreted
from pgtrigger_codegen.evaluator.values.imported import LibraryModule, SourceModule
from pgtrigger_codegen.evaluator.values.models import ModelClass, ModelOptions
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.python.machine import Interpreter

# Options of a model that no trigger and no column depends on.
_HARMLESS_OPTIONS = frozenset("default_permissions get_latest_by ordering permissions".split())


def assign_attribute(vm: Interpreter, target: Any, name: str, value: Any, span: Span) -> None:
    """`target.name = value`.

    Raises:
        Refusal: What the assignment does is not followed.
    """
    options = isinstance(target, ModelOptions)
    if isinstance(target, ModelClass):
        target.namespace[name] = vm.speculation or value
    elif options:
        _assign_option(target, name, span)
    elif (
        attributes.is_user_object(vm, target)
        or attributes.is_user_class(vm, target)
        or _is_open(vm, target)
    ):
        _assign_to_object(vm, target, name, value, span)
    elif attributes.is_trigger(target):
        _assign_to_trigger(vm, target, name, value, span)
    elif attributes.is_rendered_model(target) and name not in ("_meta", "Meta"):
        pass  # a field's `contribute_to_class` puts its descriptor there: nothing compiles it
    elif isinstance(target, SourceModule) and (scope := vm.scopes.get(target.name)) is not None:
        scope.names[name] = vm.speculation or value
    elif not isinstance(target, Unknown | SourceModule | LibraryModule | Special):
        reason = f"an assignment to {attributes.describe(target)} is not followed"
        raise Refusal(Unknown(reason, span))


def delete_attribute(
    vm: Interpreter,
    target: Any,
    name: str,
    span: Span,
    by: Callable[[Any, str], None] = delattr,
) -> None:
    """`del target.name`.

    Raises:
        Refusal: What the deletion does is not followed.
    """
    if isinstance(target, Unknown):
        return
    owned = attributes.is_user_object(vm, target) or attributes.is_user_class(vm, target)
    if not (owned or _is_open(vm, target)) or not membrane.may_define(name):
        reason = f"a deletion of `{name}` of {attributes.describe(target)} is not followed"
        raise Refusal(Unknown(reason, span))
    if vm.speculation is not None:
        raise Refusal(vm.speculation)
    vm.attempt(span, by, target, name)


def _set_by_object(vm: Interpreter, call: SpecialCall) -> Any:
    """`object.__setattr__(target, name, value)`: no `__setattr__` of the user's is asked."""
    args = (*(call.special.receiver or ()), *call.args)
    if len(args) != 3 or not isinstance(args[1], str) or not attributes.is_user_object(vm, args[0]):
        return call.unknown() or Unknown("an assignment is not followed", call.span)
    _assign_to_object(vm, *args, call.span, by=object.__setattr__)
    return None


def _delete_by_object(vm: Interpreter, call: SpecialCall) -> Any:
    """`object.__delattr__(target, name)`."""
    args = (*(call.special.receiver or ()), *call.args)
    if len(args) != 2 or not isinstance(args[1], str):
        return call.unknown() or Unknown("a deletion is not followed", call.span)
    delete_attribute(vm, *args, call.span, by=object.__delattr__)
    return None


def _assign_to_object(
    vm: Interpreter,
    target: Any,
    name: str,
    value: Any,
    span: Span,
    by: Callable[[Any, str, Any], None] = setattr,
) -> None:
    if vm.speculation is not None:
        value = vm.speculation
    if not membrane.may_define(name):
        raise Refusal(Unknown(f"an assignment to `{name}` is not followed", span))
    real_code_reads = not attributes.is_purely_user(vm, target)
    if isinstance(target, type) or real_code_reads:
        value = membrane.member(vm, name, value, span, real_code_reads=real_code_reads)
    if isinstance(value, Unknown) and real_code_reads:
        # Real code reads this object's attributes: it must never find an Unknown there.
        raise Refusal(value.with_note(f"assigned to `{name}`", span))
    vm.attempt(span, by, target, name, value)


def _assign_to_trigger(vm: Interpreter, target: Any, name: str, value: Any, span: Span) -> None:
    unknown = value if isinstance(value, Unknown) else vm.speculation
    if unknown is not None:
        raise Refusal(unknown)
    if membrane.is_dunder(name):
        raise Refusal(Unknown(f"an assignment to `{name}` is not followed", span))
    vm.attempt(span, setattr, target, name, membrane.outward(vm, value, span))


def _assign_option(target: ModelOptions, name: str, span: Span) -> None:
    if name in _HARMLESS_OPTIONS:
        return
    if not isinstance(target.model, ModelClass):
        reason = f"an assignment to {attributes.describe(target)} is not followed"
        raise Refusal(Unknown(reason, span))
    target.model.namespace["Meta"] = Unknown(
        f"`{target.model.name}._meta.{name}` is assigned to", span
    )


def _is_open(vm: Interpreter, target: Any) -> bool:
    """Whether an object that is not of the user's class takes attributes as Python's do."""
    if isinstance(target, types.FunctionType):
        return interpreted(target) is not None
    # An enum gives its members their attributes before the class is done.
    return isinstance(target, types.SimpleNamespace) or type(target).__module__ in vm.scopes


HANDLERS: dict[str, Handler] = {
    "object.__delattr__": _delete_by_object,
    "object.__setattr__": _set_by_object,
}
