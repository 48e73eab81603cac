"""What code asks of models once they are read, held against a real Django process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import analyzed, write_project

MODELS = """
from django.db import models


class Place(models.Model):
    tags = models.ManyToManyField("auth.Group")


class Shop(Place):
    pass


class Bakery(Shop):
    friends = models.ManyToManyField("self")


class Other(models.Model):
    pass
"""
APPS = """
from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        import pgtrigger
        from shop.models import Bakery, Other, Place, Shop

        steps = [
            len(model._meta.get_path_to_parent(parent))
            for model in (Place, Shop, Bakery)
            for parent in (Place, Shop)
            if issubclass(model, parent)
        ]
        seen = [f"{steps}", str(sorted([Place, Bakery, Shop], reverse=True, key=lambda model: len(
            model._meta.get_path_to_parent(Place)))[0].__name__)]
        seen += [model.__name__ for model in Place.__subclasses__() + Shop.__subclasses__()]
        seen += [f"{len(Bakery.__subclasses__())}"]
        for through, source, target in [
            (Place.tags.through, "place", "group"),
            (Bakery.friends.through, "from_bakery", "to_bakery"),
        ]:
            for name in (source, target):
                field = getattr(through, name).field
                seen += [field.name, field.column, getattr(through, f"{name}_id").field.name]
        func = f"RAISE EXCEPTION '%', $${' '.join(seen)}$$;"
        trigger = pgtrigger.Trigger(
            name="seen", operation=pgtrigger.Delete, when=pgtrigger.Before, func=func
        )
        pgtrigger.register(trigger)(Other)
"""


def test_models_tell_the_same_as_in_a_live_process(tmp_path: Path) -> None:
    root = write_project(tmp_path, MODELS, {"shop/apps.py": APPS})
    analysis = analyze(root)
    assert [one.reason for one in analysis.unresolved] == []
    theirs = registered_triggers(DjangoProject(root))
    assert len(theirs) == 1
    assert [(one.uri, one.hash) for one in analysis.triggers] == [
        (one.uri, one.hash) for one in theirs
    ]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("Other.__subclasses__()", "there are several"),
        ("Shop.__subclasses__()", "a base of a class is not known"),
        ("Shop._meta.get_path_to_parent(Place, 1)", "takes 1 arguments"),
        ("Shop._meta.get_path_to_parent('x')", "leads from a model to one"),
        ("Place.tags.through.nothing", "of a default through model is not evaluated"),
    ],
)
def test_what_is_not_known_of_models_is_said(tmp_path: Path, asked: str, reason: str) -> None:
    apps = f"""
from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        import pgtrigger
        from shop.models import Other, Place, Shop

        trigger = pgtrigger.Protect(name=str({asked}), operation=pgtrigger.Delete)
        pgtrigger.register(trigger)(Other)
"""
    more = "class First(Other):\n    pass\n\n\nclass Second(Other):\n    pass\n"
    if "several" not in reason:
        more = "import os\n\n\nclass First(os.environ['X'], Shop):\n    pass\n"
    found = analyzed(tmp_path, f"{MODELS}\n\n{more}", {"shop/apps.py": apps})
    assert found.triggers == ()
    assert any(reason in one.reason for one in found.unresolved)


def test_subclasses_are_not_known_while_models_are_read(tmp_path: Path) -> None:
    asked = """
import pgtrigger
from django.db import models


class Place(models.Model):
    pass


class Shop(Place):
    class Meta:
        triggers = [pgtrigger.Protect(
            name=f"p{len(Place.__subclasses__())}", operation=pgtrigger.Delete
        )]
"""
    found = analyzed(tmp_path, asked)
    assert found.triggers == ()
    assert "while models are read" in found.unresolved[0].reason
