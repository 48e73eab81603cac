"""Stage migrations: which migration makes each table and each column.

Plain bookkeeping instead of Django's `ProjectState`: what is needed is names, and a
`ProjectState` would have to be complete before it could be asked. The names follow Django's
own rules: https://docs.djangoproject.com/en/stable/ref/models/options/#table-names
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from django.db.models.fields.proxy import OrderWrt
from msgspec import Struct, field
from msgspec.structs import replace

from pgtrigger_codegen.evaluator.django.postponed import PostponedFields
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.schema.fields import Field, ModelKey, read_field
from pgtrigger_codegen.migrations.schema.table_changes import (
    DroppedColumn,
    DroppedTable,
    RenamedColumn,
    RenamedTable,
    RetypedColumn,
    TableChange,
    renamings,
    table_changes,
)
from pgtrigger_codegen.migrations.schema.table_models import TableModel, references
from pgtrigger_codegen.models.table_names import default_table_name
from pgtrigger_codegen.sql.names import QualifiedName, db_table, table_name

__all__ = [
    "DroppedColumn",
    "DroppedTable",
    "RenamedColumn",
    "RenamedTable",
    "RetypedColumn",
    "Table",
    "TableChange",
    "Tables",
]


class Table(Struct):
    """A table, by the migrations alone.

    Attributes:
        model: The model that it belongs to; `(app, owner_field)` for a default through table.
        columns: The migration that last made, renamed or altered each column.
        named_by: The migration that made it or gave it its name.
        touched_by: The migration that last changed anything of it.
    """

    name: str
    model: ModelKey
    named_by: Key
    touched_by: Key
    columns: dict[str, Key] = field(default_factory=dict)


class Tables:
    """The tables as of some point in the history."""

    def __init__(self) -> None:
        self.by_name: dict[QualifiedName, Table] = {}
        self._models: dict[ModelKey, TableModel] = {}

    def object_name(self, key: ModelKey) -> str:
        """The model's name as its class has it; in lower case when the model is not known."""
        model = self._models.get(key)
        return model.name if model else key[1]

    def changes(self, operation: Operation, app_label: str) -> Sequence[TableChange]:
        """What an operation does to tables that are there already."""
        return table_changes(operation, app_label, self._models)

    def references(self, key: ModelKey, name: str) -> list[tuple[QualifiedName, str]]:
        """The columns that hold the values of a model's field, foreign keys to it and so on."""
        model = self._models.get(key)
        is_key = model and name in model.fields and model.fields[name].is_unique
        found = references(model, name, self._models) if model and is_key else ()
        return [(table_name(table), column) for table, column in found]

    def copy(self) -> Tables:
        """The same tables, to try operations on."""
        other = Tables()
        other.by_name = {
            name: replace(table, columns=dict(table.columns))
            for name, table in self.by_name.items()
        }
        other._models = {key: model.copy() for key, model in self._models.items()}
        return other

    def apply(self, operation: Operation, app_label: str, migration: Key) -> None:
        """Bring the tables to where they are after the operation."""
        match operation:
            case operations.CreateModel():
                self._create_model(operation, app_label, migration)
            case operations.DeleteModel():
                self._delete_model((app_label, operation.name.lower()))
            case operations.RenameModel():
                self._rename_model(operation, app_label, migration)
            case (
                operations.AddField()
                | operations.AlterField()
                | operations.RemoveField()
                | operations.RenameField()
            ):
                self._apply_to_field(operation, app_label, migration)
            case (
                operations.AlterModelTable()
                | operations.AlterModelOptions()
                | operations.AlterOrderWithRespectTo()
            ):
                if model := self._models.get((app_label, operation.name.lower())):
                    self._alter_model(model, operation, migration)

    def _apply_to_field(
        self,
        operation: (
            operations.AddField
            | operations.AlterField
            | operations.RemoveField
            | operations.RenameField
        ),
        app_label: str,
        migration: Key,
    ) -> None:
        model = self._models.get((app_label, operation.model_name.lower()))
        if model is None:
            return
        match operation:
            case operations.AddField() | operations.AlterField():
                new_field = read_field(operation.field, model.key)
                self._remove_field(model, operation.name, keep_table_of=new_field)
                self._add_field(model, operation.name, new_field, migration)
            case operations.RenameField():
                if renamed := model.fields.get(operation.old_name):
                    self._rename_through(model, renamed, operation, migration)
                    self._remove_field(model, operation.old_name, keep_table_of=renamed)
                    self._add_field(model, operation.new_name, renamed, migration)
                    self._rename_target(model.key, operation.old_name, operation.new_name)
            case _:
                self._remove_field(model, operation.name)
                self._touch(model, migration)

    def _create_model(
        self, operation: operations.CreateModel, app_label: str, migration: Key
    ) -> None:
        proxy = bool(operation.options.get("proxy"))
        db_table = operation.options.get("db_table") or None
        model = TableModel(
            app_label,
            operation.name,
            None if proxy else db_table or default_table_name(app_label, operation.name),
            default_table=not db_table,
            managed=bool(operation.options.get("managed", True)),
        )
        self._models[model.key] = model
        if model.table:
            table = Table(model.table, model.key, migration, migration)
            self.by_name[table_name(model.table)] = table
        fields = operation.fields
        entries = fields.entries() if isinstance(fields, PostponedFields) else fields
        for name, model_field in entries:
            self._add_field(model, name, read_field(model_field, model.key), migration)
        if operation.options.get("order_with_respect_to"):
            self._add_field(model, "_order", _order_field(model), migration)

    def _delete_model(self, key: ModelKey) -> None:
        model = self._models.pop(key, None)
        if model is None or model.table is None:
            return
        owners = {key, *(owner for owner, _ in model.through_tables())}
        for name, table in list(self.by_name.items()):
            # A table that another model has taken over in the meantime stays.
            if table.model in owners:
                del self.by_name[name]

    def _rename_model(
        self, operation: operations.RenameModel, app_label: str, migration: Key
    ) -> None:
        old_key = (app_label, operation.old_name.lower())
        model = self._models.pop(old_key, None)
        if model is None:
            return
        through = dict(model.through_tables())
        model.name = operation.new_name
        self._models[model.key] = model
        for table in self.by_name.values():
            if table.model == old_key:
                table.model = model.key
            elif table.model in through:
                field_name = table.model[1].removeprefix(f"{old_key[1]}_")
                table.model = (app_label, f"{model.key[1]}_{field_name}")
        for other in self._models.values():
            other.fields = {
                name: field.with_target_renamed(old_key, model.key)
                for name, field in other.fields.items()
            }
        if model.default_table and model.table:
            self._move_table(model, default_table_name(app_label, model.name), migration)
        self._refresh_through_columns(migration)

    def _alter_model(
        self,
        model: TableModel,
        operation: (
            operations.AlterModelTable
            | operations.AlterModelOptions
            | operations.AlterOrderWithRespectTo
        ),
        migration: Key,
    ) -> None:
        match operation:
            case operations.AlterModelTable():
                if model.table:
                    model.default_table = not operation.table
                    new = operation.table or default_table_name(model.app_label, model.name)
                    self._move_table(model, new, migration)
            case operations.AlterModelOptions():
                model.managed = bool(operation.options.get("managed", True))
            case _:
                self._remove_field(model, "_order")
                if operation.order_with_respect_to:
                    self._add_field(model, "_order", _order_field(model), migration)

    def _move_table(self, model: TableModel, new: str, migration: Key) -> None:
        for change in renamings(model, new):
            if table := self.by_name.pop(change.old, None):
                table.name = db_table(change.new)
                table.named_by = table.touched_by = migration
                self.by_name[change.new] = table
        model.table = new

    def _add_field(
        self,
        model: TableModel,
        name: str,
        model_field: Field,
        migration: Key,
    ) -> None:
        model.fields[name] = model_field
        if model.table is None:
            return
        if model_field.has_through:
            through = model_field.through_table(model.table, name)
            columns = model_field.through_columns(model.key)
            owner = (model.app_label, f"{model.name}_{name}".lower())
            known = self.by_name.setdefault(
                table_name(through), Table(through, owner, migration, migration)
            )
            known.model = owner
            known.columns = {column: known.columns.get(column, migration) for column in columns}
        elif model_field.has_column and (table := self._table(model)):
            table.columns.update(dict.fromkeys(model_field.columns(name), migration))
            table.touched_by = migration

    def _remove_field(
        self,
        model: TableModel,
        name: str,
        *,
        keep_table_of: Field | None = None,
    ) -> None:
        removed = model.fields.pop(name, None)
        if removed is None or model.table is None:
            return
        if removed.has_through:
            if keep_table_of is None or not keep_table_of.has_through:
                self._remove_through(
                    model, name, table_name(removed.through_table(model.table, name))
                )
        elif removed.has_column and (table := self._table(model)):
            for column in removed.columns(name):
                table.columns.pop(column, None)

    def _remove_through(self, model: TableModel, name: str, through: QualifiedName) -> None:
        """A table that a model has been made for in the meantime stays.

        https://docs.djangoproject.com/en/stable/howto/writing-migrations/
        """
        table = self.by_name.get(through)
        if table and table.model == (model.app_label, f"{model.name}_{name}".lower()):
            del self.by_name[through]

    def _rename_through(
        self,
        model: TableModel,
        renamed: Field,
        operation: operations.RenameField,
        migration: Key,
    ) -> None:
        if not (renamed.has_through and model.table):
            return
        old = renamed.through_table(model.table, operation.old_name)
        new = renamed.through_table(model.table, operation.new_name)
        if table := self.by_name.pop(table_name(old), None):
            table.name = new
            table.named_by = table.touched_by = migration
            self.by_name[table_name(new)] = table

    def _rename_target(self, key: ModelKey, old: str, new: str) -> None:
        """Foreign keys can name the field that they point at."""
        for model in self._models.values():
            for name, model_field in model.fields.items():
                if model_field.target == key and model_field.to_field == old:
                    model.fields[name] = replace(model_field, to_field=new)

    def _refresh_through_columns(self, migration: Key) -> None:
        """Through tables name their columns after the models on both sides."""
        for model in self._models.values():
            for name, model_field in model.fields.items():
                if not (model_field.has_through and model.table):
                    continue
                through = table_name(model_field.through_table(model.table, name))
                if table := self.by_name.get(through):
                    columns = model_field.through_columns(model.key)
                    table.columns = {
                        column: table.columns.get(column, migration) for column in columns
                    }

    def _touch(self, model: TableModel, migration: Key) -> None:
        if table := self._table(model):
            table.touched_by = migration

    def _table(self, model: TableModel) -> Table | None:
        """The model's table, unless another model has taken it over."""
        table = self.by_name.get(table_name(model.table)) if model.table else None
        return table if table and table.model == model.key else None


def _order_field(model: TableModel) -> Field:
    """The column by which `order_with_respect_to` keeps rows in order."""
    return read_field(OrderWrt(), model.key)
