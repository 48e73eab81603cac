"""Repositories of the libraries themselves: their own test projects are read as any other."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from tests.providers.history import analyzed
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers

MODELS = {
    "pghistory": """
import pghistory
from django.db import models
from pghistory.core import track

@pghistory.track(pghistory.DeleteEvent())
class Order(models.Model):
    number = models.IntegerField()

@track()
class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE)
""",
    "pgpubsub": """
from django.db import models
from pgpubsub.channel import TriggerChannel
from pgpubsub.listeners import post_insert_listener

class Order(models.Model):
    number = models.IntegerField()

class OrderChannel(TriggerChannel):
    model = Order

@post_insert_listener(OrderChannel)
def arrived(old, new):
    pass
""",
}
OWN = """
def track(*trackers):
    return lambda model: model

def post_insert_listener(channel):
    return lambda function: function
"""


def _install_into(root: Path, package: str) -> None:
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    shutil.copytree(Path(found.origin).parent, root / package)


@pytest.mark.parametrize("package", ["pghistory", "pgpubsub"])
def test_a_project_that_is_the_library_is_read(tmp_path: Path, package: str) -> None:
    _install_into(tmp_path, package)
    settings = f"INSTALLED_APPS += ['{package}'] if '{package}' not in INSTALLED_APPS else []\n"
    found = analyzed(tmp_path, MODELS[package], settings=settings)

    assert [one.reason for one in found.unresolved] == []
    theirs = registered_triggers(DjangoProject(tmp_path))
    assert [(one.uri, one.hash) for one in found.triggers] == [
        (one.uri, one.hash) for one in theirs
    ]
    assert {one.uri.partition(".")[0] for one in theirs} >= {"shop"}
    assumed = {one.name: one.value for one in found.assumptions}
    assert assumed[f"package {package}"].startswith(f"as django-{package} ")


@pytest.mark.parametrize(
    ("package", "call"), [("pghistory", "track()"), ("pgpubsub", "post_insert_listener(1)")]
)
def test_a_package_of_the_same_name_is_the_projects_own(
    tmp_path: Path, package: str, call: str
) -> None:
    models = f"from django.db import models\nfrom {package} import *\n"
    models += f"import {package}\n\n@{package}.{call}\nclass Order(models.Model):\n    pass\n"
    files = {f"{package}/__init__.py": OWN, f"{package}/core.py": ""}
    found = analyzed(tmp_path, models, files=files)

    assert found.triggers == ()
    assert f"package {package}" not in {one.name for one in found.assumptions}
