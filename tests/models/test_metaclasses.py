"""Metaclasses of models that register triggers, held against a real Django process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import analyzed, write_project

ORDERED = """
from typing import cast

import pgtrigger
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.base import ModelBase


def forbid(name, func="RAISE EXCEPTION 'no';"):
    return pgtrigger.Trigger(
        name=name, operation=pgtrigger.Delete, when=pgtrigger.Before, func=func
    )


class Sorted(ModelBase):
    def __new__(mcs, name, bases, attrs, **kwargs):
        made = cast(type["Base"], super().__new__(mcs, name, bases, attrs, **kwargs))
        meta = made._meta
        if meta.abstract:
            return made
        try:
            column = meta.get_field(made.sort_by).column
        except FieldDoesNotExist:
            column = "none"
        setattr(made, "_column", column)
        made._uris = [forbid("sorted").get_uri(made)]
        func = f"RAISE EXCEPTION '{column} of {meta.db_table} by {meta.pk.name}';"
        pgtrigger.register(forbid("sorted", func))(made)
        return made


class Base(models.Model, metaclass=Sorted):
    sort_by = "rank"

    class Meta:
        abstract = True


class Line(Base):
    order = models.ForeignKey("shop.Order", models.CASCADE)
    sort_by = "order"


class Order(Base):
    rank = models.IntegerField(db_column="position")


class Loose(Base):
    pass
"""
INITIALIZED = """
class Marked(ModelBase):
    def __init__(cls, name, bases, attrs):
        super().__init__(name, bases, attrs)
        if not cls._meta.abstract and not cls._meta.proxy:
            forbid(f"marked_{name.lower()}").register(cls)


class Twice(Marked):
    def __init__(cls, name, bases, attrs):
        super(Twice, cls).__init__(name, bases, attrs)
        if "twice" in attrs:
            forbid("twice").register(cls)


class Deep(Sorted):
    def __new__(mcs, name, bases, attrs):
        made = super().__new__(mcs, name, bases, attrs)
        if not made._meta.abstract:
            pgtrigger.register(forbid("deep"))(made)
        return made


class Plain(models.Model, metaclass=Marked):
    pass


class Other(models.Model, metaclass=Twice):
    twice = True


class Child(Plain):
    pass


class Below(models.Model, metaclass=Deep):
    rank = models.IntegerField()
    sort_by = "rank"
"""


@pytest.mark.parametrize("text", [ORDERED, ORDERED + INITIALIZED])
def test_a_metaclass_registers_what_it_registers_in_django(tmp_path: Path, text: str) -> None:
    root = write_project(tmp_path, text)
    analysis = analyze(root)
    assert [one.reason for one in analysis.unresolved] == []
    theirs = registered_triggers(DjangoProject(root))
    assert len(theirs) > 2
    assert {trigger.uri: trigger.hash for trigger in analysis.triggers} == {
        trigger.uri: trigger.hash for trigger in theirs
    }
    assert {trigger.origin for trigger in analysis.triggers} == {"hook"}


HEAD = """
import os

import pgtrigger
from django.db import models
from django.db.models.base import ModelBase

PROTECT = pgtrigger.Protect(name="p", operation=pgtrigger.Delete)


class Meta(ModelBase):
"""
MODEL = """

class Order(models.Model, metaclass=Meta):
    class Meta:
        triggers = [pgtrigger.Protect(name="own", operation=pgtrigger.Delete)]
