"""Settings that code assigns as it is imported, held against a real Django process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import SETTINGS, analyzed, write_project

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


TIMED = """
import datetime


class Order(models.Model):
    at = models.DateTimeField()

    class Meta:
        triggers = [
            pgtrigger.Protect(name="plain", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="timed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__at__lt=datetime.datetime(2020, 1, 1)),
            ),
        ]
"""


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("assignment", "named"),
    [
        ("settings.USE_TZ = False", "`settings.USE_TZ` is assigned to"),
        ("settings.USE_TZ = bool(os.environ['X'])", "`settings.USE_TZ` is assigned to"),
        ("setattr(settings, 'TIME_ZONE', os.environ['X'])", "`settings.TIME_ZONE` is assigned to"),
        ("if os.environ['X']: settings.TIME_ZONE = 'Asia/Tokyo'", "`settings.TIME_ZONE` is"),
        ("del settings.USE_TZ", "USE_TZ"),
        ("setattr(settings, os.environ['X'], 1)", "a setting is assigned by a name"),
    ],
)
def test_a_trigger_that_compiles_with_an_assigned_setting_is_unresolved(
    tmp_path: Path, assignment: str, named: str, after: bool
) -> None:
    text = HEAD + TIMED + "Order._meta.pk\n" + assignment if after else HEAD + assignment + TIMED
    found = analyzed(tmp_path, text, {"settings.py": SETTINGS + "PGTRIGGER_SCHEMA = None\n"})
    compiled = [] if "a name" in named else ["shop.Order:plain"]
    assert [trigger.uri for trigger in found.triggers] == compiled
    assert "shop.Order:timed" in {item.uri for item in found.unresolved}
    assert all(named in item.reason for item in found.unresolved)


@pytest.mark.parametrize("name", ["USE_TZ", "TIME_ZONE"])
def test_a_trigger_that_compiles_with_a_setting_that_is_not_known_is_unresolved(
    tmp_path: Path, name: str
) -> None:
    settings = SETTINGS + f"import os\n{name} = os.environ['X']\n"
    found = analyzed(tmp_path, HEAD + TIMED, {"settings.py": settings})
    assert [trigger.uri for trigger in found.triggers] == ["shop.Order:plain"]
    assert [(item.uri, name in item.reason) for item in found.unresolved] == [
        ("shop.Order:timed", True)
    ]


def test_a_setting_that_is_assigned_once_reaches_what_compiles(tmp_path: Path) -> None:
    root = write_project(tmp_path, HEAD + TIMED + "settings.PGTRIGGER_SCHEMA = 'other'\n")
    theirs = {trigger.uri: trigger.hash for trigger in registered_triggers(DjangoProject(root))}
    assert {trigger.uri: trigger.hash for trigger in analyze(root).triggers} == theirs
    assert len(theirs) == 2
    plain = write_project(tmp_path / "plain", HEAD + TIMED)
    assert {trigger.uri: trigger.hash for trigger in analyze(plain).triggers} != theirs


@pytest.mark.parametrize(
    "assignment",
    [
        "settings.PGHISTORY_OBJ_FIELD = None",
        "settings.PGHISTORY_OBJ_FIELD = os.environ['X']",
        "setattr(settings, os.environ['X'], 1)",
    ],
)
def test_a_setting_of_a_library_that_code_assigns_is_not_passed_over(
    tmp_path: Path, assignment: str
) -> None:
    tracked = """

import pghistory


@pghistory.track()
class Order(models.Model):
    pass
"""
    settings = SETTINGS.replace('"shop"', '"pghistory", "shop"')
    found = analyzed(tmp_path, HEAD + assignment + tracked, {"settings.py": settings})
    assert found.triggers == ()
    assert any("assigned" in item.reason for item in found.unresolved)


USERS = """
from django.contrib.auth.models import AbstractUser


class Person(AbstractUser):
    class Meta:
        swappable = "AUTH_USER_MODEL"
        triggers = forbid("person")


"""
ASSIGNED_USER = "settings.AUTH_USER_MODEL = os.environ['X']\n"


@pytest.mark.parametrize("in_code", [False, True])
def test_which_model_stands_in_for_another_is_not_known(tmp_path: Path, in_code: bool) -> None:
    value = "'shop.Person'" if in_code else "os.environ['X']"
    settings = f"import os\n{SETTINGS}AUTH_USER_MODEL = {value}\n"
    text = HEAD + ASSIGNED_USER * in_code + USERS
    found = analyzed(tmp_path, text, {"settings.py": settings})
    assert found.triggers == ()
    assert "AUTH_USER_MODEL" in found.unresolved[0].reason


def test_a_model_that_is_made_before_its_setting_is_assigned_is_as_it_was(tmp_path: Path) -> None:
    settings = SETTINGS + "AUTH_USER_MODEL = 'shop.Person'\n"
    text = HEAD + USERS + "Person._meta.pk\n" + ASSIGNED_USER
    found = analyzed(tmp_path, text, {"settings.py": settings})
    assert [trigger.uri for trigger in found.triggers] == ["shop.Person:person"]
    assert found.models["shop.Person"].swapped_by is None
