from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import migrations, models

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from tests.evaluator.code import execute

HEAD = "import os\nfrom django.db import migrations, models, transaction\n"


@pytest.mark.parametrize(
    "operation",
    [
        "migrations.RunPython(load)",
        "migrations.RunPython(decorated, reverse_code=migrations.RunPython.noop)",
        "migrations.AddIndex('order', models.Index(fields=['x'], name=os.environ['X']))",
        "migrations.AlterUniqueTogether('order', unique_together=os.environ['X'])",
    ],
)
def test_what_changes_no_table_need_not_be_known(tmp_path: Path, operation: str) -> None:
    decorated = "@transaction.atomic\ndef decorated(apps, editor): ...\n"
    ours = execute(tmp_path, f"{HEAD}{decorated}a = {operation}\n")
    assert isinstance(ours["a"], migrations.RunPython)
    assert ours["a"].code is migrations.RunPython.noop


def test_what_changes_a_table_must_be_known(tmp_path: Path) -> None:
    source = f"{HEAD}a = migrations.AlterModelTable('order', os.environ['X'])\n"
    assert execute(tmp_path, source).refusal("a")[1] == "os.environ['X']"


def test_an_unknown_field_keeps_its_name_and_nothing_else(tmp_path: Path) -> None:
    source = f"{HEAD}a = migrations.AddField('order', 'paid', os.environ['X'])\n"
    field: Any = execute(tmp_path, source)["a"].field
    assert issubclass(type(field), models.Field)
    assert isinstance(field.unknown, Unknown)
    assert "`X`" in field.unknown.reason


def test_the_order_of_a_set_makes_no_difference_to_an_operation(tmp_path: Path) -> None:
    pairs = "{('b', 'c'), ('a', 'b'), ('x', 'y')}"
    ours = execute(tmp_path, f"{HEAD}a = migrations.AlterUniqueTogether('order', {pairs})\n")
    assert ours["a"].unique_together == {("b", "c"), ("a", "b"), ("x", "y")}


ABSTRACT = """


class Named(models.Model):
    name = models.CharField(max_length=10)

    class Meta:
        abstract = True
"""


@pytest.mark.parametrize(
    ("fields", "known"),
    [
        ("[('id', models.AutoField()), ('name', models.CharField(max_length=10))]", True),
        ("[('id', models.AutoField())]", False),
    ],
)
def test_an_abstract_base_adds_nothing_to_fields_that_are_all_listed(
    tmp_path: Path, fields: str, known: bool
) -> None:
    call = f"migrations.CreateModel('Order', {fields}, bases=(Named, models.Model))"
    executed = execute(tmp_path, f"{HEAD}{ABSTRACT}a = {call}\n")
    if known:
        assert executed["a"].bases == (models.Model,)
        assert [name for name, _ in executed["a"].fields] == ["id", "name"]
    else:
        assert "Named" in executed.refusal("a")[0]
