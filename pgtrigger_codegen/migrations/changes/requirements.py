"""Stage migrations: the migrations that a trigger's migration must come after.

The table and the columns that the trigger names must be there, by the very migration that
makes them: `swappable_dependency` is only `__first__`, and does not suffice. PostgreSQL looks
at a function's body only when it runs, but then the tables in it must be there as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.changes.operations import DropTrigger, TriggerOperation
from pgtrigger_codegen.migrations.changes.written_tables import written_tables
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph
from pgtrigger_codegen.migrations.reading.reader import Key, MigrationReader
from pgtrigger_codegen.migrations.replaying.state import MigrationState, in_search_path
from pgtrigger_codegen.migrations.schema.tables import Table
from pgtrigger_codegen.models.facts import Models
from pgtrigger_codegen.sql.names import QualifiedName, table_name
from pgtrigger_codegen.sql.usage import columns_used, definition_facts, tables_touched
from pgtrigger_codegen.triggers.compiled import CompiledTrigger

# https://www.postgresql.org/docs/current/ddl-system-columns.html
_SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})


class History(Struct, frozen=True):
    """The facts about existing migrations, and about the models behind them.

    Attributes:
        models: By label.
    """

    reader: MigrationReader
    graph: MigrationGraph
    state: MigrationState
    models: Models


def model_apps_by_table(models: Models) -> dict[QualifiedName, str]:
    """The app whose model owns each table."""
    return {
        in_search_path(table_name(table)): label.rpartition(".")[0]
        for table, label in models.tables.items()
    }


def apps_touched(
    trigger: CompiledTrigger, apps_by_table: Mapping[QualifiedName, str]
) -> Iterator[str]:
    """The apps, out of those whose tables are given, whose tables the trigger needs."""
    own_table = in_search_path(table_name(trigger.table))
    if own_table in apps_by_table:
        yield apps_by_table[own_table]
    text = f"{trigger.parts.declare} {trigger.parts.func}".lower()
    if any(table.name.lower() in text for table in apps_by_table):  # parsing takes longer
        for table in sorted(tables_touched(trigger.parts), key=str):
            if app_label := apps_by_table.get(in_search_path(table)):
                yield app_label


def dependencies(
    app_label: str,
    operations: Iterable[TriggerOperation],
    declared: Mapping[str, CompiledTrigger],
    history: History,
) -> list[Key]:
    """What a migration of the app with these operations depends on, its own leaf included.

    Args:
        declared: Compiled triggers by URI.

    Raises:
        MigrationsError: A table or column is not made by any migration yet, or the app's
            migrations have no single end.
    """
    needed: set[Key] = set()
    writers: set[Key] = set()
    for operation in operations:
        trigger = operation.trigger
        for there in (trigger, operation.replaced or trigger):
            key = (in_search_path(table_name(there.parts.table)), there.parts.pgid.lower())
            installed = history.state.triggers.get(key)
            if installed:
                needed.add(installed.touched_by)
            if contest := history.state.contests.get(key):
                needed.update(contest.migrations)
            if table := history.state.tables.get(key[0]):
                # By another name than this there is nothing to drop, and nothing to put back.
                needed.add(table.named_by)
                used = columns_used(there.parts).definition
                needed.update(made for name, made in table.columns.items() if name in used)
            if isinstance(operation, DropTrigger) and operation.function_only:
                # Before the trigger went with its table or column, it depends on the function.
                lost = history.state.disturbances.get(key, ())
                needed.update(found.migration for found in lost)
            # Those that have written it beside, and those of which another trigger had the name.
            writers.update(history.state.writers.get(there.parts.pgid.lower(), ()))
        if not isinstance(operation, DropTrigger):
            needed.update(requirements(declared[trigger.uri], history))
    leaf = history.graph.leaf(app_label)
    implied = {before for key in {*needed, leaf} if key for before in history.graph.ancestors(key)}
    needed |= writers - implied
    others = {key for key in needed if key[0] != app_label and key in history.graph.parents}
    return [*([leaf] if leaf else []), *sorted(_latest(others, history.graph))]


def requirements(trigger: CompiledTrigger, history: History) -> Iterator[Key]:
    """The migrations that make what the trigger uses.

    Raises:
        MigrationsError: There is none for its table or one of its columns.
    """
    table = history.state.tables.get(in_search_path(table_name(trigger.table)))
    if table is None:
        yield from _without_table(trigger, history)
        return
    yield table.named_by
    yield from trigger.requires
    yield from _column_requirements(trigger, table, history)
    if trigger.origin == "provider":
        yield from written_tables(
            trigger,
            history.state,
            history.models.tables,
            lambda app_label: (
                bool(history.reader.names(app_label)) or _will_have_migrations(app_label, history)
            ),
            lambda app_label: history.reader.apps[app_label].first_party,
        )
    if definition_facts(trigger.parts).whole_row:
        yield table.touched_by
    for touched in sorted(tables_touched(trigger.parts), key=str):
        if other := history.state.tables.get(in_search_path(touched)):
            yield other.touched_by


def _without_table(trigger: CompiledTrigger, history: History) -> Iterator[Key]:
    """A table that no migration makes: fine where Django itself would not make it either."""
    app_label = trigger.concrete_model.rpartition(".")[0]
    model = history.models.get(trigger.concrete_model)
    if not history.reader.names(app_label) and not _will_have_migrations(app_label, history):
        return
    if model and not model.managed:
        return
    if not history.state.is_readable(app_label):
        # The table may be among what could not be read.
        yield from history.graph.leaves(app_label)
        return
    raise MigrationsError(
        f"trigger {trigger.uri} needs table {trigger.table!r}, which no migration creates yet",
        help=f"write the migration of model {trigger.concrete_model} first: "
        f"manage.py makemigrations {app_label}",
    )


def _will_have_migrations(app_label: str, history: History) -> bool:
    """Whether `manage.py makemigrations` would make migrations for the app's models."""
    app = history.reader.apps.get(app_label)
    return bool(app and app.first_party and app.migrations_dir and app.migrations_dir.is_dir())


