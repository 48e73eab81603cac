"""Stage migrations: one app's operations → the files that bring them.

Most of the time that is one new migration. Where a table changes under a trigger, the
operations go into the migration that changes it, or into one before and one after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations import preconditions
from pgtrigger_codegen.migrations.autodetector import held_by_django
from pgtrigger_codegen.migrations.graph import MigrationGraph
from pgtrigger_codegen.migrations.operations import DropTrigger, TriggerOperation
from pgtrigger_codegen.migrations.plan import MigrationFile, Options, Source
from pgtrigger_codegen.migrations.reader import Key
from pgtrigger_codegen.migrations.requirements import (
    History,
    dependencies,
    later,
    requirements,
)
from pgtrigger_codegen.migrations.schema_changes import Lift
from pgtrigger_codegen.migrations.state import in_search_path
from pgtrigger_codegen.migrations.weaving import Threads, WeavingError, weave
from pgtrigger_codegen.migrations.writer import (
    ignore_function_block,
    migration_name,
    operation_block,
    render_migration,
)
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.sql.names import called_function
from pgtrigger_codegen.sql.render import Style, uses_own_function
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


def app_files(
    app_label: str,
    operations: Sequence[TriggerOperation],
    lifts: Sequence[Lift],
    source: Source,
    history: History,
    options: Options,
) -> tuple[MigrationFile, ...]:
    """The files to write, in the order in which they will run.

    Raises:
        MigrationsError: Something keeps the app from being written.
    """
    if not operations and not lifts:
        return ()
    return _Files(app_label, source, history, options).write(operations, lifts)


@dataclass(slots=True)
class _Woven:
    """What is to be added to one migration."""

    operations: list[TriggerOperation] = field(default_factory=list)
    before: dict[int, list[TriggerOperation]] = field(default_factory=dict)
    after: dict[int, list[TriggerOperation]] = field(default_factory=dict)
    dependencies: set[Key] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Files:
    app_label: str
    source: Source
    history: History
    options: Options

    def write(
        self, operations: Sequence[TriggerOperation], lifts: Sequence[Lift]
    ) -> tuple[MigrationFile, ...]:
        lifted = (operation for lift in lifts for operation in (lift.drop, lift.create))
        self._require([*operations, *(operation for operation in lifted if operation is not None)])
        after = list(operations)
        woven: dict[Key, _Woven] = {}
        files: list[MigrationFile] = []
        for lift in lifts:
            if lift.place == "woven":
                after += self._weave(lift, woven)
            elif lift.create:
                after.append(lift.create)
        files += self._before([lift for lift in lifts if lift.place == "around"])
        files += (self._woven_file(key, woven[key]) for key in woven)
        if after:
            files.append(self._new_file(after))
        return tuple(files)

    def _require(self, operations: Sequence[TriggerOperation]) -> None:
        """Refuse what could only be written wrong."""
        app_label, project = self.app_label, self.source.project
        app, settings = project.apps[app_label], project.settings
        databases = self.options.databases
        _require_no_django_state(app_label, operations, self.history)
        _require_whole_graph(app_label, project, self.history.graph)
        preconditions.require_migrations_package(project, app)
        preconditions.require_postgresql(settings, databases)
        model_apps = {uri: _model_app(trigger) for uri, trigger in self._declared().items()}
        changed = {operation.trigger.uri for operation in operations} & model_apps.keys()
        preconditions.require_same_router_answer(
            settings, app_label, {uri: model_apps[uri] for uri in changed}, databases
        )

    def _declared(self) -> dict[str, CompiledTrigger]:
        triggers = self.source.triggers
        return {item.uri: item for item in triggers if item.migration_app == self.app_label}

    def _new_file(self, operations: Sequence[TriggerOperation]) -> MigrationFile:
        """A migration after all others of the app."""
        needed = dependencies(self.app_label, operations, self._declared(), self.history)
        leaf = self.history.graph.leaf(self.app_label)
        name = migration_name(leaf[1] if leaf else None, operations, self.options.name)
        content = render_migration(
            self.app_label,
            operations,
            needed,
            _missing_ignore_functions(self.app_label, operations, self.history),
            style=self.options.style,
        )
        return self._file(name, content, operations, is_last=True)

    def _before(self, lifts: Sequence[Lift]) -> list[MigrationFile]:
        """Migrations that run before those that change tables."""
        by_migration: dict[Key, list[TriggerOperation]] = {}
        for lift in lifts:
            by_migration.setdefault(lift.disturbances[0].migration, []).append(lift.drop)
        return [self._file_before(key, drops) for key, drops in sorted(by_migration.items())]

    def _file_before(self, key: Key, drops: Sequence[TriggerOperation]) -> MigrationFile:
        number, _, rest = key[1].partition("_")
        content = render_migration(
            self.app_label,
            drops,
            self.history.graph.parents[key],
            run_before=[key],
            style=self.options.style,
        )
        return self._file(f"{number}_before_{rest}", content, drops, is_last=False)

    def _weave(self, lift: Lift, woven: dict[Key, _Woven]) -> list[TriggerOperation]:
        """Add the trigger's operations to the migrations; what has to come after all of them."""
        first, last = lift.disturbances[0], lift.disturbances[-1]
        into = woven.setdefault(first.migration, _Woven())
        into.before.setdefault(first.index, []).append(lift.drop)
        if lift.create is None:
            return []
        key = last.migration
        needed = later(
            requirements(self._declared()[lift.create.new.uri], self.history), key, self.history
        )
        if any(app_label == self.app_label for app_label, _ in needed):
            return [lift.create]
        for other in sorted(needed):
            if path := self.history.graph.path(other, key):
                raise _cycle(lift, [*path, other])
        into = woven.setdefault(key, _Woven())
        into.after.setdefault(self._last_change(last.index, key, lift), []).append(lift.create)
        into.dependencies |= needed
        return []

    def _last_change(self, index: int, key: Key, lift: Lift) -> int:
        """The last operation of the migration on the trigger's model."""
        listed = self.history.graph.migrations[key].operations
        assert isinstance(listed, Sequence)
        model = (lift.new or lift.old).model_name
        for later_index in range(len(listed) - 1, index, -1):
            operation = listed[later_index]
            named = getattr(operation, "model_name", getattr(operation, "name", None))
            if isinstance(named, str) and named.lower() == model:
                return later_index
        return index

    def _woven_file(self, key: Key, woven: _Woven) -> MigrationFile:
        path = self.history.reader.path(key)
        style = self.options.style
        listed = [*woven.before.values(), *woven.after.values()]
        operations = [operation for group in listed for operation in group]
        before = _blocks(woven.before, style)
        after = _blocks(woven.after, style)
        if missing := _missing_ignore_functions(self.app_label, operations, self.history):
            start = min(before, default=min(after, default=0))
            blocks = [ignore_function_block(name) for name in missing]
            before[start] = [*blocks, *before.get(start, [])]
        try:
            content = weave(
                path.read_bytes().decode(), Threads(before, after), sorted(woven.dependencies)
            )
        except WeavingError as error:
            raise MigrationsError(
                f"operations cannot be added to migration {'.'.join(key)}: {error}",
                help="put them there by hand, as --split prints them with --dry-run",
            ) from error
        return MigrationFile(path, content, tuple(operations), {path: content}, woven=True)

    def _file(
        self, name: str, content: str, operations: Sequence[TriggerOperation], *, is_last: bool
    ) -> MigrationFile:
        folder = self.source.project.apps[self.app_label].migrations_dir
        assert folder is not None
        path = folder / f"{name}.py"
        if path.exists():
            raise MigrationsError(
                f"there is a migration {name} already", help="choose another name with --name"
            )
        files = {path: content}
        # django-linear-migrations, so that two branches conflict in git and not in the graph.
        if is_last and (marker := folder / "max_migration.txt").is_file():
            files[marker] = f"{name}\n"
        return MigrationFile(path, content, tuple(operations), files)


def _model_app(trigger: CompiledTrigger) -> str:
    return trigger.concrete_model.rpartition(".")[0]


def _blocks(
    operations: Mapping[int, Sequence[TriggerOperation]], style: Style
) -> dict[int, Sequence[str]]:
    return {
        index: [operation_block(operation, style) for operation in listed]
        for index, listed in operations.items()
    }


def _cycle(lift: Lift, path: Sequence[Key]) -> MigrationsError:
    steps = " → ".join(".".join(key) for key in path)
    return MigrationsError(
        f"trigger {(lift.new or lift.old).uri} would make migrations depend on each other in a "
        f"circle: {steps}",
        help="split that migration in two, with the table's change in the later one",
    )


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
