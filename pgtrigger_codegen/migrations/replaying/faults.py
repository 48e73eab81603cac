"""Stage migrations: statements that fail because of a migration that has run before them.

Where two migrations do not depend on each other, a database may run the one that renames a table
first, and the one that makes a trigger on it under the old name then. PostgreSQL refuses the
latter, so no database can have gone that way; unless another table has got the old name meanwhile,
and the trigger with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping

from pgtrigger_codegen.migrations.reading.graph import MigrationGraph
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.columns import columns_named, names_column
from pgtrigger_codegen.migrations.replaying.state import OrderFault, SchemaChange
from pgtrigger_codegen.migrations.replaying.table_lines import TableLines
from pgtrigger_codegen.migrations.replaying.trigger_history import Record, TriggerHistory
from pgtrigger_codegen.migrations.schema.tables import (
    DroppedColumn,
    DroppedTable,
    RenamedColumn,
    RenamedTable,
    Table,
)
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.statements import (
    CommentOnTrigger,
    CreateTriggerStatement,
    DropFunction,
    DropTriggerStatement,
    RenameTrigger,
    SetTriggerState,
    Statement,
)


def order_faults(
    statement: Statement,
    record: Record,
    history: TriggerHistory,
    tables: Mapping[QualifiedName, Table],
    ancestors: Callable[[Key], Collection[Key]],
) -> Iterator[OrderFault]:
    """Why the statement fails now, as far as another migration is to blame.

    Args:
        record: The statement as it is written, and where.
        tables: Those that are there.
        ancestors: All that a migration comes after.
    """
    migration, text = record.made_by, record.sql
    if record.uri is not None and isinstance(statement, _ON_TABLE):
        # Written by this tool or django-pgtrigger, and so after whoever gave the table its name.
        if there := tables.get(statement.table):
            yield from _another_table(statement.table, migration, history, there, ancestors)
        elif isinstance(statement, DropTriggerStatement):
            yield from _no_table_to_go_back_to(statement.table, migration, history, ancestors)
    match statement:
        case CreateTriggerStatement(table=table):
            yield from _table_gone(table, migration, history, tables)
            yield from _constraint_there(statement, migration, history)
            if there := tables.get(table):
                yield from _column_gone(table, text, migration, history, there.columns)
                yield from _columns_lacking(table, text, migration, history, there.columns)
        case CommentOnTrigger(table=table, name=name) | RenameTrigger(table=table, name=name):
            yield from _table_gone(table, migration, history, tables)
            yield from _trigger_gone((table, name), migration, history)
        case SetTriggerState(table=table):
            yield from _table_gone(table, migration, history, tables)
        case DropFunction(function=function, arguments=0, cascade=False):
            for table, _ in history.installed.callers(function):
                for made in reversed(history.lines.changes(table)):
                    if isinstance(made.change, RenamedTable) and made.migration != migration:
                        yield OrderFault(migration, made.migration, what_is_changed(made))
                        break
        case _:
            pass


def missing_order(faults: Iterable[OrderFault], graph: MigrationGraph) -> list[OrderFault]:
    """Faults that another order avoids, without a circle among them."""
    found: dict[tuple[Key, Key], OrderFault] = {}
    for fault in (fault for fault in faults if not fault.backwards):
        pair = (fault.migration, fault.after)
        if pair not in found and fault.after not in graph.ancestors(fault.migration):
            graph = graph.with_order([pair])
            found[pair] = fault
    return list(found.values())


def unsettled(
    faults: Iterable[OrderFault], lines: TableLines, graph: MigrationGraph
) -> Iterator[OrderFault]:
    """Faults but for those on tables whose triggers were written since, after both migrations."""
    written = {
        fault.pair: any(
            {*fault.pair} <= graph.ancestors(write.migration)
            for line in lines
            if any(write.migration == fault.migration for write in line.writes)
            for write in line.writes
        )
        for fault in faults
    }
    for fault in dict.fromkeys(faults):
        if not written[fault.pair]:
            yield fault


def _table_gone(
    table: QualifiedName,
    migration: Key,
    history: TriggerHistory,
    tables: Container[QualifiedName],
) -> Iterator[OrderFault]:
    made = _last_departure(table, history) if table not in tables else None
    if made and made.migration != migration:
        yield OrderFault(migration, made.migration, what_is_changed(made))


def _trigger_gone(key: TriggerKey, migration: Key, history: TriggerHistory) -> Iterator[OrderFault]:
    if key in history.installed:
        return
    for found in reversed(history.disturbed.get(key, ())):
        if found.kind == "drop-column":
            if found.migration != migration:
                yield OrderFault(migration, found.migration, found.what)
            return
    for write in reversed(history.lines.on(key[0]).writes):
        if write.pgid == key[1]:
            if not write.text and write.migration != migration:
                what = f"drops trigger {key[1]} of table {key[0]}"
                yield OrderFault(migration, write.migration, what)
            return


def _constraint_there(
    statement: CreateTriggerStatement, migration: Key, history: TriggerHistory
) -> Iterator[OrderFault]:
    """A constraint trigger can neither replace another trigger nor be replaced."""
    key = (statement.table, statement.name)
    there = history.installed.triggers.get(key)
    if there is None or not (there.is_constraint or statement.is_constraint):
        return
    made_by = history.records[key].made_by
    if made_by != migration:
        yield OrderFault(
            migration, made_by, f"creates trigger {key[1]} of table {key[0]}, as another kind"
        )


def _column_gone(
    table: QualifiedName,
    text: str,
    migration: Key,
    history: TriggerHistory,
    columns: Container[str],
) -> Iterator[OrderFault]:
    for made in history.lines.changes(table):
        match made.change:
            case RenamedColumn(old=column) | DroppedColumn(column=column):
                if (
                    made.migration != migration
                    and column not in columns
                    and names_column(text, column)
                ):
                    yield OrderFault(migration, made.migration, what_is_changed(made))
            case _:
                pass


def _columns_lacking(
    table: QualifiedName,
    text: str,
    migration: Key,
    history: TriggerHistory,
    columns: Container[str],
) -> Iterator[OrderFault]:
    """The table has got the name from another one, and lacks a column that the trigger names."""
    for made in reversed(history.lines.changes(table)):
        if isinstance(made.change, RenamedTable):
            lacking = any(column not in columns for column in columns_named(text))
            if lacking and made.migration != migration:
                yield OrderFault(migration, made.migration, what_is_changed(made))
            return


def _another_table(
    table: QualifiedName,
    migration: Key,
    history: TriggerHistory,
    there: Table,
    ancestors: Callable[[Key], Collection[Key]],
) -> Iterator[OrderFault]:
    """Nothing fails, and what is changed are the triggers of another table."""
    left = _last_departure(table, history)
    if left is None or there.named_by == migration:
        return
    before = ancestors(migration)
    if there.named_by in before:
        return
    found = {there.named_by: f"gives another table the name {table}"}
    found[left.migration] = what_is_changed(left)
    for after, what in found.items():
        if after != migration and after not in before:
            yield OrderFault(migration, after, what, strays=True)


def _no_table_to_go_back_to(
    table: QualifiedName,
    migration: Key,
    history: TriggerHistory,
    ancestors: Callable[[Key], Collection[Key]],
) -> Iterator[OrderFault]:
    """`DROP TRIGGER IF EXISTS` does not mind, and what creates the trigger again will."""
    left = _last_departure(table, history)
    if left and left.migration != migration and left.migration not in ancestors(migration):
        what = what_is_changed(left)
        yield OrderFault(migration, left.migration, what, in_new_database=False, backwards=True)


def _last_departure(table: QualifiedName, history: TriggerHistory) -> SchemaChange | None:
    """How the name became free the last time."""
    for made in reversed(history.changes.get(table, ())):
        if isinstance(made.change, RenamedTable | DroppedTable):
            return made
    return None


_ON_TABLE = (
    CreateTriggerStatement,
    CommentOnTrigger,
    DropTriggerStatement,
    RenameTrigger,
    SetTriggerState,
)


def what_is_changed(made: SchemaChange) -> str:
    """What a migration does to a table, in words."""
    match made.change:
        case RenamedTable(old=old, new=new):
            return f"renames table {old} to {new}"
        case DroppedTable(table=table):
            return f"drops table {table}"
        case RenamedColumn(table=table, old=old, new=new):
            return f"renames column {old!r} of table {table} to {new!r}"
        case DroppedColumn(table=table, column=column):
            return f"drops column {column!r} of table {table}"
        case change:
            return f"changes the type of column {change.column!r} of table {change.table}"
