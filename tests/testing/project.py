"""A small project whose tests use pytest-django and no migrations."""

from __future__ import annotations

import uuid

import pytest
from psycopg.conninfo import conninfo_to_dict

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n'
SETTINGS = """
SECRET_KEY = "x"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "pgtrigger", {apps}]
PGTRIGGER_MIGRATIONS = False
# Otherwise django-pgtrigger installs triggers of models itself, as it makes their tables.
PGTRIGGER_SCHEMA_EDITOR = False
DATABASES = {databases!r}
"""
MODELS = """
import pgtrigger
from django.db import models


class Order(models.Model):
    status = models.TextField(default="open")

    class Meta:
        triggers = [
            pgtrigger.Protect(
                name="keep_paid",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__status="paid"),
            ),
            pgtrigger.Trigger(
                name="in_lower_case",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="NEW.status = LOWER(NEW.status); RETURN NEW;",
            ),
            pgtrigger.Trigger(
                name="no_ghosts",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__status="ghost"),
                func="RAISE EXCEPTION 'no ghosts here';",
            ),
            pgtrigger.Trigger(
                name="broken",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__status="broken"),
                func="PERFORM nothing_of_that_name(1); RETURN NEW;",
            ),
        ]


class Unique(models.Model):
    name = models.TextField(unique=True)
"""


def write(
    pytester: pytest.Pytester,
    dsn: str,
    *,
    ini: str = "pgtrigger_install = strict",
    apps: str = '"shop"',
    models: str = MODELS,
    tests: str,
    **files: str,
) -> None:
    """Writes the project, with tests that run on a test database of their own name."""
    settings = SETTINGS.format(apps=apps, databases=database_for_tests(dsn))
    pytester.makefile(
        ".ini",
        pytest=f"[pytest]\nDJANGO_SETTINGS_MODULE = settings\naddopts = --nomigrations\n{ini}\n",
    )
    pytester.makepyfile(manage=MANAGE, settings=settings, test_it=tests)
    folder = pytester.mkpydir("shop")
    (folder / "models.py").write_text(models)
    for name, text in files.items():
        (pytester.path / f"{name}.py").write_text(text)


def database_for_tests(dsn: str) -> dict[str, dict[str, str]]:
    """What `DATABASES` says, of a server and a name that nobody else's tests have."""
    place = conninfo_to_dict(dsn)
    return {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": f"pytest_{uuid.uuid4().hex}",
            "HOST": str(place.get("host", "")),
            "PORT": str(place.get("port", "")),
            "USER": str(place.get("user", "")),
            "PASSWORD": str(place.get("password", "")),
        }
    }
