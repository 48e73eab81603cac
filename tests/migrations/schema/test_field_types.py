from __future__ import annotations

from django.db import models

from pgtrigger_codegen.evaluator.django.fields import Poison
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.schema.fields import read_field

MODEL = ("shop", "order")


def test_the_type_of_djangos_own_field() -> None:
    assert read_field(models.CharField(max_length=20), MODEL).db_type == "varchar(20)"


def test_a_length_that_is_not_known_leaves_the_type_unknown() -> None:
    field: models.CharField[str, str] = models.CharField()
    field.max_length = Poison(Unknown("a setting"))  # type: ignore[assignment]

    assert read_field(field, MODEL).db_type is None


def test_a_class_that_only_bears_djangos_name_is_not_asked_for_its_type() -> None:
    class PointField(models.Field):  # type: ignore[type-arg]
        def db_type(self, connection: object) -> str:
            raise AttributeError("no spatial database")

    PointField.__module__ = "django.contrib.gis.db.models.fields"

    assert read_field(PointField(), MODEL).db_type is None


class Shortened(models.CharField):  # type: ignore[type-arg]
    """A field of the project's own that leaves the type alone."""

    def get_prep_value(self, value: str) -> str:
        return value.strip()


class Odd(Shortened):
    def db_type(self, connection: object) -> str:
        return "odd"


def test_a_field_that_adds_to_one_of_djangos() -> None:
    assert read_field(Shortened(max_length=3), MODEL).db_type == "varchar(3)"
    assert read_field(Odd(max_length=3), MODEL).db_type is None
