"""Stage migrations: django-pgtrigger's operations in migration files → `RunSQL`.

The history is walked through once, since `RemoveTrigger` only names what an earlier operation
made. Nothing is decided here about writing: the outcome is the files' new text, or the obstacles
that stand in the way of it.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.conversion.held_triggers import HeldTrigger
from pgtrigger_codegen.migrations.conversion.histories import histories
from pgtrigger_codegen.migrations.conversion.open_file import Code, OpenFile, open_file
from pgtrigger_codegen.migrations.conversion.outcome import (
    Conversion,
    ConvertedFile,
    ConvertedOperation,
    Kind,
    Remarks,
)
from pgtrigger_codegen.migrations.conversion.sql import drop_statement
from pgtrigger_codegen.migrations.conversion.unconverted import (
    check_all_found,
    check_leftovers,
    note_unread,
)
from pgtrigger_codegen.migrations.conversion.walk import HistoryWalk, flattened
from pgtrigger_codegen.migrations.planning.placement import Placement
from pgtrigger_codegen.migrations.planning.preconditions import require_readable_migrations
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph, build_graph
from pgtrigger_codegen.migrations.reading.own_operations import own_effects
from pgtrigger_codegen.migrations.reading.reader import Key, LoadMigration, MigrationReader
from pgtrigger_codegen.migrations.reading.sites import (
    Circumstances,
    MigrationSource,
    OperationSite,
    SiteReader,
)
from pgtrigger_codegen.project.app_labels import label_help
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.project.routers import AllowMigrate
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql import render


@confined()
def convert(
    project: Project,
    load_migration: LoadMigration,
    sites: SiteReader,
    app_labels: Collection[str] = (),
    databases: tuple[str, ...] = (),
    allow_migrate: AllowMigrate | None = None,
) -> Conversion:
    """Convert the migrations of the project's apps, or of those asked for.

    Args:
        databases: Aliases that the user says trigger migrations are for.
        allow_migrate: Asks the project's routers.

    Raises:
        MigrationsError: An app asked for is not the project's, or migrations go in a circle.
    """
    own = sorted(label for label, app in project.apps.items() if app.first_party)
    for label in app_labels:
        if label not in own:
            raise MigrationsError(
                f"no app of the project has the label {label!r}",
                help=label_help(label, own),
            )
    if not own:
        raise MigrationsError(
            "the project has no apps, as far as its settings could be read",
            help="see what was read with pgtrigger-codegen config; name settings or apps under "
            "[tool.pgtrigger-codegen]",
        )
    for label in app_labels or own:
        require_readable_migrations(project, project.apps[label])
    placement = Placement(project.settings, databases, allow_migrate)
    conversion = _Converter(project, sites, frozenset(app_labels or own), placement)
    reader = MigrationReader(project.apps, load_migration)
    for history in histories(reader):
        conversion.walk(build_graph(history, own))
    return conversion.outcome()


class _Converter:
    def __init__(
        self,
        project: Project,
        sites: SiteReader,
        app_labels: frozenset[str],
        placement: Placement,
    ) -> None:
        self._project = project
        self._sites = sites
        self._app_labels = app_labels
        self._placement = placement
        self._sources: dict[Key, MigrationSource | Unknown] = {}
        self._files: dict[Key, OpenFile | None] = {}
        self._remarks = Remarks()

    def walk(self, graph: MigrationGraph) -> None:
        """Go through one history; files that an earlier one had are left as they came out."""
        history = HistoryWalk(graph, self._sites)
        for key in graph.order():
            app = self._project.apps.get(key[0])
            migration = graph.migrations[key]
            if app is not None and app.first_party:
                self._walk_file(key, migration.path, migration.operations, history)
            elif not isinstance(migration.operations, Unknown):
                for operation, around in flattened(migration.operations, Circumstances()):
                    history.follow(operation, key, around)

    def outcome(self) -> Conversion:
        files = [self._finished(file) for file in self._files.values() if file is not None]
        return Conversion(
            tuple(
                sorted(
                    (file for file in files if file.before != file.after),
                    key=lambda file: file.path,
                )
            ),
            self._remarks.obstacles,
            self._remarks.notes,
        )

    def _walk_file(self, key: Key, path: Path, evaluated: object, history: HistoryWalk) -> None:
        if key not in self._sources:
            self._sources[key] = self._sites.read(key[0], path)
        source = self._sources[key]
        if isinstance(source, Unknown):
            if key[0] in self._app_labels:
                span = source.span or Span(str(path), 1, 1, 1, 1)
                self._remarks.obstruct(span, f"the migration cannot be read: {source.reason}")
            return
        file = None
        if key[0] in self._app_labels and key not in self._files:
            file = open_file(key, source)
            if file:
                check_all_found(evaluated, source, self._remarks)
        for site in source.sites:
            self._walk_site(site, key, file, history)
        if file:
            note_unread(evaluated, source, self._remarks)
        self._files.setdefault(key, file)

    def _walk_site(
        self, site: OperationSite, key: Key, file: OpenFile | None, history: HistoryWalk
    ) -> None:
        match site.operation:
            case Unknown():
                if file and issubclass(
                    site.kind, operations.RenameModel | operations.AlterModelTable
                ):
                    span = site.operation.span or site.span
                    reason = f"{site.kind.__name__} cannot be read: {site.operation.reason}"
                    self._remarks.obstruct(span, f"{reason}; there may be triggers on that table")
                elif file and site.is_about_triggers:
                    name = site.kind.__name__
                    span = site.operation.span or site.span
                    self._remarks.obstruct(span, f"{name} cannot be read: {site.operation.reason}")
            case AddTrigger():
                self._add(site, site.operation, key, file, history)
            case RemoveTrigger():
                self._remove(site, site.operation, key, file, history)
            case _:
                if file and (unread := own_effects(site.operation).unread):
                    self._remarks.note(site.span, f"an operation is not followed: {unread.reason}")
                self._keep_reversible(site, key, file, history)
                history.follow(site.operation, key, site.around)
                self._move_options(site, key, file, history)

    def _add(
        self,
        site: OperationSite,
        operation: AddTrigger,
        key: Key,
        file: OpenFile | None,
        history: HistoryWalk,
    ) -> None:
        model = (key[0], operation.model_name.lower())
        held = history.made(site, model, operation.trigger)
        if isinstance(held, Unknown):
            if file:
                self._remarks.obstruct(held.span or site.span, held.reason)
            return
        history.held.add(held)
        if file is None:
            return
        if not site.around.element:
            self._remarks.obstruct(site.span, "AddTrigger stands outside of any list of operations")
        elif site.around.database:
            code = self._install(held, site, file, history)
            file.edits.replace(site.span, code)
            file.operations.append(ConvertedOperation("add", held.uri, site.span))
        else:
            file.edits.remove(site.span)
            file.operations.append(ConvertedOperation("state", held.uri, site.span))

    def _install(
        self, held: HeldTrigger, site: OperationSite, file: OpenFile, history: HistoryWalk
    ) -> Code:
        self._check_databases(held, site, file, history)
        name = held.parts.ignore_func_name
        needs_function = held.verbatim is None and render.uses_own_function(held.parts)
        first = needs_function and history.brings_ignore_function(file.key, name)
        drop = drop_statement(held.parts)
        if needs_function and not history.held.shares_function(held):
            drop = render.drop_trigger(held.parts)
        sql = held.install_sql(with_ignore_function=first)
        return file.run_sql(sql, drop, history.owner(held)[1], held.uri)

    def _remove(
        self,
        site: OperationSite,
        operation: RemoveTrigger,
        key: Key,
        file: OpenFile | None,
        history: HistoryWalk,
    ) -> None:
        model = (key[0], operation.model_name.lower())
        held = history.held.find(model, operation.name)
        if held is None:
            if file:
                self._remarks.obstruct(
                    site.span,
                    f"RemoveTrigger names trigger {operation.name!r} of model "
                    f"{'.'.join(model)}, which no migration before it adds",
                )
            return
        around = site.around
        if file and not around.element:
            self._remarks.obstruct(
                site.span, "RemoveTrigger stands outside of any list of operations"
            )
        elif file and around.database:
            file.edits.replace(site.span, self._uninstall(held, site, file, history))
            file.operations.append(ConvertedOperation("remove", held.uri, site.span))
        elif file:
            file.edits.remove(site.span)
            file.operations.append(ConvertedOperation("state", held.uri, site.span))
        gone = around.database and not held.has_moved
        history.held.forget(held, state=around.state, database=gone)

    def _uninstall(
        self, held: HeldTrigger, site: OperationSite, file: OpenFile, history: HistoryWalk
    ) -> Code:
        """The drop that django-pgtrigger runs: it names the table as it was recorded.

        Under another name the table keeps the trigger, which is then as it was in the
        databases that have been migrated already.
        """
        self._check_databases(held, site, file, history)
        drop = drop_statement(held.parts)
        reverse: str | None = held.install_sql()
        if held.has_moved:
            reverse = None
            self._remarks.note(
                site.span,
                f"trigger {held.uri} is on table {held.table} by now, but its removal names "
                f"{held.parts.table}: migrated databases still have the trigger",
            )
        return file.run_sql(drop, reverse, history.owner(held)[1], held.uri)

    def _keep_reversible(
        self, site: OperationSite, key: Key, file: OpenFile | None, history: HistoryWalk
    ) -> None:
        """Django brings a deleted model's triggers back from its state, which will have none."""
        if file is None or not site.around.database or not isinstance(site.operation, Operation):
            return
        for held in history.held.dropped_with(site.operation, key[0]):
            if not site.around.element:
                self._remarks.obstruct(
                    site.span, "DeleteModel stands outside of any list of operations"
                )
                continue
            code = self._uninstall_moved(held, site, file, history)
            file.edits.insert_before(site.span, code)
            file.operations.append(ConvertedOperation("reverse", held.uri, site.span))

    def _uninstall_moved(
        self, held: HeldTrigger, site: OperationSite, file: OpenFile, history: HistoryWalk
    ) -> Code:
        self._check_databases(held, site, file, history)
        drop = drop_statement(held.parts, held.table)
        model_name = history.owner(held)[1]
        return file.run_sql(drop, held.install_sql(), model_name, held.uri)

    def _move_options(
        self, site: OperationSite, key: Key, file: OpenFile | None, history: HistoryWalk
    ) -> None:
        """Triggers in the options of `CreateModel`, as squashing leaves them there."""
        created = site.operation
        if not isinstance(created, operations.CreateModel) or "triggers" not in created.options:
            return
        triggers = created.options["triggers"]
        if file and (site.triggers_item is None or not isinstance(triggers, list | tuple)):
            self._remarks.obstruct(
                site.span, "the triggers in the options of CreateModel are not a literal"
            )
            return
        if isinstance(triggers, Unknown):
            return
        for trigger in triggers:
            held = history.made(site, (key[0], created.name.lower()), trigger)
            if isinstance(held, Unknown):
                if file:
                    self._remarks.obstruct(held.span or site.span, held.reason)
                continue
            history.held.add(held)
            if file:
                kind: Kind = "add" if site.around.database else "state"
                if site.around.database and not site.around.element:
                    self._remarks.obstruct(site.span, "CreateModel stands outside of any list")
                elif site.around.database:
                    code = self._install(held, site, file, history)
                    file.edits.insert_after(site.span, code)
                file.operations.append(ConvertedOperation(kind, held.uri, site.span))
        if file and site.triggers_item:
            file.edits.remove(site.triggers_item)

    def _check_databases(
        self, held: HeldTrigger, site: OperationSite, file: OpenFile, history: HistoryWalk
    ) -> None:
        """`AddTrigger` asks for the vendor and for the model's app, `RunSQL` for neither."""
        models = {held.uri: history.owner(held)}
        try:
            if not site.around.guarded:
                self._placement.require_postgresql(file.key[0], models)
            self._placement.require_same_place(file.key[0], models)
        except MigrationsError as error:
            self._remarks.obstruct(site.span, str(error))

    def _finished(self, file: OpenFile) -> ConvertedFile:
        before = file.source.text
        after = file.edits.result(frozenset({"pgtrigger"}))
        check_leftovers(file, after, self._remarks)
        return ConvertedFile(file.key[0], file.source.path, before, after, tuple(file.operations))
