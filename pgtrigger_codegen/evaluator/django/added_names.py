"""Names of attributes that Django adds to models, for fields and for relations to them."""

from __future__ import annotations

import functools
import re
from typing import Any

from django.db.models import OneToOneField

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.values.models import (
    FieldDescriptor,
    ModelClass,
    ReverseAccessor,
    ThroughModel,
)
from pgtrigger_codegen.evaluator.values.unknown import Unknown

# `related_name="lines"`: what is not written as a text is not found.
_RELATED_NAME = re.compile(r"""\brelated_name\s*=\s*\(?\s*[rRfFuU]?["']([^"'\n]+)""")
_PART = re.compile(r"%\(\w+\)s|\{[^{}]*\}")
_OF_FIELD = ("{}_id", "get_{}_display", "get_next_by_{}", "get_previous_by_{}")


def added_field(vm: Machine, model: ModelClass | ThroughModel, name: str) -> FieldDescriptor | None:
    """What Django adds to a concrete model for a field of its own: `id`, `parent_ptr`, `order_id`.

    None while modules are executed, when a model cannot be rendered with all that it refers to.
    """
    field = None if vm.executing else vm.host.rendered_field(model, name)
    return None if field is None else FieldDescriptor(model, name, field)


def reverse_accessor(vm: Machine, model: ModelClass, name: str) -> ReverseAccessor | Unknown | None:
    """What Django adds to a model for a relation of another model that leads to it.

    None while modules are executed, or if no model that was read has such a relation.
    """
    label = None if vm.executing else vm.host.model_label(model)
    for cls in vm.findings.model_classes if isinstance(label, str) else ():
        if cls is model or cls.abstract is not False or not _may_name(cls, model, name):
            continue
        rendered: Any = vm.host.rendered(cls)
        if isinstance(rendered, Unknown):
            return rendered
        options = rendered._meta
        for field in (*options.local_fields, *options.local_many_to_many):
            relation = field.remote_field
            if relation is not None and relation.get_accessor_name() == name:
                target = relation.model
                named = target if isinstance(target, str) else target._meta.label
                if named.lower() == str(label).lower():
                    return ReverseAccessor(model, name, field)
    return None


def _may_name(cls: ModelClass, model: ModelClass, name: str) -> bool:
    texts = (base.module.text for base in cls.mro() if isinstance(base, ModelClass))
    return _leads_back(cls, model, name) or any(_names_relation(text, name) for text in texts)


def may_be_added(vm: Machine, model: ModelClass, name: str) -> bool:
    """Whether Django may give a model an attribute of a name that its class body does not bind."""
    for cls in model.mro():
        if not isinstance(cls, ModelClass):
            continue
        if cls is not model and name.removesuffix("_id") == f"{cls.name.lower()}_ptr":
            return True
        if any(name == form.format(key) for key in cls.namespace for form in _OF_FIELD):
            return True
    return any(
        _leads_back(cls, model, name) or _names_relation(cls.module.text, name)
        for cls in vm.findings.model_classes
        if cls is not model
    )


def _leads_back(cls: ModelClass, model: ModelClass, name: str) -> bool:
    """Whether a name is that of an accessor for another model that no `related_name` changes."""
    if name == f"{cls.name.lower()}_set":
        return True
    return name == cls.name.lower() and (
        any(base is model for base in cls.mro())
        or any(isinstance(value, OneToOneField) for value in cls.namespace.values())
    )


def _names_relation(text: str, name: str) -> bool:
    return any(pattern.fullmatch(name) for pattern in _related_names(text))


@functools.lru_cache(maxsize=1024)
def _related_names(text: str) -> tuple[re.Pattern[str], ...]:
    """What the accessors of relations in a module's text can be called."""
    return tuple(
        re.compile(r"\w+".join(map(re.escape, _PART.split(found))))
        for found in sorted(set(_RELATED_NAME.findall(text)))
    )
