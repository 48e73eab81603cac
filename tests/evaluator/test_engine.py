"""Tests for the database engine, in projects that also run on others."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.pipeline import analyze
from tests.support.projects import analyzed

_MODELS = """
import os

import pgtrigger
from django.conf import settings
from django.db import connection, models


class Order(models.Model):
    class Meta:
        if {test}:
            triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
"""
_INSTALLED = """
SECRET_KEY = "x"
INSTALLED_APPS = ["pgtrigger", "shop"]
"""
TESTS = {
    "settings": 'settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql"',
    "settings, carefully": (
        'settings.DATABASES.get("default", {}).get("ENGINE") == "django.db.backends.postgresql"'
    ),
    "settings, in part": '"postgresql" in settings.DATABASES["default"]["ENGINE"]',
    "vendor": 'connection.vendor == "postgresql"',
    "connection": 'connection.settings_dict["ENGINE"].endswith("postgresql")',
    "environment": 'os.environ.get("DB", "postgresql").startswith("postgres")',
}
SETTINGS = {
    "no DATABASES": "",
    "an engine that is not known": "import site_config\nDATABASES = site_config.databases()\n",
    "a database that is not known": (
        "import site_config\nDATABASES = {'default': site_config.database()}\n"
    ),
    "PostgreSQL": 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}\n',
}


def names(found: Analysis) -> list[str]:
    assert found.unresolved == ()
    return [trigger.name for trigger in found.triggers]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("test", TESTS)
def test_postgresql_is_given(tmp_path: Path, test: str, settings: str) -> None:
    models = _MODELS.format(test=TESTS[test])
    found = analyzed(tmp_path, models, {"settings.py": _INSTALLED + SETTINGS[settings]})
    assert names(found) == ["keep"]
    if settings != "PostgreSQL" or not test.startswith("settings"):
        assert any("postgresql" in one.value for one in found.assumptions)


@pytest.mark.parametrize("test", TESTS)
def test_postgresql_is_given_without_settings(tmp_path: Path, test: str) -> None:
    for name, text in {"__init__.py": "", "models.py": _MODELS.format(test=TESTS[test])}.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    found = analyze(tmp_path)
    assert names(found) == ["keep"]
    assert any("postgresql" in one.value for one in found.assumptions)


def test_another_engine_in_the_settings_is_believed(tmp_path: Path) -> None:
    settings = _INSTALLED + 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}\n'
    models = _MODELS.format(test=TESTS["settings"])
    assert names(analyzed(tmp_path, models, {"settings.py": settings})) == []
