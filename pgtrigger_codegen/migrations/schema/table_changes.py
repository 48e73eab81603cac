"""Stage migrations: the effect of an operation on existing tables.

As Django's schema editor does it: https://docs.djangoproject.com/en/stable/ref/schema-editor/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.migrations.schema.fields import Field, read_field
from pgtrigger_codegen.migrations.schema.table_models import (
    Models,
    TableModel,
    column_type,
    references,
)
from pgtrigger_codegen.models.table_names import default_table_name
from pgtrigger_codegen.sql.names import QualifiedName, table_name


class RenamedTable(Struct, frozen=True):
    """A table goes on under another name, and its triggers with it."""

    old: QualifiedName
    new: QualifiedName


class DroppedTable(Struct, frozen=True):
    """A table is gone, and its triggers with it."""

    table: QualifiedName


class RenamedColumn(Struct, frozen=True):
    """A column goes on under another name."""

    table: QualifiedName
    old: str
    new: str


class DroppedColumn(Struct, frozen=True):
    """A column is gone, and the triggers whose definitions name it."""

    table: QualifiedName
    column: str


class RetypedColumn(Struct, frozen=True):
    """A column gets another type.

    Attributes:
        in_name_only: Whether it is the type that it has already. Django runs ALTER COLUMN …
            TYPE for another comment or identity as well, and PostgreSQL refuses that alike.
        in_length_only: Whether it is the same but for its length or precision.
        by_hand: Whether a statement of the migration's own does it, and not Django's schema editor.
    """

    table: QualifiedName
    column: str
    in_name_only: bool = False
    in_length_only: bool = False
    by_hand: bool = False


TableChange = RenamedTable | DroppedTable | RenamedColumn | DroppedColumn | RetypedColumn


def table_changes(operation: Operation, app_label: str, models: Models) -> Sequence[TableChange]:
    """What the operation does in the database."""
    match operation:
        case operations.RenameField() | operations.AlterField() | operations.RemoveField():
            model = _managed(models, app_label, operation.model_name)
            return _changed_field(model, operation, models) if model else []
        case operations.RenameModel():
            model = _managed(models, app_label, operation.old_name)
            return _renamed_model(model, operation.new_name, models) if model else []
        case (
            operations.DeleteModel()
            | operations.AlterModelTable()
            | operations.AlterOrderWithRespectTo()
        ):
            model = _managed(models, app_label, operation.name)
            return _changed_model(model, operation) if model else []
        case _:
            return []


def renamings(model: TableModel, new: str) -> list[RenamedTable]:
    """A model's table and its default through tables get other names."""
    changes = _renaming(str(model.table), new)
    for name, model_field in model.fields.items():
        if model_field.has_through:
            before = model_field.through_table(str(model.table), name)
            changes += _renaming(before, model_field.through_table(new, name))
    return changes


def _managed(models: Models, app_label: str, name: str) -> TableModel | None:
    """The model, unless the database does not follow what becomes of it."""
    model = models.get((app_label, name.lower()))
    return model if model and model.table and model.managed else None


def _renamed_model(model: TableModel, new_name: str, models: Models) -> list[TableChange]:
    table = str(model.table)
    new_table = default_table_name(model.app_label, new_name) if model.default_table else table
    renamed = replace(model, name=new_name)
    changes: list[TableChange] = [*renamings(model, new_table)]
    for owner in models.values():
        for name, before in owner.fields.items():
            if not (before.has_through and owner.table and owner.managed):
                continue
            after = before.with_target_renamed(model.key, renamed.key)
            owned = owner.key == model.key
            through = after.through_table(new_table if owned else owner.table, name)
            columns = before.through_columns(owner.key)
            new_columns = after.through_columns(renamed.key if owned else owner.key)
            changes += _renamed_columns(through, columns, new_columns)
    return changes


def _changed_model(
    model: TableModel,
    operation: (
        operations.DeleteModel | operations.AlterModelTable | operations.AlterOrderWithRespectTo
    ),
) -> Sequence[TableChange]:
    table = str(model.table)
    match operation:
        case operations.DeleteModel():
            tables = [table, *(name for _, name in model.through_tables())]
            return [DroppedTable(table_name(name)) for name in tables]
        case operations.AlterModelTable():
            new = operation.table or default_table_name(model.app_label, model.name)
            return renamings(model, new)
        case _:
            is_gone = "_order" in model.fields and not operation.order_with_respect_to
            return [DroppedColumn(table_name(table), "_order")] if is_gone else []


def _changed_field(
    model: TableModel,
    operation: operations.RenameField | operations.AlterField | operations.RemoveField,
    models: Models,
) -> Sequence[TableChange]:
    name = operation.old_name if isinstance(operation, operations.RenameField) else operation.name
    old = model.fields.get(name)
    if old is None:
        return []
    match operation:
        case operations.RenameField():
            return _field_changes(model, (name, old), (operation.new_name, old), models)
        case operations.AlterField():
            new = read_field(operation.field, model.key)
            return _field_changes(model, (name, old), (name, new), models)
        case _:
            return _field_changes(model, (name, old), (name, Field(has_column=False)), models)


def _field_changes(
    model: TableModel, before: tuple[str, Field], after: tuple[str, Field], models: Models
) -> list[TableChange]:
    """A field gets another name or another definition, or goes."""
    (name, old), (new_name, new) = before, after
    table = str(model.table)
    changes: list[TableChange] = []
    if old.has_through and new.has_through:
        through = new.through_table(table, new_name)
        changes += _renaming(old.through_table(table, name), through)
        columns, new_columns = old.through_columns(model.key), new.through_columns(model.key)
        changes += _renamed_columns(through, columns, new_columns)
    elif old.has_through:
        changes.append(DroppedTable(table_name(old.through_table(table, name))))
    if old.has_column and new.has_column:
        changes += _renamed_columns(table, old.columns(name), new.columns(new_name))
        if old is not new:
            changes += _retyped(model, (name, old), new, models)
    elif old.has_column:
        changes += [DroppedColumn(table_name(table), column) for column in old.columns(name)]
    return changes


_MODIFIER = re.compile(r"\([^)]*\)")


def _retyped(
    model: TableModel, before: tuple[str, Field], new: Field, models: Models
) -> Iterator[RetypedColumn]:
    name, old = before
    types = column_type(old, models), column_type(new, models)
    if None in types:
        return
    same_type = types[0] == types[1]
    if not same_type or old.remarks != new.remarks:
        column = new.columns(name)[0]
        plain = {_MODIFIER.sub("", str(one)) for one in types}
        yield RetypedColumn(
            table_name(str(model.table)),
            column,
            in_name_only=same_type,
            in_length_only=len(plain) == 1 and not same_type,
        )
    becomes_key = new.primary_key and not old.primary_key
    if becomes_key or (not same_type and old.is_unique and new.is_unique):
        altered = replace(model, fields={**model.fields, name: new})
        for reference in references(altered, name, models):
            yield RetypedColumn(table_name(reference.table), reference.column)


def _renamed_columns(
    table: str, columns: Sequence[str], new_columns: Sequence[str]
) -> Iterator[RenamedColumn]:
    for old, new in zip(columns, new_columns, strict=False):
        if old != new:
            yield RenamedColumn(table_name(table), old, new)


def _renaming(before: str, after: str) -> list[RenamedTable]:
    old, new = table_name(before), table_name(after)
    return [RenamedTable(old, new)] if old != new else []
