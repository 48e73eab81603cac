"""Stage migrations: distributes one app's operations over files.

Most of the time that is one new migration. Where a table changes under a trigger, the
operations go into the migration that changes it, or into one before and one after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.changes.autodetector import held_by_django
from pgtrigger_codegen.migrations.changes.operations import (
    CreateTrigger,
    DropTrigger,
    Trigger,
    TriggerOperation,
)
from pgtrigger_codegen.migrations.changes.ordering import in_order_of_need
from pgtrigger_codegen.migrations.changes.requirements import History, dependencies
from pgtrigger_codegen.migrations.changes.schema_changes import Lift
from pgtrigger_codegen.migrations.planning import preconditions
from pgtrigger_codegen.migrations.planning.lift_files import (
    Before,
    Weaver,
    Woven,
    ordered_file,
    woven_file,
)
from pgtrigger_codegen.migrations.planning.order import require_order
from pgtrigger_codegen.migrations.planning.placement import Placement
from pgtrigger_codegen.migrations.planning.plan import MigrationFile, Options, PlanningSource
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import OrderFault, in_search_path
from pgtrigger_codegen.migrations.schema.fields import ModelKey
from pgtrigger_codegen.migrations.writing.writer import (
    IgnoreFunction,
    migration_name,
    render_migration,
)
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.sql.names import QualifiedName, called_function, table_name
from pgtrigger_codegen.sql.render import uses_own_function
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


def app_files(
    app_label: str,
    operations: Sequence[TriggerOperation],
    lifts: Sequence[Lift],
    faults: Sequence[OrderFault],
    source: PlanningSource,
    history: History,
    options: Options,
) -> tuple[MigrationFile, ...]:
    """The files to write, in the order in which they will run.

    Raises:
        MigrationsError: Something keeps the app from being written.
    """
    if not operations and not lifts and not faults:
        return ()
    return _Files(app_label, source, history, options).write(operations, lifts, faults)


class _Files(Struct, frozen=True):
    app_label: str
    source: PlanningSource
    history: History
    options: Options

    def write(
        self,
        operations: Sequence[TriggerOperation],
        lifts: Sequence[Lift],
        faults: Sequence[OrderFault],
    ) -> tuple[MigrationFile, ...]:
        lifted = (operation for lift in lifts for operation in lift.operations)
        self._require([*operations, *lifted])
        weaver = Weaver(self.app_label, self._declared(), self.history)
        after = list(operations)
        for lift in lifts:
            if lift.place == "woven":
                after += weaver.add(lift)
            elif lift.create:
                after.append(lift.create)
        files, last = self._before([lift for lift in lifts if lift.place == "around"])
        files += (self._woven_file(key, woven) for key, woven in weaver.woven.items())
        files += self._ordered(faults, weaver)
        if after:
            changes = {item.migration for lift in lifts for item in lift.disturbances}
            files.append(self._new_file(after, changes, last))
        return tuple(files)

    def _require(self, operations: Sequence[TriggerOperation]) -> None:
        """Refuse what could only be written wrong."""
        app_label, project = self.app_label, self.source.project
        app = project.apps[app_label]
        _require_no_django_state(app_label, operations, self.history)
        _require_whole_graph(app_label, project, self.history.graph)
        preconditions.require_migrations_package(project, app)
        models = {operation.trigger.uri: self._model(operation) for operation in operations}
        self._placement().require_postgresql(app_label, models)
        self._placement().require_same_place(app_label, models)

    def _placement(self) -> Placement:
        source = self.source
        databases = self.options.databases
        return Placement(source.project.settings, databases, source.allow_migrate)

    def _model(self, operation: TriggerOperation) -> ModelKey:
        """The model that owns the trigger's table."""
        trigger = operation.trigger
        if declared := self._declared().get(trigger.uri):
            app_label, _, name = declared.concrete_model.partition(".")
            return app_label, name.lower()
        table = self.history.state.tables.get(_table(trigger))
        return table.model if table else (self.app_label, trigger.model_name)

    def _declared(self) -> dict[str, CompiledTrigger]:
        triggers = self.source.triggers
        return {item.uri: item for item in triggers if item.migration_app == self.app_label}

    def _before(self, lifts: Sequence[Lift]) -> tuple[list[MigrationFile], Key | None]:
        """Migrations that run before those that change tables, and the app's last one then."""
        by_migration: dict[Key, list[TriggerOperation]] = {}
        for lift in lifts:
            if lift.drop:
                by_migration.setdefault(lift.disturbances[0].migration, []).append(lift.drop)
        last = self.history.graph.leaf(self.app_label)
        files: list[MigrationFile] = []
        for key, drops in sorted(by_migration.items()):
            before = Before(key, last, self.app_label)
            name, content = before.render(
                drops,
                self.history.graph,
                self.options.style,
                has_header=self.options.has_header,
            )
            if key[0] != self.app_label:
                last = (self.app_label, name)
            files.append(self._file(name, content, drops, is_last=last == (self.app_label, name)))
        return files, last

    def _new_file(
        self, operations: Sequence[TriggerOperation], changes: Iterable[Key], last: Key | None
    ) -> MigrationFile:
        """A migration after all others of the app.

        Args:
            changes: Migrations that change tables, of other apps too, which it has to follow.
            last: The app's last migration, which may be new as well.
        """
        graph = self.history.graph
        leaf = graph.leaf(self.app_label)
        needed = dependencies(self.app_label, operations, self._declared(), self.history)
        before = graph.ancestors(leaf) if leaf else set()
        needed += sorted(set(changes) - {*needed} - before)
        needed = [last if last and key == leaf else key for key in needed]
        name = migration_name(last[1] if last else None, operations, self.options.name)
        operations = in_order_of_need(operations)
        adopts = self._adopts(operations)
        adopted = [item.new for item in operations if isinstance(item, CreateTrigger)]
        # What is about no model runs where no model is asked about.
        by_model = any(
            self._placement().is_reached_by_model(self.app_label, trigger.model_name)
            for trigger in adopted
        )
        content = render_migration(
            self.app_label,
            operations,
            needed,
            self._missing_ignore_functions(operations),
            style=replace(self.options.style, adopt=adopts and by_model),
            adopted=adopted if adopts and not by_model else (),
            has_header=self.options.has_header,
        )
        return self._file(name, content, operations, is_last=True)

    def _adopts(self, operations: Iterable[TriggerOperation]) -> bool:
        """Whether `manage.py pgtrigger install` may have made the new triggers already.

        That is what projects without trigger migrations do. It can be ruled out where an app has
        some, and on tables that have not left this work tree yet.
        """
        if self.options.adopt is not None:
            return self.options.adopt
        state, new = self.history.state, [item for item in operations if not item.replaced]
        functions = {_ignore_function(operation.trigger) for operation in new}
        if functions & {*state.functions.get(self.app_label, ())} or any(
            trigger.owner == self.app_label for trigger in state.triggers.values()
        ):
            return False
        tables = [state.tables.get(_table(operation.trigger)) for operation in new]
        made_by = {
            key for table in tables if table for key in (table.named_by, *table.columns.values())
        }
        return None in tables or any(self._may_have_run(key) for key in sorted(made_by))

    def _may_have_run(self, key: Key) -> bool:
        """Whether a migration may have run elsewhere."""
        if not self.source.project.apps[key[0]].first_party:
            return True
        return self.options.is_committed(self.history.reader.path(key)) is not False

    def _woven_file(self, key: Key, woven: Woven) -> MigrationFile:
        missing = self._missing_ignore_functions(woven.operations)
        return woven_file(key, woven, missing, self.history, self.options.style)

    def _ordered(self, faults: Iterable[OrderFault], weaver: Weaver) -> Iterator[MigrationFile]:
        """The migrations that have to run before others, but for those that are woven into."""
        run_before: dict[Key, set[Key]] = {}
        for fault in faults:
            woven = weaver.woven.get(fault.after)
            if not woven or fault.migration not in woven.dependencies:
                if not self.options.rewrite:
                    require_order(fault, on_branches=self._are_on_branches(fault))
                run_before.setdefault(fault.migration, set()).add(fault.after)
        for key, after in sorted(run_before.items()):
            yield ordered_file(key, after, self.history)

    def _are_on_branches(self, fault: OrderFault) -> bool:
        """Whether databases may have run the later migration without the earlier one.

        Within an app there would be a dependency otherwise. Another app's migration was mostly
        written with the trigger's there, and only git knows when it was not.
        """
        if fault.migration[0] == fault.after[0]:
            return True
        first, then = (self.history.reader.path(key) for key in fault.pair)
        return self.options.was_known(first, then) is False

    def _missing_ignore_functions(
        self, operations: Iterable[TriggerOperation]
    ) -> list[IgnoreFunction]:
        """Those that the triggers need; every app brings its own.

        Which app migrates first is not known. Where a router goes by models, the function is
        made in each place where triggers are.
        """
        there = self.history.state.functions.get(self.app_label, frozenset())
        found: set[tuple[str, str]] = set()
        for operation in operations:
            trigger = operation.trigger
            if isinstance(operation, DropTrigger) or not uses_own_function(trigger.parts):
                continue
            name = trigger.parts.ignore_func_name
            if self._placement().is_reached_by_model(self.app_label, trigger.model_name):
                found.add((name, trigger.model_name))
            elif _ignore_function(trigger) not in there:
                found.add((name, ""))
        return [IgnoreFunction(*item) for item in sorted(found)]

    def _file(
        self, name: str, content: str, operations: Sequence[TriggerOperation], *, is_last: bool
    ) -> MigrationFile:
        folder = self.source.project.apps[self.app_label].migrations_dir
        assert folder is not None
        path = folder / f"{name}.py"
        if path.exists():
            raise MigrationsError(
                f"migration {name} already exists", help="choose another name with --name"
            )
        files = {path: content}
        # django-linear-migrations, so that two branches conflict in git and not in the graph.
        if is_last and (marker := folder / "max_migration.txt").is_file():
            files[marker] = f"{name}\n"
        return MigrationFile(path, content, tuple(operations), files)


def _require_no_django_state(
    app_label: str, operations: Iterable[TriggerOperation], history: History
) -> None:
    held = held_by_django(operations, history.state.triggers)
    if held:
        names = ", ".join(sorted(trigger.name for trigger in held))
        owners = " ".join(sorted({trigger.owner for trigger in held} | {app_label}))
        raise MigrationsError(
            f"AddTrigger operations of django-pgtrigger hold {names}, "
            "and would bring the old form back when a migration is reversed",
            help=f"convert them first: pgtrigger-codegen convert {owners}; or let "
            "django-pgtrigger write this change: set PGTRIGGER_MIGRATIONS = True, run "
            f"manage.py makemigrations {owners}, and set it back",
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
                help="rewrite that part so that it can be read: a new migration must depend on the "
                "app's last one",
            )


def _table(trigger: Trigger) -> QualifiedName:
    return in_search_path(table_name(trigger.parts.table))


def _ignore_function(trigger: Trigger) -> QualifiedName:
    return in_search_path(called_function(trigger.parts.ignore_func_name))
