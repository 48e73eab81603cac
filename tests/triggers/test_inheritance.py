from __future__ import annotations

from pathlib import Path

from tests.models.project import analyzed

BASES = """
import pgtrigger
from django.db import models


class Named(models.Model):
    class Meta:
        abstract = True


class Hooked(models.Model):
    class Meta:
        abstract = True

    def __init_subclass__(cls, **kwargs):
        triggers = getattr(cls.Meta, "triggers", [])
        triggers.append(pgtrigger.Protect(name="hooked", operation=pgtrigger.Delete))
        cls.Meta.triggers = triggers
        super().__init_subclass__(**kwargs)


class Written(models.Model):
    class Meta:
        abstract = True
        triggers = [pgtrigger.Protect(name="written", operation=pgtrigger.Delete)]
"""


def test_what_a_hook_puts_on_a_shared_meta_is_not_lost_by_others(tmp_path: Path) -> None:
    models = (
        BASES
        + """

class Company(Named, Hooked):
    pass


class Institution(Named):
    class Meta:
        ordering = ["pk"]
"""
    )
    analysis = analyzed(tmp_path, models)

    assert [trigger.uri for trigger in analysis.triggers] == ["shop.Company:hooked"]
    assert analysis.lost_triggers == ()


def test_what_a_base_writes_is_lost_by_a_meta_of_its_own(tmp_path: Path) -> None:
    models = (
        BASES
        + """

class Institution(Written):
    class Meta:
        ordering = ["pk"]
"""
    )
    (lost,) = analyzed(tmp_path, models).lost_triggers

    assert (lost.model, lost.base, lost.triggers, lost.cause) == (
        "Institution",
        "Written",
        ("written",),
        "own-meta",
    )
