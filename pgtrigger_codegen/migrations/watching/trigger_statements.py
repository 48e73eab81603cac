"""Stage migrations: what a migration's operations say about triggers, statement by statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.db.migrations import RunSQL
from django.db.migrations.operations.base import Operation
from msgspec import Struct
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.flattening import on_database
from pgtrigger_codegen.migrations.reading.reader import EvaluatedMigration
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.migrations.replaying.sql_statements import statements
from pgtrigger_codegen.migrations.replaying.state import URI_HINT
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
)


class TriggerOperationSql(Struct, frozen=True):
    """An operation about triggers.

    Attributes:
        index: The place among the migration's own operations.
        kind: Its class (`RunSQL`).
        uri: Of its trigger, where the operation tells.
        statements: Each with its text; none for a `RemoveTrigger`, whose SQL depends on the state.
        unread: Why some of its SQL is not known; None where all is.
        is_reversible: Whether Django can take it back.
    """

    index: int
    kind: str
    uri: str | None
    statements: tuple[tuple[str, Statement], ...]
    unread: str | None
    is_reversible: bool

    @property
    def names(self) -> frozenset[str]:
        """Names of the triggers that it makes, changes or drops, as the database has them."""
        return frozenset(filter(None, (_name(statement) for _, statement in self.statements)))


def trigger_operations(app_label: str, migration: EvaluatedMigration) -> list[TriggerOperationSql]:
    """The operations of a migration that are about triggers; none where they cannot be read."""
    if isinstance(migration.operations, Unknown):
        return []
    return [
        found
        for index, listed in enumerate(migration.operations)
        for operation in on_database(listed)
        if (found := _read(app_label, index, operation)) is not None
    ]


def irreversible_operations(migration: EvaluatedMigration) -> list[str] | None:
    """The classes of operations that Django cannot take back; None where some are not known."""
    if isinstance(migration.operations, Unknown):
        return None
    if not all(isinstance(one, Operation) for one in migration.operations):
        return None
    return [
        type(operation).__name__
        for listed in migration.operations
        for operation in on_database(listed)
        if isinstance(operation, Operation) and not operation.reversible
    ]


def _read(app_label: str, index: int, operation: object) -> TriggerOperationSql | None:
    match operation:
        case RunSQL():
            hints: Mapping[str, object] = operation.hints or {}
            uri = hints.get(URI_HINT)
            found = _sql(index, operation, list(sql_texts(operation.sql)))
            return (
                None if found is None else _with_uri(found, uri if isinstance(uri, str) else None)
            )
        case AddTrigger():
            name = getattr(operation.trigger, "name", "")
            sql = str(getattr(operation.trigger, "sql", ""))
            found = _sql(index, operation, [sql])
            uri = f"{app_label}.{operation.model_name}:{name}"
            return None if found is None else _with_uri(found, uri)
        case RemoveTrigger():
            uri = f"{app_label}.{operation.model_name}:{operation.name}"
            return TriggerOperationSql(index, "RemoveTrigger", uri, (), None, True)
        case _:
            return None


def _sql(
    index: int, operation: Operation, texts: list[str | Unknown]
) -> TriggerOperationSql | None:
    read: list[tuple[str, Statement]] = []
    unread: str | None = None
    for text in texts:
        for found in _statements(text):
            if isinstance(found, Unknown):
                unread = unread or found.reason
            else:
                read.append(found)
    if not unread and not any(_is_about_triggers(statement) for _, statement in read):
        return None
    return TriggerOperationSql(
        index, type(operation).__name__, None, tuple(read), unread, bool(operation.reversible)
    )


def _statements(text: str | Unknown) -> Iterator[tuple[str, Statement] | Unknown]:
    if isinstance(text, Unknown):
        yield text
    else:
        yield from statements(text)


def _with_uri(found: TriggerOperationSql, uri: str | None) -> TriggerOperationSql:
    return TriggerOperationSql(
        found.index, found.kind, uri, found.statements, found.unread, found.is_reversible
    )


def _is_about_triggers(statement: Statement) -> bool:
    is_function = isinstance(statement, CreateFunction) and statement.returns_trigger
    return is_function or isinstance(statement, _ABOUT_TRIGGERS) or _is_block(statement)


_ABOUT_TRIGGERS = (
    CommentOnTrigger,
    CreateTriggerStatement,
    DropTriggerStatement,
    RenameTrigger,
    SetTriggerState,
)


def _is_block(statement: Statement) -> bool:
    return isinstance(statement, Do) and "trigger" in statement.body.lower()


def _name(statement: Statement) -> str | None:
    match statement:
        case (
            CommentOnTrigger(name=name)
            | CreateTriggerStatement(name=name)
            | DropTriggerStatement(name=name)
            | RenameTrigger(name=name)
            | SetTriggerState(name=name)
        ):
            return name
        case (
            CreateFunction(function=function, returns_trigger=True)
            | DropFunction(function=function)
        ):
            return function.name
        case _:
            return None
