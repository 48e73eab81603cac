"""`field.get_default()`, held against a real Django process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import analyzed, write_project

MODELS = """
import uuid
from django.db import models
from django.utils import timezone

def own():
    return [1, "two"]

class Kind(models.TextChoices):
    A = "a", "A"

class Order(models.Model):
    number = models.IntegerField(default=5)
    text = models.TextField()
    nothing = models.TextField(null=True)
    required = models.IntegerField()
    items = models.JSONField(default=dict)
    called = models.JSONField(default=own)
    kind = models.TextField(choices=Kind.choices, default=Kind.A)
    key = models.UUIDField(default=uuid.uuid4)
    now = models.DateTimeField(default=timezone.now)
    database = models.IntegerField(db_default=3)
"""
APPS = """
from django.apps import AppConfig

class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        import pgtrigger

        model = self.get_model("Order")
        seen = [repr(model._meta.get_field(name).get_default()) for name in {names}]
        func = "-- " + " ".join(seen) + chr(10) + "RETURN NEW;"
        trigger = pgtrigger.Trigger(
            name="seen", operation=pgtrigger.Insert, when=pgtrigger.Before, func=func
        )
        pgtrigger.register(trigger)(model)
"""


def test_defaults_are_those_of_django(tmp_path: Path) -> None:
    names = ["number", "text", "nothing", "required", "items", "called", "kind"]
    root = write_project(tmp_path, MODELS, {"shop/apps.py": APPS.format(names=names)})
    analysis = analyze(root)

    assert [one.reason for one in analysis.unresolved] == []
    assert [(one.uri, one.hash) for one in analysis.triggers] == [
        (one.uri, one.hash) for one in registered_triggers(DjangoProject(root))
    ]


@pytest.mark.parametrize("name", ["key", "now", "database"])
def test_what_differs_from_call_to_call_is_not_known(tmp_path: Path, name: str) -> None:
    found = analyzed(tmp_path, MODELS, {"shop/apps.py": APPS.format(names=[name])})

    assert found.triggers == ()
    assert len(found.unresolved) == 1
