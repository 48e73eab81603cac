"""Stage migrations: finds what is missing in every app, and the file for it.

Each app stands for itself: what keeps one from being written does not keep the others.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from pgtrigger_codegen.certificate.gaps import Gap
from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.changes.autodetector import (
    Declarations,
    detect_changes,
    operation_keys,
    trigger_key,
    withheld_removals,
)
from pgtrigger_codegen.migrations.changes.moves import moved_triggers
from pgtrigger_codegen.migrations.changes.open_changes import OpenChanges
from pgtrigger_codegen.migrations.changes.operations import TriggerOperation
from pgtrigger_codegen.migrations.changes.renames import renames_in
from pgtrigger_codegen.migrations.changes.requirements import (
    History,
)
from pgtrigger_codegen.migrations.changes.schema_changes import (
    Lift,
    find_lifts,
    lost_notes,
    notes,
    recreation_notes,
)
from pgtrigger_codegen.migrations.planning.one_history import OneHistory
from pgtrigger_codegen.migrations.planning.order import faults_to_mend, order_notes
from pgtrigger_codegen.migrations.planning.plan import (
    AppPlan,
    MigrationFile,
    Options,
    Plan,
    PlanningSource,
    Withheld,
)
from pgtrigger_codegen.migrations.planning.unread import UnreadChangeError, require_read
from pgtrigger_codegen.migrations.reading.reader import Key, LoadMigration
from pgtrigger_codegen.migrations.replaying.state import Contest, in_search_path
from pgtrigger_codegen.project.app_labels import label_help
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName, table_name
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


@confined()
def make_plan(
    source: PlanningSource,
    load_migration: LoadMigration,
    options: Options,
    history: History | None = None,
) -> Plan:
    """Compare the source with the migrations, and render what is missing.

    Args:
        history: Where it has been read already.

    Raises:
        MigrationsError: An app asked for is not there, or the migrations go in a circle.
    """
    labels = _target_apps(source, options)
    history = history or OneHistory().of(source, load_migration).history
    declared = _Declared(source, history)
    changes = OpenChanges(
        history,
        options.schema_changes,
        options.is_committed,
        rewrite=options.rewrite,
        schema_editor=source.project.settings.get("PGTRIGGER_SCHEMA_EDITOR", True) is True,
    )
    apps = [_plan_app(label, declared, history, changes, options) for label in labels]
    if any(app.files for app in apps):
        from pgtrigger_codegen.migrations.planning.lift_files import joined

        apps = joined(apps)
    if options.app_labels is None:
        apps.extend(_homeless(source, history))
    first_party = {label for label, app in source.project.apps.items() if app.first_party}
    return Plan(
        apps=tuple(app for app in apps if app.is_pending or app.unresolved or app.withheld),
        unreadable=tuple(
            item for item in history.state.unreadable if item.migration[0] in first_party
        ),
        disturbances=tuple(item for found in history.state.disturbances.values() for item in found),
        contests=history.state.contests,
        gaps=tuple(dict.fromkeys(_gaps(source, apps, options))),
    )


def _target_apps(source: PlanningSource, options: Options) -> list[str]:
    apps = source.project.apps
    for label in options.app_labels or ():
        if label not in apps:
            raise MigrationsError(
                f"no installed app has the label {label!r}",
                help=label_help(label, _own_apps(source)),
            )
    return [
        label
        for label in _own_apps(source)
        if options.app_labels is None or label in options.app_labels
    ]


def _own_apps(source: PlanningSource) -> list[str]:
    return sorted(label for label, app in source.project.apps.items() if app.first_party)


class _Declared:
    """The declared triggers, sorted by app: each app is planned by itself."""

    def __init__(self, source: PlanningSource, history: History) -> None:
        self.source = source
        self.display = _display_paths(source)
        self._triggers: dict[str, list[CompiledTrigger]] = {}
        self._declaring: dict[TriggerKey, set[str | None]] = {}
        for trigger in source.triggers:
            self._triggers.setdefault(trigger.migration_app, []).append(trigger)
            self._declaring.setdefault(trigger_key(trigger), set()).add(trigger.migration_app)
        for trigger in source.foreign_triggers:
            self._declaring.setdefault(trigger_key(trigger), set()).add(None)
        self.moved = moved_triggers(
            source.triggers,
            history.state,
            self._declaring.__contains__,
            lambda label: self.of(label, complete=not _is_incomplete(label, source)),
        )
        for new, old in self.moved.items():
            self._declaring[old.key] = self._declaring[new]

    @functools.cached_property
    def _known_tables(self) -> frozenset[QualifiedName]:
        return frozenset(in_search_path(table_name(table)) for table in self.source.models.tables)

    def of(self, app_label: str, *, complete: bool) -> Declarations:
        """What concerns one app."""
        return Declarations(
            triggers=tuple(self._triggers.get(app_label, ())),
            kept=_Elsewhere(app_label, self._declaring),
            certificate=self.source.certificate,
            complete=complete,
            known_tables=self._known_tables,
        )


class _Elsewhere(Struct, frozen=True):
    """The triggers that do not, or not only, belong to one app."""

    app_label: str
    declaring: Mapping[TriggerKey, set[str | None]]

    def __contains__(self, key: object) -> bool:
        apps = self.declaring.get(key)  # type: ignore[call-overload]
        return apps is not None and apps != {self.app_label}


def _plan_app(
    app_label: str, known: _Declared, history: History, changes: OpenChanges, options: Options
) -> AppPlan:
    source, display = known.source, known.display
    incomplete = _is_incomplete(app_label, source)
    blocked = incomplete and not options.allow_unresolved
    declared = known.of(app_label, complete=not incomplete)
    withheld = tuple(
        Withheld(trigger.name, gap)
        for trigger, gap in withheld_removals(app_label, declared, history.state.triggers)
    )
    operations: list[TriggerOperation] = []
    lifts: list[Lift] = []
    try:
        operations = detect_changes(
            app_label,
            declared,
            history.state.triggers,
            display,
            history.state.contests,
            known.moved,
            renames=renames_in(history.state.changes.values()),
            refresh_hashes=options.refresh_hashes,
        )
        if not blocked:
            operations, lifts = find_lifts(
                app_label, operations, declared, history, changes, display
            )
        _require_one_table(operations, history.state.contests)
        if not options.allow_unresolved:
            require_read(_listed(operations, lifts), history)
        files: tuple[MigrationFile, ...] = ()
        faults = faults_to_mend(app_label, _listed(operations, lifts), history)
        if not blocked and (operations or lifts or faults):
            # Most runs have nothing to write, and need none of what writes.
            from pgtrigger_codegen.migrations.planning.files import app_files

            files = app_files(app_label, operations, lifts, faults, source, history, options)
    except MigrationsError as error:
        return AppPlan(
            app_label,
            _listed(operations, lifts),
            unresolved=blocked,
            error=error,
            is_open=isinstance(error, UnreadChangeError),
            withheld=withheld,
        )
    return AppPlan(
        app_label,
        _listed(operations, lifts),
        unresolved=blocked,
        files=files,
        notes=tuple(
            dict.fromkeys(
                [
                    *(note for lift in lifts for note in notes(lift, _woven(files), history)),
                    *_contested(operations, history.state.contests),
                    *order_notes(files, history.state.faults),
                    *lost_notes(operations, history.state.disturbances),
                    *recreation_notes(operations, history, changes),
                ]
            )
        ),
        withheld=withheld,
    )


def _woven(files: Iterable[MigrationFile]) -> set[Key]:
    """The migrations that operations are added to."""
    return {file.woven.migration for file in files if file.woven and file.operations}


def _require_one_table(
    operations: Iterable[TriggerOperation], contests: Mapping[TriggerKey, Contest]
) -> None:
    """Refuse where databases have a trigger on different tables.

    Its function has the trigger's name, and can be dropped for the one table only when the trigger
    is gone from the other.

    Raises:
        MigrationsError: The migrations were run in different orders, around a swap of names say.
    """
    for operation in operations:
        for key in operation_keys(operation) & {*contests}:
            tables = sorted(str(table) for table, pgid in contests if pgid == key[1])
            if len(tables) > 1:
                names = " and ".join(".".join(each) for each in contests[key].migrations)
                raise MigrationsError(
                    f"trigger {operation.trigger.uri} is on table {' or '.join(tables)}, "
                    f"depending on the order in which a database ran {names}",
                    help="let one of these migrations depend on the other, or delete the one that "
                    "has run nowhere, and run makemigrations again",
                )


def _contested(
    operations: Iterable[TriggerOperation], contests: Mapping[TriggerKey, Contest]
) -> Iterator[str]:
    for operation in operations:
        for key in sorted(operation_keys(operation) & {*contests}, key=str):
            yield (
                f"trigger {operation.trigger.uri}: {contests[key].what}, so databases have "
                "different forms of it; it is written once more, for all of them"
            )


def _listed(operations: list[TriggerOperation], lifts: list[Lift]) -> tuple[TriggerOperation, ...]:
    return (*(operation for lift in lifts for operation in lift.operations), *operations)


def _homeless(source: PlanningSource, history: History) -> Iterator[AppPlan]:
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


def _is_incomplete(app_label: str, source: PlanningSource) -> bool:
    """Whether something that could declare triggers of the app was not read."""
    return bool(source.certificate.gaps_of(app_label))


def _gaps(source: PlanningSource, apps: Iterable[AppPlan], options: Options) -> Iterator[Gap]:
    """What may hide triggers of the apps that were asked for."""
    if not options.allow_unresolved:
        for gap in source.certificate.blocking:
            labels = options.app_labels
            if labels is None or any(gap.touches(label) for label in labels):
                yield gap
    for app in apps:
        yield from (withheld.gap for withheld in app.withheld)


def _display_paths(source: PlanningSource) -> dict[str, str]:
    paths = {trigger.span.path for trigger in source.triggers}
    return {path: source.project.display_path(path) for path in paths}
