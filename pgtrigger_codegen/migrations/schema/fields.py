"""Stage migrations: the names of models and fields in the database.

Django's own rules: https://docs.djangoproject.com/en/stable/ref/models/options/#table-names
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any, TypeGuard

from django.db import models
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.utils import strip_quotes, truncate_name
from msgspec import Struct
from msgspec.structs import astuple, replace

from pgtrigger_codegen.evaluator.django.operations import known_field
from pgtrigger_codegen.evaluator.django.postponed import PostponedField
from pgtrigger_codegen.evaluator.django.stand_in import StandInField
from pgtrigger_codegen.evaluator.values.unknown import Refusal
from pgtrigger_codegen.models.table_names import MAX_NAME_LENGTH

ModelKey = tuple[str, str]
"""App label and model name in lower case."""


def _no_field() -> None:
    """Makes nothing: Django has no such field."""


class Field(Struct, frozen=True):
    """The part of a field that matters for tables.

    Attributes:
        has_column: False for many-to-many fields and the like.
        is_known: False for a field of a package that is not there: it may be a foreign key.
        db_column: The column where the field names one.
        suffix: What Django appends to the field's name to make the column's.
        has_through: Whether Django makes a table for this many-to-many field.
        db_table: That table where the field names one.
        target: The model at the other end of that table, or of the foreign key.
        is_foreign_key: Whether the column's type is that of another one.
        to_field: The field of the target that a foreign key names; None for its primary key.
        is_unique: Whether foreign keys can point at the field: a primary key or unique.
        make: Makes Django's own field, which only its type takes; None where there is none.
    """

    has_column: bool
    db_column: str | None = None
    suffix: str = ""
    has_through: bool = False
    db_table: str | None = None
    target: ModelKey | None = None
    is_known: bool = True
    is_foreign_key: bool = False
    to_field: str | None = None
    primary_key: bool = False
    is_unique: bool = False
    make: Callable[[], object] = _no_field

    def __eq__(self, other: object) -> bool:
        """The same in the database, however the field is made."""
        return isinstance(other, Field) and self._facts() == other._facts()

    def __hash__(self) -> int:
        return hash(self._facts())

    def _facts(self) -> tuple[object, ...]:
        return astuple(replace(self, make=_no_field))

    @property
    def db_type(self) -> str | None:
        """The column's type, None where that takes more than the field to know."""
        return _db_type(self.make())

    @property
    def reference_type(self) -> str | None:
        """The type of the foreign keys that point at the field."""
        return _db_type(self.make(), for_reference=True)

    @property
    def remarks(self) -> tuple[object, ...]:
        """What else Django sets together with the type: identity, comment."""
        made = self.make()
        identity = made.db_type_suffix(_connection()) if _is_djangos(made) else None
        return identity, getattr(made, "db_comment", None)

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
    """What a field means for the tables of its model.

    Args:
        model_field: One of Django's field objects, or the call that will make it.
    """
    if isinstance(model_field, PostponedField):
        return _read_call(model_field, model)
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
                **_column(model_field.db_column),
                suffix="_id",
                target=_target(getattr(model_field.remote_field, "model", ""), model),
                is_foreign_key=True,
                to_field=getattr(model_field.remote_field, "field_name", None),
                **_keys(model_field),
            )
        case models.ForeignObject() | models.CompositePrimaryKey():
            return Field(has_column=False)
        case models.Field():
            return Field(
                has_column=True,
                **_column(model_field.db_column),
                **_keys(model_field),
            )
        case _:
            return Field(has_column=False)


def _column(given: object) -> dict[str, Any]:
    """The column that a field names: Django fails on anything but a name."""
    return {"db_column": given} if isinstance(given, str | None) else {"is_known": False}


def _keys(model_field: models.Field[Any, Any]) -> dict[str, Any]:
    return {
        "primary_key": model_field.primary_key,
        "is_unique": bool(model_field.primary_key or model_field.unique),
        "make": lambda: model_field,
    }


def _read_call(call: PostponedField, model: ModelKey) -> Field:
    """What the call says by itself: few of a project's fields stand in a table with triggers."""
    made = _Made(call)
    try:
        return _read_arguments(call, model, made)
    except ValueError:
        return read_field(made(), model)


class _Made:
    """The field that a call makes, made once."""

    __slots__ = ("_call", "_field")

    def __init__(self, call: PostponedField) -> None:
        self._call = call
        self._field: object = None

    def __call__(self) -> object:
        if self._field is None:
            self._field = known_field(self._call.make())
        return self._field


def _read_arguments(call: PostponedField, model: ModelKey, made: Callable[[], object]) -> Field:
    """Raises ValueError where they do not say it."""
    facts: dict[str, Any] = {}
    to_one = issubclass(call.cls, models.ForeignKey)
    if to_one:
        target = call.constant("to", first=True)
        if not isinstance(target, str):
            raise ValueError(target)
        facts |= {
            "suffix": "_id",
            "target": _target(target, model),
            "is_foreign_key": True,
            "to_field": call.constant("to_field"),
        }
    elif issubclass(call.cls, _WITHOUT_COLUMN):
        raise ValueError(call.cls)
    primary_key = bool(call.constant("primary_key"))
    unique = issubclass(call.cls, models.OneToOneField) or bool(call.constant("unique"))
    return Field(
        has_column=True,
        **_column(call.constant("db_column")),
        primary_key=primary_key,
        is_unique=primary_key or unique,
        make=made,
        **facts,
    )


_WITHOUT_COLUMN = (models.ForeignObject, models.ManyToManyField, models.CompositePrimaryKey)


def _db_type(model_field: object, *, for_reference: bool = False) -> str | None:
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


def _is_djangos(model_field: object) -> TypeGuard[models.Field[Any, Any]]:
    """Whether the column's type is that of one of Django's own fields.

    A field of the project may add to one of those as long as it leaves the type alone. Fields of
    `django.contrib.gis`, say, are interpreted, and need a database that has their types.
    """
    if not isinstance(model_field, models.Field) or isinstance(model_field, models.ForeignKey):
        return False
    for cls in type(model_field).__mro__:
        if cls.__module__.startswith("django.") and sys.modules.get(cls.__module__) is not None:
            return True
        if not _DECIDES_TYPE.isdisjoint(vars(cls)):
            return False
    return False


_DECIDES_TYPE = frozenset(
    """
    cast_db_type db_check db_collation db_parameters db_type db_type_parameters db_type_suffix
    get_internal_type rel_db_type __getattr__ __getattribute__
    """.split()
)


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
