"""Stage migrations: the effects of operations that a trigger could move past.

Recorded while the history is replayed: which tables an operation changes, whether it may rely on
the triggers that are there, and which of them it makes itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from django.db import models
from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from msgspec import Struct, field
from msgspec.structs import replace
from pgtrigger.migrations import AddTrigger, RemoveTrigger

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.collapse.trigger_steps import (
    OperationPlace,
    TriggerStep,
    adoption_body,
    is_ignore_function,
    read_step,
)
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.migrations.replaying.moment import ReplayedState
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger, in_search_path
from pgtrigger_codegen.migrations.schema.fields import ModelKey
from pgtrigger_codegen.migrations.schema.tables import Table, TableChange
from pgtrigger_codegen.sql.equivalence import TriggerDefinition, TriggerKey
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.sql.statements import CreateFunction, Other, read_statements


class Passed(Struct, frozen=True):
    """One operation of the history.

    Attributes:
        changes: What it does to tables that are there.
        filled: The table whose rows it updates: a nullable column becomes NOT NULL.
        relies: Why it may do other things where other triggers are there; None when it cannot.
        step: What it makes of a trigger, where it could be written anew.
        touched: The triggers that it makes, changes or drops.
        unread: Why it is no step though it touches triggers.
        ignore_function: The one that it makes, and nothing else.
        adopts: Whether it takes over triggers that were installed without migrations.
        tables, functions: What is there before it; only for operations that touch triggers.
    """

    place: OperationPlace
    name: str
    changes: tuple[TableChange, ...]
    filled: QualifiedName | None
    relies: str | None
    step: TriggerStep | None = None
    touched: frozenset[TriggerKey] = frozenset()
    unread: str | None = None
    ignore_function: str | None = None
    adopts: bool = False
    tables: Mapping[QualifiedName, Table] = field(default_factory=dict)
    functions: frozenset[QualifiedName] = frozenset()


class Recorder:
    """Records the effects of some migrations' operations."""

    def __init__(self, migrations: Iterable[Key], app_label: str) -> None:
        self._wanted = frozenset(migrations)
        self._app_label = app_label
        self._nullable = _Nullable()
        self._definitions: Mapping[TriggerKey, TriggerDefinition] = {}
        self._triggers: dict[TriggerKey, InstalledTrigger] = {}
        self._tables: dict[QualifiedName, Table] = {}
        self._functions: frozenset[QualifiedName] = frozenset()
        self._changes: tuple[TableChange, ...] = ()
        self._filled: QualifiedName | None = None
        self._adoptions: dict[Key, str] = {}
        self.passed: list[Passed] = []

    def before(self, moment: ReplayedState) -> None:
        if moment.migration not in self._wanted:
            return
        self._definitions = moment.definitions
        self._triggers, self._tables = {}, {}
        if self._may_be_step(moment):
            self._triggers = {key: moment.trigger(key) for key in moment.definitions}
            self._tables = {
                name: Table(
                    table.name, table.model, table.named_by, table.touched_by, dict(table.columns)
                )
                for name, table in moment.tables.items()
            }
            self._functions = frozenset(moment.functions)
        self._changes = tuple(
            change
            for operation in _on_database(moment.operation)
            for change in moment.changes(operation)
        )
        self._filled = self._nullable.filled(moment)

    def after(self, moment: ReplayedState) -> None:
        if moment.migration in self._wanted:
            self.passed.append(self._passed(moment))
        self._nullable.follow(moment)

    def _passed(self, moment: ReplayedState) -> Passed:
        before, after = self._definitions, moment.definitions
        touched: frozenset[TriggerKey] = frozenset()
        if before is not after:
            keys = before.keys() | after.keys()
            touched = frozenset(key for key in keys if before.get(key) != after.get(key))
        place, operation = OperationPlace(moment.migration, moment.index), moment.operation
        step = None
        if touched and self._may_be_step(moment):
            step = self._step(place, moment, touched)
        if isinstance(step, TriggerStep) and self._is_adopted(step):
            step = replace(step, adopted_in=moment.migration)
        ignore_function = is_ignore_function(operation)
        adoption = adoption_body(operation)
        if adoption:
            self._adoptions[moment.migration] = adoption
        relies = None
        if not isinstance(step, TriggerStep) and not ignore_function and not adoption:
            relies = _relies(operation)
        return Passed(
            place,
            _name(operation),
            self._changes,
            self._filled,
            relies,
            step=step if isinstance(step, TriggerStep) else None,
            touched=touched,
            unread=step if isinstance(step, str) else None,
            ignore_function=ignore_function,
            adopts=adoption is not None,
            tables=self._tables if touched else {},
            functions=self._functions if touched else frozenset(),
        )

    def _step(
        self, place: OperationPlace, moment: ReplayedState, touched: frozenset[TriggerKey]
    ) -> TriggerStep | str:
        assert isinstance(moment.operation, operations.RunSQL)
        gone = [key for key in touched if key not in moment.definitions]
        there = [key for key in touched if key in moment.definitions]
        if len(gone) > 1 or len(there) > 1:
            return "it changes several triggers"
        if gone and there and there[0] in self._triggers:
            return "it changes several triggers"
        return read_step(
            place,
            moment.operation,
            self._triggers.get((gone or there)[0]),
            moment.trigger(there[0]) if there else None,
        )

    def _is_adopted(self, step: TriggerStep) -> bool:
        """Whether the migration looks whether the new trigger is there already."""
        noted = self._adoptions.get(step.place.migration, "")
        return (
            step.before is None
            and step.after is not None
            and f"'{step.after.definition.pgid}'" in noted
        )

    def _may_be_step(self, moment: ReplayedState) -> bool:
        return moment.migration[0] == self._app_label and isinstance(
            moment.operation, operations.RunSQL
        )


