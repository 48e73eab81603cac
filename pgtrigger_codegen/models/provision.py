"""What a provider is told, and what it answers: values and Django models, never syntax.

Defined here because the `models` stage asks the questions; `pgtrigger_codegen.providers` is
where a provider imports these names from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    from django.db.models import Model


class ProjectValues(Protocol):
    """The project, as a provider can see it."""

    @property
    def apps(self) -> Mapping[str, str]:
        """Dotted names of the installed apps by label."""

    def setting(self, name: str, default: object = None) -> Any:
        """A setting of the project, models in it rendered."""

    def value(self, dotted: str) -> Any:
        """What a dotted path names in the project, as `import_string` would import it.

        A concrete model is rendered; an abstract one is a class with its name, its bases and
        its `Meta`, but without its fields.
        """

    def attribute(self, cls: type, name: str) -> Any:
        """An attribute of a class of the project, a model in it rendered."""


class Call(Struct, frozen=True):
    """A call of something that the provider named.

    Attributes:
        name: The dotted path by which the provider named it.
        args, kwargs: Evaluated; models among them are rendered.
        model: The rendered model that a decorator is applied to, None for other calls.
    """

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    model: type[Model] | None
    project: ProjectValues


class NewModel(Struct, frozen=True):
    """A model that the library makes.

    Attributes:
        attributes: What its class body would bind: fields, and anything else.
        bases: Models that the provider was given; Django's own `Model` when empty.
        meta: Options of its `Meta`, but for `abstract` and `app_label`.
    """

    name: str
    app_label: str
    attributes: Mapping[str, Any]
    bases: tuple[type, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    abstract: bool = False


class NewTrigger(Struct, frozen=True):
    """A trigger that the library registers.

    Attributes:
        model: A rendered model that the provider was given.
        trigger: A `pgtrigger.Trigger`.
        source: The object in the declaration that the trigger is for: messages then point at
            where it was made.
    """

    model: type[Model]
    trigger: Any
    source: object = None


class PreparedModel(Protocol):
    """A concrete model that the provider has made, or that derives from a base of its."""

    @property
    def model(self) -> type[Model]:
        """The rendered model."""

    @property
    def project(self) -> ProjectValues:
        """The project."""

    def attribute(self, name: str, default: object = None) -> Any:
        """What the class, or the first of its bases that does, binds to a name."""


class Misplaced(Exception):
    """Raised by a provider: the new model would land in an app that is not the project's."""


class ModelProvider(Protocol):
    """The part of a provider that turns declarations into models and triggers."""

    @property
    def base_classes(self) -> frozenset[str]:
        """Dotted paths of the library's abstract models."""

    @property
    def settings(self) -> tuple[str, ...]:
        """Prefixes of the settings that it depends on."""

    def declare(self, call: Call) -> Iterable[NewModel | NewTrigger]:
        """What a call declares."""

    def prepare(self, prepared: PreparedModel) -> Iterable[NewTrigger]:
        """What the library registers once a model is made."""
