"""Stage migrations: a trigger's lock that is held while something slow runs.

A migration is one transaction, unless it says `atomic = False`, and locks last until its end. To
create a trigger stops writes to the table, to drop one stops reads as well. Only what comes after
counts: what ran before held no lock of a trigger.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.migrations import operations
from msgspec import Struct, field
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.flattening import on_database
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.migrations.replaying.moment import ReplayedState
from pgtrigger_codegen.migrations.replaying.sql_statements import normalised
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.sql.locks import BLOCKS, lock_of
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_sql
from pgtrigger_codegen.sql.slowness import made_table, slow_statement
from pgtrigger_codegen.sql.statements import (
    CreateTriggerStatement,
    DropTriggerStatement,
    RenameTrigger,
    Statement,
    statement_facts,
)


class LongLock(Struct, frozen=True):
    """A trigger operation with something slow behind it.

    Attributes:
        index: Of the operation about a trigger, among its migration's own.
        what: What it does, in words.
        stops: What has to wait.
        slow_index, slow: The same of what is slow.
    """

    migration: Key
    index: int
    what: str
    stops: str
    slow_index: int
    slow: str


class LongLocks:
    """Watches a history for them: in each migration for the first."""

    def __init__(self) -> None:
        self.found: list[LongLock] = []
        self._current: _Transaction | None = None

    def before(self, moment: ReplayedState) -> None:
        if self._current is None or self._current.migration != moment.migration:
            self._current = _Transaction(moment.migration)
        for operation in on_database(moment.operation):
            for event in _events(operation, moment):
                self._meet(event, moment, self._current)

    def after(self, moment: ReplayedState) -> None:
        """What an operation does is known before."""

    def _meet(self, event: _Event, moment: ReplayedState, current: _Transaction) -> None:
        if isinstance(event, _Made):
            current.made.add(event.table)
            return
        if isinstance(event, _Unread):
            current.may_make_any = True
            return
        if current.done or (event.table and _is_new(event.table, moment, current)):
            return
        if isinstance(event, _Lock):
            current.lock = current.lock or (event, moment.index)
        elif current.lock:
            lock, index = current.lock
            if event.locks and event.table == lock.table:
                return  # the trigger's lock stops nobody whom this one does not
            here = (lock.what, lock.stops, moment.index, event.what)
            self.found.append(LongLock(moment.migration, index, *here))
            current.done = True


class _Made(Struct, frozen=True):
    """A table that nobody else sees before the transaction ends."""

    table: QualifiedName


class _Lock(Struct, frozen=True):
    what: str
    table: QualifiedName | None
    stops: str


class _Slow(Struct, frozen=True):
    """A slow operation.

    Attributes:
        table: On which table; None where it may be any.
        locks: Whether it stops reads of that table itself.
    """

    what: str
    table: QualifiedName | None = None
    locks: bool = False


class _Unread(Struct, frozen=True):
    """An unknown operation, which may make tables."""


_Event = _Made | _Lock | _Slow | _Unread


class _Transaction(Struct):
    migration: Key
    made: set[QualifiedName] = field(default_factory=set)
    may_make_any: bool = False
    lock: tuple[_Lock, int] | None = None
    done: bool = False


def _is_new(table: QualifiedName, moment: ReplayedState, current: _Transaction) -> bool:
    known = moment.tables.get(table)
    if known is None:
        return table in current.made or current.may_make_any
    return table in current.made or known.named_by == moment.migration


def _events(operation: object, moment: ReplayedState) -> Iterator[_Event]:
    match operation:
        case operations.RunPython():
            if operation.code is not operations.RunPython.noop:
                yield _Slow(f"runs Python code{_name(operation.code)}")
        case operations.RunSQL():
            for text in sql_texts(operation.sql):
                if isinstance(text, Unknown):
                    yield _Unread()
                else:
                    yield from _sql_events(text, moment)
        case Unknown():
            yield _Unread()
        case AddTrigger():
            text = str(getattr(operation.trigger, "sql", ""))
            # It drops, if it exists, what it creates: mostly there is nothing to drop.
            events = (event for event in _sql_events(text, moment) if isinstance(event, _Lock))
            yield from (event for event in events if event.stops == BLOCKS["ShareRowExclusiveLock"])
        case RemoveTrigger():
            table = _table_of(operation.model_name, moment)
            yield _Lock(f"drops trigger `{operation.name}`", table, BLOCKS["AccessExclusiveLock"])
        case operations.AddIndex() | operations.AddConstraint():
            # Their subclasses are those that do without a long lock.
            if type(operation) in _SLOW_ADDITIONS:
                what, locks = _SLOW_ADDITIONS[type(operation)]
                table = _table_of(operation.model_name, moment)
                yield _Slow(f"adds {what} to model `{operation.model_name}`", table, locks)
        case _:
            pass


_SLOW_ADDITIONS: dict[type, tuple[str, bool]] = {
    operations.AddIndex: ("an index", False),
    operations.AddConstraint: ("a constraint", True),
}


def _sql_events(sql: str, moment: ReplayedState) -> Iterator[_Event]:
    try:
        trees = parse_sql(sql)
    except SqlSyntaxError:
        return
    for tree in trees:
        if slow := slow_statement(tree):
            yield _Slow(slow.what, slow.table and in_search_path(slow.table), slow.locks)
        elif made := made_table(tree):
            yield _Made(in_search_path(made))
        else:
            yield from _locks(tree, moment)


def _locks(tree: Node, moment: ReplayedState) -> Iterator[_Lock]:
    for fact in map(normalised, statement_facts(tree)):
        match fact:
            case CreateTriggerStatement(name=name, table=table):
                yield _Lock(f"creates trigger `{name}`", table, _stops(fact))
            case DropTriggerStatement(name=name, table=table):
                # To drop one that is not there, if it exists, takes no lock that stays.
                if (table, name) in moment.definitions or not tree["DropStmt"].get("missing_ok"):
                    yield _Lock(f"drops trigger `{name}`", table, _stops(fact))
            case RenameTrigger(name=name, table=table):
                yield _Lock(f"renames trigger `{name}`", table, _stops(fact))
            case _:
                pass


def _stops(statement: Statement) -> str:
    lock = lock_of(statement)
    assert lock is not None
    return lock.blocks


def _table_of(model_name: str, moment: ReplayedState) -> QualifiedName | None:
    model = (moment.migration[0], model_name.lower())
    return next((name for name, table in moment.tables.items() if table.model == model), None)


def _name(code: Any) -> str:
    name = getattr(code, "__name__", None) or getattr(code, "name", None)
    return f" (`{name}`)" if isinstance(name, str) else ""
