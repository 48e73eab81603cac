"""Attributes of every kind of value, and what kind a value is."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator.django.engine import databases_setting
from pgtrigger_codegen.evaluator.django.provided import provided_value
from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.python.imports import imports
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.python.objects.real_attributes import (
    opaque_attribute,
    real_attribute,
)
from pgtrigger_codegen.evaluator.values.callables import Opaque, Special
from pgtrigger_codegen.evaluator.values.imported import LibraryModule, SourceModule
from pgtrigger_codegen.evaluator.values.models import (
    FieldDescriptor,
    ModelClass,
    ModelOptions,
    ModelReference,
    Registrar,
    SettingsObject,
    ThroughModel,
)
from pgtrigger_codegen.evaluator.values.unknown import External, Unknown
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.python.machine import Interpreter

_OWN_KINDS = (
    FieldDescriptor,
    LibraryModule,
    ModelClass,
    ModelOptions,
    ModelReference,
    Opaque,
    Registrar,
    SettingsObject,
    SourceModule,
    Special,
    ThroughModel,
)

UNKNOWN_ATTRIBUTES = "_pgtrigger_codegen_unknown"
"""On a field: attributes whose values are not known, by name."""


def attribute(vm: Interpreter, value: Any, name: str, span: Span) -> Any:
    """`value.name`."""
    reader = _READERS.get(type(value))
    if reader is not None:
        return reader(vm, value, name, span)
    if isinstance(value, Unknown):
        return value
    return real_attribute(vm, value, name, span)


def poison(container: Any, unknown: Unknown, *, keep: bool = False) -> None:
    """Makes a container's contents unknown: it changed in a way that cannot be followed.

    Args:
        keep: Whether the change could only add items at the end of a list.
    """
    spread = Unknown(unknown.reason, unknown.span, unknown.notes, spread=True)
    # Not by the methods of a class of the user's.
    if isinstance(container, list):
        list.__setitem__(container, slice(None), [*container, spread] if keep else [spread])
    elif isinstance(container, dict):
        dict.clear(container)
        dict.__setitem__(container, spread, spread)
    elif isinstance(container, set):
        set.clear(container)
        set.add(container, spread)


def special_item(vm: Interpreter, value: Any, key: Any, span: Span) -> Any:
    """`value[key]` of the interpreter's own kinds; None where it is none of them."""
    if isinstance(value, Special):
        from pgtrigger_codegen.evaluator.python.specials import item_of_special

        return item_of_special(vm, value, key, span)
    if isinstance(value, Opaque) and hasattr(value.real, "__class_getitem__"):
        return Opaque(f"{value.dotted}[…]", object())  # in an annotation
    return None


def special_item_assignment(
    vm: Interpreter, container: Any, key: Any, value: Any, span: Span
) -> bool:
    """`os.environ[key] = value` and the like are ignored: the environment stays as pinned."""
    return isinstance(container, Special)


def is_own_kind(value: Any) -> bool:
    """Whether a value is of the interpreter's own making, and so not for real code."""
    return isinstance(value, _OWN_KINDS)


def is_plain(value: Any) -> bool:
    """Whether operators and iteration on the value are Python's, or the user's, own."""
    return not is_own_kind(value) and not is_rendered_model(value) and not is_query(value)


def is_query(value: Any) -> bool:
    """Whether a value asks a database when it is looked into."""
    return has_base(type(value), "django.db.models.query", "QuerySet")


def is_trigger(value: Any) -> bool:
    """Whether a value is a trigger of django-pgtrigger."""
    import sys

    core = sys.modules.get("pgtrigger.core")
    return core is not None and isinstance(value, core.Trigger)


def is_field_class(cls: type) -> bool:
    """Whether a class is a Django field."""
    return has_base(cls, "django.db.models.fields", "Field")


def is_rendered_model(value: Any) -> bool:
    """Whether a value is a model that the `models` stage rendered."""
    return isinstance(value, type) and has_base(value, "django.db.models.base", "Model")


def as_model_class(vm: Interpreter, value: Any, span: Span) -> Any:
    """A model by its label as the class itself, among others too: for comparisons."""
    if isinstance(value, ModelReference):
        return vm.host.model_class(value.label, span)
    if isinstance(value, list | tuple | dict | set | frozenset) and has_reference(value):
        return [as_model_class(vm, item, span) for item in value]
    return value


def has_reference(values: Iterable[Any]) -> bool:
    """Whether a model is named by its label: comparing it needs the model itself."""
    return any(isinstance(value, ModelReference) for value in values)


def is_user_class(vm: Interpreter, value: Any) -> bool:
    """Whether a value is a class of interpreted code."""
    return isinstance(value, type) and (value in vm.user_classes or lookup.MARK in vars(value))


def is_user_object(vm: Interpreter, value: Any) -> bool:
    """Whether a value is an instance of a class of interpreted code."""
    return is_user_class(vm, type(value))


def has_base(cls: type, module: str, name: str) -> bool:
    """Whether a class derives from a library's class, by name: the library need not be loaded."""
    key = (cls, module, name)
    if key not in _HAS_BASE:  # asked for each field and each call
        _HAS_BASE[key] = any(
            base.__name__ == name and base.__module__.startswith(module) for base in cls.__mro__
        )
    return _HAS_BASE[key]


_HAS_BASE: dict[tuple[type, str, str], bool] = {}


