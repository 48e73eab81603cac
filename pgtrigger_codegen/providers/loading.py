"""Finds providers by their entry points, and loads one when code imports its library."""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING

from pgtrigger_codegen.confinement.wall import trusted
from pgtrigger_codegen.errors import ProviderError
from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.protocols.libraries import KNOWN
from pgtrigger_codegen.evaluator.values.provider_calls import ProvidedCallable
from pgtrigger_codegen.models.facts import MissingProvider
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.models.libraries import Additions, ReadProject
    from pgtrigger_codegen.providers.interface import Provider

GROUP = "pgtrigger_codegen.providers"

DISTRIBUTIONS: Mapping[str, str] = {
    "pghistory": "django-pghistory",
    "pgpubsub": "django-pgpubsub",
}
"""What our own providers need to be installed, by the package that they are for."""


class InstalledProviders:
    """The providers of one analysis.

    Args:
        entry_points: What is installed, by the library's top-level package.
        versions: Gives the releases that the project uses, by distribution.
    """

    def __init__(
        self,
        entry_points: Mapping[str, metadata.EntryPoint] | None = None,
        versions: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._entry_points = entry_points
        self._versions = versions
        self._too_old: dict[str, str] = {}
        self._providers: dict[str, Provider | None] = {}
        self._callables: dict[str, ProvidedCallable] = {}
        self._loaded_packages: set[str] = set()

    @property
    def packages(self) -> frozenset[str]:
        """Top-level packages that register triggers."""
        return frozenset({*KNOWN, *self._installed})

    def is_module(self, name: str) -> bool:
        """Whether the names of a module are looked up in the real one."""
        provider = self.provider(name.partition(".")[0])
        return provider is not None and name in provider.modules

    def modules(self, package: str) -> Sequence[str]:
        """Modules of a library whose names are looked up in the real ones."""
        provider = self.provider(package)
        return () if provider is None else provider.modules

    def release(self, package: str) -> str:
        """The library's name and version, as it is installed beside us."""
        for name in metadata.packages_distributions().get(package, ()):
            return f"{name} {metadata.version(name)}"
        return package

    def callable(self, dotted: str) -> ProvidedCallable | None:
        """What a provider has to say of a callable."""
        if self.provider(dotted.partition(".")[0]) is None:
            return None
        return self._callables.get(dotted)

    def registers(self, package: str) -> bool:
        """Whether a package is known to register triggers."""
        return package in KNOWN or package in self._installed

    def missing(self, imported: Mapping[tuple[str, str], Span]) -> Iterator[MissingProvider]:
        """Libraries that are imported and have no provider here, for each importing module."""
        for (package, _), span in sorted(imported.items()):
            if self.provider(package) is None:
                too_old = self._too_old.get(package)
                yield MissingProvider(package, DISTRIBUTIONS.get(package), span, too_old)

    def provider(self, package: str) -> Provider | None:
        """The provider of a package; None as well when its library is not installed here."""
        if package not in self._providers:
            self._providers[package] = self._load(package)
        return self._providers[package]

    def loaded(self) -> Iterator[tuple[str, Provider]]:
        """The providers that were asked for."""
        for package, provider in self._providers.items():
            if provider is not None:
                yield package, provider

    def made_here(self, value: object) -> bool:
        """Whether an object is of a class of one of these libraries, or derived from one."""
        if not self._loaded_packages:
            return False
        return any(
            cls.__module__.partition(".")[0] in self._loaded_packages for cls in type(value).__mro__
        )

    @property
    def names(self) -> frozenset[str]:
        """The last parts of the names of all callables that declare something."""
        return frozenset(
            name.rpartition(".")[2]
            for name, found in self._callables.items()
            if found.kind != "list"
        )

    def additions(self, read: ReadProject) -> Additions:
        """What the libraries add to a project."""
        from pgtrigger_codegen.providers.resolving import ProvidedModels

        return ProvidedModels(read, self)

    def requirements(self, sql: str) -> tuple[tuple[str, str], ...]:
        """Migrations of libraries that create functions which the SQL calls."""
        return tuple(
            sorted(
                {
                    migration
                    for _, provider in self.loaded()
                    for function, migration in provider.functions.items()
                    if re.search(rf"\b{re.escape(function)}\s*\(", sql)
                }
            )
        )

    @functools.cached_property
    def _installed(self) -> Mapping[str, metadata.EntryPoint]:
        if self._entry_points is not None:
            return self._entry_points
        return {point.name: point for point in metadata.entry_points(group=GROUP)}

    def _load(self, package: str) -> Provider | None:
        point = self._installed.get(package)
        if point is None or importlib.util.find_spec(package) is None:
            return None
        try:
            with trusted():  # installed beside us by the user, and no code of the project's
                provider: Provider = point.load()()
        except (ImportError, AttributeError, TypeError) as error:
            raise ProviderError(
                f"the provider of `{package}`, {point.value}, cannot be loaded: {error}",
                help="upgrade or remove the package that brings it",
            ) from error
        used = self._versions().get(DISTRIBUTIONS.get(package, package))
        if used is not None and provider.oldest and _order(used) < _order(provider.oldest):
            self._too_old[package] = f"{used} is older than {provider.oldest}"
            return None
        self._loaded_packages.add(package)
        lookup.admit(provider.modules, provider.callables, provider.methods)
        for name in provider.decorators:
            self._callables[name] = ProvidedCallable(package, name, "decorator", provider.attribute)
        for name in provider.function_decorators:
            self._callables[name] = ProvidedCallable(package, name, "function")
        for name in provider.base_calls:
            self._callables[name] = ProvidedCallable(package, name, "base")
        for name, arguments in provider.listings.items():
            self._callables[name] = ProvidedCallable(package, name, "list", arguments=arguments)
        return provider


def _order(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:2]]
