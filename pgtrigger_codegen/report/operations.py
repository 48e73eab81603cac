"""The operations of migrations that are not released, each with the locks of its statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.history import operation_spans
from pgtrigger_codegen.migrations.changes.operations import TriggerOperation
from pgtrigger_codegen.migrations.planning.plan import Plan
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import SchemaChange, in_search_path
from pgtrigger_codegen.migrations.schema.table_changes import TableChange
from pgtrigger_codegen.migrations.schema.tables import (
    DroppedColumn,
    DroppedTable,
    RenamedColumn,
    RenamedTable,
    RetypedColumn,
)
from pgtrigger_codegen.migrations.watching.trigger_statements import (
    TriggerOperationSql,
    irreversible_operations,
    trigger_operations,
)
from pgtrigger_codegen.report.earlier import Earlier, identity, migration_texts
from pgtrigger_codegen.report.facts import Operation, SqlStep
from pgtrigger_codegen.source.place import Place
from pgtrigger_codegen.sql.locks import lock_of
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.render import Style
from pgtrigger_codegen.sql.statements import (
    CommentOnTrigger,
    CreateFunction,
    CreateTriggerStatement,
    Do,
    DropFunction,
    DropTriggerStatement,
    RenameTrigger,
    SetTriggerState,
    Statement,
    read_statements,
)


class Written(Struct, frozen=True):
    """An operation of a migration that is not released.

    Attributes:
        names: Of its triggers in the database; none for a change of a table.
        uri: Of its trigger in lower case, where it tells.
        tables: Those that it changes, under their names before and after.
    """

    operation: Operation
    names: frozenset[str] = frozenset()
    uri: str | None = None
    tables: frozenset[QualifiedName] = frozenset()


def unreleased_operations(now: Analysis, earlier: Earlier, there: set[str]) -> list[Written]:
    """All that concern triggers, or tables that may have some, in the order in which they run.

    Of a migration that has been changed, only those that are new.

    Args:
        there: Names of the triggers that there are before; kept up to date.
    """
    history = now.history().history
    texts = migration_texts(now)
    changed = {key for key, text in texts.items() if earlier.migrations.get(key) != text}
    found: list[Written] = []
    for key in history.graph.order():
        if key in changed:
            found += _of_migration(now, key, earlier, there)
    return found


def unwritten_operations(now: Analysis, plan: Plan, style: Style, there: set[str]) -> list[Written]:
    """Those that `makemigrations` would write, after all migrations that there are."""
    shown = now.project.display_path
    found: list[Written] = []
    for app in plan.apps:
        for file in app.files:
            name = f"{'to be added to' if file.woven else 'to be written:'} {shown(file.path)}"
            found += [_unwritten(one, name, style, there) for one in file.operations]
        if not app.files:
            found += [_unwritten(one, "not written", style, there) for one in app.operations]
    return found


def _of_migration(now: Analysis, key: Key, earlier: Earlier, there: set[str]) -> Iterator[Written]:
    state = now.history().history.state
    migration = now.history().history.graph.migrations[key]
    left = dict(earlier.operations.get(key, {}))
    by_index: dict[int, list[Written]] = {}
    irreversible = irreversible_operations(migration)
    place = _places(now, key)
    for found in trigger_operations(key[0], migration):
        steps = tuple(_steps(found.statements, there))
        if left.get(identity(found), 0) > 0:
            left[identity(found)] -= 1
            continue
        written = _written(key, place(found.index), found, steps, irreversible)
        by_index.setdefault(found.index, []).append(written)
    tables = {table for table, _ in (*earlier.triggers, *state.triggers)}
    if key not in earlier.migrations:
        for index, change in _table_changes(state.changes.values(), key):
            made = _table_change(key, place(index), change)
            if not tables.isdisjoint(made.tables):
                by_index.setdefault(index, []).append(made)
    for index in sorted(by_index):
        yield from by_index[index]


def _written(
    key: Key,
    place: Place,
    found: TriggerOperationSql,
    steps: tuple[SqlStep, ...],
    irreversible: list[str] | None,
) -> Written:
    if found.unread:
        steps = (*steps, SqlStep(f"not read: {found.unread}", is_known=False))
    if found.kind == "RemoveTrigger":
        steps = (SqlStep("drops the trigger", "AccessExclusiveLock"),)
    operation = Operation(
        key,
        ".".join(key),
        place,
        found.kind,
        steps,
        None if irreversible is None else found.is_reversible and not irreversible,
    )
    return Written(operation, found.names, found.uri.lower() if found.uri else None)


def _unwritten(operation: TriggerOperation, name: str, style: Style, there: set[str]) -> Written:
    read = [("", statement) for statement in read_statements(operation.to_sql(style))]
    made = Operation(None, name, None, "RunSQL", tuple(_steps(read, there)), True)
    triggers = filter(None, (operation.trigger, operation.replaced))
    names = frozenset(trigger.parts.pgid.lower() for trigger in triggers)
    return Written(made, names, operation.trigger.uri.lower())


def _table_change(key: Key, place: Place, change: TableChange) -> Written:
    does, tables = _said(change)
    step = SqlStep(does, "AccessExclusiveLock", str(tables[0]))
    operation = Operation(key, ".".join(key), place, "change of the table", (step,), True)
    return Written(operation, tables=frozenset(map(in_search_path, tables)))


def _table_changes(
    listed: Iterable[Iterable[SchemaChange]], key: Key
) -> Iterator[tuple[int, TableChange]]:
    seen = set()
    for changes in listed:
        for item in changes:
            if item.migration == key and (item.index, item.change) not in seen:
                seen.add((item.index, item.change))
                yield item.index, item.change


def _said(change: TableChange) -> tuple[str, tuple[QualifiedName, ...]]:
    match change:
        case RenamedTable(old=old, new=new):
            return f"renames table `{old}` to `{new}`", (old, new)
        case DroppedTable(table=table):
            return f"drops table `{table}`", (table,)
        case RenamedColumn(table=table, old=old_name, new=new_name):
            return f"renames column `{old_name}` to `{new_name}`", (table,)
        case DroppedColumn(table=table, column=column):
            return f"drops column `{column}`", (table,)
        case RetypedColumn(table=table, column=column):
            return f"changes the type of column `{column}`", (table,)


def _places(now: Analysis, key: Key) -> Callable[[int], Place]:
    """Where each operation of a migration stands."""
    spans = operation_spans(now, key)

    def place(index: int) -> Place:
        span = spans(index)
        return Place(now.project.display_path(span.path), span.line)

    return place


def _steps(statements: Iterable[tuple[str, Statement]], there: set[str]) -> Iterator[SqlStep]:
    """The statements with their locks.

    Args:
        there: Names of the triggers that there are; kept up to date.
    """
    for _, statement in statements:
        does = _does(statement)
        lock = lock_of(statement)
        match statement:
            case CreateTriggerStatement(name=name):
                there.add(name)
            case RenameTrigger(name=name, new_name=new):
                there.discard(name)
                there.add(new)
            case DropTriggerStatement(name=name) if name in there:
                there.discard(name)
            case DropTriggerStatement():
                # To drop what is not there takes no lock that stays.
                yield SqlStep(f"{does}, if somebody has installed it by hand")
                continue
            case _:
                pass
        if lock is None:
            yield SqlStep(does, is_known=False)
        else:
            yield SqlStep(does, lock.mode, str(lock.table) if lock.table else None)


def _does(statement: Statement) -> str:
    match statement:
        case CreateFunction(function=function):
            return f"creates or replaces function `{function.name}`"
        case CreateTriggerStatement(name=name, replace=True):
            return f"creates or replaces trigger `{name}`"
        case CreateTriggerStatement(name=name):
            return f"creates trigger `{name}`"
        case DropTriggerStatement(name=name):
            return f"drops trigger `{name}`"
        case DropFunction(function=function):
            return f"drops function `{function.name}`"
        case CommentOnTrigger():
            return "records the hash"
        case SetTriggerState(state=state):
            return f"sets the trigger {state}"
        case RenameTrigger(name=name, new_name=new):
            return f"renames trigger `{name}` to `{new}`"
        case Do() if lock_of(statement) is not None:
            return "keeps a disabled trigger disabled"
        case Do():
            return "runs a DO block"
        case _:
            return "runs another statement"
