"""Stage migrations: for every app, what is missing and the file that brings it.

Each app stands for itself: what keeps one from being written does not keep the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations import preconditions
from pgtrigger_codegen.migrations.autodetector import (
    Declarations,
    detect_changes,
    held_by_django,
    trigger_key,
)
from pgtrigger_codegen.migrations.graph import MigrationGraph, Unreadable, build_graph
from pgtrigger_codegen.migrations.operations import DropTrigger, TriggerOperation
from pgtrigger_codegen.migrations.reader import LoadMigration, MigrationReader
from pgtrigger_codegen.migrations.replay import replay
from pgtrigger_codegen.migrations.requirements import (
    History,
    apps_touched,
    dependencies,
    model_apps_by_table,
)
from pgtrigger_codegen.migrations.state import in_search_path
from pgtrigger_codegen.migrations.writer import migration_name, render_migration
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.names import QualifiedName, called_function, table_name
from pgtrigger_codegen.sql.render import uses_own_function
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, UnresolvedTrigger


@dataclass(frozen=True, slots=True)
class Source:
    """What the source declares.

    Attributes:
        models: By label.
        foreign_triggers: Of third-party packages: kept, never written.
        unparsed: Where files do not parse.
        doubtful_models: Labels of models that may have more triggers than those that were
            read: a decorator or hook of theirs is not understood.
    """

    project: Project
    models: Mapping[str, ModelFact]
    triggers: tuple[CompiledTrigger, ...]
    foreign_triggers: tuple[CompiledTrigger, ...] = ()
    unresolved: tuple[UnresolvedTrigger, ...] = ()
    unparsed: tuple[Span, ...] = ()
    doubtful_models: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asks for.

    Attributes:
        app_labels: None for all apps.
        name: What stands behind the number in the files' names.
        databases: Aliases that the user says trigger migrations are for.
    """

    app_labels: Collection[str] | None = None
    name: str | None = None
    allow_unresolved: bool = False
    databases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MigrationFile:
    """A migration to write.

    Attributes:
        files: The content of every file to write, the migration itself first.
    """

    path: Path
    content: str
    files: Mapping[Path, str]


@dataclass(frozen=True, slots=True)
class AppPlan:
    """What is missing in one app's migrations.

    Attributes:
        operations: None of them when the app has unresolved triggers, unless allowed.
        unresolved: Whether something unread keeps the app from being written.
        file: None when there is nothing to write, or `error` says why not.
    """

    app_label: str
    operations: tuple[TriggerOperation, ...]
    unresolved: bool
    file: MigrationFile | None = None
    error: MigrationsError | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is missing in all apps asked for; apps where nothing is missing do not occur.

    Attributes:
        unreadable: What of the first-party migrations could not be read.
    """

    apps: tuple[AppPlan, ...] = ()
    unreadable: tuple[Unreadable, ...] = field(default=())

    @property
    def pending(self) -> bool:
        return any(app.operations or app.error for app in self.apps)

    @property
    def unresolved(self) -> bool:
        return any(app.unresolved for app in self.apps)


def make_plan(source: Source, load_migration: LoadMigration, options: Options) -> Plan:
    """Compare the source with the migrations, and render what is missing.

    Raises:
        MigrationsError: An app asked for is not there, or the migrations go in a circle.
    """
    labels = _target_apps(source, options)
    history = _read_history(source, load_migration)
    apps = [_plan_app(label, source, history, options) for label in labels]
    if options.app_labels is None:
        apps.extend(_homeless(source, history))
    first_party = {label for label, app in source.project.apps.items() if app.first_party}
    return Plan(
        apps=tuple(app for app in apps if app.operations or app.unresolved or app.error),
        unreadable=tuple(
            item for item in history.state.unreadable if item.migration[0] in first_party
        ),
    )


def _target_apps(source: Source, options: Options) -> list[str]:
    apps = source.project.apps
    for label in options.app_labels or ():
        if label not in apps:
            raise MigrationsError(
                f"no installed app has the label {label!r}",
                help=f"installed apps of the project: {', '.join(_own_apps(source)) or 'none'}",
            )
    return [
        label
        for label in _own_apps(source)
        if options.app_labels is None or label in options.app_labels
    ]


def _own_apps(source: Source) -> list[str]:
    return sorted(label for label, app in source.project.apps.items() if app.first_party)


def _read_history(source: Source, load_migration: LoadMigration) -> History:
    """Read the project's own migrations, and those of the tables that triggers need."""
    reader = MigrationReader(source.project.apps, load_migration)
    apps_by_table = model_apps_by_table(source.models)
    needed = {app for trigger in source.triggers for app in apps_touched(trigger, apps_by_table)}
    graph = build_graph(reader, {*_own_apps(source), *needed})
    return History(reader, graph, replay(graph), source.models)


def _plan_app(app_label: str, source: Source, history: History, options: Options) -> AppPlan:
    incomplete = _is_incomplete(app_label, source)
    blocked = incomplete and not options.allow_unresolved
    try:
        operations = detect_changes(
            app_label,
            _declarations(app_label, source, complete=not incomplete),
            history.state.triggers,
            _display_paths(source),
        )
    except MigrationsError as error:
        return AppPlan(app_label, (), unresolved=blocked, error=error)
    if blocked or not operations:
        return AppPlan(app_label, tuple(operations), unresolved=blocked)
    try:
        file = _file(app_label, operations, source, history, options)
    except MigrationsError as error:
        return AppPlan(app_label, tuple(operations), unresolved=False, error=error)
    return AppPlan(app_label, tuple(operations), unresolved=False, file=file)