def _column_requirements(trigger: CompiledTrigger, table: Table, history: History) -> Iterator[Key]:
    used = columns_used(trigger.parts)
    model = history.models.get(trigger.concrete_model)
    model_columns = set(model.columns or ()) if model else set()
    # What a body names may be a mistake, which is for lint to say; a column that the model
    # has and the migrations have not is a migration that is missing.
    expected = used.definition | (used.body & model_columns)
    for column in sorted((used.definition | used.body) - _SYSTEM_COLUMNS):
        if made_by := table.columns.get(column):
            yield made_by
        elif column in expected and history.state.is_readable(table.model[0]):
            raise _missing_column(trigger, column, in_model=column in model_columns)


def _missing_column(trigger: CompiledTrigger, column: str, *, in_model: bool) -> MigrationsError:
    app_label = trigger.concrete_model.rpartition(".")[0]
    if not in_model:
        return MigrationsError(
            f"trigger {trigger.uri} names column {column!r}, "
            f"which table {trigger.table!r} does not have",
            help="name a column of this very table; a parent model's table has its own",
        )
    return MigrationsError(
        f"trigger {trigger.uri} needs column {column!r} of model {trigger.concrete_model}, "
        "which no migration creates yet",
        help=f"write the migration of the model first: manage.py makemigrations {app_label}",
    )


def later(keys: Iterable[Key], key: Key, history: History) -> set[Key]:
    """Those of the migrations that are neither the migration nor before it."""
    return set(keys) - history.graph.ancestors(key) - {key}


def _latest(keys: set[Key], graph: MigrationGraph) -> set[Key]:
    """Those that are not before another one of the same app."""
    implied = {
        ancestor
        for key in keys
        for ancestor in graph.ancestors(key)
        if ancestor in keys and ancestor[0] == key[0]
    }
    return keys - implied
