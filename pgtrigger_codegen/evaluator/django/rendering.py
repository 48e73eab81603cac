"""Models in two forms: as interpreted code has them, and rendered, as real code does."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.library.kinds import is_field_class, is_rendered_model
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.values.callables import Opaque
from pgtrigger_codegen.evaluator.values.models import (
    ModelClass,
    ModelOptions,
    ModelReference,
    ThroughModel,
    has_reference,
)
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.source.span import Span

_DEEPEST = 20
_MODELS = (ModelClass, ThroughModel)


def inward(vm: Machine, value: Any) -> Any:
    """A rendered model, or its `_meta`, as interpreted code has it; `NotImplemented` for others."""
    if is_rendered_model(value):
        is_base = value.__module__ == "django.db.models.base"  # before any model is rendered
        return value if is_base else vm.host.model_behind(value) or value
    kind = type(value)
    if kind.__name__ == "Options" and kind.__module__ == "django.db.models.options":
        model = membrane.inward(vm, value.model)
        return value if isinstance(model, type | Opaque) else ModelOptions(model)
    return NotImplemented


def rendered(vm: Machine, value: Any, depth: int = 0) -> Any:
    """A value with real models in the place of the interpreter's, for real code.

    Raises:
        Refusal: A model cannot be rendered.
    """
    if isinstance(value, ModelClass | ThroughModel):
        model = vm.host.rendered(value)
        if isinstance(model, Unknown):
            raise Refusal(model)
        return model
    if isinstance(value, ModelOptions):
        return rendered(vm, value.model)._meta
    if depth >= _DEEPEST or type(value) not in (list, tuple, dict):
        return value
    WORK.items(len(value))
    if type(value) is dict:
        made = {key: rendered(vm, item, depth + 1) for key, item in value.items()}
        return value if all(made[key] is item for key, item in value.items()) else made
    items = [rendered(vm, item, depth + 1) for item in value]
    if all(a is b for a, b in zip(value, items, strict=True)):
        return value
    return items if type(value) is list else tuple(items)


def as_model_class(vm: Machine, value: Any, span: Span) -> Any:
    """A model by its label as the class itself, among others too: for comparisons."""
    if isinstance(value, ModelReference):
        return vm.host.model_class(value.label, span)
    if isinstance(value, list | tuple | dict | set | frozenset) and has_reference(value):
        return [as_model_class(vm, item, span) for item in value]
    return value


def compared(vm: Machine, left: Any, right: Any, span: Span) -> Unknown | tuple[Any, Any]:
    """Two values as they can be compared: a model by its label as the model itself."""
    left, right = (as_model_class(vm, value, span) for value in (left, right))
    refused = _compared_by_metaclass(vm, (left, right), span) or _not_comparable(left, right, span)
    return (left, right) if refused is None else refused


def _not_comparable(left: Any, right: Any, span: Span) -> Unknown | None:
    """Refuses to tell apart two forms of one thing: a model or field that Django is making yet."""
    if isinstance(left, _MODELS):
        odd = any(_is_unfinished_model(other) for other in _compared(right))
    elif isinstance(left, type):
        odd = _is_unfinished_model(left) and any(
            isinstance(other, _MODELS) for other in _compared(right)
        )
    elif is_field_class(type(left)):
        fields = [other for other in _compared(right) if is_field_class(type(other))]
        odd = any(hasattr(left, "model") is not hasattr(other, "model") for other in fields)
    else:
        odd = False
    return Unknown("a model that is not complete is compared", span) if odd else None


def _compared_by_metaclass(vm: Machine, values: tuple[Any, ...], span: Span) -> Unknown | None:
    """Refuses to compare classes whose metaclass, which is not run, says what is equal."""
    for value in values:
        metaclass = (
            vm.findings.metaclasses.get(identity(value)) if type(value) is ModelClass else None
        )
        if isinstance(metaclass, ModelClass) and metaclass.lookup("__eq__"):
            return Unknown(f"`{metaclass.name}` compares its classes in its own way", span)
    return None


def _compared(right: Any) -> list[Any]:
    containers = (list, tuple, set, frozenset, dict)
    return list(right) if isinstance(right, containers) else [right]


def _is_unfinished_model(value: Any) -> bool:
    return is_rendered_model(value) and value.__module__ != "django.db.models.base"
