"""Builtins that look into classes and objects, with the interpreter's own view of them."""

from __future__ import annotations

import types
from typing import Any

from msgspec.structs import replace

from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.library.kinds import is_rendered_model
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.classes.classes import make_dynamic_class
from pgtrigger_codegen.evaluator.python.imports.module_names import has_name
from pgtrigger_codegen.evaluator.python.objects import function_attributes, membrane
from pgtrigger_codegen.evaluator.python.objects.attribute_assignment import (
    assign_attribute,
    assign_unknown,
    delete_attribute,
)
from pgtrigger_codegen.evaluator.python.objects.kinds import (
    describe,
    is_user_object,
    names_of,
)
from pgtrigger_codegen.evaluator.python.objects.stubs import left_out
from pgtrigger_codegen.evaluator.values.callables import (
    USER_FUNCTIONS,
    Function,
    Opaque,
    Special,
)
from pgtrigger_codegen.evaluator.values.classes import MISSING, find_attribute, is_class
from pgtrigger_codegen.evaluator.values.imported import SourceModule
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.raised import PythonRaise, is_error_of
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.evaluator.values.user_classes import (
    Class,
    as_type,
    class_behind,
    has_face,
)
from pgtrigger_codegen.source.span import Span


def bound_class(vm: Machine, call: SpecialCall) -> tuple[Any, Any] | Unknown:
    """The class that `super()` begins after, and the object or class that it is bound to."""
    if call.args:
        return call.args[0], call.args[1] if len(call.args) > 1 else None
    method = call.scope
    while method is not None and method.first_argument is None:
        method = method.parent
    owner = None if method is None else _class_of_method(vm, method)
    if method is None or owner is None:
        return Unknown("`super()` outside a method", call.span)
    return owner, method.first_argument


def bound_super(vm: Machine, owner: Any, instance: Any, span: Span) -> Any:
    """`super(owner, instance)`."""
    owner, instance = as_type(owner), as_type(instance)
    if not isinstance(owner, type):
        return Unknown("`super()` in a class that is not evaluated", span)
    return vm.attempt(span, super, owner, instance)


def _super(vm: Machine, call: SpecialCall) -> Any:
    found = bound_class(vm, call)
    return found if isinstance(found, Unknown) else bound_super(vm, *found, call.span)


def _class_of_method(vm: Machine, method: Scope) -> Any:
    """The class that a method is defined in: an enum calls methods before the class is done."""
    if method.owner:
        return method.owner[0]
    first = method.first_argument
    first = as_type(first)
    cls = first if isinstance(first, type) else type(first)
    unfinished = lookup.MARK in vars(cls) and cls not in vm.user_classes
    return cls if unfinished and cls.__name__ == method.private else None


def is_instance(vm: Machine, call: SpecialCall) -> Any:
    """`isinstance(value, kinds)`."""
    if len(call.args) != 2:
        return call.unknown() or Unknown("takes 2 arguments", call.span)
    value, named = call.args
    if isinstance(value, Unknown):  # what is in a list or a dict does not matter
        return value
    if (unknown := first_unknown(named)) is not None:
        return unknown
    kinds = tuple(type if kind == Special("type") else kind for kind in as_tuple(named))
    if any(isinstance(kind, Special) for kind in kinds):
        return Unknown(f"whether {describe(value)} is of a class is not known", call.span)
    if isinstance(value, Opaque):  # a real thing, and what it is can be said
        return vm.attempt(call.span, isinstance, value.real, membrane.unwrapped(kinds))
    if is_own_kind(value):
        return Unknown(f"the class of {describe(value)} is not evaluated", call.span)
    real = membrane.unwrapped(kinds)
    return vm.attempt(call.span, isinstance, membrane.as_instance(_asked(value, real)), real)


def is_subclass(vm: Machine, call: SpecialCall) -> Any:
    """`issubclass(cls, kinds)`."""
    if (refused := wrong_count(call, 2)) is not None:
        return refused
    cls, kinds = call.args
    cls = as_type(cls)
    if isinstance(cls, Opaque) and isinstance(cls.real, type):
        cls = cls.real
    if is_own_kind(cls):
        return Unknown(f"the bases of {describe(cls)} are not evaluated", call.span)
    real = tuple(kind for kind in membrane.unwrapped(as_tuple(kinds)) if isinstance(kind, _KINDS))
    return vm.attempt(call.span, issubclass, _asked(cls, real), real)


def _asked(value: Any, kinds: tuple[Any, ...]) -> Any:
    """A value, or a class, with all that a metaclass may look for to say of which kind it is."""
    if any(type(kind) is not type for kind in kinds):
        cls = as_type(value) if is_class(value) else type(value)
        if has_face(cls):
            class_behind(cls).opened()
    return value


_KINDS = (type, types.UnionType)


def get_attribute(vm: Machine, call: SpecialCall) -> Any:
    """`getattr(target, name, default)`."""
    if len(call.args) < 2 or not isinstance(call.args[1], str):
        return first_unknown(call.args[1:2]) or Unknown(
            "the attribute's name is not known", call.span
        )
    target, name, *default = call.args
    if not default:
        return vm.attribute(target, name, call.span)
    if (unknown := left_out(vm, target, name, call.span)) is not None:
        return unknown
    if isinstance(target, SourceModule) and (present := _of_module(vm, call)) is not True:
        return default[0] if present is False else present
    if _is_absent(target, name):
        return default[0]
    try:
        with vm.catching():
            return vm.attribute(target, name, call.span)
    except PythonRaise as error:
        if is_error_of(error.error, AttributeError):
            return default[0]
        return vm.raised(error.error, error.span or call.span)


