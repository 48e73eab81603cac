"""The libraries that register triggers, behind their providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pgtrigger_codegen.evaluator.values.provider_calls import ProvidedCallable

KNOWN = frozenset({"pghistory", "pgpubsub"})
"""Packages of which we know that they register triggers, with a provider or without."""


class Libraries(Protocol):
    """The libraries that register triggers, as far as the evaluator has to know them."""

    def is_module(self, name: str) -> bool:
        """Whether the names of a module are looked up in the real one."""

    def modules(self, package: str) -> Sequence[str]:
        """Modules of a library whose names are looked up in the real ones."""

    def release(self, package: str) -> str:
        """The library's name and version, as it is installed beside us."""

    def callable(self, dotted: str) -> ProvidedCallable | None:
        """What a provider has to say of a callable."""

    def registers(self, package: str) -> bool:
        """Whether a package is known to register triggers, with a provider for it or without."""

    def made_here(self, value: object) -> bool:
        """Whether an object is of a class of one of these libraries, or derived from one."""

    @property
    def names(self) -> frozenset[str]:
        """The last parts of the names of all callables that declare something."""


class NoLibraries:
    """No provider."""

    names: frozenset[str] = frozenset()

    def is_module(self, name: str) -> bool:
        """None is."""
        return False

    def modules(self, package: str) -> Sequence[str]:
        """There are none."""
        return ()

    def release(self, package: str) -> str:
        """Nothing is installed."""
        return package

    def callable(self, dotted: str) -> ProvidedCallable | None:
        """None is provided."""
        return None

    def registers(self, package: str) -> bool:
        """Whether a package is known to register triggers."""
        return package in KNOWN

    def made_here(self, value: object) -> bool:
        """None is."""
        return False