def _on_database(operation: object) -> Iterator[Operation]:
    """The operation, or those inside of it that have an effect on the database."""
    if isinstance(operation, operations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from _on_database(inner)
    elif isinstance(operation, Operation):
        yield operation


# What no trigger can change, and what needs none.
_INDIFFERENT_STATEMENTS = frozenset(
    {"CommentStmt", "CreateExtensionStmt", "IndexStmt", "VariableSetStmt"}
)
_INDIFFERENT_MODULES = ("django.db.migrations.operations", "django.contrib.postgres.operations")


def _relies(operation: object) -> str | None:
    """Why the operation may do other things where other triggers are there."""
    match operation:
        case operations.SeparateDatabaseAndState():
            reasons = (_relies(inner) for inner in operation.database_operations)
            return next((reason for reason in reasons if reason), None)
        case operations.RunPython():
            return "its code may write rows"
        case operations.RunSQL():
            return None if _is_indifferent(operation) else "its SQL may write rows"
        case AddTrigger() | RemoveTrigger():
            return None
        case Operation() if type(operation).__module__.startswith(_INDIFFERENT_MODULES):
            return None
        case Operation():
            return "its effect is not known"
        case Unknown():
            return f"it cannot be read: {operation.reason}"
        case _:
            return "it cannot be read"


def _is_indifferent(operation: operations.RunSQL) -> bool:
    for text in sql_texts(operation.sql):
        if isinstance(text, Unknown):
            return False
        try:
            found = read_statements(text)
        except SqlSyntaxError:
            return False
        for statement in found:
            indifferent = isinstance(statement, CreateFunction) or (
                isinstance(statement, Other) and statement.kind in _INDIFFERENT_STATEMENTS
            )
            if not indifferent:
                return False
    return True


def _name(operation: object) -> str:
    return type(operation).__name__ if isinstance(operation, Operation) else "an operation"


class _Nullable:
    """Which fields of the migrations' models may be null.

    Where one becomes NOT NULL, Django updates the rows that have no value, and triggers fire.
    Fields are looked at only then: a history has thousands.
    """

    def __init__(self) -> None:
        self._defined: dict[ModelKey, list[Operation]] = {}

    def filled(self, moment: ReplayedState) -> QualifiedName | None:
        """The table whose rows an operation updates."""
        for operation in _on_database(moment.operation):
            if isinstance(operation, operations.AlterField) and not _may_be_null(operation.field):
                model = (moment.migration[0], operation.model_name.lower())
                if self._is_nullable(model, operation.name):
                    for name, table in moment.tables.items():
                        if table.model == model:
                            return in_search_path(name)
        return None

    def follow(self, moment: ReplayedState) -> None:
        app_label = moment.migration[0]
        match moment.operation:
            case operations.CreateModel() as created:
                self._defined[app_label, created.name.lower()] = [created]
            case operations.AddField() | operations.AlterField() | operations.RenameField() as on:
                self._defined.setdefault((app_label, on.model_name.lower()), []).append(on)
            case operations.RenameModel() as renamed:
                found = self._defined.pop((app_label, renamed.old_name.lower()), [])
                self._defined[app_label, renamed.new_name.lower()] = found
            case _:
                pass

    def _is_nullable(self, model: ModelKey, name: str) -> bool:
        """Whether a field was nullable so far; yes where that is not known."""
        for operation in reversed(self._defined.get(model, ())):
            match operation:
                case operations.RenameField():
                    name = operation.old_name if operation.new_name == name else name
                case operations.AddField() | operations.AlterField():
                    if operation.name == name:
                        return _may_be_null(operation.field)
                case operations.CreateModel():
                    return next(
                        (_may_be_null(item) for other, item in operation.fields if other == name),
                        True,
                    )
        return True


def _may_be_null(model_field: object) -> bool:
    return not isinstance(model_field, models.Field) or bool(model_field.null)
