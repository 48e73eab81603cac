"""Assignments to attributes of models, of their options, and of triggers."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.library.kinds import (
    has_base,
    is_field_class,
    is_rendered_model,
    is_trigger,
)
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects import access, membrane
from pgtrigger_codegen.evaluator.python.objects.kinds import describe, is_user_class
from pgtrigger_codegen.evaluator.values.models import ModelClass, ModelOptions, SettingsObject
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.source.span import Span

# Options of a model that no trigger and no column depends on.
_HARMLESS_OPTIONS = frozenset(
    """
    default_permissions get_latest_by ordering permissions verbose_name verbose_name_plural
    """.split()
)
# What Django's own fields have under the name of the argument that it was given as.
_OF_FIELDS = frozenset(
    """
    blank db_comment default editable error_messages help_text max_length null verbose_name
    """.split()
)


def assign_attribute(vm: Machine, target: Any, name: str, value: Any, span: Span) -> bool:
    """`target.name = value`; whether the target is one of Django's.

    Raises:
        Refusal: What the assignment does is not followed.
    """
    if isinstance(target, ModelClass):
        if is_field_class(type(value)):
            reason = (
                f"`{target.name}.{name}` is assigned a field, which makes it none of the model's"
            )
            value = Unknown(reason, span)
        target.namespace[name] = vm.speculation or value
    elif isinstance(target, ModelOptions):
        _assign_option(vm, target, name, value, span)
    elif isinstance(target, SettingsObject):
        vm.host.assign_setting(name, vm.speculation or value, span)
    elif is_trigger(target):
        _assign_to_trigger(vm, target, name, value, span)
    elif is_field_class(type(target)) and not is_user_class(vm, type(target)):
        _assign_to_field(vm, target, name, value, span)
    elif has_base(type(target), "django.db.models.fields.reverse_related", "ForeignObjectRel"):
        _assign_to_relation(vm, target, name, value, span)
    else:
        # A field's `contribute_to_class` puts its descriptor on a model: nothing compiles that.
        return is_rendered_model(target) and name not in ("_meta", "Meta")
    return True


def _assign_to_trigger(vm: Machine, target: Any, name: str, value: Any, span: Span) -> None:
    unknown = value if isinstance(value, Unknown) else vm.speculation
    if unknown is not None:
        raise Refusal(unknown)
    if access.is_dunder(name):
        raise Refusal(Unknown(f"an assignment to `{name}` is not followed", span))
    vm.attempt(span, setattr, target, name, membrane.outward(vm, value, span))


def _assign_to_field(vm: Machine, field: Any, name: str, value: Any, span: Span) -> None:
    """`field.null = True`, before the field is any model's."""
    if (unknown := vm.speculation or first_unknown(value)) is not None:
        raise Refusal(unknown)
    if name not in _OF_FIELDS or hasattr(field, "model"):
        if hasattr(field, "model") and name not in _OF_FIELDS:
            _doubt_field(vm, field, name, span)
        reason = f"an assignment to `{name}` of {describe(field)} is not followed"
        raise Refusal(Unknown(reason, span))
    vm.attempt(span, setattr, field, name, membrane.outward(vm, value, span))


def _doubt_field(vm: Machine, field: Any, name: str, span: Span) -> None:
    """`Model._meta.get_field("a").column = …`: nothing is known of the field of the model's."""
    model = vm.host.model_behind(field.model)
    if isinstance(model, ModelClass):
        reason = f"`{name}` of field `{model.name}.{field.name}` is assigned to"
        model.namespace[field.name] = model.namespace["Meta"] = Unknown(reason, span)


def _assign_to_relation(vm: Machine, relation: Any, name: str, value: Any, span: Span) -> None:
    """`self.remote_field.model = Model`, in a field's own `contribute_to_class`."""
    label = vm.host.model_label(value) if isinstance(value, ModelClass) else value
    if (unknown := vm.speculation or first_unknown(label)) is not None:
        raise Refusal(unknown)
    if name != "model" or not isinstance(label, str) or hasattr(relation.field, "model"):
        reason = f"an assignment to `{name}` of {describe(relation)} is not followed"
        raise Refusal(Unknown(reason, span))
    vm.attempt(span, setattr, relation, name, label)


def _assign_option(vm: Machine, target: ModelOptions, name: str, value: Any, span: Span) -> None:
    if name in _HARMLESS_OPTIONS:
        return
    model = target.model
    # In `ready()`, django-pgtrigger may have looked at the option already.
    in_time = vm.speculation is None and not vm.findings.models_ready
    if name == "triggers" and in_time and isinstance(model, ModelClass) and model.abstract is False:
        model.assigned[name] = value
        return
    if not isinstance(target.model, ModelClass):
        unknown = Unknown(f"an assignment to {describe(target)} is not followed", span)
        vm.spoiled.add(model, unknown)
        raise Refusal(unknown)
    target.model.namespace["Meta"] = Unknown(
        f"`{target.model.name}._meta.{name}` is assigned to", span
    )