def describe(value: Any) -> str:
    """A value in words, for messages."""
    match value:
        case ModelClass():
            known = any(is_rendered_model(cls) for cls in value.mro())
            return f"the {'model' if known else 'class'} `{value.name}`"
        case ThroughModel():
            return f"the through model of `{value.owner.name}.{value.field_name}`"
        case ModelReference():
            return f"the model `{value.label}`"
        case LibraryModule() | SourceModule():
            return f"the module `{value.name}`"
        case FieldDescriptor():
            return f"the field `{value.model.name}.{value.name}`"
        case Special():
            return value.name
        case Opaque():
            return value.dotted
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | types.MethodType):
        module = getattr(value, "__module__", None)
        owner = getattr(value, "__self__", None)
        name = getattr(value, "__qualname__", repr(value))
        if owner is not None and not isinstance(owner, types.ModuleType):
            cls = owner if isinstance(owner, type) else type(owner)
            module = cls.__module__
            if issubclass(cls, Path):  # which newer Pythons keep elsewhere
                module, name = "pathlib", f"Path.{value.__name__}"
        return name if module in (None, "builtins") else f"{module}.{name}"
    return f"a value of class `{type(value).__name__}`"


def _external_attribute(vm: Interpreter, value: External, name: str, span: Span) -> Any:
    dotted = f"{value.dotted}.{name}"
    if dotted in imports.SPECIAL_NAMES:
        return imports.SPECIAL_NAMES[dotted]
    if (provided := provided_value(vm, dotted)) is not None:
        return provided
    return External(f"`{dotted}` is not evaluated", value.span or span, dotted=dotted)


def _model_attribute(vm: Interpreter, model: ModelClass, name: str, span: Span) -> Any:
    if name == "_meta":
        return ModelOptions(model)
    if name in ("__name__", "__qualname__"):
        return model.name
    if name == "__module__":
        return model.module.name
    if model.broken is not None:
        return model.broken.with_note(f"the class `{model.name}`", model.span)
    found = model.lookup(name)
    if found is None or (isinstance(found[1], type) and found[1] not in vm.user_classes):
        for unknown in model.unknown_bases():
            return unknown
        return Unknown(f"`{model.name}.{name}` is not evaluated", span)
    value, _ = found
    if is_field_class(type(value)):
        return FieldDescriptor(model, name, value)
    if isinstance(value, staticmethod):
        return value.__func__
    if isinstance(value, classmethod):
        return types.MethodType(value.__func__, model)
    if isinstance(value, property):
        return Unknown(f"`{model.name}.{name}` is a property", span)
    return value


def _through_attribute(vm: Interpreter, through: ThroughModel, name: str, span: Span) -> Any:
    if name == "_meta":
        return ModelOptions(through)
    if name in ("__name__", "__qualname__"):
        return f"{through.owner.name}_{through.field_name}"
    return Unknown(f"`{name}` of a default through model is not evaluated", span)


def _descriptor_attribute(
    vm: Interpreter, descriptor: FieldDescriptor, name: str, span: Span
) -> Any:
    if name == "field":
        # Once all is read, it is the field that `_meta` has, too.
        bound = None if vm.executing else vm.host.rendered_field(descriptor.model, descriptor.name)
        return bound or descriptor.field
    if name == "through" and has_base(
        type(descriptor.field), "django.db.models.fields.related", "ManyToManyField"
    ):
        through = descriptor.field.remote_field.through
        if through is None:
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
    return Unknown(f"`{descriptor.model.name}.{descriptor.name}.{name}` is not evaluated", span)


def is_purely_user(vm: Interpreter, target: Any) -> bool:
    """Whether only interpreted code has to do with a class, or an object, of its own."""
    cls = target if isinstance(target, type) else type(target)
    subclasses: list[type] = type.__subclasses__(target) if isinstance(target, type) else []
    if any(not is_purely_user(vm, subclass) for subclass in subclasses):
        return False
    return all(
        base is object or is_user_class(vm, base) or base.__name__ == "Migration"
        for base in cls.__mro__
    )


def _module_attribute(vm: Interpreter, value: Any, name: str, span: Span) -> Any:
    return imports.module_attribute(vm, value.name, name, span)


def _reference_attribute(vm: Interpreter, value: ModelReference, name: str, span: Span) -> Any:
    model = vm.host.model_class(value.label, span)
    return model if isinstance(model, Unknown) else attribute(vm, model, name, span)


def _option(vm: Interpreter, value: ModelOptions, name: str, span: Span) -> Any:
    return membrane.inward(vm, vm.host.model_option(value.model, name, span))


def _setting(vm: Interpreter, value: SettingsObject, name: str, span: Span) -> Any:
    value = vm.host.setting(name, span)
    return databases_setting(vm, value, span) if name == "DATABASES" else value


def _special_attribute(vm: Interpreter, value: Special, name: str, span: Span) -> Any:
    from pgtrigger_codegen.evaluator.python.specials import special_attribute

    return special_attribute(vm, value, name, span)


def _registrar_attribute(vm: Interpreter, value: Registrar, name: str, span: Span) -> Any:
    return Unknown("a registration has no attributes", span)


_READERS: dict[type, Callable[[Interpreter, Any, str, Span], Any]] = {
    External: _external_attribute,
    FieldDescriptor: _descriptor_attribute,
    LibraryModule: _module_attribute,
    ModelClass: _model_attribute,
    ModelOptions: _option,
    ModelReference: _reference_attribute,
    Opaque: opaque_attribute,
    Registrar: _registrar_attribute,
    SettingsObject: _setting,
    SourceModule: _module_attribute,
    Special: _special_attribute,
    ThroughModel: _through_attribute,
}
