"""Attributes of every kind of value, and what kind a value is."""

from __future__ import annotations

import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator import imports, library
from pgtrigger_codegen.evaluator.provided import provided_value
from pgtrigger_codegen.evaluator.values import (
    External,
    FieldDescriptor,
    LibraryModule,
    ModelClass,
    ModelOptions,
    ModelReference,
    Refusal,
    Registrar,
    SettingsObject,
    SourceModule,
    Special,
    ThroughModel,
    Unknown,
)
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.interpreter import Interpreter

_OWN_KINDS = (
    FieldDescriptor,
    LibraryModule,
    ModelClass,
    ModelOptions,
    ModelReference,
    Registrar,
    SettingsObject,
    SourceModule,
    Special,
    ThroughModel,
)

# Options of a model that no trigger and no column depends on.
_HARMLESS_OPTIONS = frozenset("default_permissions get_latest_by ordering permissions".split())

UNKNOWN_ATTRIBUTES = "_pgtrigger_codegen_unknown"
"""On a field: attributes whose values are not known, by name."""


def attribute(vm: Interpreter, value: Any, name: str, span: Span) -> Any:
    """`value.name`."""
    match value:
        case External():
            return _external_attribute(vm, value, name, span)
        case Unknown():
            return value
        case LibraryModule() | SourceModule():
            return imports.module_attribute(vm, value.name, name, span)
        case ModelClass():
            return _model_attribute(vm, value, name, span)
        case ThroughModel():
            return _through_attribute(value, name, span)
        case ModelReference():
            model = vm.host.model_class(value.label, span)
            return model if isinstance(model, Unknown) else attribute(vm, model, name, span)
        case FieldDescriptor():
            return _descriptor_attribute(vm, value, name, span)
        case ModelOptions():
            return vm.host.model_option(value.model, name, span)
        case SettingsObject():
            return vm.host.setting(name, span)
        case Special():
            from pgtrigger_codegen.evaluator.specials import special_attribute

            return special_attribute(vm, value, name, span)
        case Registrar():
            return Unknown("a registration has no attributes", span)
    return _real_attribute(vm, value, name, span)


def assign_attribute(vm: Interpreter, target: Any, name: str, value: Any, span: Span) -> None:
    """`target.name = value`."""
    if isinstance(target, ModelClass):
        target.namespace[name] = vm.speculation or value
    elif is_user_object(vm, target) or is_user_class(vm, target) or _is_open(vm, target):
        if vm.speculation is not None:
            value = vm.speculation
        if isinstance(value, Unknown) and not _is_purely_user(vm, target):
            # Real code reads this object's attributes: it must never find an Unknown there.
            raise Refusal(value.with_note(f"assigned to `{name}`", span))
        vm.attempt(span, setattr, target, name, value)
    elif is_trigger(target):
        if isinstance(value, Unknown) or vm.speculation is not None:
            reason = vm.speculation if not isinstance(value, Unknown) else value
            raise Refusal(reason or Unknown("not known", span))
        vm.attempt(span, setattr, target, name, value)
    elif is_rendered_model(target) and name not in ("_meta", "Meta"):
        pass  # a field's `contribute_to_class` puts its descriptor there: nothing compiles it
    elif isinstance(target, ModelOptions) and name in _HARMLESS_OPTIONS:
        pass
    elif isinstance(target, ModelOptions) and isinstance(target.model, ModelClass):
        target.model.namespace["Meta"] = Unknown(
            f"`{target.model.name}._meta.{name}` is assigned to", span
        )
    elif not isinstance(target, Unknown | SourceModule | LibraryModule | Special):
        raise Refusal(Unknown(f"an assignment to {describe(target)} is not followed", span))


def _is_open(vm: Interpreter, target: Any) -> bool:
    """Whether an object that is not of the user's class takes attributes as Python's do."""
    if isinstance(target, types.FunctionType):
        return hasattr(target, "__interpreted__")
    # An enum gives its members their attributes before the class is done.
    return isinstance(target, types.SimpleNamespace) or type(target).__module__ in vm.scopes


