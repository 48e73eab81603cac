"""Builtins that look into classes and objects, where these are models or the settings."""

from __future__ import annotations

from typing import Any

from django.db.models import ManyToManyField, Model
from django.db.models.fields.related_descriptors import ManyToManyDescriptor
from django.db.models.query_utils import DeferredAttribute
from msgspec.structs import replace

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.django.added_names import (
    added_field,
    may_be_added,
    reverse_accessor,
)
from pgtrigger_codegen.evaluator.django.metaclasses import is_metaclass
from pgtrigger_codegen.evaluator.django.rendering import as_model_class
from pgtrigger_codegen.evaluator.library.kinds import is_rendered_model
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.classes import reflection
from pgtrigger_codegen.evaluator.python.classes.reflection import as_tuple, wrong_count
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.python.objects.stubs import left_out
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.classes import is_class
from pgtrigger_codegen.evaluator.values.models import (
    FieldDescriptor,
    ModelClass,
    ModelOptions,
    ModelReference,
    SettingsObject,
    ThroughModel,
)
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.unknown import External, Unknown, first_unknown

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
    if not is_class(owner):
        return Unknown("`super()` in a model is not evaluated", call.span)
    return reflection.bound_super(vm, owner, instance, call.span)


def _isinstance(vm: Machine, call: SpecialCall) -> Any:
    if len(call.args) == 2 and not isinstance(call.args[0], Unknown):
        value, named = call.args
        kinds = as_tuple(named)
        if isinstance(value, _MODELS) and Special("type") in kinds:
            return True
        real = _class_of(vm, _model(vm, call))
        if real is not None and first_unknown(kinds) is None:
            given = tuple(type if kind == Special("type") else kind for kind in kinds)
            return vm.attempt(call.span, issubclass, real, membrane.unwrapped(given))
        if not is_own_kind(value) and any(isinstance(kind, ModelClass) for kind in kinds):
            return Unknown("an instance of a model is not evaluated", call.span)
    return reflection.is_instance(vm, call)


def _type(vm: Machine, call: SpecialCall) -> Any:
    real = _class_of(vm, _model(vm, call)) if len(call.args) == 1 else None
    if real is not None:
        return membrane.inward(vm, real)
    return reflection.HANDLERS["type"](vm, call)


def _class_of(vm: Machine, value: Any) -> type | None:
    """The class of a model, or of what Django puts in a field's place on it; None if not known."""
    if isinstance(value, FieldDescriptor):
        if isinstance(value.field, ManyToManyField):
            return ManyToManyDescriptor
        accessor = getattr(value.field, "forward_related_accessor_class", None)
        if getattr(value.field, "name", None) not in (None, value.name):
            accessor = None  # `order_id`, beside `order`
        found: Any = accessor or getattr(value.field, "descriptor_class", DeferredAttribute)
        return found if isinstance(found, type) else None
    if isinstance(value, ThroughModel):
        return type(Model)
    if not isinstance(value, ModelClass) or any(value.unknown_bases()):
        return None
    made_by_django = any(is_rendered_model(cls) for cls in value.mro())
    return (
        type(Model) if made_by_django and identity(value) not in vm.findings.metaclasses else None
    )


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
        target, name, default = _model(vm, call), *call.args[1:3]
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
            known = isinstance(target, ModelClass) and added_field(vm, target, name) is not None
            if not known and _is_absent(target, name):
                return default if not _is_added(vm, target, name) else _added(target, name, call)
    return reflection.get_attribute(vm, call)


def _hasattr(vm: Machine, call: SpecialCall) -> Any:
    if len(call.args) == 2 and isinstance(call.args[1], str):
        target, name = _model(vm, call), call.args[1]
        if isinstance(target, SettingsObject):
            return vm.host.has_setting(name)
        if isinstance(target, ModelOptions) and name == "triggers":
            return vm.host.has_option(target.model, name, call.span)
        if isinstance(target, ModelClass):
            if (unknown := left_out(vm, target, name, call.span)) is not None:
                return unknown
            if target.lookup(name) is not None or added_field(vm, target, name) is not None:
                return True
            if (accessor := reverse_accessor(vm, target, name)) is not None:
                return accessor if isinstance(accessor, Unknown) else True
            if _is_absent(target, name):
                return _added(target, name, call) if may_be_added(vm, target, name) else False
            return next(target.unknown_bases(), Unknown("not known", call.span))
    return reflection.has_attribute(vm, call)


def _setattr(vm: Machine, call: SpecialCall) -> Any:
    if len(call.args) == 3 and isinstance(call.args[0], SettingsObject):
        name = call.args[1]
        if not isinstance(name, str):
            name = first_unknown(name) or Unknown("its name is not a string", call.span)
        vm.host.assign_setting(name, vm.speculation or call.args[2], call.span)
        return None
    return reflection.HANDLERS["setattr"](vm, call)


def _subclasses(vm: Machine, call: SpecialCall) -> Any:
    """`Model.__subclasses__()`, once all is read; in which order several were made is not known."""
    model = call.special.receiver
    name = f"`{model.name}.__subclasses__`"
    if vm.executing:
        return Unknown(f"{name} is asked for while models are read", call.span)
    classes = vm.findings.model_classes
    bases = [base for cls in classes for base in cls.bases]
    of_django = [base for base in bases if isinstance(base, External) and _is_of_django(base)]
    if (unknown := first_unknown([base for base in bases if base not in of_django])) is not None:
        reason = f"{name} is not known: a base of a class is not known: {unknown.reason}"
        return Unknown(reason, unknown.span, unknown.notes)
    found = [cls for cls in classes if any(base is model for base in cls.bases)]
    if len(found) > 1:
        return Unknown(f"{name} is not evaluated, for there are several", call.span)
    return call.unknown() or found[:]


def _is_of_django(external: External) -> bool:
    """Whether a base that is not evaluated is Django's own: it derives from no model here."""
    return external.dotted.startswith("django.")


def _path_to_parent(vm: Machine, call: SpecialCall) -> Any:
    """`Model._meta.get_path_to_parent(Parent)`: one item for each relation on the way."""
    if (refused := wrong_count(call, 1)) is not None:
        return refused
    models = [as_model_class(vm, value, call.span) for value in (call.special.receiver, *call.args)]
    if not all(isinstance(model, ModelClass | ThroughModel) for model in models):
        return first_unknown(models) or Unknown("a path leads from a model to one", call.span)
    rendered = [vm.host.rendered(model) for model in models]
    if (unknown := first_unknown(rendered)) is not None:
        return unknown
    model: Any = rendered[0]
    parent = rendered[1]
    found = vm.attempt(call.span, model._meta.get_path_to_parent, parent)
    return found if isinstance(found, Unknown) else [membrane.opaque(vm, part) for part in found]


def _model(vm: Machine, call: SpecialCall) -> Any:
    """What is asked for an attribute; a model by its label as the model."""
    target = call.args[0]
    return as_model_class(vm, target, call.span) if isinstance(target, ModelReference) else target


def _is_added(vm: Machine, target: Any, name: str) -> bool:
    return isinstance(target, ModelClass) and may_be_added(vm, target, name)


def _added(target: Any, name: str, call: SpecialCall) -> Unknown:
    reason = f"`{name}` may be what Django gives to `{target.name}` for a field or a relation"
    return Unknown(reason, call.span)


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
    "model.path_to_parent": _path_to_parent,
    "model.subclasses": _subclasses,
    "setattr": _setattr,
    "super": _super,
    "type": _type,
}
