"""Stage migrations: the models of the history, as far as they matter for tables.

What one operation does to a table can depend on other models: a foreign key has the type of
what it points at, and the tables between two models name both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct, field

from pgtrigger_codegen.migrations.schema.fields import Field, ModelKey


class TableModel(Struct):
    """A model of the migrations' state.

    Attributes:
        table: None for a proxy.
        default_table: Whether the table's name is the one that Django makes up.
        managed: Whether Django makes and changes the table.
    """

    app_label: str
    name: str
    table: str | None
    default_table: bool
    managed: bool = True
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def key(self) -> ModelKey:
        return self.app_label, self.name.lower()

    def through_tables(self) -> Iterator[tuple[ModelKey, str]]:
        """The default through tables of the model, each with its model's key."""
        for name, model_field in self.fields.items():
            if self.table and model_field.has_through:
                owner = (self.app_label, f"{self.name}_{name}".lower())
                yield owner, model_field.through_table(self.table, name)

    def copy(self) -> TableModel:
        return TableModel(
            self.app_label,
            self.name,
            self.table,
            self.default_table,
            self.managed,
            dict(self.fields),
        )


Models = dict[ModelKey, TableModel]


class ReferencingColumn(NamedTuple):
    """A column that holds the values of another one."""

    table: str
    column: str


def column_type(model_field: Field, models: Models, seen: tuple[Field, ...] = ()) -> str | None:
    """The type of the field's column; None where that is not known."""
    if not model_field.is_foreign_key:
        return model_field.db_type
    target = models.get(model_field.target) if model_field.target else None
    referred = _referred(model_field, target) if target else None
    if referred is None or model_field in seen:
        return None
    if referred.is_foreign_key:
        return column_type(referred, models, (*seen, model_field))
    return referred.reference_type


def references(model: TableModel, name: str, models: Models) -> Iterator[ReferencingColumn]:
    """The columns that get another type when the field does.

    Django alters the foreign keys that point at a primary key or at a unique field, the columns
    of default through tables among them, and so on from those that are primary keys in turn.
    """
    yield from _references(model, name, models, set())


def _references(
    model: TableModel, name: str, models: Models, seen: set[tuple[ModelKey, str]]
) -> Iterator[ReferencingColumn]:
    seen.add((model.key, name))
    altered = model.fields[name]
    for other in models.values():
        for other_name, other_field in other.fields.items():
            if other_field.has_through and altered.primary_key:
                yield from _in_through_table(model, other, other_name, other_field)
            elif (
                other_field.is_foreign_key
                and other_field.target == model.key
                and (
                    other_field.to_field == name
                    or (not other_field.to_field and altered.primary_key)
                )
                and (other.key, other_name) not in seen
            ):
                if other.table and other.managed:
                    yield ReferencingColumn(other.table, other_field.columns(other_name)[0])
                yield from _references(other, other_name, models, seen)


def _in_through_table(
    model: TableModel, owner: TableModel, name: str, model_field: Field
) -> Iterator[ReferencingColumn]:
    if owner.table and model.key in (owner.key, model_field.target):
        _, source, target = model_field.through_columns(owner.key)
        table = model_field.through_table(owner.table, name)
        if owner.key == model.key:
            yield ReferencingColumn(table, source)
        if model_field.target == model.key:
            yield ReferencingColumn(table, target)


def _referred(foreign_key: Field, target: TableModel) -> Field | None:
    """The field that a foreign key points at."""
    if foreign_key.to_field:
        return target.fields.get(foreign_key.to_field)
    keys = (item for item in target.fields.values() if item.primary_key)
    return next(keys, None)
