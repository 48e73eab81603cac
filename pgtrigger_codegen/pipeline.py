"""The whole program: analyzes a folder, plans its migrations and lints its triggers.

Every stage gets what the stages before it have found out. Where the work takes long, an engine does
it (`engine.py`); whichever that is, the result is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pgtrigger_codegen.analysis import Analysis, SyntaxProblem, source_of
from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.engine import COLD, Engine
from pgtrigger_codegen.migrations.planning.one_history import OneHistory
from pgtrigger_codegen.source.grammar import newer_python_hint
from pgtrigger_codegen.triggers.compiled import Cause, UnresolvedTrigger

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.interpreter import Interpreter
    from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
    from pgtrigger_codegen.lint.diagnostic import Diagnostic
    from pgtrigger_codegen.lint.options import LintOptions
    from pgtrigger_codegen.migrations.changes.open_changes import IsCommitted
    from pgtrigger_codegen.migrations.planning.history import ProjectHistory
    from pgtrigger_codegen.migrations.planning.plan import Options, Plan
    from pgtrigger_codegen.models.facts import MissingProvider
    from pgtrigger_codegen.project.config import Config
    from pgtrigger_codegen.project.project import Project
    from pgtrigger_codegen.project.routers import AllowMigrate
    from pgtrigger_codegen.sql.server_faults import ServerFault


@confined()
def analyze(
    directory: Path,
    *,
    settings: str | None = None,
    config: Config | None = None,
    engine: Engine = COLD,
    is_eager: bool = False,
) -> Analysis:
    """Reads a project.

    Args:
        directory: The project's folder, or one inside it.
        settings: Dotted name of the settings module, instead of the one found.
        config: The tool's configuration, instead of the one found.
        engine: How the work is done.
        is_eager: Whether all is executed that is reached, though it cannot be seen.

    Raises:
        CodegenError: The project cannot be read at all; what is only partly readable is in
            the result.
    """
    from pgtrigger_codegen.evaluator.interpreter import Interpreter
    from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
    from pgtrigger_codegen.project.config import load_config
    from pgtrigger_codegen.project.discovery import discover
    from pgtrigger_codegen.project.reading import SettingsHost, read_project
    from pgtrigger_codegen.providers.loading import InstalledProviders

    config = load_config(directory) if config is None else config
    layout = discover(directory, config, settings_override=settings)
    engine.begin(layout.root)
    loader = ModuleLoader(
        layout.finder(),
        complete=layout.has_environment,
        python_version=layout.python_version,
        is_eager=is_eager,
    )
    providers = InstalledProviders(versions=lambda: loader.versions)
    interpreter = Interpreter(loader, SettingsHost(config.env, layout.root), providers)
    project, notices, unread = read_project(layout, config, interpreter)

    from pgtrigger_codegen.certificate.accounts import census_of, unread_sites
    from pgtrigger_codegen.certificate.certify import certify
    from pgtrigger_codegen.certificate.passed_over import passed_over
    from pgtrigger_codegen.migrations.reading.loading import migration_loader
    from pgtrigger_codegen.migrations.reading.sites import SiteReader
    from pgtrigger_codegen.models.describing import ReadModels
    from pgtrigger_codegen.models.django_setup import configure
    from pgtrigger_codegen.models.reading import ModelReader
    from pgtrigger_codegen.triggers.absent_packages import absent_notice, absent_packages
    from pgtrigger_codegen.triggers.declared import place

    configure(project.settings)
    reader = ModelReader(project, loader, config.env, providers)
    declared = engine.declare(reader)
    missing = tuple(providers.missing(reader.interpreter.findings.imported_libraries))
    not_asked = [_not_asked(item) for item in missing if item.distribution]
    unresolved = tuple(sorted([*declared.unresolved, *not_asked], key=place))
    absent = absent_packages(unresolved, loader)
    models = ReadModels(reader)
    census = census_of(reader, declared)
    read_files = frozenset(module.path for module in loader.loaded() if module.first_party)
    return Analysis(
        project=project,
        config=config,
        models=models,
        triggers=declared.triggers,
        unresolved=unresolved,
        assumptions=tuple(sorted(interpreter.trace.assumptions | declared.assumptions)),
        lost_triggers=declared.lost,
        syntax_problems=_syntax_problems(loader, layout.python_version),
        foreign_triggers=declared.foreign_triggers,
        notices=(*notices, *absent_notice(absent, complete=loader.complete)),
        absent_packages=tuple(name for name, _ in absent),
        read_files=read_files,
        load_migration=migration_loader(reader.interpreter, project.apps),
        migrations=OneHistory(engine.replay),
        share=engine.share,
        uninherited_triggers=declared.uninherited,
        imported_modules=frozenset(reader.import_order.modules),
        sites=SiteReader(reader.interpreter, project.apps),
        foreign_unresolved=declared.foreign_unresolved,
        allow_migrate=_router(interpreter, project),
        provided_models=tuple(reader.additions.made),
        missing_providers=missing,
        census=census,
        certificate=certify(
            project,
            models,
            unread=[
                *unread,
                *passed_over(reader),
                *interpreter.trace.unread,
                *unread_sites(census),
            ],
            unresolved=unresolved,
            foreign_unresolved=declared.foreign_unresolved,
            missing_providers=missing,
            # A file that cannot be parsed was reached: the gap that it is says so already.
            read_files=read_files | {Path(e.span.path) for e in loader.syntax_errors.values()},
        ),
    )


def history(analysis: Analysis) -> ProjectHistory:
    """Replays the project's migrations; once, whoever asks.

    Raises:
        MigrationsError: The migrations go in a circle.
    """
    return analysis.history()


def plan(analysis: Analysis, options: Options) -> Plan:
    """Compares the source with the migrations, and renders what is missing.

    Raises:
        MigrationsError: An app asked for is not there, or the migrations go in a circle.
    """
    from pgtrigger_codegen.migrations.planning.planner import make_plan

    known = history(analysis).history
    return make_plan(source_of(analysis), analysis.load_migration, options, known)


def lint(
    analysis: Analysis,
    paths: Sequence[Path] = (),
    *,
    options: LintOptions | None = None,
    force_exclude: bool = False,
    is_committed: IsCommitted = lambda path: None,
    server_faults: tuple[ServerFault, ...] = (),
) -> list[Diagnostic]:
    """What the rules find, sorted by place.

    Args:
        paths: Files and folders to report on, all when empty.
        options: In place of what the project's configuration says.
        force_exclude: Whether files that the configuration excludes are left out even when they
            are among the paths.
        is_committed: Whether a file is in version control.
        server_faults: What a server says of the triggers, where one was asked.

    Raises:
        CodegenError: A path does not exist, or the configuration cannot be used.
    """
    from pgtrigger_codegen.lint.runner import run

    return run(
        analysis,
        paths,
        options=options,
        force_exclude=force_exclude,
        is_committed=is_committed,
        server_faults=server_faults,
    )


def _router(interpreter: Interpreter, project: Project) -> AllowMigrate:
    from pgtrigger_codegen.project.routers import Routers

    return Routers(interpreter, project.settings).allow_migrate


def _not_asked(missing: MissingProvider) -> UnresolvedTrigger:
    """What a library may declare in a module: not found, and so not denied either."""
    reason = f"the triggers that `{missing.library}` registers are not found: {missing.reason}"
    return UnresolvedTrigger(Cause.NO_PROVIDER, reason, None, None, None, missing.span)


def _syntax_problems(
    loader: ModuleLoader, python: tuple[int, int] | None
) -> tuple[SyntaxProblem, ...]:
    hint = newer_python_hint(python)
    return tuple(
        # Where neither says so, another Python would not read the file either.
        SyntaxProblem(error.message, error.span, hint if python or error.may_be_newer else None)
        for name, error in sorted(loader.syntax_errors.items())
        if loader.is_first_party(name)
    )