def has_attribute(vm: Machine, call: SpecialCall) -> Any:
    """`hasattr(target, name)`."""
    if (refused := wrong_count(call, 2)) is not None:
        return refused
    target, name = call.args
    if not isinstance(name, str):
        return first_unknown((name,)) or Unknown("the attribute's name is not a string", call.span)
    if (unknown := left_out(vm, target, name, call.span)) is not None:
        return unknown
    if isinstance(target, SourceModule):
        return _of_module(vm, call)
    if is_own_kind(target) or is_rendered_model(target):
        return Unknown(f"the attributes of {describe(target)} are not known", call.span)
    if isinstance(target, USER_FUNCTIONS):
        return function_attributes.has(target, name)
    if is_user_object(vm, target) and _is_computed(type(target), name):
        missing = object()
        found = get_attribute(vm, replace(call, args=(target, name, missing)))
        return found if isinstance(found, Unknown) else found is not missing
    return not _is_absent(target, name)


def _of_module(vm: Machine, call: SpecialCall) -> bool | Unknown:
    """Whether the module that is asked has the name."""
    present = has_name(vm, call.args[0].name, call.args[1])
    if isinstance(present, Unknown) and present.span is None:
        return replace(present, span=call.span)
    return present


def _is_computed(cls: type, name: str) -> bool:
    """Whether an object may say itself that it lacks an attribute: by a property, or a slot."""
    found = find_attribute(cls, name)
    computed = hasattr(type(found), "__get__") and not isinstance(found, _BOUND)
    return computed or find_attribute(cls, "__getattr__") is not MISSING


_BOUND = (Function, types.FunctionType, classmethod, staticmethod)


def _is_absent(target: Any, name: str) -> bool:
    """Whether a value certainly lacks an attribute."""
    if isinstance(target, Unknown) or is_own_kind(target) or is_rendered_model(target):
        return False
    if isinstance(target, USER_FUNCTIONS):
        return not function_attributes.has(target, name)
    if type(target) is Class:
        return find_attribute(target, name) is MISSING and find_attribute(type, name) is MISSING
    return not (
        find_attribute(type(target), name) is not MISSING
        or find_attribute(type(target), "__getattr__") is not MISSING
        or name in names_of(target)
        or (isinstance(target, type | types.SimpleNamespace) and hasattr(target, name))
    )


def _setattr(vm: Machine, call: SpecialCall) -> Any:
    if len(call.args) == 3:
        target, name, value = call.args
        if isinstance(name, str):
            assign_attribute(vm, target, name, value, call.span)
        else:
            assign_unknown(vm, target, name, call.span)
    return None


def _delattr(vm: Machine, call: SpecialCall) -> Any:
    if len(call.args) == 2 and isinstance(call.args[1], Unknown):
        assign_unknown(vm, *call.args, call.span)
    if len(call.args) != 2 or not isinstance(call.args[1], str):
        return call.unknown() or Unknown("a deletion is not followed", call.span)
    delete_attribute(vm, call.args[0], call.args[1], call.span)
    return None


def _type(vm: Machine, call: SpecialCall) -> Any:
    if len(call.args) == 1 and not is_own_kind(call.args[0]):
        kind = type(membrane.as_instance(call.args[0]))
        return first_unknown(call.args) or membrane.inward(vm, kind)
    if len(call.args) == 3:
        return make_dynamic_class(vm, call)
    if len(call.args) != 1:
        return call.unknown() or Unknown("`type` takes 1 or 3 arguments", call.span)
    return Unknown(f"the class of {describe(call.args[0])} is not evaluated", call.span)


def _wraps(vm: Machine, call: SpecialCall) -> Any:
    """`functools.wraps(function)`, to be called with the wrapper."""
    return Special("update_wrapper", call.argument(0, "wrapped"))


def _update_wrapper(vm: Machine, call: SpecialCall) -> Any:
    """A wrapper takes over the function's names, but never the body that is interpreted."""
    wrapper = call.argument(0, "wrapper")
    wrapped = call.special.receiver or call.argument(1, "wrapped")
    if not isinstance(wrapper, Function):
        return wrapper
    for name in function_attributes.NAMING:
        found = get_attribute(vm, replace(call, args=(wrapped, name, _MISSING), kwargs={}))
        if found is not _MISSING:
            function_attributes.assign(vm, wrapper, name, found, call.span)
    for name, value in wrapped.names.items() if isinstance(wrapped, Function) else ():
        function_attributes.assign(vm, wrapper, name, value, call.span)
    function_attributes.assign(vm, wrapper, "__wrapped__", wrapped, call.span)
    return wrapper


_MISSING = object()


def wrong_count(call: SpecialCall, count: int) -> Unknown | None:
    """Why a call with another number of arguments, or of what is not known, has no value."""
    if len(call.args) == count:
        return first_unknown(call.args)
    return call.unknown() or Unknown(f"takes {count} arguments", call.span)


def as_tuple(kinds: Any) -> tuple[Any, ...]:
    """One class, or several, as several."""
    return tuple(kinds) if isinstance(kinds, tuple | list) else (kinds,)


HANDLERS: dict[str, Handler] = {
    "delattr": _delattr,
    "getattr": get_attribute,
    "hasattr": has_attribute,
    "isinstance": is_instance,
    "issubclass": is_subclass,
    "setattr": _setattr,
    "super": _super,
    "type": _type,
    "update_wrapper": _update_wrapper,
    "wraps": _wraps,
}
