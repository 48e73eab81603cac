"""The facts about a project that lint, migrations and the command line work from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from pgtrigger_codegen.certificate.census import Census
from pgtrigger_codegen.certificate.certificate import Certificate
from pgtrigger_codegen.engine import COLD
from pgtrigger_codegen.evaluator.values.assumption import Assumption
from pgtrigger_codegen.migrations.planning.one_history import OneHistory
from pgtrigger_codegen.models.facts import (
    AbstractTriggers,
    LostTriggers,
    MissingProvider,
    Models,
    ProvidedModel,
)
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.project.routers import AllowMigrate, always_allowed
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, UnresolvedTrigger

if TYPE_CHECKING:
    from pgtrigger_codegen.migrations.planning.history import ProjectHistory
    from pgtrigger_codegen.migrations.planning.plan import PlanningSource
    from pgtrigger_codegen.migrations.reading.reader import LoadMigration
    from pgtrigger_codegen.migrations.reading.sites import SiteReader
    from pgtrigger_codegen.project.config import Config

Share = Callable[[Sequence[Callable[[], Any]], Callable[[bytes], Any], int], list[Any]]


class SyntaxProblem(Struct, frozen=True):
    """A file that does not parse.

    Attributes:
        hint: How a newer Python would read it, where one might.
    """

    message: str
    span: Span
    hint: str | None = None


# Whom to ask for more: two analyses of the same source have each their own.
_SERVICES = frozenset(
    "load_migration allow_migrate census certificate sites migrations share".split()
)


class Analysis(Struct, frozen=True):
    """The facts that lint, migrations and the command line work from.

    Attributes:
        models: By `app_label.ModelName`; all models of the installed apps that were read.
        triggers: Of first-party declarations, sorted by uri.
        unresolved: First-party declarations that could not be compiled, sorted by place.
        foreign_triggers: Triggers that third-party packages declare.
        notices: What the user should know of how the project was read (no settings found…).
        absent_packages: Packages that are not found where the project is read, and that its
            declarations need.
        read_files: First-party files that were read.
        uninherited_triggers: Abstract models with triggers that no model inherits from.
        imported_modules: First-party modules that Django imports as it starts.
        load_migration: Evaluates one migration file, when replaying asks for it.
        sites: Finds operations in the text of migration files.
        provided_models: Models that libraries make for calls in the source.
        missing_providers: Libraries in use that cannot be asked for their triggers.
        foreign_unresolved: What of third-party packages' declarations could not be compiled.
        census: All places in the text that can declare a trigger, each with its account.
        certificate: What was not read, and which triggers that may hide.
        migrations: Where the history is, once `history` was called.
        allow_migrate: Asks the project's routers about a database, an app and a model.
        share: Does pieces of work that do not depend on each other (`Engine.share`).
    """

    project: Project
    config: Config
    models: Models
    triggers: tuple[CompiledTrigger, ...]
    unresolved: tuple[UnresolvedTrigger, ...]
    assumptions: tuple[Assumption, ...]
    lost_triggers: tuple[LostTriggers, ...]
    syntax_problems: tuple[SyntaxProblem, ...]
    foreign_triggers: tuple[CompiledTrigger, ...]
    notices: tuple[str, ...]
    read_files: frozenset[Path]
    load_migration: LoadMigration
    uninherited_triggers: tuple[AbstractTriggers, ...] = ()
    imported_modules: frozenset[str] = frozenset()
    foreign_unresolved: tuple[UnresolvedTrigger, ...] = ()
    provided_models: tuple[ProvidedModel, ...] = ()
    missing_providers: tuple[MissingProvider, ...] = ()
    absent_packages: tuple[str, ...] = ()
    allow_migrate: AllowMigrate = always_allowed
    census: Census = field(default_factory=Census)
    certificate: Certificate = field(default_factory=Certificate)
    sites: SiteReader | None = None
    migrations: OneHistory = field(default_factory=OneHistory)
    share: Share = COLD.share

    def __eq__(self, other: object) -> bool:
        """The same facts, whoever may be asked for more of them."""
        return isinstance(other, Analysis) and all(
            getattr(self, name) == getattr(other, name)
            for name in self.__struct_fields__
            if name not in _SERVICES
        )

    __hash__ = None  # type: ignore[assignment]  # compared, never a key

    def history(self) -> ProjectHistory:
        """The project's migrations, replayed the first time that somebody asks.

        Raises:
            MigrationsError: The migrations go in a circle.
        """
        return self.migrations.of(source_of(self), self.load_migration)


def source_of(analysis: Analysis) -> PlanningSource:
    """What the planner of migrations needs to know of the source."""
    from pgtrigger_codegen.migrations.planning.plan import PlanningSource

    return PlanningSource(
        project=analysis.project,
        models=analysis.models,
        triggers=analysis.triggers,
        foreign_triggers=analysis.foreign_triggers,
        certificate=analysis.certificate,
        allow_migrate=analysis.allow_migrate,
    )
