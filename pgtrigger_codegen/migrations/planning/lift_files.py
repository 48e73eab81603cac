"""Stage migrations: the files for operations around changes of tables.

Into the migration that changes the table, whichever app it is of, since there all of it is one
transaction; or around it, where that migration is not to be touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from django.db.migrations import RunSQL
from msgspec import Struct, field
from msgspec.structs import replace

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.changes.operations import DropTrigger, Trigger, TriggerOperation
from pgtrigger_codegen.migrations.changes.requirements import History, later, requirements
from pgtrigger_codegen.migrations.changes.schema_changes import Lift
from pgtrigger_codegen.migrations.planning.plan import AppPlan, MigrationFile, WovenOperations
from pgtrigger_codegen.migrations.reading.flattening import on_database
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.migrations.writing.migration_class import LayoutError
from pgtrigger_codegen.migrations.writing.weaving import Threads, weave
from pgtrigger_codegen.migrations.writing.writer import (
    IgnoreFunction,
    ignore_function_block,
    migration_name,
    operation_block,
    render_migration,
    shortened,
)
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.sql.names import table_name
from pgtrigger_codegen.sql.render import Style
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class Woven(Struct):
    """The additions to one migration, by the place of its operations."""

    before: dict[int, list[TriggerOperation]] = field(default_factory=dict)
    after: dict[int, list[TriggerOperation]] = field(default_factory=dict)
    dependencies: set[Key] = field(default_factory=set)

    @property
    def operations(self) -> tuple[TriggerOperation, ...]:
        listed = [*self.before.values(), *self.after.values()]
        return tuple(operation for group in listed for operation in group)


class Weaver:
    """Distributes one app's lifts over the migrations that make them necessary."""

    def __init__(
        self, app_label: str, declared: Mapping[str, CompiledTrigger], history: History
    ) -> None:
        self._app_label = app_label
        self._declared = declared
        self._history = history
        self.woven: dict[Key, Woven] = {}

    def add(self, lift: Lift) -> list[TriggerOperation]:
        """Note the lift's operations; those that have to come after all migrations are left.

        Raises:
            MigrationsError: Migrations would depend on each other in a circle.
        """
        first, last = lift.disturbances[0], lift.disturbances[-1]
        if lift.drop:
            into = self.woven.setdefault(first.migration, Woven())
            into.before.setdefault(first.index, []).append(lift.drop)
            into.dependencies |= self._not_before({first.trigger.touched_by}, first.migration)
        if lift.create is None:
            return []
        key = last.migration
        needed = {item.trigger.touched_by for item in lift.disturbances}
        needed |= {item.migration for item in lift.disturbances}
        if not isinstance(lift.create, DropTrigger):
            needed |= {*requirements(self._declared[lift.create.trigger.uri], self._history)}
        needed = self._not_before(needed, key)
        for other in sorted(needed):
            path = self._history.graph.path(other, key)
            # What stays on its own table only follows a change elsewhere, and can come later.
            if path and (lift.drop is None or other[0] in (self._app_label, key[0])):
                return [lift.create]
            if path:
                raise _cycle(lift, [*path, other])
        into = self.woven.setdefault(key, Woven())
        index = self._last_change(last.index, key, lift)
        into.after.setdefault(index, []).append(lift.create)
        into.dependencies |= needed
        return []

    def _not_before(self, keys: set[Key], key: Key) -> set[Key]:
        graph = self._history.graph
        return {other for other in later(keys, key, self._history) if other in graph.parents}

    def _last_change(self, index: int, key: Key, lift: Lift) -> int:
        """The last operation of the migration on the same table, or on the trigger's."""
        listed = self._history.graph.migrations[key].operations
        assert isinstance(listed, Sequence)
        triggers = [operation.trigger for operation in lift.operations]
        index = max([index, *self._changes_in(key, triggers)])
        models = {trigger.model_name for trigger in triggers} | _model_names(listed[index])
        tables = {table_name(trigger.parts.table).name for trigger in triggers}
        for later_index in range(len(listed) - 1, index, -1):
            operation = listed[later_index]
            if _model_names(operation) & models or _alters_by_hand(operation, tables):
                return later_index
        return index

    def _changes_in(self, key: Key, triggers: Iterable[Trigger]) -> Iterator[int]:
        """The places of the migration's operations on the triggers' tables, by whatever names."""
        changes = self._history.state.table_changes
        for trigger in triggers:
            table = in_search_path(table_name(trigger.parts.table))
            yield from (made.index for made in changes.get(table, ()) if made.migration == key)


def woven_file(
    key: Key,
    woven: Woven,
    ignore_functions: Iterable[IgnoreFunction],
    history: History,
    style: Style,
) -> MigrationFile:
    """The migration with the operations added.

    Args:
        ignore_functions: Those that the app's history lacks.

    Raises:
        MigrationsError: The file is not laid out so that something could be added.
    """
    before, after = _blocks(woven.before, style), _blocks(woven.after, style)
    if blocks := [ignore_function_block(function) for function in ignore_functions]:
        start = min(before, default=min(after, default=0))
        before[start] = [*blocks, *before.get(start, [])]
    path = history.reader.path(key)
    added = WovenOperations(key, Threads(before, after), tuple(sorted(woven.dependencies)))
    try:
        content = _woven(path, added)
    except LayoutError as error:
        raise MigrationsError(
            f"operations cannot be added to migration {'.'.join(key)}: {error}",
            help="put them there by hand, as --split prints them with --dry-run",
        ) from error
    return MigrationFile(path, content, woven.operations, {path: content}, woven=added)


