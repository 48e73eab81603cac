"""What a call says of a field is what the field says itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import models

from pgtrigger_codegen.evaluator.django.postponed import PostponedField
from pgtrigger_codegen.migrations.schema.fields import Field, read_field
from tests.evaluator.code import execute

MODEL = ("shop", "order")


def both(folder: Path, field: str) -> tuple[Field, Field]:
    """As read from the call, and from the field that it makes."""
    create = f"migrations.CreateModel('Order', fields=[('f', {field})])"
    source = f"from django.db import migrations, models\na = {create}\n"
    fields: Any = execute(folder, source)["a"].fields
    ((_, call),) = fields.entries()
    assert isinstance(call, PostponedField)
    from_call = read_field(call, MODEL)
    ((_, made),) = fields
    assert isinstance(made, models.Field)
    return from_call, read_field(made, MODEL)


@pytest.mark.parametrize(
    "field",
    [
        "models.CharField(max_length=20)",
        "models.CharField('a name', max_length=20, db_column='c', unique=True)",
        "models.CharField('a name', 'a_name', True, 20)",
        "models.CharField(max_length=20, db_collation='C', db_comment='why')",
        "models.BigAutoField(primary_key=True)",
        "models.PositiveIntegerField()",
        "models.ForeignKey('auth.User', on_delete=models.CASCADE)",
        "models.ForeignKey(on_delete=models.CASCADE, to='self', db_column='up')",
        "models.ForeignKey(to='Group', to_field='code', on_delete=models.CASCADE)",
        "models.ForeignKey('auth.User', models.CASCADE)",
        "models.OneToOneField('auth.User', on_delete=models.CASCADE, primary_key=True)",
        "models.OneToOneField('auth.User', on_delete=models.CASCADE)",
        "models.ManyToManyField('auth.Group', db_table='t')",
        "models.ManyToManyField(to='self', through='Friend')",
        "models.CompositePrimaryKey('a', 'b')",
    ],
)
def test_a_call_says_what_the_field_says(tmp_path: Path, field: str) -> None:
    from_call, from_field = both(tmp_path, field)
    assert from_call == from_field
    for name in ("db_type", "reference_type", "remarks"):
        assert getattr(from_call, name) == getattr(from_field, name), name


@pytest.mark.parametrize("kind", ["models.IntegerField(", "models.ForeignKey('auth.User', 0, "])
def test_a_column_that_is_not_a_name_is_not_known(tmp_path: Path, kind: str) -> None:
    for field in both(tmp_path, f"{kind}db_column=['c'])"):
        assert not field.is_known
        assert field.columns("f") == ("f", "f_id")
