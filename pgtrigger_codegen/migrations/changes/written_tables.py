"""Stage migrations: tables that the triggers of a library write to.

A library makes such a table together with the triggers that fill it. Where the model has a table
or column that no migration creates yet, Django's own migration is still to be written, and every
write to the trigger's table would fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import MigrationState, in_search_path
from pgtrigger_codegen.sql.body import Body, read_body
from pgtrigger_codegen.sql.body_targets import written_columns
from pgtrigger_codegen.sql.names import QualifiedName, table_name
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


def written_tables(
    trigger: CompiledTrigger,
    state: MigrationState,
    tables: Mapping[str, str],
    is_migrated: Callable[[str], bool],
    is_own: Callable[[str], bool],
) -> Iterator[Key]:
    """The migrations that make the columns which the trigger writes to.

    Args:
        tables: Labels of models by their table.
        is_migrated: Whether the models of an app have migrations.
        is_own: Whether they are the project's.

    Raises:
        MigrationsError: There is none for one of them, though its model is known.
    """
    body = read_body(trigger.parts)
    if not isinstance(body, Body):
        return
    written = {
        (in_search_path(target.table), target.column)
        for query in body.queries
        for target in written_columns(query)
    }
    for table, column in sorted(written, key=str):
        known = state.tables.get(table)
        if known is not None and column in known.columns:
            yield known.columns[column]
        elif label := _label(table, tables):
            app_label = label.partition(".")[0]
            if is_migrated(app_label) and state.is_readable(app_label):
                shown = repr(str(table))
                what = f"table {shown}" if known is None else f"column {column!r} of table {shown}"
                raise _missing(trigger, what, label, own=is_own(app_label))


def _label(table: QualifiedName, tables: Mapping[str, str]) -> str | None:
    labels = (label for name, label in tables.items() if in_search_path(table_name(name)) == table)
    return next(labels, None)


def _missing(trigger: CompiledTrigger, what: str, label: str, *, own: bool) -> MigrationsError:
    app_label = label.partition(".")[0]
    first = f"write the migration of model {label} first: manage.py makemigrations {app_label}"
    elsewhere = (
        f"model {label} is in another package's app, whose migrations do not make it: give it "
        "`app_label` of one of the project's apps"
    )
    return MigrationsError(
        f"trigger {trigger.uri} writes to {what}, which no migration creates yet",
        help=first if own else elsewhere,
    )
