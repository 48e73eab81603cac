"""Builtins that look into classes and objects, with the interpreter's own view of them."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.protocols.special_call import Handler, SpecialCall
from pgtrigger_codegen.evaluator.python.objects import attributes, membrane
from pgtrigger_codegen.evaluator.python.objects.attribute_assignment import assign_attribute
from pgtrigger_codegen.evaluator.python.objects.stubs import left_out
from pgtrigger_codegen.evaluator.values.callables import Opaque, Special
from pgtrigger_codegen.evaluator.values.models import (
    ModelClass,
    ModelReference,
    SettingsObject,
    ThroughModel,
)
from pgtrigger_codegen.evaluator.values.raised import PythonRaise, is_error_of
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.python.machine import Interpreter


def _super(vm: Interpreter, call: SpecialCall) -> Any:
    if call.args:
        owner, instance = call.args[0], call.args[1] if len(call.args) > 1 else None
    else:
        method = call.scope
        while method is not None and method.first_argument is None:
            method = method.parent
        owner = None if method is None else _class_of_method(vm, method)
        if method is None or owner is None:
            return Unknown("`super()` outside a method", call.span)
        instance = method.first_argument
    if isinstance(instance, ModelClass):
        return Special("super.model", (owner, instance))
    if not isinstance(owner, type):
        return Unknown("`super()` in a model is not evaluated", call.span)
    return vm.attempt(call.span, super, owner, instance)


def _class_of_method(vm: Interpreter, method: Scope) -> Any:
    """The class that a method is defined in: an enum calls methods before the class is done."""
    if method.owner:
        return method.owner[0]
    first = method.first_argument
    cls = first if isinstance(first, type) else type(first)
    unfinished = lookup.MARK in vars(cls) and cls not in vm.user_classes
    return cls if unfinished and cls.__name__ == method.private else None


def _isinstance(vm: Interpreter, call: SpecialCall) -> Any:
    if len(call.args) != 2:
        return call.unknown() or Unknown("takes 2 arguments", call.span)
    value, named = call.args
    if isinstance(value, Unknown):  # what is in a list or a dict does not matter
        return value
    if (unknown := first_unknown(named)) is not None:
        return unknown
    kinds = tuple(type if kind == Special("type") else kind for kind in _as_tuple(named))
    if isinstance(value, ModelClass | ThroughModel | ModelReference) and type in kinds:
        return True
    if isinstance(value, Opaque):  # a real thing, and what it is can be said
        return vm.attempt(call.span, isinstance, value.real, membrane.unwrapped(kinds))
    if attributes.is_own_kind(value):
        described = attributes.describe(value)
        return Unknown(f"the class of {described} is not evaluated", call.span)
    if any(isinstance(kind, ModelClass) for kind in kinds):
        return Unknown("an instance of a model is not evaluated", call.span)
    return vm.attempt(call.span, isinstance, value, membrane.unwrapped(kinds))


def _issubclass(vm: Interpreter, call: SpecialCall) -> Any:
    if (refused := _wrong_count(call, 2)) is not None:
        return refused
    cls, kinds = (attributes.as_model_class(vm, value, call.span) for value in call.args)
    if (unknown := first_unknown([cls, kinds])) is not None:
        return unknown
    if isinstance(cls, ThroughModel):
        return any(attributes.is_rendered_model(kind) for kind in _as_tuple(kinds))
    if isinstance(cls, ModelClass):
        if any(base is kind for base in cls.mro() for kind in _as_tuple(kinds)):
            return True
        return next(cls.unknown_bases(), False)
    if isinstance(cls, Opaque) and isinstance(cls.real, type):
        cls = cls.real
    if attributes.is_own_kind(cls):
        described = attributes.describe(cls)
        return Unknown(f"the bases of {described} are not evaluated", call.span)
    real = tuple(kind for kind in membrane.unwrapped(_as_tuple(kinds)) if isinstance(kind, type))
    return vm.attempt(call.span, issubclass, cls, real)


def _getattr(vm: Interpreter, call: SpecialCall) -> Any:
    if len(call.args) < 2 or not isinstance(call.args[1], str):
        return first_unknown(call.args[1:2]) or Unknown(
            "the attribute's name is not known", call.span
        )
    target, name, *default = call.args
    if isinstance(target, SettingsObject) and default:
        present = vm.host.has_setting(name)
        if present is not True:
            return default[0] if present is False else present
    if default and (unknown := left_out(vm, target, name, call.span)) is not None:
        return unknown
    if default and _is_absent(target, name):
        return default[0]
    if not default:
        return attributes.attribute(vm, target, name, call.span)
    try:
        with vm.catching():
            return attributes.attribute(vm, target, name, call.span)
    except PythonRaise as error:
        if is_error_of(error.error, AttributeError):
            return default[0]
        return vm.raised(error.error, error.span or call.span)


def _hasattr(vm: Interpreter, call: SpecialCall) -> Any:
    if (refused := _wrong_count(call, 2)) is not None:
        return refused
    target, name = call.args
    if not isinstance(name, str):
        return first_unknown((name,)) or Unknown("the attribute's name is no string", call.span)
    if isinstance(target, SettingsObject):
        return vm.host.has_setting(name)
    if (unknown := left_out(vm, target, name, call.span)) is not None:
        return unknown
    if isinstance(target, ModelClass):
        if target.lookup(name) is not None:
            return True
        if _is_absent(target, name):
            return False
        return next(target.unknown_bases(), Unknown("not known", call.span))
    if attributes.is_own_kind(target) or attributes.is_rendered_model(target):
        described = attributes.describe(target)
        return Unknown(f"the attributes of {described} are not known", call.span)
    if attributes.is_user_object(vm, target) and hasattr(type(target), "__getattr__"):
        missing = object()
        found = _getattr(vm, replace(call, args=(target, name, missing)))
        return found if isinstance(found, Unknown) else found is not missing
    return not _is_absent(target, name)


def _is_absent(target: Any, name: str) -> bool:
    """Whether a value certainly lacks an attribute."""
    if isinstance(target, ModelClass):
        return not (
            target.lookup(name) is not None or any(target.unknown_bases()) or _is_djangos(name)
        )
    if isinstance(target, ThroughModel):
        return not (_is_djangos(name) or name.removesuffix("_id") in _link_names(target))
    if (
        isinstance(target, Unknown)
        or attributes.is_own_kind(target)
        or attributes.is_rendered_model(target)
    ):
        return False
    return not (
        hasattr(type(target), name)
        or hasattr(type(target), "__getattr__")
        or name in getattr(target, "__dict__", {})
        or (isinstance(target, type | types.SimpleNamespace) and hasattr(target, name))
    )


def _is_djangos(name: str) -> bool:
    """Whether Django gives its models an attribute of that name."""
    return name.startswith("__") or name in _OF_MODELS


_OF_MODELS = frozenset(
    """
    DoesNotExist MultipleObjectsReturned _base_manager _default_manager _meta id objects pk
    """.split()
)


def _link_names(through: ThroughModel) -> set[str]:
    """What the two foreign keys of a default through model can be called."""
    found = through.owner.lookup(through.field_name)
    remote = getattr(found[0] if found else None, "remote_field", None)
    target = str(getattr(remote, "model", "")).rpartition(".")[2].lower()
    owner = through.owner.name.lower()
    return {owner, target, f"from_{owner}", f"to_{owner}", f"to_{target}"}


def _getmembers(vm: Interpreter, call: SpecialCall) -> Any:
    """`inspect.getmembers(value)` of a class or an object of interpreted code."""
    if (refused := _wrong_count(call, 1)) is not None:
        return refused
    target = call.args[0]
    if not (attributes.is_user_class(vm, target) or attributes.is_user_object(vm, target)):
        described = attributes.describe(target)
        return Unknown(f"the members of {described} are not evaluated", call.span)
    return [
        (name, attributes.attribute(vm, target, name, call.span)) for name in sorted(dir(target))
    ]


def _setattr(vm: Interpreter, call: SpecialCall) -> Any:
    if len(call.args) == 3 and isinstance(call.args[1], str):
        assign_attribute(vm, call.args[0], call.args[1], call.args[2], call.span)
    return None


def _type(vm: Interpreter, call: SpecialCall) -> Any:
    if len(call.args) == 1 and not attributes.is_own_kind(call.args[0]):
        return first_unknown(call.args) or membrane.inward(vm, type(call.args[0]))
    if len(call.args) == 3:
        from pgtrigger_codegen.evaluator.python.classes.classes import make_dynamic_class

        return make_dynamic_class(vm, call)
    if len(call.args) != 1:
        return call.unknown() or Unknown("`type` takes 1 or 3 arguments", call.span)
    return Unknown(f"the class of {attributes.describe(call.args[0])} is not evaluated", call.span)


def _wraps(vm: Interpreter, call: SpecialCall) -> Any:
    """`functools.wraps(function)`, to be called with the wrapper."""
    return Special("update_wrapper", call.argument(0, "wrapped"))


def _update_wrapper(vm: Interpreter, call: SpecialCall) -> Any:
    """A wrapper takes over the function's names, but never the body that is interpreted."""
    wrapper = call.argument(0, "wrapper")
    wrapped = call.special.receiver or call.argument(1, "wrapped")
    if isinstance(wrapper, types.FunctionType) and isinstance(wrapped, types.FunctionType):
        wrapper.__name__, wrapper.__qualname__ = wrapped.__name__, wrapped.__qualname__
        wrapper.__doc__, wrapper.__module__ = wrapped.__doc__, wrapped.__module__
    return wrapper


def _wrong_count(call: SpecialCall, count: int) -> Unknown | None:
    if len(call.args) == count:
        return first_unknown(call.args)
    return call.unknown() or Unknown(f"takes {count} arguments", call.span)


def _as_tuple(kinds: Any) -> tuple[Any, ...]:
    return tuple(kinds) if isinstance(kinds, tuple | list) else (kinds,)


HANDLERS: dict[str, Handler] = {
    "getattr": _getattr,
    "hasattr": _hasattr,
    "inspect.getmembers": _getmembers,
    "isinstance": _isinstance,
    "issubclass": _issubclass,
    "setattr": _setattr,
    "super": _super,
    "type": _type,
    "update_wrapper": _update_wrapper,
    "wraps": _wraps,
}
