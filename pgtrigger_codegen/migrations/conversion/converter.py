"""Stage migrations: django-pgtrigger's operations in migration files → `RunSQL`.

The history is walked through once, since `RemoveTrigger` only names what an earlier operation
made. Nothing is decided here about writing: the outcome is the files' new text, or the obstacles
that stand in the way of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from pgtrigger import compiler
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values import Unknown
from pgtrigger_codegen.migrations.conversion.held_triggers import HeldTrigger, HeldTriggers
from pgtrigger_codegen.migrations.conversion.histories import histories
from pgtrigger_codegen.migrations.conversion.sql import drop_statement, run_sql, trigger_facts
from pgtrigger_codegen.migrations.conversion.state_models import StateModels
from pgtrigger_codegen.migrations.planning.placement import Placement
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph, build_graph
from pgtrigger_codegen.migrations.reading.reader import Key, LoadMigration, MigrationReader
from pgtrigger_codegen.migrations.reading.sites import (
    Circumstances,
    MigrationSource,
    Site,
    SiteReader,
)
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.migrations.schema.fields import ModelKey
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.project.routers import AllowMigrate
from pgtrigger_codegen.source.edits import SourceEdits, module_name, uses_of
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql import render
from pgtrigger_codegen.sql.names import table_name

Kind = Literal["add", "remove", "state", "reverse"]


@dataclass(frozen=True, slots=True)
class ConvertedOperation:
    """One change to a file.

    Attributes:
        kind: What the operation was: `add` and `remove` became `RunSQL`; `state` had no effect
            on the database and went; `reverse` is new, and brings a deleted model's trigger
            back when the deletion is reversed.
        span: The operation in the original file.
    """

    kind: Kind
    uri: str
    span: Span


@dataclass(frozen=True, slots=True)
class ConvertedFile:
    """A migration file in its new form."""

    app_label: str
    path: Path
    before: str
    after: str
    operations: tuple[ConvertedOperation, ...]


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """Something to say of a place in a migration: an obstacle, or a note."""

    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """The outcome; with obstacles, nothing of it may be written."""

    files: tuple[ConvertedFile, ...]
    obstacles: tuple[Remark, ...]
    notes: tuple[Remark, ...]


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
                help=f"apps of the project: {', '.join(own) or 'none'}",
            )
    if not own:
        raise MigrationsError(
            "the project has no apps, as far as its settings could be read",
            help="see what was read with pgtrigger-codegen config; name settings or apps under "
            "[tool.pgtrigger-codegen]",
        )
    placement = Placement(project.settings, databases, allow_migrate)
    conversion = _Converter(project, sites, frozenset(app_labels or own), placement)
    reader = MigrationReader(project.apps, load_migration)
    for history in histories(reader):
        conversion.walk(build_graph(history, own))
    return conversion.outcome()


@dataclass(slots=True)
class _File:
    """A file while it is being converted."""

    key: Key
    source: MigrationSource
    edits: SourceEdits
    runsql: str
    operations: list[ConvertedOperation] = field(default_factory=list)


@dataclass(slots=True)
class _History:
    """One walk through the migrations.

    Attributes:
        ignore_functions: Migrations that bring an ignore function, by its name.
    """

    graph: MigrationGraph
    held: HeldTriggers = field(default_factory=HeldTriggers)
    models: StateModels = field(default_factory=StateModels)
    ignore_functions: dict[str, set[Key]] = field(default_factory=dict)

    def brings_ignore_function(self, key: Key, name: str) -> bool:
        """Whether the ignore function is still to be made when the app's migration runs."""
        there = self.ignore_functions.setdefault(name, set())
        ancestors = {other for other in self.graph.ancestors(key) if other[0] == key[0]}
        if there & (ancestors | {key}):
            return False
        there.add(key)
        return True


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
        self._files: dict[Key, _File | None] = {}
        self._obstacles: dict[Remark, None] = {}
        self._notes: dict[Remark, None] = {}

    def walk(self, graph: MigrationGraph) -> None:
        """Go through one history; files that an earlier one had are left as they came out."""
        history = _History(graph)
        for key in graph.order():
            app = self._project.apps.get(key[0])
            migration = graph.migrations[key]
            if app is not None and app.first_party:
                self._walk_file(key, migration.path, migration.operations, history)
            elif not isinstance(migration.operations, Unknown):
                for operation, around in _flattened(migration.operations, Circumstances()):
                    self._follow(operation, key, around, history)

    def outcome(self) -> Conversion:
        files = [self._finished(file) for file in self._files.values() if file is not None]
        return Conversion(
            tuple(
                sorted(
                    (file for file in files if file.before != file.after),
                    key=lambda file: file.path,
                )
            ),
            tuple(sorted(self._obstacles)),
            tuple(sorted(self._notes)),
        )

    def _walk_file(self, key: Key, path: Path, evaluated: object, history: _History) -> None:
        if key not in self._sources:
            self._sources[key] = self._sites.read(key[0], path)
        source = self._sources[key]
        if isinstance(source, Unknown):
            if key[0] in self._app_labels:
                span = source.span or Span(str(path), 1, 1, 1, 1)
                self._obstruct(span, f"the migration cannot be read: {source.reason}")
            return
        file = None
        if key[0] in self._app_labels and key not in self._files:
            file = _open_file(key, source)
            if file:
                self._check_all_found(evaluated, file)
        for site in source.sites:
            self._walk_site(site, key, file, history)
        if file:
            self._note_unread(evaluated, source)
        self._files.setdefault(key, file)

    def _check_all_found(self, evaluated: object, file: _File) -> None:
        """Operations that other code hands over are in no place where they can be replaced."""
        if not isinstance(evaluated, list | tuple):
            return
        made = [op for op, _ in _flattened(evaluated, Circumstances()) if _is_about_triggers(op)]
        found = [site for site in file.source.sites if site.is_about_triggers]
        if len(made) > len(found):
            self._obstruct(
                Span(str(file.source.path), 1, 1, 1, 1),
                f"{len(made) - len(found)} of the migration's trigger operations are made "
                "elsewhere than in this file",
            )

    def _note_unread(self, evaluated: object, source: MigrationSource) -> None:
        """Operations that no call in the file makes, and whose effect is therefore not followed."""
        for operation in evaluated if isinstance(evaluated, list | tuple) else ():
            span = operation.span if isinstance(operation, Unknown) else None
            if span is not None and not any(site.span.contains(span) for site in source.sites):
                self._note(span, f"an operation is not followed: {operation.reason}")

    def _walk_site(self, site: Site, key: Key, file: _File | None, history: _History) -> None:
        match site.operation:
            case Unknown():
                if file and issubclass(
                    site.kind, operations.RenameModel | operations.AlterModelTable
                ):
                    span = site.operation.span or site.span
                    reason = f"{site.kind.__name__} cannot be read: {site.operation.reason}"
                    self._obstruct(span, f"{reason}; triggers may stand on that table")
                elif file and site.is_about_triggers:
                    name = site.kind.__name__
                    span = site.operation.span or site.span
                    self._obstruct(span, f"{name} cannot be read: {site.operation.reason}")
            case AddTrigger():
                self._add(site, site.operation, key, file, history)
            case RemoveTrigger():
                self._remove(site, site.operation, key, file, history)
            case _:
                self._keep_reversible(site, key, file, history)
                self._follow(site.operation, key, site.around, history)
                self._move_options(site, key, file, history)

    def _add(
        self, site: Site, operation: AddTrigger, key: Key, file: _File | None, history: _History
    ) -> None:
        model = (key[0], operation.model_name.lower())
        held = self._made(site, model, operation.trigger, file, history)
        if held is None:
            return
        history.held.add(held)
        if file is None:
            return
        if not site.around.element:
            self._obstruct(site.span, "AddTrigger stands outside of any list of operations")
        elif site.around.database:
            code = self._install(held, site, file, history)
            file.edits.replace(site.span, code)
            file.operations.append(ConvertedOperation("add", held.uri, site.span))
        else:
            file.edits.remove(site.span)
            file.operations.append(ConvertedOperation("state", held.uri, site.span))

    def _made(
        self,
        site: Site,
        model: ModelKey,
        trigger: object,
        file: _File | None,
        history: _History,
    ) -> HeldTrigger | None:
        """What an operation makes; None, with an obstacle, where that cannot be told."""
        compiled = self._compiled(site, model, trigger, history)
        facts = compiled if isinstance(compiled, Unknown) else trigger_facts(compiled)
        if isinstance(facts, Unknown):
            if file:
                self._obstruct(facts.span or site.span, facts.reason)
            return None
        assert isinstance(compiled, compiler.Trigger)
        parts, verbatim = facts
        return HeldTrigger(
            name=str(compiled.name),
            uri=f"{model[0]}.{history.held.tables.object_name(model)}:{compiled.name}",
            model=model,
            parts=parts,
            hash=compiled.hash,
            verbatim=verbatim,
            table=in_search_path(table_name(parts.table)),
            in_state=site.around.state,
            in_database=True,
        )

    def _compiled(
        self, site: Site, model: ModelKey, trigger: object, history: _History
    ) -> compiler.Trigger | Unknown:
        if isinstance(trigger, compiler.Trigger | Unknown):
            return trigger
        rendered = history.models.model(model)
        if isinstance(rendered, Unknown):
            return Unknown(f"the trigger is recorded uncompiled, and {rendered.reason}", site.span)
        compiled = self._sites.compile(trigger, rendered, site.span)
        if isinstance(compiled, Unknown):
            return Unknown(f"the trigger does not compile: {compiled.reason}", site.span)
        return compiled

    def _install(self, held: HeldTrigger, site: Site, file: _File, history: _History) -> _Code:
        self._check_databases(held, site, file, history)
        name = held.parts.ignore_func_name
        needs_function = held.verbatim is None and render.uses_own_function(held.parts)
        first = needs_function and history.brings_ignore_function(file.key, name)
        drop = drop_statement(held.parts)
        if needs_function and not history.held.shares_function(held):
            drop = render.drop_trigger(held.parts)
        sql = held.install_sql(with_ignore_function=first)
        return _Code(file.runsql, sql, drop, self._model_name(held, history), held.uri)

    def _remove(
        self, site: Site, operation: RemoveTrigger, key: Key, file: _File | None, history: _History
    ) -> None:
        model = (key[0], operation.model_name.lower())
        held = history.held.find(model, operation.name)
        if held is None:
            if file:
                self._obstruct(
                    site.span,
                    f"RemoveTrigger names trigger {operation.name!r} of model "
                    f"{'.'.join(model)}, which no migration before it adds",
                )
            return
        around = site.around
        if file and not around.element:
            self._obstruct(site.span, "RemoveTrigger stands outside of any list of operations")
        elif file and around.database:
            file.edits.replace(site.span, self._uninstall(held, site, file, history))
            file.operations.append(ConvertedOperation("remove", held.uri, site.span))
        elif file:
            file.edits.remove(site.span)
            file.operations.append(ConvertedOperation("state", held.uri, site.span))
        gone = around.database and not held.has_moved
        history.held.forget(held, state=around.state, database=gone)

    def _uninstall(self, held: HeldTrigger, site: Site, file: _File, history: _History) -> _Code:
        """The drop that django-pgtrigger runs: it names the table as it was recorded.

        Under another name the table keeps the trigger, which is then as it was in the
        databases that have been migrated already.
        """
        self._check_databases(held, site, file, history)
        drop = drop_statement(held.parts)
        reverse: str | None = held.install_sql()
        if held.has_moved:
            reverse = None
            self._note(
                site.span,
                f"trigger {held.uri} is on table {held.table} by now, and its removal names "
                f"{held.parts.table}: databases that were migrated have it still",
            )
        return _Code(file.runsql, drop, reverse, self._model_name(held, history), held.uri)

    def _keep_reversible(self, site: Site, key: Key, file: _File | None, history: _History) -> None:
        """Django brings a deleted model's triggers back from its state, which will have none."""
        if file is None or not site.around.database or not isinstance(site.operation, Operation):
            return
        for held in history.held.dropped_with(site.operation, key[0]):
            if not site.around.element:
                self._obstruct(site.span, "DeleteModel stands outside of any list of operations")
                continue
            code = self._uninstall_moved(held, site, file, history)
            file.edits.insert_before(site.span, code)
            file.operations.append(ConvertedOperation("reverse", held.uri, site.span))

    def _uninstall_moved(
        self, held: HeldTrigger, site: Site, file: _File, history: _History
    ) -> _Code:
        self._check_databases(held, site, file, history)
        drop = drop_statement(held.parts, held.table)
        model_name = self._model_name(held, history)
        return _Code(file.runsql, drop, held.install_sql(), model_name, held.uri)

    def _move_options(self, site: Site, key: Key, file: _File | None, history: _History) -> None:
        """Triggers in the options of `CreateModel`, as squashing leaves them there."""
        created = site.operation
        if not isinstance(created, operations.CreateModel) or "triggers" not in created.options:
            return
        triggers = created.options["triggers"]
        if file and (site.triggers_item is None or not isinstance(triggers, list | tuple)):
            self._obstruct(site.span, "the triggers in the options of CreateModel are no literal")
            return
        if isinstance(triggers, Unknown):
            return
        for trigger in triggers:
            held = self._made(site, (key[0], created.name.lower()), trigger, file, history)
            if held is None:
                continue
            history.held.add(held)
            if file:
                kind: Kind = "add" if site.around.database else "state"
                if site.around.database and not site.around.element:
                    self._obstruct(site.span, "CreateModel stands outside of any list")
                elif site.around.database:
                    code = self._install(held, site, file, history)
                    file.edits.insert_after(site.span, code)
                file.operations.append(ConvertedOperation(kind, held.uri, site.span))
        if file and site.triggers_item:
            file.edits.remove(site.triggers_item)

    def _follow(
        self, operation: Operation, key: Key, around: Circumstances, history: _History
    ) -> None:
        history.held.apply(operation, key[0], key, state=around.state, database=around.database)
        if around.state and not _is_about_triggers(operation):
            history.models.apply(operation, key[0])

    def _check_databases(
        self, held: HeldTrigger, site: Site, file: _File, history: _History
    ) -> None:
        """`AddTrigger` asks for the vendor and for the model's app, `RunSQL` for neither."""
        models = {held.uri: self._owner(held, history)}
        try:
            if not site.around.guarded:
                self._placement.require_postgresql(file.key[0], models)
            self._placement.require_same_place(file.key[0], models)
        except MigrationsError as error:
            self._obstruct(site.span, str(error))

    def _model_name(self, held: HeldTrigger, history: _History) -> str:
        return self._owner(held, history)[1]

    def _owner(self, held: HeldTrigger, history: _History) -> ModelKey:
        """The model of the table: what a router is asked about."""
        table = history.held.tables.by_name.get(held.table)
        return table.model if table else held.model

    def _finished(self, file: _File) -> ConvertedFile:
        before = file.source.text
        after = file.edits.result(frozenset({"pgtrigger"}))
        self._check_leftovers(file, after)
        return ConvertedFile(file.key[0], file.source.path, before, after, tuple(file.operations))

    def _check_leftovers(self, file: _File, after: str) -> None:
        """What still needs django-pgtrigger: fine in a function, which only runs later."""
        path = str(file.source.path)
        if not uses_of(after, "pgtrigger", path):
            return
        replaced = [operation.span for operation in file.operations]
        explained = [site.span for site in file.source.sites if site.is_about_triggers]
        for use in uses_of(file.source.text, "pgtrigger", path):
            if any(span.contains(use.span) for span in (*replaced, *explained)):
                continue
            if use.in_function:
                self._note(
                    use.span, f"{use.name} is used here, so the migration still imports pgtrigger"
                )
            else:
                self._obstruct(use.span, f"{use.name} is used here in a way that is not converted")

    def _obstruct(self, span: Span, reason: str) -> None:
        self._obstacles[Remark(span, reason)] = None

    def _note(self, span: Span, reason: str) -> None:
        self._notes[Remark(span, reason)] = None


