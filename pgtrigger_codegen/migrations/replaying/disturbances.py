"""Stage migrations: the effect of a table's change on the triggers of the table.

PostgreSQL refuses to change the type of a column that `WHEN` or `UPDATE OF` names, and to drop
it without CASCADE, with which Django before 6.0 drops the trigger as well, without a word. A
body is text: it fails at the next write when a column that it names is gone. When the column has
another type, or another length, it fails in the connections that ran it before, since PL/pgSQL
keeps the types of `NEW` and `OLD` that it found: "type of parameter 14 (bigint) does not match
that when preparing the plan (integer)". A function made anew is read anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pgtrigger_codegen.migrations.reading.graph import MigrationGraph
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.columns import names_column, names_word
from pgtrigger_codegen.migrations.replaying.state import (
    Disturbance,
    InstalledTrigger,
    in_search_path,
)
from pgtrigger_codegen.migrations.schema.tables import (
    DroppedColumn,
    DroppedTable,
    RenamedColumn,
    RenamedTable,
    RetypedColumn,
    TableChange,
)
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.usage import columns_used, definition_facts, tables_touched
from pgtrigger_codegen.triggers.compiled import TriggerParts


def changed_table(change: TableChange) -> QualifiedName:
    """The table that is changed, by the name that it had."""
    return in_search_path(change.old if isinstance(change, RenamedTable) else change.table)


def disturbance(
    change: TableChange, trigger: InstalledTrigger, migration: Key, index: int
) -> Disturbance | None:
    """What the change does to a trigger on its table; None when that can stay as it is."""
    table = trigger.definition.table
    match change:
        case DroppedTable():
            return Disturbance(migration, index, f"drops table {table}", trigger, "drop-table")
        case RenamedTable(new=new):
            # Within an app the order is settled; another app's migrations name the old table, and
            # have to run before.
            if migration[0] != trigger.touched_by[0]:
                return Disturbance(
                    migration,
                    index,
                    f"renames table {table} to {new}",
                    trigger,
                    "rename-table",
                    harmless=True,
                    new_table=in_search_path(new),
                )
        case DroppedColumn(column=column):
            in_definition = _definition_names(trigger, column)
            if in_definition or _body_names(trigger, column, in_sql=True):
                return Disturbance(
                    migration,
                    index,
                    f"drops column {column!r} of table {table}",
                    trigger,
                    "drop-column",
                    in_definition=in_definition,
                )
        case RetypedColumn(column=column):
            in_definition = _definition_names(trigger, column)
            if in_definition or (not change.in_name_only and _body_names(trigger, column)):
                return Disturbance(
                    migration,
                    index,
                    f"changes the type of column {column!r} of table {table}",
                    trigger,
                    "retype-column",
                    in_definition=in_definition,
                    in_length_only=change.in_length_only,
                    is_recreated=in_definition and _is_recreated(change, trigger),
                )
        case RenamedColumn(old=old, new=new):
            in_body = _body_names(trigger, old, in_sql=True)
            if in_body or _definition_names(trigger, old):
                what = f"renames column {old!r} of table {table} to {new!r}"
                return Disturbance(migration, index, what, trigger, "rename-column", not in_body)
    return None


def together(
    found: Mapping[TriggerKey, Sequence[Disturbance]],
    elsewhere: Sequence[Mapping[TriggerKey, Sequence[Disturbance]]],
    graph: MigrationGraph,
) -> dict[TriggerKey, tuple[Disturbance, ...]]:
    """What disturbs each trigger in whichever order, sorted as a new database comes to it."""
    merged = {key: list(items) for key, items in found.items()}
    for others in elsewhere:
        for key, items in others.items():
            there = merged.setdefault(key, [])
            known = {(item.migration, item.index, item.what) for item in there}
            there += [
                item for item in items if (item.migration, item.index, item.what) not in known
            ]
    if not elsewhere:
        return {key: tuple(items) for key, items in merged.items() if items}
    place = {key: number for number, key in enumerate(graph.order())}
    return {
        key: tuple(sorted(items, key=lambda item: (place[item.migration], item.index)))
        for key, items in merged.items()
        if items
    }


def _is_recreated(change: RetypedColumn, trigger: InstalledTrigger) -> bool:
    """Whether django-pgtrigger's schema editor takes the trigger out of the way.

    It does so while Django gives a column another type, and finds the trigger by PostgreSQL's error
    message, whose names it reads as words and uses without quotes.
    https://github.com/AmbitionEng/django-pgtrigger/blob/main/pgtrigger/migrations.py
    """
    table, pgid = trigger.definition.table, trigger.definition.pgid
    return (
        not change.in_name_only
        and not change.by_hand
        and table.schema is None
        and _WORD.fullmatch(table.name) is not None
        and _WORD.fullmatch(pgid) is not None
        and pgid.startswith("pgtrigger_")
    )


_WORD = re.compile(r"[a-z_][a-z0-9_]*")


def _definition_names(trigger: InstalledTrigger, column: str) -> bool:
    return names_column(trigger.trigger_sql, column)


def _body_names(trigger: InstalledTrigger, column: str, *, in_sql: bool = False) -> bool:
    """Whether the function's text names the column.

    Args:
        in_sql: Whether queries of the function on the trigger's own table, or on a transition
            table, count as well. Such a query is planned anew when a type has changed.
    """
    written = f"{trigger.function_sql} {trigger.trigger_sql}"
    if not names_word(written, column):
        return False  # which takes no parser to see
    parts = trigger.parts()
    if parts is None:
        return False
    if column in columns_used(parts).body:
        return True
    return in_sql and names_word(parts.func, column) and _reads_own_rows(trigger, parts)


def _reads_own_rows(trigger: InstalledTrigger, parts: TriggerParts) -> bool:
    tables = {in_search_path(table) for table in tables_touched(parts)}
    return bool(trigger.definition.table in tables or definition_facts(parts).transition_tables)
