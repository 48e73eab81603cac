"""Stage migrations: which migration makes each table and each column.

Plain bookkeeping instead of Django's `ProjectState`: what is needed is names, and a
`ProjectState` would have to be complete before it could be asked. The names follow Django's
own rules: https://docs.djangoproject.com/en/stable/ref/models/options/#table-names
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation

from pgtrigger_codegen.migrations.fields import Field, ModelKey, read_field
from pgtrigger_codegen.migrations.reader import Key
from pgtrigger_codegen.models.table_names import default_table_name
from pgtrigger_codegen.sql.names import QualifiedName, table_name


@dataclass(slots=True)
class Table:
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


@dataclass(frozen=True, slots=True)
class RenamedTable:
    """A table goes on under another name, and its triggers with it."""

    old: QualifiedName
    new: QualifiedName


@dataclass(frozen=True, slots=True)
class DroppedTable:
    """A table is gone, and its triggers with it."""

    table: QualifiedName


@dataclass(frozen=True, slots=True)
class RenamedColumn:
    """A column goes on under another name."""

    table: QualifiedName
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class DroppedColumn:
    """A column is gone, and the triggers whose definitions name it."""

    table: QualifiedName
    column: str


@dataclass(frozen=True, slots=True)
class RetypedColumn:
    """A column gets another type."""

    table: QualifiedName
    column: str


TableChange = RenamedTable | DroppedTable | RenamedColumn | DroppedColumn | RetypedColumn


@dataclass(slots=True)
class _Model:
    """A model of the migrations' state.

    Attributes:
        table: None for a proxy.
        default_table: Whether the table's name is the one that Django makes up.
    """

    app_label: str
    name: str
    table: str | None
    default_table: bool
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def key(self) -> ModelKey:
        return self.app_label, self.name.lower()


class Tables:
    """The tables as of some point in the history."""

    def __init__(self) -> None:
        self.by_name: dict[QualifiedName, Table] = {}
        self._models: dict[ModelKey, _Model] = {}

    def object_name(self, key: ModelKey) -> str:
        """The model's name as its class has it; in lower case when the model is not known."""
        model = self._models.get(key)
        return model.name if model else key[1]

    def changes(self, operation: Operation, app_label: str) -> Sequence[TableChange]:
        """What an operation does to tables that are there already."""
        match operation:
            case operations.DeleteModel():
                model = self._models.get((app_label, operation.name.lower()))
                if model and model.table:
                    tables = [model.table, *(name for _, name in _through_tables(model))]
                    return [DroppedTable(table_name(table)) for table in tables]
            case operations.RenameModel():
                model = self._models.get((app_label, operation.old_name.lower()))
                if model and model.default_table and model.table:
                    new = default_table_name(app_label, operation.new_name)
                    return _renamings(model, new)
            case operations.AlterModelTable():
                model = self._models.get((app_label, operation.name.lower()))
                if model and model.table:
                    new = operation.table or default_table_name(app_label, model.name)
                    return _renamings(model, new)
            case operations.RenameField() | operations.AlterField() | operations.RemoveField():
                return self._changes_by_field(operation, app_label)
        return []

    def apply(self, operation: Operation, app_label: str, migration: Key) -> None:
        """Bring the tables to where they are after the operation."""
        match operation:
            case operations.CreateModel():
                self._create_model(operation, app_label, migration)
            case operations.DeleteModel():
                self._delete_model((app_label, operation.name.lower()))
            case operations.RenameModel():
                self._rename_model(operation, app_label, migration)
            case operations.AlterModelTable():
                model = self._models.get((app_label, operation.name.lower()))
                if model and model.table:
                    model.default_table = not operation.table
                    new = operation.table or default_table_name(app_label, model.name)
                    self._move_table(model, new, migration)
            case operations.AddField() | operations.AlterField():
                model = self._models.get((app_label, operation.model_name.lower()))
                if model:
                    new_field = read_field(operation.field, model.key)
                    self._remove_field(model, operation.name, keep_table_of=new_field)
                    self._add_field(model, operation.name, new_field, migration)
            case operations.RemoveField():
                model = self._models.get((app_label, operation.model_name.lower()))
                if model:
                    self._remove_field(model, operation.name)
                    self._touch(model, migration)
            case operations.RenameField():
                model = self._models.get((app_label, operation.model_name.lower()))
                if model and (renamed := model.fields.get(operation.old_name)):
                    self._rename_through(model, renamed, operation, migration)
                    self._remove_field(model, operation.old_name, keep_table_of=renamed)
                    self._add_field(model, operation.new_name, renamed, migration)

    def _changes_by_field(
        self,
        operation: operations.RenameField | operations.AlterField | operations.RemoveField,
        app_label: str,
    ) -> list[TableChange]:
        name = (
            operation.old_name if isinstance(operation, operations.RenameField) else operation.name
        )
        model = self._models.get((app_label, operation.model_name.lower()))
        changed = model.fields.get(name) if model and model.table else None
        if model is None or changed is None:
            return []
        match operation:
            case operations.RenameField():
                after = (operation.new_name, changed)
            case operations.AlterField():
                after = (name, read_field(operation.field, model.key))
            case _:
                after = (name, Field(has_column=False))
        return _field_changes(model, (name, changed), after)

    def _create_model(
        self, operation: operations.CreateModel, app_label: str, migration: Key
    ) -> None:
        proxy = bool(operation.options.get("proxy"))
        db_table = operation.options.get("db_table") or None
        model = _Model(
            app_label,
            operation.name,
            None if proxy else db_table or default_table_name(app_label, operation.name),
            default_table=not db_table,
        )
        self._models[model.key] = model
        if model.table:
            table = Table(model.table, model.key, migration, migration)
            self.by_name[table_name(model.table)] = table
        for name, model_field in operation.fields:
            self._add_field(model, name, read_field(model_field, model.key), migration)

    def _delete_model(self, key: ModelKey) -> None:
        model = self._models.pop(key, None)
        if model is None or model.table is None:
            return
        owners = {key, *(owner for owner, _ in _through_tables(model))}
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
        through = dict(_through_tables(model))
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

    def _move_table(self, model: _Model, new: str, migration: Key) -> None:
        for change in _renamings(model, new):
            if table := self.by_name.pop(change.old, None):
                table.name = _db_table(change.new)
                table.named_by = table.touched_by = migration
                self.by_name[change.new] = table
        model.table = new

    def _add_field(
        self,
        model: _Model,
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
        model: _Model,
        name: str,
        *,
        keep_table_of: Field | None = None,
    ) -> None:
        removed = model.fields.pop(name, None)
        if removed is None or model.table is None:
            return
        if removed.has_through:
            if keep_table_of is None or not keep_table_of.has_through:
                self.by_name.pop(table_name(removed.through_table(model.table, name)), None)
        elif removed.has_column and (table := self._table(model)):
            for column in removed.columns(name):
                table.columns.pop(column, None)

    def _rename_through(
        self,
        model: _Model,
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

    def _touch(self, model: _Model, migration: Key) -> None:
        if table := self._table(model):
            table.touched_by = migration

    def _table(self, model: _Model) -> Table | None:
        """The model's table, unless another model has taken it over."""
        table = self.by_name.get(table_name(model.table)) if model.table else None
        return table if table and table.model == model.key else None


def _through_tables(model: _Model) -> Iterator[tuple[ModelKey, str]]:
    """The default through tables of a model, each with its model's key."""
    for name, model_field in model.fields.items():
        if model.table and model_field.has_through:
            owner = (model.app_label, f"{model.name}_{name}".lower())
            yield owner, model_field.through_table(model.table, name)


def _renamings(model: _Model, new: str) -> list[RenamedTable]:
    """A model's table and its default through tables get other names."""
    changes = _renaming(str(model.table), new)
    for name, model_field in model.fields.items():
        if model_field.has_through:
            before = model_field.through_table(str(model.table), name)
            changes += _renaming(before, model_field.through_table(new, name))
    return changes


def _field_changes(
    model: _Model, before: tuple[str, Field], after: tuple[str, Field]
) -> list[TableChange]:
    """A field gets another name or another definition, or goes."""
    (name, old), (new_name, new) = before, after
    table = str(model.table)
    changes: list[TableChange] = []
    if old.has_through and new.has_through:
        changes += _renaming(old.through_table(table, name), new.through_table(table, new_name))
    elif old.has_through:
        changes.append(DroppedTable(table_name(old.through_table(table, name))))
    if old.has_column and new.has_column:
        pairs = zip(old.columns(name), new.columns(new_name), strict=False)
        changes += [
            RenamedColumn(table_name(table), column, other)
            for column, other in pairs
            if column != other
        ]
        if old.db_type and new.db_type and old.db_type != new.db_type:
            column = new.columns(new_name)[0]
            changes.append(RetypedColumn(table_name(table), column))
    elif old.has_column:
        changes += [DroppedColumn(table_name(table), column) for column in old.columns(name)]
    return changes


def _renaming(before: str, after: str) -> list[RenamedTable]:
    old, new = table_name(before), table_name(after)
    return [RenamedTable(old, new)] if old != new else []


def _db_table(name: QualifiedName) -> str:
    return f'{name.schema}"."{name.name}' if name.schema else name.name