@dataclass(frozen=True, slots=True)
class _Code:
    """A `RunSQL`, rendered when its indentation is known."""

    runsql: str
    sql: str
    reverse: str | None
    model_name: str
    uri: str

    def __call__(self, indent: str) -> str:
        return run_sql(self.runsql, self.sql, self.reverse, self.model_name, self.uri, indent)


def _open_file(key: Key, source: MigrationSource) -> _File | None:
    """The file as something to change; None when there is nothing in it that could need it."""
    kinds = (AddTrigger, RemoveTrigger, operations.DeleteModel, operations.CreateModel)
    if "pgtrigger" not in source.text and not any(
        issubclass(site.kind, kinds) for site in source.sites
    ):
        return None
    edits = SourceEdits(source.text)
    module = module_name(source.text, "django.db", "migrations")
    if module is None and any(site.is_about_triggers for site in source.sites):
        edits.add_import("from django.db import migrations")
    return _File(key, source, edits, f"{module or 'migrations'}.RunSQL")


def _flattened(
    listed: Iterable[object], around: Circumstances
) -> Iterator[tuple[Operation, Circumstances]]:
    """Operations, those inside of others too, with what they have an effect on."""
    for operation in listed:
        match operation:
            case operations.SeparateDatabaseAndState():
                database = Circumstances(state=False, database=around.database)
                state = Circumstances(state=around.state, database=False)
                yield from _flattened(operation.database_operations, database)
                yield from _flattened(operation.state_operations, state)
            case operations.RunSQL():
                state = Circumstances(state=around.state, database=False)
                yield from _flattened(operation.state_operations, state)
            case Operation():
                yield operation, around
            case _:
                pass


def _is_about_triggers(operation: Operation) -> bool:
    return isinstance(operation, AddTrigger | RemoveTrigger)