"""


@pytest.mark.parametrize(
    ("body", "reason", "kept"),
    [
        (
            (
                "    def __new__(mcs, name, bases, attrs):\n"
                "        attrs['number'] = models.IntegerField()\n"
                "        made = super().__new__(mcs, name, bases, attrs)\n"
                "        pgtrigger.register(PROTECT)(made)\n"
                "        return made\n"
            ),
            "changes what the class is made of",
            [],
        ),
        (
            (
                "    def __new__(mcs, name, bases, attrs):\n"
                "        made = super().__new__(mcs, name + os.environ['X'], bases, attrs)\n"
                "        pgtrigger.register(PROTECT)(made)\n"
                "        return made\n"
            ),
            "`X`",
            [],
        ),
        (
            (
                "    def __init__(cls, name, bases, attrs):\n"
                "        if os.environ['X']:\n"
                "            PROTECT.register(cls)\n"
            ),
            "`X`",
            ["own"],
        ),
        (
            (
                "    @classmethod\n"
                "    def __prepare__(mcs, name, bases):\n"
                "        return {}\n"
                "    def __init__(cls, name, bases, attrs):\n"
                "        PROTECT.register(cls)\n"
            ),
            "`__prepare__`",
            [],
        ),
    ],
)
def test_a_metaclass_that_is_not_followed_is_named(
    tmp_path: Path, body: str, reason: str, kept: list[str]
) -> None:
    analysis = analyzed(tmp_path, HEAD + body + MODEL)
    assert [one.name for one in analysis.triggers] == kept
    assert any(reason in one.reason for one in analysis.unresolved), analysis.unresolved
    assert analysis.certificate.gaps


def test_what_a_metaclass_sets_is_not_absent_before_it_runs(tmp_path: Path) -> None:
    body = "    def __init__(cls, name, bases, attrs):\n        cls.mark = 1\n"
    body += "        PROTECT.register(cls)\n"
    after = "\nWITH = [PROTECT] if getattr(Order, 'mark', 0) else []\n"
    after += "\nclass Line(models.Model):\n    class Meta:\n        triggers = WITH\n"
    analysis = analyzed(tmp_path, HEAD + body + MODEL + after)
    assert {one.uri for one in analysis.triggers} == {"shop.Order:own", "shop.Order:p"}
    assert [one.model for one in analysis.unresolved] == ["shop.Line"]


_SETS = "        made = super().__new__(mcs, name, bases, attrs)\n        {}\n        return made\n"
_NEW = "    def __new__(mcs, name, bases, attrs):\n"
_RETURN = "        return super().__new__(mcs, name, bases, attrs)\n"


@pytest.mark.parametrize(
    "body",
    [
        f"{_NEW}        attrs['number'] = models.IntegerField()\n{_RETURN}",
        f"{_NEW}        attrs.pop('count')\n{_RETURN}",
        f"{_NEW}        attrs['Meta'] = type('Meta', (), {{}})\n{_RETURN}",
        f"{_NEW}        return super().__new__(mcs, name + 'Line', bases, attrs)\n",
        f"{_NEW}{_SETS.format('made._meta.db_table = name')}",
        f"{_NEW}{_SETS.format('made.add_to_class(chr(110), models.IntegerField())')}",
        (
            "    @classmethod\n    def __prepare__(mcs, name, bases):\n"
            "        return {'number': models.IntegerField()}\n"
        ),
    ],
    ids="field removed meta renamed table added prepared".split(),
)
def test_a_metaclass_that_makes_another_class(tmp_path: Path, body: str) -> None:
    model = MODEL.replace("    class Meta", "    count = models.IntegerField()\n\n    class Meta")
    model = model.replace("Protect(", "ReadOnly(exclude=['count'], ").replace(
        ", operation=pgtrigger.Delete", ""
    )
    analysis = analyzed(tmp_path, HEAD + body + model)
    assert not analysis.triggers
    assert len(analysis.unresolved) == 1


CHANGED_META = """
import pgtrigger
from django.db import models
from django.db.models.base import ModelBase


def forbid(name):
    return pgtrigger.Protect(name=name, operation=pgtrigger.Delete)


def track(made):
    pgtrigger.register(forbid("tracked"))(made)


class Changing(ModelBase):
    def __new__(mcs, name, bases, attrs):
        meta = attrs.get("Meta")
        if meta is not None:
            meta.triggers = [*meta.triggers, forbid("added")]
            meta.db_table = f"own_{name.lower()}"
        attrs["hello"] = lambda self: name
        return super().__new__(mcs, name, bases, attrs)

    def __init__(cls, name, bases, attrs):
        super().__init__(name, bases, attrs)
        track(cls)

    def __call__(cls, *args):
        return super().__call__(*args)


class Order(models.Model, metaclass=Changing):
    class Meta:
        triggers = [forbid("own")]
"""


def test_a_metaclass_changes_meta_and_calls_what_registers(tmp_path: Path) -> None:
    root = write_project(tmp_path, CHANGED_META)
    analysis = analyze(root)
    assert analysis.unresolved == ()
    theirs = registered_triggers(DjangoProject(root))
    assert {trigger.uri.partition(":")[2] for trigger in theirs} == {"own", "added", "tracked"}
    assert {(one.uri, one.hash, one.table) for one in analysis.triggers} == {
        (one.uri, one.hash, "own_order") for one in theirs
    }
