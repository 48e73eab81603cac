"""Calls of Django's callables: registrations, fields, operations of migrations, models."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.django import contributors, fields, func_render, operations
from pgtrigger_codegen.evaluator.django.postponed import PostponedFields
from pgtrigger_codegen.evaluator.django.registration import register
from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.library.kinds import has_base, is_field_class, is_trigger
from pgtrigger_codegen.evaluator.protocols.machine import Caller, Machine
from pgtrigger_codegen.evaluator.python.objects.kinds import is_user_class
from pgtrigger_codegen.evaluator.values.models import (
    ModelClass,
    ModelReference,
    Registrar,
    ThroughModel,
)
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span


def called(
    vm: Machine, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    """A call of a class or of a real bound method; `NotImplemented` where it is Python's."""
    if isinstance(function, type):
        return instantiate(vm, function, args, kwargs, span)
    added = contributors.added_later(vm, function, args, span)
    if added is not NotImplemented:
        return added
    return func_render.call_method(vm, function, args, span)


def instantiate(
    vm: Machine, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    """A field, or an operation of a migration; `NotImplemented` for other classes."""
    if is_field_class(cls) and (is_user_class(vm, cls) or lookup.is_callable_listed(cls)):
        return fields.make_field(vm, cls, args, kwargs, span)
    if has_base(cls, "django.db.migrations.operations.base", "Operation"):
        if (idle := operations.without_effect(cls, args, kwargs)) is not None:
            return idle
        if isinstance(fields_ := kwargs.get("fields"), PostponedFields):
            # Django's own `__init__` would read them all.
            made = instantiate(vm, cls, args, {**kwargs, "fields": []}, span)
            if not isinstance(made, Unknown):
                made.fields = fields_
            return made
        args, kwargs = operations.known_arguments(args, kwargs)
        return vm.instantiate(cls, args, kwargs, span)
    return NotImplemented


def note_origin(vm: Machine, value: Any, span: Span) -> Any:
    """Remembers where a trigger was made, or an object of a library that registers triggers."""
    noted = is_trigger(value) or vm.libraries.made_here(value)
    if noted and vm.findings.origin(value) is None:
        cls = type(value)
        vm.findings.remember_origin(value, span, f"{cls.__module__}.{cls.__qualname__}")
    return value


def _register(
    vm: Machine,
    registrar: Registrar,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    return register(vm, registrar, args, span, scope)


def _model_instance(
    vm: Machine,
    model: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
    scope: Scope | None,
) -> Any:
    if isinstance(model, ModelClass) and (base := next(model.unknown_bases(), None)) is not None:
        return base.with_note(f"a base of `{model.name}`", model.span)
    return Unknown("an instance of a model is not evaluated", span)


CALLERS: dict[type, Caller] = {
    ModelClass: _model_instance,
    ModelReference: _model_instance,
    Registrar: _register,
    ThroughModel: _model_instance,
}
