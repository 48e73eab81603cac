"""The interface of providers: their input, their output, and their base class.

Values and Django models pass between the two, never syntax.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

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


class Provider:
    """A library that declares models and triggers; derive from it what the library needs.

    Attributes:
        package: The library's top-level package.
        oldest: The oldest release of the library that the provider is for, if that matters.
        decorators: Dotted paths of decorators for models, with arguments or without.
        function_decorators: Dotted paths of decorators for functions, always with arguments, whose
            call says on which model triggers are registered.
        attribute: What the library calls the new model on a decorated one, if it puts it there.
        base_calls: Dotted paths of functions whose result a model derives from.
        listings: Functions that list the models which the library has made for one, by dotted path,
            each with the keyword that the model is given as, and with those that are to be true.
        base_classes: Dotted paths of the library's abstract models.
        modules: The library's modules that are imported for real, to look names up in them.
            Importing them must have no effect, and need no installed app.
        callables: By module, the names that are called for real, separated by spaces: classes
            and functions that are pure, for arguments of any kind.
        methods: By class name, the same for methods, `__init__` included, that the project's
            own subclasses may call with `super()`.
        settings: Prefixes of the settings that the library reads. Django has their values
            while the provider is asked.
        functions: Database functions that the library's own migrations create, with the app
            and name of the migration: triggers that call them depend on it.
    """

    package: ClassVar[str] = ""
    oldest: ClassVar[str] = ""
    decorators: ClassVar[frozenset[str]] = frozenset()
    function_decorators: ClassVar[frozenset[str]] = frozenset()
    attribute: ClassVar[str] = ""
    base_calls: ClassVar[frozenset[str]] = frozenset()
    listings: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    base_classes: ClassVar[frozenset[str]] = frozenset()
    modules: ClassVar[tuple[str, ...]] = ()
    callables: ClassVar[Mapping[str, str]] = {}
    methods: ClassVar[Mapping[str, str]] = {}
    settings: ClassVar[tuple[str, ...]] = ()
    functions: ClassVar[Mapping[str, tuple[str, str]]] = {}

    def declare(self, call: Call) -> Iterable[NewModel | NewTrigger]:
        """What a call of a decorator, or of one of `base_calls`, declares.

        Of one of `base_calls`, exactly one model. What this raises becomes the reason why the
        declaration is refused.
        """
        raise NotImplementedError

    def prepare(self, prepared: PreparedModel) -> Iterable[NewTrigger]:
        """What the library registers once a concrete model is made.

        Asked for every model that `declare` made, that derives from one that it made, or from
        one of `base_classes`.
        """
        return ()
