"""What Django adds to models for fields and relations, held against a real Django process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import analyzed, write_project

MODELS = """
from django.db import models


class Shop(models.Model):
    name = models.TextField()
    kind = models.TextField(choices=[("a", "A")])
    users = models.ManyToManyField("auth.User")


class Order(models.Model):
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="%(class)s_list")
    day = models.DateField()


class Large(Order):
    only = models.OneToOneField(Shop, models.CASCADE, parent_link=False)
"""
APPS = """
from django.apps import AppConfig, apps
from django.db import models
from django.db.models.base import ModelBase
from django.db.models.fields.related_descriptors import (
    ForwardManyToOneDescriptor, ForwardOneToOneDescriptor, ManyToManyDescriptor
)
from django.db.models.query_utils import DeferredAttribute

NAMES = '''
    id name kind users shop shop_id day large only only_id order_ptr order_ptr_id nothing
'''.split()
KINDS = [
    DeferredAttribute, ManyToManyDescriptor, ForwardManyToOneDescriptor, ForwardOneToOneDescriptor
]


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        import pgtrigger

        where = apps.app_configs["shop"]
        seen = [where.label, where.name, where.module.__name__, where.models_module.__name__]
        for model in (self.get_model(name) for name in ("Shop", "Large")):
            assert isinstance(model, type) and isinstance(model, ModelBase)
            assert not isinstance(model, models.Field) and type(model) is not str
            for name in NAMES:
                if name == "large" or (name == "nothing" and model._meta.label == "shop.Shop"):
                    continue
                seen.append(f"{name}:{hasattr(model, name)}")
                found = getattr(model, name, None)
                seen += [str(at) for at, kind in enumerate(KINDS) if isinstance(found, kind)]
                if isinstance(found, DeferredAttribute):
                    seen.append(found.field.column)
        func = "RAISE EXCEPTION '" + " ".join(seen) + "';"
        trigger = pgtrigger.Trigger(
            name="seen", operation=pgtrigger.Delete, when=pgtrigger.Before, func=func
        )
        pgtrigger.register(trigger)(self.get_model("Shop"))
"""


def test_what_django_adds_is_there(tmp_path: Path) -> None:
    root = write_project(tmp_path, MODELS, {"shop/apps.py": APPS})
    analysis = analyze(root)
    assert [one.reason for one in analysis.unresolved] == []
    theirs = registered_triggers(DjangoProject(root))
    assert [(one.uri, one.install_sql) for one in theirs] != []
    assert [(one.uri, one.hash) for one in analysis.triggers] == [
        (one.uri, one.hash) for one in theirs
    ]


@pytest.mark.parametrize(
    "name",
    [
        "shop_id",
        "get_kind_display",
        "get_next_by_day",
        "small_set",
        "large_list",
        "large",
        "plain_ptr",
    ],
)
@pytest.mark.parametrize("asked", ["hasattr(Order, '{}')", "getattr(Order, '{}', 0)"])
def test_what_django_may_add_is_not_absent(tmp_path: Path, name: str, asked: str) -> None:
    models = f"""
import pgtrigger
from django.db import models

class Shop(models.Model):
    pass

class Plain(models.Model):
    pass

class Order(Plain):
    shop = models.ForeignKey(Shop, models.CASCADE)
    kind = models.TextField(choices=[("a", "A")])
    day = models.DateField()

class Large(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="%(class)s_list")
    first = models.OneToOneField(Order, models.CASCADE, null=True)

class Small(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)

FOUND = {asked.format(name)}
TRIGGERS = [pgtrigger.Protect(name="p", operation=pgtrigger.Delete)] if FOUND else []

class Other(models.Model):
    class Meta:
        triggers = TRIGGERS
"""
    found = analyzed(tmp_path, models)
    assert found.triggers == ()
    assert name in found.unresolved[0].reason


RELATIONS = """
import pgtrigger
from django.db import models


class Func(pgtrigger.Func):
    def render(self, meta=None, fields=None, columns=None, **kwargs):
        return self.func.format(model=meta.model, meta=meta)


def naming(path):
    func = Func("-- {model." + path + "}\\nRETURN NEW;")
    return pgtrigger.Trigger(
        name=path.partition(".")[0],
        operation=pgtrigger.Insert,
        when=pgtrigger.Before,
        func=func,
    )


class Message(models.Model):
    class Meta:
        triggers = [
            naming("statuses.field.model._meta.db_table"),
            naming("reply_set.field.column"),
            naming("note.related.field.model._meta.label"),
        ]


class Base(models.Model):
    message = models.ForeignKey(Message, models.CASCADE, related_name="%(class)ses")

    class Meta:
        abstract = True


class Status(Base):
    pass


class Reply(models.Model):
    to = models.ForeignKey("Message", models.CASCADE)


class Note(models.Model):
    message = models.OneToOneField("shop.Message", models.CASCADE)
"""


def test_relations_that_lead_to_a_model_are_found(tmp_path: Path) -> None:
    root = write_project(tmp_path, RELATIONS)
    analysis = analyze(root)

    assert [one.reason for one in analysis.unresolved] == []
    theirs = registered_triggers(DjangoProject(root))
    assert len(theirs) == 3
    assert [(one.uri, one.hash) for one in analysis.triggers] == [
        (one.uri, one.hash) for one in theirs
    ]
