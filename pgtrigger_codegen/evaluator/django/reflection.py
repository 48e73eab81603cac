"""Builtins that look into classes and objects, where these are models or the settings."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from pgtrigger_codegen.evaluator.django.metaclasses import is_metaclass
from pgtrigger_codegen.evaluator.django.rendering import as_model_class
from pgtrigger_codegen.evaluator.library.kinds import is_rendered_model
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.classes import reflection
from pgtrigger_codegen.evaluator.python.classes.reflection import as_tuple, wrong_count
from pgtrigger_codegen.evaluator.python.objects.stubs import left_out
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.models import (
    ModelClass,
    ModelOptions,
    ModelReference,
    SettingsObject,
    ThroughModel,
)
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown

_MODELS = (ModelClass, ThroughModel, ModelReference)


def _super(vm: Machine, call: SpecialCall) -> Any:
    found = reflection.bound_class(vm, call)
    if isinstance(found, Unknown):
        return found
    owner, instance = found
    if is_metaclass(owner, instance):
        return Special("super.metaclass", (owner, instance))
    if isinstance(instance, ModelClass):
        return Special("super.model", (owner, instance))
    if not isinstance(owner, type):
        return Unknown("`super()` in a model is not evaluated", call.span)
    return reflection.bound_super(vm, owner, instance, call.span)


def _isinstance(vm: Machine, call: SpecialCall) -> Any:
    if len(call.args) == 2 and not isinstance(call.args[0], Unknown):
        value, named = call.args
        kinds = as_tuple(named)
        if isinstance(value, _MODELS) and Special("type") in kinds:
            return True
        if not is_own_kind(value) and any(isinstance(kind, ModelClass) for kind in kinds):
            return Unknown("an instance of a model is not evaluated", call.span)
    return reflection.is_instance(vm, call)


def _issubclass(vm: Machine, call: SpecialCall) -> Any:
    if (refused := wrong_count(call, 2)) is not None:
        return refused
    cls, kinds = (as_model_class(vm, value, call.span) for value in call.args)
    if (unknown := first_unknown([cls, kinds])) is not None:
        return unknown
    if isinstance(cls, ThroughModel):
        return any(is_rendered_model(kind) for kind in as_tuple(kinds))
    if isinstance(cls, ModelClass):
        if any(base is kind for base in cls.mro() for kind in as_tuple(kinds)):
            return True
        return next(cls.unknown_bases(), False)
    return reflection.is_subclass(vm, replace(call, args=(cls, kinds)))


def _getattr(vm: Machine, call: SpecialCall) -> Any:
    if len(call.args) > 2 and isinstance(call.args[1], str):
        target, name, default = call.args[:3]
        if isinstance(target, SettingsObject):
            present = vm.host.has_setting(name)
            if present is not True:
                return default if present is False else present
        if isinstance(target, ModelOptions) and name == "triggers":
            present = vm.host.has_option(target.model, name, call.span)
            if present is not True:
                return default if present is False else present
        if isinstance(target, ModelClass | ThroughModel):
            if (unknown := left_out(vm, target, name, call.span)) is not None:
                return unknown
            if _is_absent(target, name):
                return default
    return reflection.get_attribute(vm, call)


def _hasattr(vm: Machine, call: SpecialCall) -> Any:
    if len(call.args) == 2 and isinstance(call.args[1], str):
        target, name = call.args
        if isinstance(target, SettingsObject):
            return vm.host.has_setting(name)
        if isinstance(target, ModelOptions) and name == "triggers":
            return vm.host.has_option(target.model, name, call.span)
        if isinstance(target, ModelClass):
            if (unknown := left_out(vm, target, name, call.span)) is not None:
                return unknown
            if target.lookup(name) is not None:
                return True
            if _is_absent(target, name):
                return False
            return next(target.unknown_bases(), Unknown("not known", call.span))
    return reflection.has_attribute(vm, call)


def _setattr(vm: Machine, call: SpecialCall) -> Any:
    if len(call.args) == 3 and isinstance(call.args[0], SettingsObject):
        name = call.args[1]
        if not isinstance(name, str):
            name = first_unknown(name) or Unknown("its name is no string", call.span)
        vm.host.assign_setting(name, vm.speculation or call.args[2], call.span)
        return None
    return reflection.HANDLERS["setattr"](vm, call)


def _is_absent(target: ModelClass | ThroughModel, name: str) -> bool:
    """Whether a model certainly lacks an attribute."""
    if isinstance(target, ModelClass):
        return not (
            target.lookup(name) is not None or any(target.unknown_bases()) or _is_djangos(name)
        )
    return not (_is_djangos(name) or name.removesuffix("_id") in _link_names(target))


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


HANDLERS: dict[str, Handler] = {
    "getattr": _getattr,
    "hasattr": _hasattr,
    "isinstance": _isinstance,
    "issubclass": _issubclass,
    "setattr": _setattr,
    "super": _super,
}
