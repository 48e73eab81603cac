"""Settings that code assigns as it is imported, held against a real Django process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from tests.models.project import SETTINGS, analyzed, write_project
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers

HEAD = """
import os
import pgtrigger
from django.conf import settings
from django.db import models


def forbid(name):
    return [pgtrigger.Protect(name=name, operation=pgtrigger.Delete)]

"""
CHOSEN = """

class Order(models.Model):
    class Meta:
        triggers = forbid("present") if hasattr(settings, "SHOP_MODE") else forbid("absent")
"""
SWAPPED = """
def setting_of(model):
    name = f"SHOP_{model.upper()}_MODEL"
    if not hasattr(settings, name):
        setattr(settings, name, f"shop.{model}")
    return name


class Order(models.Model):
    class Meta:
        swappable = setting_of("Order")
        triggers = forbid(f"{hasattr(settings, 'SHOP_ORDER_MODEL')}_{settings.SHOP_ORDER_MODEL}"
                          .replace(".", "_"))


class Other(models.Model):
    pass


settings.SHOP_OTHER_MODEL = "shop.Third"


class Third(models.Model):
    order = models.ForeignKey(settings.SHOP_OTHER_MODEL, models.CASCADE, null=True)

    class Meta:
        swappable = setting_of("Other")
        triggers = forbid(getattr(settings, "SHOP_OTHER_MODEL", "x").replace(".", "_"))
"""


@pytest.mark.parametrize("text", [SWAPPED, "settings.SHOP_MODE = 1\n" + CHOSEN])
def test_an_assigned_setting_is_set(tmp_path: Path, text: str) -> None:
    root = write_project(tmp_path, HEAD + text)
    analysis = analyze(root)
    assert analysis.unresolved == ()
    theirs = registered_triggers(DjangoProject(root))
    assert theirs
    assert {trigger.uri: trigger.hash for trigger in analysis.triggers} == {
        trigger.uri: trigger.hash for trigger in theirs
    }


@pytest.mark.parametrize(
    ("assignment", "set_before"),
    [
        ("settings.SHOP_MODE = os.environ['X']", ""),
        ("if os.environ['X']: settings.SHOP_MODE = 1", ""),
        ("try: settings.SHOP_MODE = int(os.environ['X'])\nexcept Exception: pass", ""),
        ("settings.SHOP_MODE = 2", "SHOP_MODE = 1"),
        ("setattr(settings, 'SHOP_MODE', 2)", "SHOP_MODE = 1"),
        ("del settings.SHOP_MODE", "SHOP_MODE = 1"),
        ("delattr(settings, 'SHOP_MODE')", "SHOP_MODE = 1"),
    ],
)
def test_a_setting_that_is_assigned_in_a_way_that_is_not_followed_is_not_known(
    tmp_path: Path, assignment: str, set_before: str
) -> None:
    chosen = """

class Order(models.Model):
    class Meta:
        triggers = forbid(f"mode_{getattr(settings, 'SHOP_MODE', 0)}")
"""
    settings = SETTINGS + set_before + "\n"
    found = analyzed(tmp_path, HEAD + assignment + chosen, {"settings.py": settings})
    assert found.triggers == ()
    assert "SHOP_MODE" in found.unresolved[0].reason


def test_a_setting_of_unknown_name_may_be_any_setting(tmp_path: Path) -> None:
    assignment = "setattr(settings, os.environ['X'], 1)\n"
    found = analyzed(tmp_path, HEAD + assignment + CHOSEN)
    assert found.triggers == ()
    assert "a setting is assigned" in found.unresolved[0].reason
