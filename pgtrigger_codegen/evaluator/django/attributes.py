"""Attributes of models, of their managers and fields, and of the settings."""

from __future__ import annotations

import types
from typing import Any

from pgtrigger_codegen.evaluator.django.added_names import added_field, reverse_accessor
from pgtrigger_codegen.evaluator.django.engine import databases_setting
from pgtrigger_codegen.evaluator.django.metaclasses import SET_LATER
from pgtrigger_codegen.evaluator.library.kinds import has_base, is_field_class
from pgtrigger_codegen.evaluator.protocols.machine import Machine, Reader
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.python.objects.kinds import is_user_class
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.models import (
    FieldDescriptor,
    ModelClass,
    ModelOptions,
    ModelReference,
    Registrar,
    ReverseAccessor,
    SettingsObject,
    ThroughModel,
)
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span


def _model_attribute(vm: Machine, model: ModelClass, name: str, span: Span) -> Any:
    if name == "_meta":
        return ModelOptions(model)
    if name in ("__name__", "__qualname__"):
        return model.name
    if name == "__module__":
        return model.module.name
    if name == "__subclasses__":
        return Special("model.subclasses", model)
    if model.broken is not None:
        return model.broken.with_note(f"the class `{model.name}`", model.span)
    found = model.lookup(name)
    if found is None or (isinstance(found[1], type) and not is_user_class(vm, found[1])):
        if name == "add_to_class":
            return Special("model.add_to_class", model)
        if (added := added_field(vm, model, name)) is not None:
            return added
        if (accessor := reverse_accessor(vm, model, name)) is not None:
            return accessor
        for unknown in model.unknown_bases():
            return unknown
        return Unknown(f"`{model.name}.{name}` is not evaluated", span)
    value, owner = found
    if (before := _unknown_before(model, owner)) is not None:
        return before.with_note(f"`{model.name}.{name}` may be inherited from there", span)
    return _bound(vm, model, name, value, span)


def _unknown_before(model: ModelClass, owner: Any) -> Unknown | None:
    """A base that could not be read, and whose attributes come before those of another class."""
    for cls in model.mro():
        if cls is owner:
            break
        if isinstance(cls, Unknown):
            return cls
    return None


def _bound(vm: Machine, model: ModelClass, name: str, value: Any, span: Span) -> Any:
    """What `Model.name` gives for a value in the class."""
    if is_field_class(type(value)):
        return FieldDescriptor(model, name, value)
    if value == SET_LATER:
        return Unknown(f"`{model.name}.{name}` is set by its metaclass, which runs later", span)
    if isinstance(value, staticmethod):
        return membrane.inward(vm, value.__func__)
    if isinstance(value, classmethod):
        return membrane.inward(vm, types.MethodType(value.__func__, model))
    if isinstance(value, property):
        return Unknown(f"`{model.name}.{name}` is a property", span)
    if isinstance(value, types.FunctionType):  # of a real class
        return membrane.inward(vm, value)
    return value


def _through_attribute(vm: Machine, through: ThroughModel, name: str, span: Span) -> Any:
    if name == "_meta":
        return ModelOptions(through)
    if name in ("__name__", "__qualname__"):
        return f"{through.owner.name}_{through.field_name}"
    if (added := added_field(vm, through, name)) is not None:
        return added
    return Unknown(f"`{name}` of a default through model is not evaluated", span)


def _descriptor_attribute(vm: Machine, descriptor: FieldDescriptor, name: str, span: Span) -> Any:
    if name == "field":
        # Once all is read, it is the field that `_meta` has, too.
        bound = None if vm.executing else vm.host.rendered_field(descriptor.model, descriptor.name)
        return bound or descriptor.field
    if name == "through" and has_base(
        type(descriptor.field), "django.db.models.fields.related", "ManyToManyField"
    ):
        through = descriptor.field.remote_field.through
        if through is None and isinstance(descriptor.model, ModelClass):
            return ThroughModel(descriptor.model, descriptor.name, span)
        if isinstance(through, str):
            label = through if "." in through else None
            if label is None:
                owner = vm.host.model_label(descriptor.model)
                if isinstance(owner, Unknown):
                    return owner
                label = f"{owner.partition('.')[0]}.{through}"
            return ModelReference(label, span)
        return Unknown("the through model is not evaluated", span)
    owner = vm.attribute(descriptor.model, "__name__", span)
    return Unknown(f"`{owner}.{descriptor.name}.{name}` is not evaluated", span)


def _accessor_attribute(vm: Machine, accessor: ReverseAccessor, name: str, span: Span) -> Any:
    if name == "field" and not accessor.field.one_to_one:
        return membrane.inward(vm, accessor.field)
    if name == ("related" if accessor.field.one_to_one else "rel"):
        return membrane.inward(vm, accessor.field.remote_field)
    return Unknown(f"`{accessor.model.name}.{accessor.name}.{name}` is not evaluated", span)


def _reference_attribute(vm: Machine, value: ModelReference, name: str, span: Span) -> Any:
    model = vm.host.model_class(value.label, span)
    return model if isinstance(model, Unknown) else vm.attribute(model, name, span)


def _option(vm: Machine, value: ModelOptions, name: str, span: Span) -> Any:
    if name == "app_config":
        label = vm.host.model_option(value.model, "app_label", span)
        return label if isinstance(label, Unknown) else Special(name, label)
    if name == "get_path_to_parent":
        return Special("model.path_to_parent", value.model)
    return membrane.inward(vm, vm.host.model_option(value.model, name, span))


def _setting(vm: Machine, value: SettingsObject, name: str, span: Span) -> Any:
    value = vm.host.setting(name, span)
    return databases_setting(vm, value, span) if name == "DATABASES" else value


def _registrar_attribute(vm: Machine, value: Registrar, name: str, span: Span) -> Any:
    return Unknown("a registration has no attributes", span)


READERS: dict[type, Reader] = {
    FieldDescriptor: _descriptor_attribute,
    ModelClass: _model_attribute,
    ModelOptions: _option,
    ModelReference: _reference_attribute,
    ReverseAccessor: _accessor_attribute,
    Registrar: _registrar_attribute,
    SettingsObject: _setting,
    ThroughModel: _through_attribute,
}
