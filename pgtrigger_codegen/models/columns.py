"""Stage models: facts about the columns of fields."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import NOT_PROVIDED, Value

from pgtrigger_codegen.evaluator.django.stand_in import StandInField

_MOST_KEYS = 5


_NUMBERS = frozenset(
    "AutoField BigAutoField BigIntegerField BooleanField DecimalField FloatField IntegerField"
    " PositiveBigIntegerField PositiveIntegerField PositiveSmallIntegerField SmallAutoField"
    " SmallIntegerField".split()
)


def is_number(field: Any) -> bool:
    """Whether a column holds numbers, or keys of a model whose keys are numbers."""
    field = _key_field(field)
    known = field is not None and not isinstance(field, StandInField)
    return known and field.get_internal_type() in _NUMBERS


def _key_field(field: Any) -> Any:
    """The field whose values a relation's column holds, else the field itself; None in doubt."""
    for _ in range(_MOST_KEYS):
        relation: Any = getattr(field, "remote_field", None)
        target = getattr(getattr(relation, "model", None), "_meta", None)
        if target is None or relation.field_name is None:
            break
        try:
            field = target.get_field(relation.field_name)
        except FieldDoesNotExist:
            return None
    return field


def required_column(field: Any) -> str | None:
    """The column of a field of Django's that the database fills in no way."""
    is_given = (
        field.null
        or getattr(field, "generated", False)
        or field.db_default is not NOT_PROVIDED
        or field.get_internal_type() in _COUNTED
        or not _is_djangos(field)
    )
    return None if is_given else str(field.column)


def column_type(field: Any) -> tuple[str, str] | None:
    """Column and type, for the classes of fields whose values are checked."""
    name = _type(field)
    return None if name is None else (str(field.column), name)


def _type(field: Any) -> str | None:
    """The type of a field's column; None where the field's class is not Django's."""
    if not _is_djangos(field):
        return None
    if field.remote_field is not None:
        field = _key_field(field)
        if field is None or not _is_djangos(field) or field.remote_field is not None:
            return None
    if getattr(field, "generated", False):
        return _type(field.output_field)
    kind = field.get_internal_type()
    if kind == "ArrayField":
        base = _type(field.base_field)
        return f"{base}[]" if base else None
    name = _TYPES.get(kind)
    if name == "character varying":
        length = field.max_length
        name = f"character varying({length})" if isinstance(length, int) else name
    if name == "numeric":
        digits = field.max_digits, field.decimal_places
        known = all(isinstance(one, int) for one in digits)
        name = f"numeric({digits[0]},{digits[1]})" if known else name
    return name


def choices(field: Any) -> tuple[str, tuple[str, ...]] | None:
    """Column and choices, as texts, of a field that has any."""
    if not getattr(field, "choices", None) or not _is_djangos(field):
        return None
    try:
        values = [value for value, _ in field.flatchoices]
    except (TypeError, ValueError):  # no pairs: Django's own check says so, and only that
        return None
    if not all(isinstance(value, str | int) for value in values):
        return None
    texts = (str.__str__(value) if isinstance(value, str) else str(int(value)) for value in values)
    return str(field.column), tuple(texts)


def default_text(field: Any) -> tuple[str, str] | None:
    """Column and default, which Django or the database gives, where that is a text."""
    value: object = getattr(field, "default", None)
    if value is NOT_PROVIDED and isinstance(field.db_default, Value):
        value = field.db_default.value
    if not isinstance(value, str) or not _is_djangos(field):
        return None
    return str(field.column), str.__str__(value)


def may_be_unique(field: Any) -> bool:
    """Whether a column is a key or unique by itself; so it is where that is not known."""
    if isinstance(field, StandInField):
        return False
    # The property would ask a value that is not known whether it is true.
    return getattr(field, "_unique", None) is not False or field.primary_key is True


def _is_djangos(field: Any) -> bool:
    return type(field).__module__.startswith(("django.db.models.", "django.contrib.postgres."))


_COUNTED = frozenset({"AutoField", "BigAutoField", "SmallAutoField"})


_TYPES = {
    "BooleanField": "boolean",
    "CharField": "character varying",
    "SlugField": "character varying",
    "FileField": "character varying",
    "FilePathField": "character varying",
    "ImageField": "character varying",
    "TextField": "text",
    "SmallIntegerField": "smallint",
    "PositiveSmallIntegerField": "smallint",
    "IntegerField": "integer",
    "PositiveIntegerField": "integer",
    "BigIntegerField": "bigint",
    "PositiveBigIntegerField": "bigint",
    "AutoField": "integer",
    "BigAutoField": "bigint",
    "SmallAutoField": "smallint",
    "DecimalField": "numeric",
    "FloatField": "double precision",
    "DateField": "date",
    "DateTimeField": "timestamp with time zone",
    "TimeField": "time",
    "DurationField": "interval",
    "UUIDField": "uuid",
    "JSONField": "jsonb",
    "BinaryField": "bytea",
    "SearchVectorField": "tsvector",
    "GenericIPAddressField": "inet",
    "IntegerRangeField": "int4range",
    "BigIntegerRangeField": "int8range",
    "DecimalRangeField": "numrange",
    "DateRangeField": "daterange",
    "DateTimeRangeField": "tstzrange",
}
