"""The whole program: from a folder to everything that is known of its triggers."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from pgtrigger_codegen.certificate.certificate import Certificate
from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.engine import COLD, Engine
from pgtrigger_codegen.evaluator.assumption import Assumption
from pgtrigger_codegen.migrations.planning.history import OneHistory, ProjectHistory
from pgtrigger_codegen.migrations.reading.reader import LoadMigration
from pgtrigger_codegen.models.facts import (
    AbstractTriggers,
    LostTriggers,
    MissingProvider,
    Models,
    ProvidedModel,
)
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.project.routers import AllowMigrate, always_allowed
from pgtrigger_codegen.records import dataclass
from pgtrigger_codegen.source.grammar import newer_python_hint
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, UnresolvedTrigger

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.interpreter import Interpreter
    from pgtrigger_codegen.evaluator.loader import ModuleLoader
    from pgtrigger_codegen.migrations.planning.plan import Options, Plan, Source
    from pgtrigger_codegen.migrations.reading.sites import SiteReader
    from pgtrigger_codegen.project.config import Config


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A file that does not parse.

    Attributes:
        hint: How a newer Python would read it, where one might.
    """

    message: str
    span: Span
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """The facts that lint, migrations and the command line work from.

    Attributes:
        models: By `app_label.ModelName`; all models of the installed apps that were read.
        triggers: Of first-party declarations, sorted by uri.
        unresolved: First-party declarations that could not be compiled, sorted by place.
        foreign_triggers: Triggers that third-party packages declare.
        notices: What the user should know of how the project was read (no settings found…).
        read_files: First-party files that were read.
        uninherited_triggers: Abstract models with triggers that no model inherits from.
        imported_modules: First-party modules that Django imports as it starts.
        load_migration: Evaluates one migration file, when replaying asks for it.
        sites: Finds operations in the text of migration files.
        provided_models: Models that libraries make for calls in the source.
        missing_providers: Libraries in use that cannot be asked for their triggers.
        foreign_unresolved: What of third-party packages' declarations could not be compiled.
        certificate: What was not read, and which triggers that may hide.
        migrations: Where the history is, once `history` was called.
        allow_migrate: Asks the project's routers about a database, an app and a model.
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
    load_migration: LoadMigration = field(repr=False, compare=False)
    uninherited_triggers: tuple[AbstractTriggers, ...] = ()
    imported_modules: frozenset[str] = frozenset()
    foreign_unresolved: tuple[UnresolvedTrigger, ...] = ()
    provided_models: tuple[ProvidedModel, ...] = ()
    missing_providers: tuple[MissingProvider, ...] = ()
    allow_migrate: AllowMigrate = field(default=always_allowed, repr=False, compare=False)
    certificate: Certificate = field(default_factory=Certificate, repr=False, compare=False)
    sites: SiteReader | None = field(default=None, repr=False, compare=False)
    migrations: OneHistory = field(default_factory=OneHistory, repr=False, compare=False)


@confined()
def analyze(
    directory: Path,
    *,
    settings: str | None = None,
    engine: Engine = COLD,
) -> Analysis:
    """Reads a project.

    Args:
        directory: The project's folder, or one inside it.
        settings: Dotted name of the settings module, instead of the one found.
        engine: How the work is done.

    Raises:
        CodegenError: The project cannot be read at all; what is only partly readable is in
            the result.
    """
    from pgtrigger_codegen.evaluator.interpreter import Interpreter
    from pgtrigger_codegen.evaluator.loader import ModuleLoader
    from pgtrigger_codegen.project.config import load_config
    from pgtrigger_codegen.project.discovery import discover
    from pgtrigger_codegen.project.reading import SettingsHost, read_project
    from pgtrigger_codegen.providers.loading import InstalledProviders

    config = load_config(directory)
    layout = discover(directory, config, settings_override=settings)
    loader = ModuleLoader(layout.finder(), complete=layout.has_environment)
    providers = InstalledProviders()
    interpreter = Interpreter(loader, SettingsHost(config.env), providers)
    project, notices, unread = read_project(layout, config, interpreter)

    from pgtrigger_codegen.certificate.certify import certify
    from pgtrigger_codegen.certificate.passed_over import passed_over
    from pgtrigger_codegen.migrations.reading.loading import migration_loader
    from pgtrigger_codegen.migrations.reading.sites import SiteReader
    from pgtrigger_codegen.models.describing import ReadModels
    from pgtrigger_codegen.models.django_setup import configure
    from pgtrigger_codegen.models.reading import ModelReader
    from pgtrigger_codegen.triggers.declared import place

    configure(project.settings)
    reader = ModelReader(project, loader, config.env, providers)
    declared = engine.declare(reader)
    missing = tuple(providers.missing(reader.interpreter.imported_libraries))
    not_asked = [_not_asked(item) for item in missing if item.extra]
    unresolved = tuple(sorted([*declared.unresolved, *not_asked], key=place))
    models = ReadModels(reader)
    return Analysis(
        project=project,
        config=config,
        models=models,
        triggers=declared.triggers,
        unresolved=unresolved,
        assumptions=tuple(sorted(interpreter.assumptions | declared.assumptions)),
        lost_triggers=declared.lost,
        syntax_problems=_syntax_problems(loader, newer_python_hint(layout.python_version)),
        foreign_triggers=declared.foreign_triggers,
        notices=notices,
        read_files=frozenset(module.path for module in loader.loaded() if module.first_party),
        load_migration=migration_loader(reader.interpreter, project.apps),
        migrations=OneHistory(engine.replay),
        uninherited_triggers=declared.uninherited,
        imported_modules=frozenset(reader.import_order.modules),
        sites=SiteReader(reader.interpreter, project.apps),
        foreign_unresolved=declared.foreign_unresolved,
        allow_migrate=_router(interpreter, project),
        provided_models=tuple(reader.provided.made),
        missing_providers=missing,
        certificate=certify(
            project,
            models,
            unread=[*unread, *passed_over(reader), *interpreter.unread],
            unresolved=unresolved,
            foreign_unresolved=declared.foreign_unresolved,
            missing_providers=missing,
        ),
    )


def history(analysis: Analysis) -> ProjectHistory:
    """Replays the project's migrations, the first time that somebody asks.

    Raises:
        MigrationsError: The migrations go in a circle.
    """
    return analysis.migrations.of(source_of(analysis), analysis.load_migration)


def plan(analysis: Analysis, options: Options) -> Plan:
    """Compares the source with the migrations, and renders what is missing.

    Raises:
        MigrationsError: An app asked for is not there, or the migrations go in a circle.
    """
    from pgtrigger_codegen.migrations.planning.planner import make_plan

    known = history(analysis).history
    return make_plan(source_of(analysis), analysis.load_migration, options, known)


def source_of(analysis: Analysis) -> Source:
    """What the planner of migrations needs to know of the source."""
    from pgtrigger_codegen.migrations.planning.plan import Source

    return Source(
        project=analysis.project,
        models=analysis.models,
        triggers=analysis.triggers,
        foreign_triggers=analysis.foreign_triggers,
        certificate=analysis.certificate,
        allow_migrate=analysis.allow_migrate,
    )


def _router(interpreter: Interpreter, project: Project) -> AllowMigrate:
    from pgtrigger_codegen.project.routers import Routers

    return Routers(interpreter, project.settings).allow_migrate


def _not_asked(missing: MissingProvider) -> UnresolvedTrigger:
    """What a library may declare in a module: not found, and so not denied either."""
    reason = f"the triggers that `{missing.library}` registers are not found: {missing.reason}"
    return UnresolvedTrigger("PGT117", reason, None, None, None, missing.span)


def _syntax_problems(loader: ModuleLoader, hint: str | None) -> tuple[SyntaxProblem, ...]:
    return tuple(
        SyntaxProblem(error.message, error.span, hint)
        for name, error in sorted(loader.syntax_errors.items())
        if loader.is_first_party(name)
    )
