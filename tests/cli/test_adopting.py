"""When a migration looks whether its triggers are there already."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.cli import run_cli
from tests.support.projects import write_project

MODELS = """
import pgtrigger
from django.contrib.auth.models import User
from django.db import models


class Order(models.Model):
    class Meta:
        triggers = [
            pgtrigger.Protect(name=name, operation=pgtrigger.Delete) for name in {names}
        ]
"""
REGISTERED = """

pgtrigger.register(pgtrigger.Protect(name="keep", operation=pgtrigger.Delete))(User)
"""
INITIAL = """
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),
    ]
"""
SETTINGS = """
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "pgtrigger", "shop"]
PGTRIGGER_MIGRATIONS = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project in a git repository, with a table that is not committed yet."""
    packages = ("shop", "shop/migrations")
    write_project(tmp_path, files={"settings.py": SETTINGS}, packages=packages)
    _declare(tmp_path, "one")
    subprocess.run(["git", "-C", str(tmp_path), "init", "-q"], check=True)
    _commit(tmp_path)
    (tmp_path / "shop/migrations/0001_initial.py").write_text(INITIAL)
    return tmp_path


def _declare(root: Path, *names: str, more: str = "") -> None:
    (root / "shop/models.py").write_text(MODELS.format(names=names) + more)


def _commit(root: Path) -> None:
    git = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "all"], check=True)


def _adopts(root: Path, *options: str) -> bool:
    outcome = run_cli(root, "makemigrations", "--dry-run", *options)
    assert outcome.exit_code == 0, outcome.stderr
    adopts = [text in outcome.stdout for text in ("are taken over", "What was disabled before")]
    assert len(set(adopts)) == 1
    return adopts[0]


def test_a_table_that_nobody_else_can_have(root: Path) -> None:
    assert not _adopts(root)
    assert _adopts(root, "--adopt")


def test_a_table_that_others_may_have(root: Path) -> None:
    _commit(root)

    assert _adopts(root)
    assert not _adopts(root, "--no-adopt")


def test_a_table_of_another_package(root: Path) -> None:
    _declare(root, more=REGISTERED)

    assert _adopts(root)


def test_an_app_that_has_trigger_migrations(root: Path) -> None:
    _commit(root)
    assert run_cli(root, "makemigrations").exit_code == 0
    _declare(root, "one", "two")

    assert not _adopts(root)
    assert _adopts(root, "--adopt")


def test_removals_take_nothing_over(root: Path) -> None:
    _commit(root)
    assert run_cli(root, "makemigrations").exit_code == 0
    _declare(root)

    assert not _adopts(root, "--adopt")
