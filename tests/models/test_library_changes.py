"""What code changes of Django and django-pgtrigger: no trigger is compiled as if it had not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.models.library_changes import changes_libraries
from pgtrigger_codegen.pipeline import analyze
from pgtrigger_codegen.source.module import parse_module
from tests.support.projects import analyzed, write_project

_MODELS = """
import pgtrigger
from django.db import models


class Order(models.Model):
    code = models.CharField(max_length=4)
    count = models.IntegerField()

    class Meta:
        triggers = [
            pgtrigger.ReadOnly(name="kept", exclude=["count"]),
            pgtrigger.Trigger(
                name="checked",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="RETURN NEW;",
                condition=pgtrigger.Q(old__code__iexact="a"),
            ),
        ]
"""
_LOOKUP = """
from django.db.models import CharField, DateField, lookups


{}
class Loose(lookups.IExact):
    lookup_name = "{}"
"""


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ("models.CharField.get_prep_value = lambda self, value: 'x'", set()),
        ("models.Field.db_type = lambda self, connection: 'text'", set()),
        ("setattr(models.IntegerField, 'get_attname_column', lambda self: ('a', 'b'))", set()),
        ("models.CharField.as_postgresql = None", set()),
        ("del models.CharField.get_prep_value", set()),
        ("models.lookups.IExact.lookup_name = 'exactly'", set()),
        ("models.expressions.Col.as_sql = lambda self, *args: ('a', [])", set()),
        ("setattr(models.CharField, name, None)", set()),
        ("models.CharField = models.TextField", set()),
        ("pgtrigger.Trigger.get_pgid = lambda self, model: 'a'", set()),
        ("pgtrigger.ReadOnly.get_condition = lambda self, model: None", {"checked"}),
        ("pgtrigger.ReadOnly = pgtrigger.Protect", {"checked"}),
        ("models.CharField.formfield = lambda self: None", {"kept", "checked"}),
        ("models.Field.searchable = False", {"kept", "checked"}),
        ("models.Model.as_dict = lambda self: {}", {"kept", "checked"}),
        ("models.QuerySet.visible = lambda self: self", {"kept", "checked"}),
        ("pgtrigger.Trigger.owner = 'us'", {"kept", "checked"}),
    ],
)
def test_a_changed_class_has_a_part_in_triggers(
    tmp_path: Path, change: str, left: set[str]
) -> None:
    text = f"{_MODELS}\n\nfrom unread import name\n\n{change}\n"
    analysis = analyzed(tmp_path, text)
    assert {one.name for one in analysis.triggers} == left
    assert all("is replaced" in one.reason for one in analysis.unresolved)


@pytest.mark.parametrize(
    ("registers", "name", "left"),
    [
        ("@CharField.register_lookup", "iexact", {"kept"}),
        ("@CharField.register_lookup", "exact", {"kept"}),
        ("@CharField.register_lookup", "df", {"checked"}),
        ("@DateField.register_lookup", "iexact", {"kept", "checked"}),
        ("@CharField.register_lookup", "loose", {"kept", "checked"}),
        ("", "iexact", {"kept", "checked"}),
    ],
)
def test_a_replaced_lookup(tmp_path: Path, registers: str, name: str, left: set[str]) -> None:
    files = {
        "shop/lookups.py": _LOOKUP.format(registers, name),
        "shop/apps.py": "from django.apps import AppConfig\n\n\nclass Shop(AppConfig):\n"
        "    name = 'shop'\n\n    def ready(self):\n        from shop import lookups\n",
    }
    analysis = analyze(write_project(tmp_path, _MODELS, files))
    assert {one.name for one in analysis.triggers} == left


def test_an_attribute_that_a_class_was_given_is_not_known(tmp_path: Path) -> None:
    text = """
        import pgtrigger
        from django.db import models

        models.CharField.searchable = True


        class Listing(pgtrigger.Trigger):
            when = pgtrigger.Before
            operation = pgtrigger.Update

            def get_func(self, model):
                fields = model._meta.fields
                return " ".join(f.name for f in fields if getattr(f, "searchable", False))


        class Order(models.Model):
            code = models.CharField(max_length=4)

            class Meta:
                triggers = [Listing(name="listing")]
        """
    (unresolved,) = analyzed(tmp_path, text).unresolved
    assert "`CharField.searchable` is replaced" in unresolved.reason


@pytest.mark.parametrize(
    ("added", "left"),
    [
        ("Order.add_to_class('number', models.IntegerField())", {"checked"}),
        ("models.IntegerField().contribute_to_class(Order, 'number')", {"checked"}),
        ("Order._meta.get_field('code').column = 'other'", set()),
        ("Order.number = models.IntegerField()", {"checked"}),
        ("Order.add_to_class('hello', lambda self: 1)", {"kept", "checked"}),
        ("Order._meta.get_field('code').verbose_name = 'other'", {"kept", "checked"}),
    ],
)
def test_a_model_is_changed_once_it_is_made(tmp_path: Path, added: str, left: set[str]) -> None:
    analysis = analyzed(tmp_path, f"{_MODELS}\n\n{added}\n")
    assert {one.name for one in analysis.triggers} == left


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ("types.new_class('Line', (models.Model,))", "calls `types.new_class`"),
        ("models.base.ModelBase('Line', (models.Model,), {})", "calls `django.db.models.base"),
        ("type(Order)('Line', (Order,), {})", "calls `django.db.models.base.ModelBase`"),
    ],
)
def test_a_model_that_a_call_makes_is_not_absent(tmp_path: Path, made: str, reason: str) -> None:
    analysis = analyzed(tmp_path, f"import types\n{_MODELS}\n\nLine = {made}\n")
    assert [one.reason for one in analysis.unresolved if reason in one.reason]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from django.db import models\nmodels.Field.db_type = None\n", True),
        ("from django.db.models import Field as F\ndef f():\n    F.x: int = 1\n", True),
        ("import django.db.models\ndjango.db.models.Field.x = 1\n", True),
        ("def f():\n    from django.db.models import Field\n    Field.x = 1\n", True),
        ("from django.db import models\nsetattr(models.Field, 'x', 1)\n", True),
        ("from django.db import models\ndel models.Field.x\n", True),
        ("from django.db.models import F\nF.register_lookup(1)\n", True),
        ("from django.auth import User\nUser.add_to_class('x', 1)\n", True),
        ("from django.auth import User\nUser._meta.get_field('x').column = 1\n", True),
        ("from django.db import models\nx = models.Field(default=1)\n", False),
        ("from django.db import models\nassert models.Field.x == 1\n", False),
        ("from django.db import models\n\nclass A:\n    def f(self):\n        self.x = 1\n", False),
        ("from shop import models\nmodels.Order.x = 1  # no django\n", False),
        ("from django.db import models\nx = models.Model._meta.get_fields(True)\n", False),
    ],
)
def test_which_modules_change_what_django_has(text: str, *, expected: bool) -> None:
    assert changes_libraries(parse_module("shop.patches", Path("patches.py"), text)) is expected
