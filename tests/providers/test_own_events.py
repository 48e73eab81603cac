"""Own triggers that write into event models, held against a real Django process."""

from __future__ import annotations

from pathlib import Path

from pgtrigger_codegen.pipeline import analyze
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import SETTINGS, write_project

MODELS = """
import pghistory
import pgtrigger
from django.db import models
from pghistory.trigger import Event, _get_pgh_obj_pk_col


class Short(Event):
    def get_func(self, model):
        table = self.event_model._meta.db_table
        key = _get_pgh_obj_pk_col(self.event_model)
        return f'INSERT INTO "{table}" (pgh_obj_id) VALUES (NEW."{key}"); RETURN NULL;'


class Order(models.Model):
    code = models.TextField(primary_key=True, db_column="the_code")


class OrderEvent(pghistory.create_event_model(Order, pghistory.ManualEvent("seen"))):
    pass
"""
APPS = """
from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        import pgtrigger
        from shop.models import Order, OrderEvent, Short

        trigger = Short(
            name="short",
            label="short",
            event_model=OrderEvent,
            operation=pgtrigger.Insert,
            when=pgtrigger.After,
        )
        pgtrigger.register(trigger)(Order)
"""


def test_a_private_helper_of_the_library_is_called(tmp_path: Path) -> None:
    settings = SETTINGS.replace('"shop"', '"pghistory", "shop"')
    root = write_project(tmp_path, MODELS, {"shop/apps.py": APPS, "settings.py": settings})
    analysis = analyze(root)
    assert [one.reason for one in analysis.unresolved] == []
    theirs = {one.uri: one.hash for one in registered_triggers(DjangoProject(root))}
    assert "shop.Order:short" in theirs
    ours = {one.uri: one.hash for one in analysis.triggers}
    assert ours["shop.Order:short"] == theirs["shop.Order:short"]
