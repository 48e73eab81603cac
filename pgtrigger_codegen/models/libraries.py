"""Stage models: the interface to libraries that add models and triggers to a project.

Providers stand above: they make models of what was read here, and are asked through these
protocols.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from msgspec import Struct

from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.protocols.libraries import Libraries, NoLibraries
from pgtrigger_codegen.evaluator.values.moment import Moment
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.models.current_settings import CurrentSettings
from pgtrigger_codegen.models.facts import ProvidedModel
from pgtrigger_codegen.models.registry import ModelRegistry
from pgtrigger_codegen.models.rendering import FindModel, ModelRenderer
from pgtrigger_codegen.project.project import Project


class LandsElsewhere(Unknown, frozen=True):
    """In place of triggers: the library refuses to put a model into an app of a package."""


class ReadProject(Struct, frozen=True):
    """A project whose models are read, as those that add to it see it.

    Attributes:
        settings: With what code has assigned.
        find: Gives the model of a label.
        renderer: Gives what makes real models of model classes.
    """

    project: Project
    settings: CurrentSettings
    registry: ModelRegistry
    interpreter: Interpreter
    find: FindModel
    renderer: Callable[[], ModelRenderer]


class Additions(Protocol):
    """The models and triggers that libraries add."""

    @property
    def made(self) -> Sequence[ProvidedModel]:
        """Models that were made by calls, as facts."""

    def resolve(self, when: Callable[[Moment | None], Any]) -> None:
        """Turns what was declared since the last time into models and registrations.

        Args:
            when: When a moment was, comparable with others.
        """


class ModelLibraries(Libraries, Protocol):
    """The interface to the libraries."""

    @property
    def packages(self) -> frozenset[str]:
        """Top-level packages that register triggers."""

    def additions(self, read: ReadProject) -> Additions:
        """What the libraries add to a project."""

    def requirements(self, sql: str) -> tuple[tuple[str, str], ...]:
        """Migrations of libraries that create functions which the SQL calls."""


class NothingAdded:
    """The additions of no library."""

    made: Sequence[ProvidedModel] = ()

    def resolve(self, when: Callable[[Moment | None], Any]) -> None:
        """Does nothing."""


class NoProviders(NoLibraries):
    """No library at all."""

    packages: frozenset[str] = frozenset()

    def additions(self, read: ReadProject) -> Additions:
        """None adds anything."""
        return NothingAdded()

    def requirements(self, sql: str) -> tuple[tuple[str, str], ...]:
        """None creates functions."""
        return ()
