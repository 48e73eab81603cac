"""Classes that are, or may be, models: only the `models` stage renders them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pgtrigger_codegen.evaluator.django import configurations
from pgtrigger_codegen.evaluator.django.hooks import init_subclass
from pgtrigger_codegen.evaluator.django.metaclasses import note_metaclass
from pgtrigger_codegen.evaluator.django.postponed import PostponedNames
from pgtrigger_codegen.evaluator.library.kinds import is_rendered_model
from pgtrigger_codegen.evaluator.protocols.domain import ClassStatement
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.values.callables import interpreted
from pgtrigger_codegen.evaluator.values.classes import MISSING, find_attribute, set_name
from pgtrigger_codegen.evaluator.values.models import (
    FieldDescriptor,
    ModelClass,
    ModelReference,
    ThroughModel,
)
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span


def namespace(bases: Sequence[Any]) -> dict[str, Any] | None:
    """Names for the body of a class that is or may be a model; None for a class that is not."""
    return PostponedNames() if any(_makes_model(base) for base in bases) else None


def base(vm: Machine, base: Any, span: Span) -> Any:
    """A base of a class; a model by its label, or rendered, as the user's own class."""
    if isinstance(base, ModelReference):
        return vm.host.model_class(base.label, span)
    if isinstance(base, FieldDescriptor):
        return Unknown("a field is not a class", span)
    if base == configurations.BASE:
        return configurations.base_class(vm)
    if is_rendered_model(base) and base.__module__ != "django.db.models.base":
        return vm.host.model_behind(base) or base
    return base


def make_class(vm: Machine, statement: ClassStatement, broken: Unknown | None) -> Any:
    """A class that is or may be a model, or that Python could not have made: why."""
    if statement.dynamic:
        return _make_dynamic_class(vm, statement)
    bases = statement.bases if broken is None else (*statement.bases, broken)
    model = _model_class(vm, statement, statement.module, bases)
    model.broken = broken
    return model


def _make_dynamic_class(vm: Machine, statement: ClassStatement) -> Any:
    """The value of `type(name, bases, namespace)` with a model among the bases."""
    names, module, span = statement.body.names, statement.module, statement.span
    unknown = next((base for base in statement.bases if isinstance(base, Unknown)), None)
    if "__module__" not in names and unknown is not None:
        return unknown  # most likely no model: Django refuses one without
    if "__module__" not in names:
        return vm.raised(KeyError("__module__"), span)  # as Django does
    declared = names.pop("__module__")
    home = module if declared == module.name else vm.loader.load(str(declared))
    if isinstance(home, Unknown):
        return home.with_note("the module that a class is said to be of", span)
    return _model_class(vm, statement, home, statement.bases)


def decorated(vm: Machine, value: Any, function: Any, result: Any, span: Span) -> Any:
    """A decorated class: a model's decorator returns the model, whatever else it does."""
    if not isinstance(value, ModelClass):
        return result
    if isinstance(result, Unknown):
        value.doubts.append(result)
        return value
    maker = interpreted(function)
    if maker is not None and not maker.module.first_party:
        # A package's code is read for what it returns: what else it did may be missing.
        reason = f"`{maker.module.name}` is of a package, and is not followed to all its ends"
        value.doubts.append(Unknown(reason, span))
    return result


def _model_class(
    vm: Machine, statement: ClassStatement, module: Module, bases: tuple[Any, ...]
) -> ModelClass:
    """A class that is or may be a model, with what its bases do to it."""
    node, body, keywords = statement.node, statement.body, statement.keywords
    span = statement.span
    model = ModelClass(node.name, module, node, bases, body.names, span, body.qualname)
    body.owner.append(model)
    meta = body.names.get("Meta")
    model.abstract = _take_abstract(meta)
    named = {name: value for name, value in keywords.items() if name and name != "metaclass"}
    init_subclass(vm, model, named)
    model.uncertain = vm.speculation
    model.moment = vm.moment()
    vm.findings.model_classes.append(model)
    note_metaclass(vm, model, keywords)
    return model


def _take_abstract(meta: Any) -> bool | Unknown:
    """Whether a class is abstract by its own `Meta`, on which Django then sets `abstract = False`.

    So a `Meta` that derives from it is not abstract by inheritance, whatever class it is in.
    """
    value = find_attribute(meta, "abstract")
    if value is MISSING:
        return False
    if isinstance(value, Unknown):
        return value
    if value:
        set_name(meta, "abstract", False)
    return bool(value)


def _makes_model(base: Any) -> bool:
    return isinstance(base, ModelClass | ThroughModel | Unknown) or is_rendered_model(base)
