"""A field that waits is the field that would have been made at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import models

from pgtrigger_codegen.evaluator.django.postponed import (
    PostponedField,
    PostponedFields,
    PostponedNames,
)
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.models.django_setup import configure
from pgtrigger_codegen.project.project import Settings
from tests.evaluator.code import Executed, execute

HEAD = """\
import enum
import os
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models import TextField as Text

WIDTH = 20
STATES = [("a", "A")]

class Size(enum.Enum):
    S = "s"

class Own(models.CharField):
    pass

"""


@pytest.fixture(autouse=True)
def _django_is_set_up() -> None:
    """A foreign key's `deconstruct` asks which models are swappable."""
    configure(Settings(None, {}))


def waiting(executed: Executed, name: str = "Order") -> set[str]:
    model = executed[name]
    assert isinstance(model, ModelClass)
    assert isinstance(model.namespace, PostponedNames)
    raw = dict.items(model.namespace)
    return {name for name, value in raw if isinstance(value, PostponedField)}


def order(folder: Path, *fields: str, after: str = "") -> Executed:
    body = "\n".join(f"    f{number} = {field}" for number, field in enumerate(fields))
    return execute(folder, f"{HEAD}class Order(models.Model):\n{body}\n{after}")


@pytest.mark.parametrize(
    "field",
    [
        "models.CharField(max_length=20, db_column='c')",
        "models.CharField(max_length=WIDTH)",
        "Text('a name', blank=True)",
        "models.ForeignKey('auth.User', null=True, on_delete=models.CASCADE)",
        "models.IntegerField(default=-1)",
        "models.CharField(default=Size.S)",
        "models.DecimalField(max_digits=12, decimal_places=2, validators=[])",
    ],
)
def test_a_field_that_is_the_same_whenever_it_is_made_waits(tmp_path: Path, field: str) -> None:
    executed = order(tmp_path, field)
    assert waiting(executed) == {"f0"}
    made = executed["Order"].namespace["f0"]
    assert isinstance(made, models.Field)
    assert waiting(executed) == set()
    assert executed["Order"].namespace["f0"] is made
    at_once = execute(tmp_path, f"{HEAD}f0 = {field}\n")["f0"]
    assert str(made.deconstruct()[1:]) == str(at_once.deconstruct()[1:])


@pytest.mark.parametrize(
    "field",
    [
        "models.CharField(choices=STATES)",  # the list may get another item
        "models.CharField(max_length=int('20'))",
        "models.CharField(max_length=os.environ['WIDTH'])",
        "models.CharField(**{'max_length': 20})",
        "ArrayField(models.CharField(max_length=20))",
        "Own(max_length=20)",
        "models.GeneratedField(expression=models.F('a'), db_persist=True)",
        "models.CharField(max_length=LATER)",
    ],
)
def test_a_field_that_may_come_out_otherwise_does_not_wait(tmp_path: Path, field: str) -> None:
    assert waiting(order(tmp_path, field)) == set()


def test_names_keep_the_meaning_that_they_had(tmp_path: Path) -> None:
    after = "WIDTH = 99\nmodels = None\n"
    field = order(tmp_path, "models.CharField(max_length=WIDTH)", after=after)["Order"].namespace[
        "f0"
    ]
    assert (type(field), field.max_length) == (models.CharField, 20)


def test_what_may_not_run_does_not_wait(tmp_path: Path) -> None:
    source = f"{HEAD}class Order(models.Model):\n    if os.environ['X']:\n        a = Text()\n"
    assert waiting(execute(tmp_path, source)) == set()


def test_every_way_to_read_a_namespace_makes_its_fields(tmp_path: Path) -> None:
    ways: list[Any] = [
        lambda names: names["f0"],
        lambda names: names.get("f0"),
        lambda names: names.pop("f0"),
        lambda names: names.setdefault("f0"),
        lambda names: dict(names)["f0"],
        lambda names: {**names}["f0"],
        lambda names: {}.__or__(names.copy())["f0"],
        lambda names: list(names.values())[-1],
        lambda names: dict(names.items())["f0"],
    ]
    for number, way in enumerate(ways):
        folder = tmp_path / str(number)
        assert type(way(order(folder, "models.TextField()")["Order"].namespace)) is models.TextField
    names = order(tmp_path, "models.TextField()")["Order"].namespace
    assert names.get("nothing", 1) == 1
    assert names.pop("nothing", 2) == 2


def test_the_classes_of_values_are_known_without_making_any(tmp_path: Path) -> None:
    executed = order(tmp_path, "models.ManyToManyField('auth.Group')", "int('3')")
    assert models.ManyToManyField in set(executed["Order"].namespace.value_classes())
    assert waiting(executed) == {"f0"}


CREATE = "operation = migrations.CreateModel('Order', fields=[{}])\n"


def created(folder: Path, fields: str) -> Any:
    return execute(folder, HEAD + CREATE.format(fields))["operation"]


def test_the_fields_of_a_new_table_wait(tmp_path: Path) -> None:
    fields = created(tmp_path, "('id', models.AutoField(primary_key=True)), ('w', Text())").fields
    assert isinstance(fields, PostponedFields)
    assert [type(value) for _, value in fields.entries()] == [PostponedField] * 2
    assert [name for name, _ in fields] == ["id", "w"]
    assert type(fields[0][1]) is models.AutoField
    assert fields[0:1] == [fields[0]]
    assert type(dict(fields.entries())["id"]) is models.AutoField


def test_a_field_of_a_new_table_that_is_not_known_has_a_stand_in(tmp_path: Path) -> None:
    fields = created(tmp_path, "('x', models.CharField(max_length=os.environ['X'], to=1))").fields
    ((name, field),) = fields
    assert name == "x"
    assert isinstance(field.unknown, Unknown)


def test_two_fields_of_one_name_are_refused_as_django_refuses_them(tmp_path: Path) -> None:
    operation = created(tmp_path, "('a', models.TextField()), ('a', models.TextField())")
    assert isinstance(operation, Unknown)
    assert "duplicate value a in CreateModel fields" in operation.reason
