"""Attributes of Django's objects that are not read from the object itself."""

from __future__ import annotations

import inspect
from typing import Any

from django.db.models import Field

from pgtrigger_codegen.evaluator.django.defaults import bound
from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.library.kinds import (
    has_base,
    is_field_class,
    is_rendered_model,
    is_trigger,
)
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.models import UNKNOWN_ATTRIBUTES, ModelClass
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span


def real_attribute(vm: Machine, value: Any, name: str, span: Span) -> Any:
    """An attribute of one of Django's objects; `NotImplemented` where it is the object's own."""
    hidden = getattr(value, "__dict__", None)
    if isinstance(hidden, dict) and name in hidden.get(UNKNOWN_ATTRIBUTES, {}):
        unknown = hidden[UNKNOWN_ATTRIBUTES][name]
        return unknown if isinstance(unknown, Unknown) else Unknown("not known", span)
    if type(value).__name__ == "StandInField" and name != "name":
        return value.unknown
    if is_rendered_model(value) and name == "__module__" and hasattr(value, "_meta"):
        # Django's `__fake__`, also while the model is being rendered.
        model = vm.host.model_behind(value) or vm.host.model_class(value._meta.label, span)
        return model.module.name if isinstance(model, ModelClass) else model
    if is_rendered_model(value) and not hasattr(value, name):
        return membrane.inward(vm, vm.host.rendered_attribute(value, name, span))
    if type(value).__module__ == "django.db.models.options" and (lookup.option(name) is None):
        if name == "app_config":
            return Special(name, value.app_label)
        return Unknown(f"`_meta.{name}` is not evaluated", span)
    if name in ("get_model", "get_models") and (label := _label_of_config(value)):
        return Special(f"app_config.{name}", label)
    if name == "get_default" and is_field_class(type(value)):
        own = inspect.getattr_static(type(value), name) is inspect.getattr_static(Field, name)
        return bound(value) if own else NotImplemented
    if name == "register_lookup" and _takes_lookups(value):
        return Special(name, value)
    if name in ("register", "unregister") and is_trigger(value):
        return Special(f"{name}_trigger", value)
    return NotImplemented


def _takes_lookups(value: Any) -> bool:
    """Whether lookups can be registered for a class, or an object; the object is not asked."""
    cls = value if isinstance(value, type) else type(value)
    return has_base(cls, "django.db.models.query_utils", "RegisterLookupMixin")


def _label_of_config(value: Any) -> str | None:
    """The label of the app that a project's own `AppConfig`, or an object of it, is for."""
    cls = value if isinstance(value, type) else type(value)
    if not has_base(cls, "django.apps.config", "AppConfig"):
        return None
    name = getattr(cls, "name", None)
    label = getattr(cls, "label", None) or str(name).rpartition(".")[2]
    return label if isinstance(name, str) and isinstance(label, str) else None