def _homeless(source: Source, history: History) -> Iterator[AppPlan]:
    """Triggers that no app of the project can hold.

    A trigger that the other app's own migrations bring needs none.
    """
    own = set(_own_apps(source))
    for trigger in source.triggers:
        if trigger.migration_app not in own and trigger_key(trigger) not in history.state.triggers:
            path = source.project.display_path(trigger.span.path)
            error = MigrationsError(
                f"trigger {trigger.uri} is declared in {path}, which belongs to no app of the "
                f"project, and app {trigger.migration_app!r} is not the project's to write to",
                help="declare it in an installed app of the project",
            )
            yield AppPlan(trigger.migration_app, (), unresolved=False, error=error)


def _is_incomplete(app_label: str, source: Source) -> bool:
    """Whether something that could declare triggers of the app was not read."""
    spots = [*(item.span for item in source.unresolved if not item.migration_app), *source.unparsed]
    return any(item.migration_app == app_label for item in source.unresolved) or any(
        _app_of(span, source.project) in (app_label, None) for span in spots
    )


def _app_of(span: Span, project: Project) -> str | None:
    """The app in whose folder the file lies, the innermost one."""
    holders = [app for app in project.apps.values() if Path(span.path).is_relative_to(app.path)]
    return max(holders, key=lambda app: len(app.path.parts)).label if holders else None


def _declarations(app_label: str, source: Source, *, complete: bool) -> Declarations:
    own = tuple(trigger for trigger in source.triggers if trigger.migration_app == app_label)
    others = (
        *(trigger for trigger in source.triggers if trigger.migration_app != app_label),
        *source.foreign_triggers,
    )
    return Declarations(
        triggers=own,
        kept=frozenset(trigger_key(trigger) for trigger in others),
        doubtful_tables=frozenset(_doubtful_tables(source)),
        complete=complete,
    )


def _doubtful_tables(source: Source) -> Iterator[QualifiedName]:
    labels = {item.model or "" for item in source.unresolved} | source.doubtful_models
    for label in labels:
        if model := source.models.get(label):
            yield in_search_path(table_name(model.table))


def _display_paths(source: Source) -> dict[str, str]:
    paths = {trigger.span.path for trigger in source.triggers}
    return {path: source.project.display_path(path) for path in paths}


def _file(
    app_label: str,
    operations: list[TriggerOperation],
    source: Source,
    history: History,
    options: Options,
) -> MigrationFile:
    app = source.project.apps[app_label]
    declared = {t.uri: t for t in source.triggers if t.migration_app == app_label}
    _require_no_django_state(app_label, operations, history)
    _require_whole_graph(app_label, source.project, history.graph)
    preconditions.require_migrations_package(source.project, app)
    preconditions.require_postgresql(source.project.settings, options.databases)
    model_apps = {uri: t.concrete_model.rpartition(".")[0] for uri, t in declared.items()}
    changed = {operation.trigger.uri for operation in operations}
    preconditions.require_same_router_answer(
        source.project.settings,
        app_label,
        {uri: model_apps[uri] for uri in changed & model_apps.keys()},
        options.databases,
    )
    needed = dependencies(app_label, operations, declared, history)
    leaf = history.graph.leaf(app_label)
    name = migration_name(leaf[1] if leaf else None, operations, options.name)
    content = render_migration(
        app_label, operations, needed, _missing_ignore_functions(app_label, operations, history)
    )
    assert app.migrations_dir is not None
    return _migration_file(app.migrations_dir, name, content)


def _migration_file(folder: Path, name: str, content: str) -> MigrationFile:
    path = folder / f"{name}.py"
    if path.exists():
        raise MigrationsError(
            f"there is a migration {name} already", help="choose another name with --name"
        )
    files = {path: content}
    # django-linear-migrations, so that two branches conflict in git and not in the graph.
    if (marker := folder / "max_migration.txt").is_file():
        files[marker] = f"{name}\n"
    return MigrationFile(path, content, files)


def _require_no_django_state(
    app_label: str, operations: Iterable[TriggerOperation], history: History
) -> None:
    held = held_by_django(operations, history.state.triggers)
    if held:
        names = ", ".join(sorted(trigger.name for trigger in held))
        raise MigrationsError(
            f"AddTrigger operations of django-pgtrigger hold {names}, "
            "and would bring the old form back when a migration is reversed",
            help=f"convert them first: pgtrigger-codegen convert {app_label}; or let "
            "django-pgtrigger write this change: set PGTRIGGER_MIGRATIONS = True, run "
            f"manage.py makemigrations {app_label}, and set it back",
        )


def _require_whole_graph(app_label: str, project: Project, graph: MigrationGraph) -> None:
    for item in graph.missing:
        # Without settings there may be apps that nobody told us of.
        known = item.app_is_installed or project.settings.module is not None
        if item.migration[0] == app_label and known:
            what = ".".join(item.dependency)
            raise MigrationsError(
                f"migration {'.'.join(item.migration)} depends on {what}, which does not exist",
                help="correct the dependency; Django cannot run this migration either",
            )
    for unread in graph.unreadable:
        if unread.migration[0] == app_label and unread.part in ("file", "dependencies", "replaces"):
            raise MigrationsError(
                f"{unread.part} of migration {'.'.join(unread.migration)} cannot be read: "
                f"{unread.unknown.reason}",
                help="what comes last in the app must be known before anything is added to it",
            )


def _missing_ignore_functions(
    app_label: str, operations: Iterable[TriggerOperation], history: History
) -> list[str]:
    """Every app brings its own: which app migrates first is not known."""
    there = history.state.functions.get(app_label, frozenset())
    names = {
        operation.trigger.parts.ignore_func_name
        for operation in operations
        if not isinstance(operation, DropTrigger) and uses_own_function(operation.trigger.parts)
    }
    return sorted(name for name in names if in_search_path(called_function(name)) not in there)
