"""Operations as the replay can perform them: without managers, Python, and unknown columns."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib.postgres.operations import CreateExtension
from django.db.migrations.operations import (
    AddField,
    AlterField,
    AlterModelManagers,
    CreateModel,
    RunPython,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.models import options

from pgtrigger_codegen.evaluator.django.stand_in import StandInField
from pgtrigger_codegen.evaluator.django.unread_operation import UnreadOperation
from pgtrigger_codegen.evaluator.values.unknown import Refusal

# Of Python in a migration: words by which SQL gets to a database, other than through models.
_SQL = re.compile(r"\b(execute\w*|cursor|call_command|install\w*)\b")


def without_managers(operation: Operation) -> Operation:
    """Managers touch no table, and to render one its module would be imported."""
    match operation:
        case CreateModel() | AlterModelManagers() if operation.managers:
            changed = copy.copy(operation)
            changed.managers = []
            return changed
        case SeparateDatabaseAndState():
            both = copy.copy(operation)
            both.state_operations = [*map(without_managers, operation.state_operations)]
            both.database_operations = [*map(without_managers, operation.database_operations)]
            return both
        case _:
            return operation


def unknown_columns(operation: Operation, connection: Any) -> dict[str, str]:
    """The reasons why the columns of fields are not known, by the names of the fields.

    Args:
        connection: Django's, which fields ask for the names of types.
    """
    match operation:
        case CreateModel():
            fields = dict(operation.fields)
        case AddField() | AlterField():
            fields = {operation.name: operation.field}
        case _:
            fields = {}
    reasons = {str(name): _why_unknown(field, connection) for name, field in fields.items()}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _why_unknown(field: Any, connection: Any) -> str | None:
    if isinstance(field, StandInField):
        return field.unknown.reason
    try:
        if not field.is_relation:  # which has the type of what it leads to
            field.db_type(connection)
    except Refusal as refusal:
        return refusal.unknown.reason
    return None


def without_columns(operation: CreateModel, names: set[str]) -> CreateModel:
    """A table without some of its columns, and without all that speaks of them."""
    changed = copy.copy(operation)
    changed.fields = [(name, field) for name, field in operation.fields if name not in names]
    changed.options = {
        key: value
        for key, value in operation.options.items()
        if key not in ("constraints", "indexes", "unique_together", "index_together")
    }
    return changed


def runs_python(operation: Operation) -> bool:
    """Whether Python of the project is, or is among, what the operation runs."""
    if isinstance(operation, SeparateDatabaseAndState):
        return any(map(runs_python, operation.database_operations))
    return isinstance(operation, RunPython)


def does_nothing(operation: RunPython) -> bool:
    """Whether its Python is known to do nothing."""
    return operation.code is RunPython.noop and not isinstance(operation, UnreadOperation)


def may_run_sql(path: Path) -> bool:
    """Whether the Python of a migration's file may run SQL besides what models make."""
    return _SQL.search(path.read_text(encoding="utf-8", errors="replace")) is not None


def without_python(operation: Operation) -> Operation:
    """The rest of an operation that holds others."""
    if not isinstance(operation, SeparateDatabaseAndState):
        return operation
    rest = copy.copy(operation)
    rest.database_operations = [
        without_python(each)
        for each in operation.database_operations
        if not isinstance(each, RunPython)
    ]
    return rest


def extensions_of(operation: object) -> Iterator[str]:
    """The names of the extensions that an operation creates."""
    match operation:
        case CreateExtension():
            yield operation.name
        case SeparateDatabaseAndState():
            for inner in operation.database_operations:
                yield from extensions_of(inner)


@contextmanager
def triggers_in_options() -> Iterator[None]:
    """Django's models may have `triggers` in their `Meta`, as django-pgtrigger's app allows."""
    names = options.DEFAULT_NAMES
    options.DEFAULT_NAMES = (*names, "triggers")
    try:
        yield
    finally:
        options.DEFAULT_NAMES = names


def default_if_known(ask: Any) -> Any:
    """A default that is not evaluated is none: all tables are empty, and have no row to fill."""

    def effective_default(field: Any) -> object:
        try:
            return ask(field)
        except Refusal:
            return None

    return effective_default