def poison(container: Any, unknown: Unknown, *, keep: bool = False) -> None:
    """Makes a container's contents unknown: it changed in a way that cannot be followed.

    Args:
        keep: Whether the change could only add items at the end of a list.
    """
    spread = Unknown(unknown.reason, unknown.span, unknown.notes, spread=True)
    if isinstance(container, list):
        container[:] = [*container, spread] if keep else [spread]
    elif isinstance(container, dict):
        container.clear()
        container[spread] = spread
    elif isinstance(container, set):
        container.clear()
        container.add(spread)


def special_item(vm: Interpreter, value: Any, key: Any, span: Span) -> Any:
    """`value[key]` of the interpreter's own kinds; None where it is none of them."""
    if isinstance(value, Special):
        from pgtrigger_codegen.evaluator.specials import item_of_special

        return item_of_special(vm, value, key, span)
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
    return not is_own_kind(value) and not is_rendered_model(value)


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


def _label_of_config(value: Any) -> str | None:
    """The label of the app that a project's own `AppConfig`, or an object of it, is for."""
    cls = value if isinstance(value, type) else type(value)
    if not has_base(cls, "django.apps.config", "AppConfig"):
        return None
    name = getattr(cls, "name", None)
    label = getattr(cls, "label", None) or str(name).rpartition(".")[2]
    return label if isinstance(name, str) and isinstance(label, str) else None


def as_model_class(vm: Interpreter, value: Any, span: Span) -> Any:
    """A model by its label as the class itself, among others too: for comparisons."""
    if isinstance(value, ModelReference):
        return vm.host.model_class(value.label, span)
    if isinstance(value, list | tuple) and any(isinstance(item, ModelReference) for item in value):
        return [as_model_class(vm, item, span) for item in value]
    return value


def is_user_class(vm: Interpreter, value: Any) -> bool:
    """Whether a value is a class of interpreted code."""
    return isinstance(value, type) and value in vm.user_classes


def is_user_object(vm: Interpreter, value: Any) -> bool:
    """Whether a value is an instance of a class of interpreted code."""
    return type(value) in vm.user_classes


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
            return f"the model `{value.name}`"
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


def _through_attribute(through: ThroughModel, name: str, span: Span) -> Any:
    if name == "_meta":
        return ModelOptions(through)
    if name in ("__name__", "__qualname__"):
        return f"{through.owner.name}_{through.field_name}"
    return Unknown(f"`{name}` of a default through model is not evaluated", span)


def _descriptor_attribute(
    vm: Interpreter, descriptor: FieldDescriptor, name: str, span: Span
) -> Any:
    if name == "field":
        return descriptor.field
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


def _real_attribute(vm: Interpreter, value: Any, name: str, span: Span) -> Any:
    hidden = getattr(value, "__dict__", None)
    if isinstance(hidden, dict) and name in hidden.get(UNKNOWN_ATTRIBUTES, {}):
        unknown = hidden[UNKNOWN_ATTRIBUTES][name]
        return unknown if isinstance(unknown, Unknown) else Unknown("not known", span)
    if type(value).__name__ == "StandInField" and name != "name":
        stands_for: Unknown = value.unknown
        return stands_for
    if is_rendered_model(value) and not hasattr(value, name):
        return vm.host.rendered_attribute(value, name, span)
    if type(value).__module__ == "django.db.models.options" and (
        name not in library.OPTIONS_ATTRIBUTES
    ):
        return Unknown(f"`_meta.{name}` is not evaluated", span)
    if name in ("get_model", "get_models") and (label := _label_of_config(value)):
        return Special(f"app_config.{name}", label)
    if name == "register" and is_trigger(value):
        return Special("register_trigger", value)
    return vm.attempt(span, getattr, value, name)


def _is_purely_user(vm: Interpreter, target: Any) -> bool:
    cls = target if isinstance(target, type) else type(target)
    subclasses: list[type] = target.__subclasses__() if isinstance(target, type) else []
    if any(not _is_purely_user(vm, subclass) for subclass in subclasses):
        return False
    return all(
        base is object or base in vm.user_classes or base.__name__ == "Migration"
        for base in cls.__mro__
    )
