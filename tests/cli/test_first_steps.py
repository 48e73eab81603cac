"""The quick start as a newcomer does it: `init`, `makemigrations`, on a real Django and server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.support.cli import run_cli
from tests.support.django_process import DjangoProject
from tests.support.projects import write_files

pytestmark = pytest.mark.slow

MODELS = """
import pgtrigger
from django.db import models


class Order(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
"""
PLAIN = """
from django.db import models


class Order(models.Model):
    pass
"""


def _start(root: Path, dsn: str) -> DjangoProject:
    """A project as `django-admin startproject` makes it, on PostgreSQL, with one app."""
    django_admin = [sys.executable, "-m", "django"]
    root.mkdir()
    for command in (["startproject", "site_", str(root)], ["startapp", "shop"]):
        subprocess.run([*django_admin, *command], check=True, cwd=root)
    settings = root / "site_/settings.py"
    database = {
        key.upper(): value
        for key, value in conninfo_to_dict(dsn).items()
        if key in ("host", "port", "user", "password")
    }
    database |= {"ENGINE": "django.db.backends.postgresql", "NAME": conninfo_to_dict(dsn)["dbname"]}
    text = settings.read_text().replace("INSTALLED_APPS = [\n", "INSTALLED_APPS = [\n    'shop',\n")
    assert "'shop'" in text
    start = text.index("DATABASES = {")
    end = text.index("\n}\n", start) + 3
    settings.write_text(f"{text[:start]}DATABASES = {{'default': {database!r}}}\n{text[end:]}")
    write_files(root, {"shop/models.py": PLAIN})
    return DjangoProject(root, dsn)


def _declare_and_migrate(project: DjangoProject) -> None:
    """The model first, then its trigger; `pgtrigger ls` has the last word."""
    project.manage("makemigrations")
    write_files(project.root, {"shop/models.py": MODELS})
    written = run_cli(project.root, "makemigrations")
    assert written.exit_code == 0, written.stderr
    assert "+ Add trigger shop.Order:keep" in written.stdout
    project.manage("migrate")
    assert "INSTALLED" in project.manage("pgtrigger", "ls")
    project.manage("makemigrations", "--check")
    assert run_cli(project.root, "makemigrations", "--check").exit_code == 0


def test_a_fresh_project(tmp_path: Path, database: str) -> None:
    project = _start(tmp_path / "project", database)
    outcome = run_cli(project.root, "init", "--yes")

    assert outcome.exit_code == 0, outcome.stderr
    assert 'Set PGTRIGGER_MIGRATIONS = False and add "pgtrigger"' in outcome.stdout
    assert "Next: declare a trigger" in outcome.stdout
    _declare_and_migrate(project)


def test_split_settings(tmp_path: Path, database: str) -> None:
    project = _start(tmp_path / "project", database)
    folder = project.root / "site_/settings"
    folder.mkdir()
    (project.root / "site_/settings.py").rename(folder / "base.py")
    write_files(folder, {"__init__.py": "", "local.py": "from .base import *\nDEBUG = True\n"})
    manage = project.root / "manage.py"
    manage.write_text(manage.read_text().replace("site_.settings", "site_.settings.local"))
    outcome = run_cli(project.root, "init", "--yes")

    assert "in site_/settings/base.py" in outcome.stdout
    assert (folder / "local.py").read_text() == "from .base import *\nDEBUG = True\n"
    _declare_and_migrate(project)


def test_two_projects_in_one_repository(tmp_path: Path, new_database: object) -> None:
    assert callable(new_database)
    projects = [_start(tmp_path / name, new_database()) for name in ("one", "two")]
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    refused = run_cli(tmp_path, "init", "--yes")
    for project in projects:
        assert run_cli(project.root, "init", "--yes").exit_code == 0
        _declare_and_migrate(project)

    assert refused.exit_code == 2
    assert "pgtrigger-codegen -C one init; pgtrigger-codegen -C two init" in refused.stderr
