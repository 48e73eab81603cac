"""Stage migrations: what models and fields are called in the database.

Django's own rules: https://docs.djangoproject.com/en/stable/ref/models/options/#table-names
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.db import models
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.utils import strip_quotes, truncate_name

from pgtrigger_codegen.evaluator.stand_in import StandInField
from pgtrigger_codegen.evaluator.values import Refusal
from pgtrigger_codegen.models.table_names import MAX_NAME_LENGTH

ModelKey = tuple[str, str]
"""App label and model name in lower case."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a field means for tables.

    Attributes:
        has_column: False for many-to-many fields and the like.
        db_type: The column's type, None where that takes more than the field to know.
        is_known: False for a field of a package that is not there: it may be a foreign key.
        db_column: The column where the field names one.
        suffix: What Django appends to the field's name to make the column's.
        has_through: Whether Django makes a table for this many-to-many field.
        db_table: That table where the field names one.
        target: The model at the other end of that table, or of the foreign key.
        is_foreign_key: Whether the column's type is that of another one.
        to_field: The field of the target that a foreign key names; None for its primary key.
        is_unique: Whether foreign keys can point at the field: a primary key or unique.
        reference_type: The type of the foreign keys that point at it.
        remarks: What else Django sets together with the type: identity, comment.
    """

    has_column: bool
    db_column: str | None = None
    suffix: str = ""
    has_through: bool = False
    db_table: str | None = None
    target: ModelKey | None = None
    is_known: bool = True
    db_type: str | None = None
    is_foreign_key: bool = False
    to_field: str | None = None
    primary_key: bool = False
    is_unique: bool = False
    reference_type: str | None = None
    remarks: tuple[object, ...] = ()

    def columns(self, name: str) -> tuple[str, ...]:
        """The column of the field under this name; what it may be when that is not known."""
        if not self.is_known:
            return name, f"{name}_id"
        return (self.db_column or f"{name}{self.suffix}",)

    def through_table(self, table: str, name: str) -> str:
        """The table between the model's own and the target's."""
        default = truncate_name(f"{strip_quotes(table)}_{name}", MAX_NAME_LENGTH)
        return self.db_table or default

    def through_columns(self, model: ModelKey) -> tuple[str, ...]:
        """The columns of that table."""
        source, target = model[1], self.target[1] if self.target else ""
        if self.target == model:
            return "id", f"from_{source}_id", f"to_{source}_id"
        return "id", f"{source}_id", f"{target}_id"

    def with_target_renamed(self, old: ModelKey, new: ModelKey) -> Field:
        return replace(self, target=new) if self.target == old else self


def read_field(model_field: object, model: ModelKey) -> Field:
    """What one of Django's field objects means for the tables of its model."""
    match model_field:
        case StandInField():
            return Field(has_column=True, is_known=False)
        case models.ManyToManyField():
            relation = model_field.remote_field
            return Field(
                has_column=False,
                has_through=getattr(relation, "through", None) is None,
                db_table=getattr(model_field, "db_table", None),
                target=_target(getattr(relation, "model", ""), model),
            )
        case models.ForeignKey():
            return Field(
                has_column=True,
                db_column=model_field.db_column,
                suffix="_id",
                target=_target(getattr(model_field.remote_field, "model", ""), model),
                is_foreign_key=True,
                to_field=getattr(model_field.remote_field, "field_name", None),
                **_column_facts(model_field),
            )
        case models.ForeignObject() | models.CompositePrimaryKey():
            return Field(has_column=False)
        case models.Field():
            return Field(
                has_column=True,
                db_column=model_field.db_column,
                db_type=_db_type(model_field),
                reference_type=_db_type(model_field, for_reference=True),
                **_column_facts(model_field),
            )
        case _:
            return Field(has_column=False)


def _column_facts(model_field: models.Field[Any, Any]) -> dict[str, Any]:
    identity = model_field.db_type_suffix(_connection()) if _is_djangos(model_field) else None
    return {
        "primary_key": model_field.primary_key,
        "is_unique": bool(model_field.primary_key or model_field.unique),
        "remarks": (identity, model_field.db_comment),
    }


def _db_type(model_field: models.Field[Any, Any], *, for_reference: bool = False) -> str | None:
    """The type and collation of a field of Django's own, or of a foreign key to it."""
    if not _is_djangos(model_field):
        return None
    try:
        parameters = model_field.db_parameters(_connection())
        type_ = model_field.rel_db_type(_connection()) if for_reference else parameters["type"]
    except Refusal:  # a length, say, that is not known
        return None
    collation = parameters.get("collation")
    return f"{type_} COLLATE {collation}" if collation else type_


def _is_djangos(model_field: models.Field[Any, Any]) -> bool:
    """Whether the class is really Django's.

    Those of `django.contrib.gis`, say, are interpreted, and need a database that has their types.
    """
    module = type(model_field).__module__
    return sys.modules.get(module) is not None and module.startswith("django.")


@cache
def _connection() -> DatabaseWrapper:
    """PostgreSQL's dialect; nothing ever connects."""
    return DatabaseWrapper({})


def _target(written: object, model: ModelKey) -> ModelKey:
    """The model that a relation names (`auth.group`, `Group`, `self`)."""
    if written == "self":
        return model
    label = written if isinstance(written, str) else str(getattr(written, "__name__", written))
    app_label, _, name = label.rpartition(".")
    return app_label or model[0], name.lower()
