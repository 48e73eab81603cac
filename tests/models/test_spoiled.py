"""Objects and classes that code changes in a way that is not followed: no trigger comes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.projects import analyzed

HEAD = """
import os
import pgtrigger
from django.db import models

NAME = os.environ["X"]


def forbid(name="p", **options):
    return pgtrigger.Protect(name=name, operation=pgtrigger.Delete, **options)


def changed(thing, name, value="b"):
    setattr(thing, name, value)
    return thing


class Plain:
    note = "a"


class Own(pgtrigger.Protect):
    pass


class Strict:
    note = "a"

    def __setattr__(self, name, value):
        if os.environ["X"]:
            object.__setattr__(self, name, value)


def noted(value):
    class Order(models.Model):
        class Meta:
            triggers = [forbid(value)]


plain = Plain()
"""
ORDER = """
class Order(models.Model):
    note = "a"
    tags = models.ManyToManyField("self")

    class Meta:
        triggers = [{}]
"""
FIELD = """
class Order(models.Model):
    f = f

    class Meta:
        triggers = [forbid(condition=pgtrigger.Q(old__f=1))]
"""


@pytest.mark.parametrize(
    "text",
    [
        "t = forbid()\nt.operation = os.environ['X']" + ORDER.format("t"),
        "t = forbid()\nsetattr(t, 'operation', os.environ['X'])" + ORDER.format("t"),
        "t = forbid()\nif NAME: t.operation = pgtrigger.Update" + ORDER.format("t"),
        "t = forbid()\nsetattr(t, NAME, 'b')" + ORDER.format("t"),
        "t = forbid()\nchanged(t, NAME)" + ORDER.format("t"),
        "t = forbid()\nchanged(t, 1)" + ORDER.format("t"),
        "t = Own(name='p', operation=pgtrigger.Delete)\nchanged(t, NAME)" + ORDER.format("t"),
        "changed(Own, NAME)\nt = Own(name='p', operation=pgtrigger.Delete)" + ORDER.format("t"),
        ORDER.format("forbid()") + "changed(Order._meta.triggers[0], NAME)",
        ORDER.format("forbid()") + "changed(Order._meta, NAME)",
        ORDER.format("") + "changed(Order, NAME)\npgtrigger.register(forbid(Order.note))(Order)",
        ORDER.format("") + "Order.tags.through._meta.db_table = 'x'\n"
        "forbid().register(Order.tags.through)",
        "q = pgtrigger.Q(old__id=1)\nt = forbid(condition=q)\nq.negated = True" + ORDER.format("t"),
        "changed(Plain, NAME)\nnoted(Plain.note)",
        "changed(Plain, NAME)\nnoted(plain.note)",
        "changed(plain, NAME)\nnoted(plain.note)",
        "changed(plain, NAME)\nnoted(getattr(plain, 'other', 'none'))",
        "changed(plain, NAME)\nnoted('yes' if hasattr(plain, 'other') else 'no')",
        "object.__setattr__(plain, NAME, 'b')\nnoted(plain.note)",
        "plain.note = 'b'\ndelattr(plain, NAME)\nnoted(plain.note)",
        "strict = Strict()\nstrict.note = 'b'\nnoted(strict.note)",
        "changed(noted, NAME)\nnoted.x = 'a'\nnoted(noted.x)",
        "f = models.IntegerField()\nchanged(f, NAME)" + FIELD,
    ],
)
def test_no_trigger_is_made_of_what_is_changed_in_a_way_that_is_not_followed(
    tmp_path: Path, text: str
) -> None:
    found = analyzed(tmp_path, HEAD + text)
    assert found.triggers == ()
    assert len(found.unresolved) == 1
    assert "internal error" not in found.unresolved[0].reason


@pytest.mark.parametrize(
    "text",
    [
        "t = forbid()\nchanged(forbid(), NAME)" + ORDER.format("t"),
        "changed(plain, NAME)\nnoted(Plain.note)",
        "changed(Plain(), NAME)\nnoted(plain.note)",
        "changed(plain, 'note', NAME)\nnoted(plain.__class__.note)",
        "changed(plain, 'other')\nnoted(plain.note)",
        ORDER.format("forbid('a')") + "changed(Order, NAME)",
        "changed(os.environ['X'], NAME)\nnoted(plain.note)",
    ],
)
def test_what_else_there_is_is_known(tmp_path: Path, text: str) -> None:
    found = analyzed(tmp_path, HEAD + text)
    assert found.unresolved == ()
    assert len(found.triggers) == 1
