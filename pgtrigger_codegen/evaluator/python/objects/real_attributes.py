"""Attributes of real objects: which may be read, and what interpreted code is given for them."""

from __future__ import annotations

import enum
import inspect
import types
from typing import Any

from pgtrigger_codegen.confinement.frames import leads_inside
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects import access, membrane
from pgtrigger_codegen.evaluator.python.objects.kinds import describe
from pgtrigger_codegen.evaluator.python.objects.stubs import left_out
from pgtrigger_codegen.evaluator.python.objects.user_attributes import (
    PYTHONS,
    of_class,
    of_object,
    of_super,
)
from pgtrigger_codegen.evaluator.values.callables import Opaque, Special, interpreted
from pgtrigger_codegen.evaluator.values.classes import MISSING, find_attribute
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class, has_face
from pgtrigger_codegen.source.span import Span

_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def real_attribute(vm: Machine, value: Any, name: str, span: Span) -> Any:
    """An attribute of a real object, as far as it may be a value of interpreted code."""
    cls = type(value)
    if cls is super or has_face(cls):
        found = (of_super if cls is super else of_object)(vm, value, name, span)
        if found is not PYTHONS:
            return found
    if (unknown := left_out(vm, value, name, span)) is not None:
        return unknown
    getter = find_attribute(cls, name)
    if (
        isinstance(getter, property)
        and interpreted(getter.fget) is not None
        and find_attribute(cls, "__getattr__") is MISSING
    ):
        # Not by way of Python, which would hand on nothing that is known in part.
        return vm.apply(membrane.inward(vm, getter.fget), (value,), {}, span)
    special = _stood_in_for(vm, value, name, span)
    return _read(vm, value, name, span) if special is NotImplemented else special


def class_attribute(vm: Machine, cls: Class, name: str, span: Span) -> Any:
    """An attribute of a class of the user's."""
    found = of_class(vm, cls, name, span)
    return real_attribute(vm, cls.face, name, span) if found is PYTHONS else found


def _stood_in_for(vm: Machine, value: Any, name: str, span: Span) -> Any:
    """What the interpreter says of an attribute; `NotImplemented` where it is the object's."""
    known = vm.domain.real_attribute(vm, value, name, span)
    if known is not NotImplemented:
        return known
    if name in ("__setattr__", "__delattr__"):
        own = access.set_by_object(value, name)
        if own is not None:
            return own
    if name in ("__call__", "__init__", "__prepare__") and isinstance(value, type | super):
        in_type = access.by_metaclass(value, name)
        if in_type is not None:
            return in_type
    if isinstance(value, types.GeneratorType) and name in ("close", "send", "throw"):
        return Special(f"generator.{name}", value)
    if name == "__dict__" and (names := access.namespace_of(vm, value)) is not None:
        return names
    return NotImplemented


def _read(vm: Machine, value: Any, name: str, span: Span) -> Any:
    if leads_inside(value, name):  # to read it is an event that ends the run
        return Unknown(f"`{name}` of {_kind_in_words(value)} is not evaluated", span)
    found = vm.attempt(span, getattr, value, name)
    if isinstance(found, Unknown):
        return found
    if not access.may_read(vm, value, name, found):
        if isinstance(found, membrane.CALLABLES):
            return membrane.opaque(vm, found)
        return Unknown(f"`{name}` of {_kind_in_words(value)} is not evaluated", span)
    return membrane.inward(vm, found)


def opaque_attribute(vm: Machine, value: Opaque, name: str, span: Span) -> Any:
    """What can be said of a thing that is not listed without looking into it: its name."""
    real = value.real
    named = isinstance(real, type | types.FunctionType | types.BuiltinFunctionType)
    if named and name in ("__name__", "__qualname__", "__module__", "__doc__"):
        return membrane.inward(vm, vm.attempt(span, getattr, real, name))
    found = inspect.getattr_static(real, name, None)
    if isinstance(found, types.FunctionType | types.BuiltinFunctionType):
        return membrane.opaque(vm, found)
    if isinstance(real, enum.EnumType) and name in real.__members__:
        return membrane.inward(vm, real.__members__[name])
    if isinstance(found, str | int | float | bytes) and not access.is_dunder(name):
        return found
    return Unknown(f"`{value.dotted}.{name}` is not evaluated", span)


def _kind_in_words(value: Any) -> str:
    if isinstance(value, type):
        return "a class"
    if isinstance(value, types.GeneratorType):
        return "a generator"
    if isinstance(value, _FUNCTIONS):
        return "a function"
    return describe(value)
