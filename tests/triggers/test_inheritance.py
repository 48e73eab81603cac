from __future__ import annotations

from pathlib import Path

from pgtrigger_codegen.triggers.compiled import Cause
from tests.support.projects import analyzed

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


def test_a_meta_that_cannot_be_read_loses_nothing_for_certain(tmp_path: Path) -> None:
    models = (
        BASES
        + """

from somewhere import make_meta


class Institution(Written):
    Meta = make_meta(Written.Meta)


class Company(Written):
    class Meta(make_meta(Written.Meta)):
        pass
"""
    )
    analysis = analyzed(tmp_path, models)

    assert analysis.lost_triggers == ()
    assert len(analysis.unresolved) == 2


def test_a_meta_made_by_type_has_the_triggers_of_its_bases(tmp_path: Path) -> None:
    models = (
        BASES
        + """

class Institution(Written):
    Meta = type("Meta", (Written.Meta,), {"ordering": ["pk"]})


class Company(Written):
    Meta = type("Meta", (), {"ordering": ["pk"]})
"""
    )
    analysis = analyzed(tmp_path, models)

    assert [trigger.uri for trigger in analysis.triggers] == ["shop.Institution:written"]
    assert [lost.model for lost in analysis.lost_triggers] == ["Company"]


def test_of_two_bases_a_meta_can_have_the_triggers_of_one(tmp_path: Path) -> None:
    models = (
        BASES
        + """

class Other(models.Model):
    class Meta:
        abstract = True
        triggers = [pgtrigger.Protect(name="other", operation=pgtrigger.Update)]


class Institution(Written, Other):
    class Meta(Other.Meta):
        ordering = ["pk"]


class Company(Written, Other):
    class Meta:
        ordering = ["pk"]
"""
    )
    analysis = analyzed(tmp_path, models)

    lost = [(item.model, item.base, item.keeps_others) for item in analysis.lost_triggers]
    assert lost == [
        ("Institution", "Written", True),
        ("Company", "Written", False),
        ("Company", "Other", False),
    ]


def test_a_class_that_is_made_of_an_unknown_base_is_not_taken_for_a_broken_model(
    tmp_path: Path,
) -> None:
    models = (
        BASES
        + """

from somewhere import Options


class Institution(models.Model):
    Meta = type("Meta", (Options,), {"ordering": ["pk"]})
"""
    )
    (unresolved,) = analyzed(tmp_path, models).unresolved

    assert "somewhere.Options" in unresolved.reason
    assert unresolved.cause is Cause.UNREADABLE
