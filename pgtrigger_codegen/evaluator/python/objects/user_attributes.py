"""Attributes of the user's own classes, of their objects, and of `super()` in them.

By Python's rules: a descriptor that is assigned to, the object's own names, what the class binds,
`__getattr__`. Functions, methods and properties of the user's are bound here; what `object` and
`type` bind, and descriptors of libraries, Python binds itself, on the open face.
"""

from __future__ import annotations

from typing import Any, cast

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects import access, membrane
from pgtrigger_codegen.evaluator.python.objects.stubs import left_out
from pgtrigger_codegen.evaluator.values.callables import BoundMethod, Function, interpreted
from pgtrigger_codegen.evaluator.values.classes import MISSING, find_attribute, find_binding
from pgtrigger_codegen.evaluator.values.raised import PythonRaise, is_error_of
from pgtrigger_codegen.evaluator.values.user_classes import FACE, Class, class_behind, has_face
from pgtrigger_codegen.source.span import Span

PYTHONS = object()
"""What Python itself is asked for."""
_NOTHING = object()
_OF_TYPES = frozenset(
    name for name, value in vars(type).items() if hasattr(type(value), "__set__")
) - {"__annotations__"}
# Python binds these on the face alone.
_OF_FACES = ("__dict__", "__weakref__")


def of_class(vm: Machine, cls: Class, name: str, span: Span) -> Any:
    """`cls.name`; `PYTHONS` where the face is to be asked."""
    if (unknown := left_out(vm, cls, name, span)) is not None:
        return unknown
    if name == "__annotations__":
        return cls.namespace.setdefault(name, {}) if not cls.is_open else PYTHONS
    found = None if name in _OF_TYPES else find_binding(cls, name)
    return PYTHONS if found is None else _bound(vm, name, found, _NOTHING, cls, span)


def of_object(vm: Machine, value: Any, name: str, span: Span) -> Any:
    """`value.name`; `PYTHONS` where the object is to be asked."""
    if (unknown := left_out(vm, value, name, span)) is not None:
        return unknown
    hook = find_attribute(type(value), "__getattr__")
    if hook is MISSING:
        return _of_object(vm, value, name, span)
    function = interpreted(hook)
    if function is None:
        return PYTHONS
    try:
        with vm.catching():
            return _of_object(vm, value, name, span)
    except PythonRaise as raised:
        if not is_error_of(raised.error, AttributeError):
            return vm.raised(raised.error, raised.span or span, raised.frame)
    return vm.apply(BoundMethod(function, value), (name,), {}, span)


def _of_object(vm: Machine, value: Any, name: str, span: Span) -> Any:
    cls = class_behind(type(value))
    names = vars(value)
    found = find_binding(cls, name)
    if name in _OF_FACES and (found is None or type(found[1]) is not Class):
        return PYTHONS
    if found is None:
        if name in names:
            return membrane.inward(vm, names[name])
        text = f"'{cls.face.__name__}' object has no attribute '{name}'"
        return vm.raised(AttributeError(text, name=name, obj=value), span)
    if name in names:
        kind = type(found[0])
        assigned_to = hasattr(kind, "__set__") or hasattr(kind, "__delete__")
        if not (assigned_to and hasattr(kind, "__get__")):
            return membrane.inward(vm, names[name])
    return _bound(vm, name, found, value, cls, span)


def of_super(vm: Machine, value: Any, name: str, span: Span) -> Any:
    """`super().name`; `PYTHONS` where the object is to be asked."""
    bound = cast("Any", value)
    kind, instance = bound.__self_class__, bound.__self__
    if kind is None or not has_face(kind) or name == "__class__":
        return PYTHONS
    if (unknown := left_out(vm, value, name, span)) is not None:
        return unknown
    cls = class_behind(kind)
    after = cls.mro[cls.mro.index(class_behind(bound.__thisclass__)) + 1 :]
    for base in after:
        if type(base) is Class and name in base.namespace:
            found = base.namespace[name], base
            owner = _NOTHING if instance is kind else instance
            return _bound(vm, name, found, owner, cls, span)
    cls.opened()
    return PYTHONS


def _bound(
    vm: Machine, name: str, found: tuple[Any, Any], instance: Any, cls: Class, span: Span
) -> Any:
    """What a class binds, as an attribute of an object, or of the class itself."""
    value, owner = found
    if type(owner) is not Class or name in owner.made or not access.may_define(name):
        cls.opened()
        return PYTHONS
    kind = type(value)
    if kind is Function:
        return value if instance is _NOTHING else BoundMethod(value, instance)
    if kind is staticmethod:
        return membrane.inward(vm, value.__func__)
    if kind is classmethod and (function := interpreted(value.__func__)) is not None:
        return BoundMethod(function, cls)
    if kind is property and instance is _NOTHING:
        return value
    if kind is property and interpreted(value.fget) is not None:
        return vm.apply(membrane.inward(vm, value.fget), (instance,), {}, span)
    if FACE in vars(kind):
        getter = interpreted(find_attribute(kind, "__get__"))
        if getter is not None:
            given = (None if instance is _NOTHING else instance, cls)
            return vm.apply(BoundMethod(getter, value), given, {}, span)
    if hasattr(kind, "__get__"):
        cls.opened()
        return PYTHONS
    return membrane.inward(vm, value)