def ordered_file(key: Key, run_before: Iterable[Key], history: History) -> MigrationFile:
    """The migration told to run before others.

    Raises:
        MigrationsError: The file is not laid out so that something could be added.
    """
    path = history.reader.path(key)
    added = WovenOperations(key, Threads({}, {}), run_before=tuple(sorted(run_before)))
    try:
        content = _woven(path, added)
    except (LayoutError, SyntaxError) as error:
        listed = ", ".join(map(repr, added.run_before))
        raise MigrationsError(
            f"migration {'.'.join(key)} has to run before {listed}, and that cannot be added "
            f"to it: {error}",
            help=f"write run_before = [{listed}] into class Migration by hand",
        ) from error
    return MigrationFile(path, content, (), {path: content}, woven=added)


def joined(apps: Sequence[AppPlan]) -> list[AppPlan]:
    """The plans, where several apps add to one migration each with all that is added to it."""
    added: dict[Path, list[WovenOperations]] = {}
    for app in apps:
        for file in app.files:
            if file.woven:
                added.setdefault(file.path, []).append(file.woven)
    contents = {
        path: _woven(path, _together(listed)) for path, listed in added.items() if len(listed) > 1
    }
    return [
        replace(
            app,
            files=tuple(
                replace(file, content=content, files={**file.files, file.path: content})
                if (content := contents.get(file.path))
                else file
                for file in app.files
            ),
        )
        for app in apps
    ]


class Before(Struct, frozen=True):
    """A migration of an app that runs before one that changes tables.

    Attributes:
        last: The app's last migration.
    """

    key: Key
    last: Key | None
    app_label: str

    def render(
        self,
        drops: Sequence[TriggerOperation],
        graph: MigrationGraph,
        style: Style,
        *,
        has_header: bool,
    ) -> tuple[str, str]:
        """Its name and content.

        Raises:
            MigrationsError: The app's migrations come after that one already.
        """
        key, last = self.key, self.last
        if key[0] == self.app_label:
            number, _, rest = key[1].partition("_")
            name, parents = f"{number}_{shortened(f'before_{rest}')}", graph.parents[key]
        elif last is None or (last in graph.parents and key in graph.ancestors(last)):
            raise MigrationsError(
                f"no migration of app {self.app_label!r} can come before {'.'.join(key)}: "
                "the app's last migration depends on it",
                help="if the migration has run everywhere, pass --after to write only the "
                "operations after it",
            )
        else:
            name = migration_name(last[1], drops, shortened(f"before_{'_'.join(key)}"))
            parents = (last,)
        content = render_migration(
            self.app_label, drops, parents, run_before=[key], style=style, has_header=has_header
        )
        return name, content


def _model_names(operation: object) -> set[str]:
    """The models whose tables an operation may change."""
    names: set[str] = set()
    for inner in on_database(operation):
        for attribute in ("model_name", "name", "old_name", "new_name"):
            named = getattr(inner, attribute, None)
            if isinstance(named, str):
                names.add(named.lower())
                if attribute in ("model_name", "name"):
                    break  # what else it names is a field
    return names


def _alters_by_hand(operation: object, tables: Iterable[str]) -> bool:
    texts = [
        text
        for inner in on_database(operation)
        if isinstance(inner, RunSQL)
        for text in sql_texts(inner.sql)
        if isinstance(text, str) and _ALTERS.search(text)
    ]
    return any(table in text for text in texts for table in tables)


_ALTERS = re.compile(r"\balter\s+table\b", re.IGNORECASE)


def _blocks(
    operations: Mapping[int, Sequence[TriggerOperation]], style: Style
) -> dict[int, Sequence[str]]:
    return {
        index: [operation_block(operation, style) for operation in listed]
        for index, listed in operations.items()
    }


def _woven(path: Path, added: WovenOperations) -> str:
    return weave(read_bytes(path).decode(), added.threads, added.dependencies, added.run_before)


def _together(listed: Sequence[WovenOperations]) -> WovenOperations:
    """What several apps add: the same ignore function once."""
    before: dict[int, list[str]] = {}
    after: dict[int, list[str]] = {}
    dependencies: dict[Key, None] = {}
    run_before: dict[Key, None] = {}
    for added in listed:
        for into, blocks in ((before, added.threads.before), (after, added.threads.after)):
            for index, texts in blocks.items():
                there = into.setdefault(index, [])
                there += [text for text in texts if text not in there]
        dependencies |= dict.fromkeys(added.dependencies)
        run_before |= dict.fromkeys(added.run_before)
    return WovenOperations(
        listed[0].migration,
        Threads(before, after),
        tuple(sorted(dependencies)),
        tuple(sorted(run_before)),
    )


def _cycle(lift: Lift, path: Sequence[Key]) -> MigrationsError:
    steps = " → ".join(".".join(key) for key in path)
    return MigrationsError(
        f"trigger {lift.uri} would make migrations depend on each other in a circle: {steps}",
        help="split that migration in two, with the table's change in the later one",
    )
