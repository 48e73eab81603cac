"""Values on their way to a provider and back.

A provider works with Django models, the evaluator with classes that nobody has made: here each
becomes the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.library.kinds import is_field_class
from pgtrigger_codegen.evaluator.python.objects.kinds import describe
from pgtrigger_codegen.evaluator.values.models import (
    FieldDescriptor,
    ModelClass,
    ModelReference,
    ThroughModel,
)
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class, class_behind, has_face
from pgtrigger_codegen.models import meta, registry
from pgtrigger_codegen.models.libraries import ReadProject
from pgtrigger_codegen.source.span import Span


class ProvidedValues:
    """Values on their way to a provider and back."""

    def __init__(self, read: ReadProject) -> None:
        self._project = read.project
        self._registry = read.registry
        self._vm = read.interpreter
        self._find = read.find
        self._renderer = read.renderer
        self._originals: dict[type, ModelClass | ThroughModel] = {}
        self._abstract_classes: dict[int, type] = {}

    @property
    def apps(self) -> dict[str, str]:
        """Dotted names of the installed apps by label."""
        return {label: app.name for label, app in self._project.apps.items()}

    def setting(self, name: str, default: object = None) -> Any:
        """A setting of the project."""
        return self.inward(self._project.settings.get(name, default))

    def value(self, dotted: str) -> Any:
        """What a dotted path names in the project."""
        module, _, name = dotted.rpartition(".")
        span = self._project.settings.span or Span(str(self._project.root), 1, 1, 1, 1)
        return self.inward(self._vm.module_attribute(module, name, span))

    def attribute(self, cls: type, name: str) -> Any:
        """An attribute of a class of the project."""
        span = self._project.settings.span or Span(str(self._project.root), 1, 1, 1, 1)
        return self.inward(self._vm.attribute(cls, name, span))

    def label(self, value: Any) -> str | None:
        """The label of a model, in any of its guises."""
        if isinstance(value, ModelReference):
            return value.label
        if not isinstance(value, ModelClass | ThroughModel):
            return None
        label = self._registry.label(value)
        return label if isinstance(label, str) else None

    def inward(self, value: Any) -> Any:
        """A value for a provider.

        Raises:
            Refusal: It is not known, or is none for real code.
        """
        match value:
            case Unknown():
                raise Refusal(value)
            case ModelReference():
                return self.inward(self._find(value.label))
            case ModelClass() if meta.is_abstract(value) is True:
                return self._abstract(value)
            case ModelClass() | ThroughModel():
                return self._rendered(value)
            case FieldDescriptor():
                return value.field
            case Class():
                return value.opened()
            case list():
                return [self.inward(item) for item in value]
            case tuple() if type(value) is tuple:
                return tuple(self.inward(item) for item in value)
            case dict():
                return {self.inward(key): self.inward(item) for key, item in value.items()}
        if is_own_kind(value):
            raise Refusal(Unknown(f"{describe(value)} is given to a library"))
        if has_face(type(value)):
            class_behind(type(value)).opened()
        return value

    def outward(self, value: Any) -> Any:
        """The model behind a class that a provider was given."""
        found = self._originals.get(value)
        if found is None:
            found = self._renderer().classes.get(value)
        if found is None:
            raise Refusal(Unknown(f"`{value.__name__}` is not a model of the project"))
        return found

    def namespace(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """A class body in Django's order: fields by when they were made."""
        fields = {name: value for name, value in attributes.items() if is_field_class(type(value))}
        ordered = sorted(fields, key=lambda name: fields[name].creation_counter)
        made = {name: _with_label(fields[name]) for name in ordered}
        for name, value in attributes.items():
            if name not in made and name not in ("Meta", "__module__", "__qualname__"):
                known = isinstance(value, type) and (
                    value in self._originals or value in self._renderer().classes
                )
                made[name] = self.outward(value) if known else value
        return made

    def _rendered(self, model: ModelClass | ThroughModel) -> type[models.Model]:
        rendered = self._renderer().render(model)
        if isinstance(rendered, Unknown):
            raise Refusal(rendered)
        self._originals[rendered] = model
        return rendered

    def _abstract(self, model: ModelClass) -> type:
        """An abstract class with the name, bases and `Meta` of the project's."""
        if identity(model) not in self._abstract_classes:
            given = {
                name: value
                for name in ("app_label", "verbose_name", "verbose_name_plural")
                if (value := meta.option(model, name)) is not meta.MISSING
            }
            if (unknown := registry.unknown_base(model) or first_unknown(given)) is not None:
                raise Refusal(unknown)
            options = type("Meta", (), {**given, "abstract": True})
            above = [base for base in model.bases if isinstance(base, ModelClass)]
            bases = tuple(
                self._abstract(base) for base in above if meta.is_abstract(base) is True
            ) or (models.Model,)
            namespace = {"__module__": model.module.name, "Meta": options}
            made: type = models.base.ModelBase(model.name, bases, namespace)
            self._abstract_classes[identity(model)] = made
            self._originals[made] = model
        return self._abstract_classes[identity(model)]


class Prepared:
    """A model that derives from a provider's base."""

    def __init__(self, values: ProvidedValues, model: ModelClass) -> None:
        self._class = model
        self.project = values
        self.model = values.inward(model)

    def attribute(self, name: str, default: object = None) -> Any:
        """What the class binds to a name, or the first of its bases that does."""
        found = self._class.lookup(name)
        return default if found is None else self.project.inward(found[0])


def _with_label(field: Any) -> Any:
    """A relation to a rendered model names it by its label, as a model's source would.

    So does what is another model's field, which the new one gets a copy of.
    """
    remote = getattr(field, "remote_field", None)
    bound = hasattr(field, "model")
    if not bound and (remote is None or not isinstance(getattr(remote, "model", None), type)):
        return field
    made = field.clone()
    made.creation_counter = field.creation_counter
    return made
