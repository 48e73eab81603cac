"""What a package writes to have its triggers compiled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from pgtrigger_codegen.models.provision import (
    Call,
    Misplaced,
    NewModel,
    NewTrigger,
    PreparedModel,
    ProjectValues,
)

__all__ = [
    "Call",
    "Misplaced",
    "NewModel",
    "NewTrigger",
    "PreparedModel",
    "ProjectValues",
    "Provider",
]


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
