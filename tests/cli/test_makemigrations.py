"""`makemigrations` on small projects."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pgtrigger_codegen.cli.main import main
from tests.support.projects import write_files, write_project

MODELS = """
import pgtrigger
from django.db import models


class Order(models.Model):
    status = models.TextField()

    class Meta:
        triggers = [pgtrigger.Protect(name="protect", operation=pgtrigger.Delete)]
"""
INITIAL = """
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            name="Order",
            fields=[("id", models.BigAutoField(primary_key=True)), ("status", models.TextField())],
        ),
    ]
"""
SETTINGS = """
INSTALLED_APPS = ["pgtrigger", "shop", "audit"]
PGTRIGGER_MIGRATIONS = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
UNREADABLE = """
import random
import pgtrigger
from django.db import models


class Log(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name=str(random.random()), operation=pgtrigger.Delete)]
"""

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A project, and a way to change its files."""

    def write(**files: str) -> None:
        write_files(tmp_path, {FILES[name]: text for name, text in files.items()})

    packages = ("shop", "shop/migrations", "audit", "audit/migrations")
    write_project(tmp_path, MODELS, {"settings.py": SETTINGS}, packages=packages)
    write(initial=INITIAL)
    return write


FILES = {
    "settings": "settings.py",
    "models": "shop/models.py",
    "initial": "shop/migrations/0001_initial.py",
    "audit": "audit/models.py",
    "max_migration": "shop/migrations/max_migration.txt",
    "config": "pyproject.toml",
}
WRITTEN = "shop/migrations/0002_order_protect.py"
OPERATIONS = [{"kind": "add", "uri": "shop.Order:protect"}]


def run(root: Path, *args: str) -> Result:
    return CliRunner().invoke(main, ["-C", str(root), "makemigrations", *args])


def as_json(root: Path, *args: str) -> tuple[int, dict[str, Any]]:
    result = run(root, "--output-format", "json", *args)
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.usefixtures("write")
def test_writes_once(tmp_path: Path) -> None:
    first, second = run(tmp_path), run(tmp_path)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stdout == (
        f"Migrations for 'shop':\n  {WRITTEN}\n    + Add trigger shop.Order:protect\n"
    )
    assert "1 trigger found, 1 read, 0 unresolved" in first.stderr
    assert (tmp_path / WRITTEN).is_file()
    assert second.stdout == "No changes detected\n"


@pytest.mark.usefixtures("write")
def test_json(tmp_path: Path) -> None:
    entry = {"app": "shop", "path": WRITTEN, "operations": OPERATIONS}

    assert as_json(tmp_path) == (0, {"written": [entry], "pending": False})
    assert as_json(tmp_path) == (0, {"written": [], "pending": False})


@pytest.mark.usefixtures("write")
@pytest.mark.parametrize(("option", "code"), [("--check", 1), ("--dry-run", 0)])
def test_what_writes_nothing_shows_the_content(tmp_path: Path, option: str, code: int) -> None:
    exit_code, document = as_json(tmp_path, option)

    (entry,) = document["written"]
    assert exit_code == code
    assert document["pending"]
    assert entry["operations"] == OPERATIONS
    assert not (tmp_path / WRITTEN).exists()
    run(tmp_path)
    assert entry["content"] == (tmp_path / WRITTEN).read_text()
    assert as_json(tmp_path, option) == (0, {"written": [], "pending": False})


@pytest.mark.usefixtures("write")
def test_dry_run_prints_the_file_and_check_does_not(tmp_path: Path) -> None:
    assert "class Migration(migrations.Migration):" in run(tmp_path, "--dry-run").stdout
    assert "class Migration" not in run(tmp_path, "--check").stdout


@pytest.mark.usefixtures("write")
def test_name(tmp_path: Path) -> None:
    assert run(tmp_path, "--name", "guard").exit_code == 0
    assert (tmp_path / "shop/migrations/0002_guard.py").is_file()

    refused = run(tmp_path, "--name", "no-name")
    assert refused.exit_code == 2
    assert "'no-name' cannot be part of the name of a Python module" in refused.stderr


@pytest.mark.usefixtures("write")
def test_apps(tmp_path: Path) -> None:
    assert run(tmp_path, "audit").stdout == "No changes detected\n"
    unknown = run(tmp_path, "shopp")
    assert unknown.exit_code == 2
    assert "no installed app has the label 'shopp'" in unknown.stderr
    assert "help: did you mean 'shop'?" in unknown.stderr


def test_outside_runsql_mode(tmp_path: Path, write: Write) -> None:
    write(settings=SETTINGS.replace("PGTRIGGER_MIGRATIONS = False", ""))

    refused = run(tmp_path)

    assert refused.exit_code == 2
    assert "set PGTRIGGER_MIGRATIONS = False in settings" in refused.stderr
    assert not (tmp_path / WRITTEN).exists()
    assert run(tmp_path, "--check").exit_code == 1
    assert run(tmp_path, "--dry-run").exit_code == 0


def test_an_error_in_one_app_leaves_all_unwritten(tmp_path: Path, write: Write) -> None:
    write(audit=MODELS.replace("Order", "Log"))

    refused = run(tmp_path)

    assert refused.exit_code == 2
    assert "manage.py makemigrations audit" in refused.stderr
    assert not (tmp_path / WRITTEN).exists()
    code, document = as_json(tmp_path, "--check")
    assert code == 1
    assert [(entry["app"], entry["path"]) for entry in document["written"]] == [
        ("audit", None),
        ("shop", WRITTEN),
    ]


def test_an_unresolved_trigger_stops_its_own_app_alone(tmp_path: Path, write: Write) -> None:
    write(audit=UNREADABLE)

    result = run(tmp_path)

    assert result.exit_code == 2
    assert "audit/models.py:9:" in result.stderr
    assert "app 'audit': no migration is written" in result.stderr
    assert (tmp_path / WRITTEN).is_file()
    assert run(tmp_path, "--check").exit_code == 2
    assert run(tmp_path, "--check", "shop").exit_code == 0
    assert run(tmp_path, "--check", "--allow-unresolved").exit_code == 0


def test_max_migration(tmp_path: Path, write: Write) -> None:
    write(max_migration="0001_initial\n")

    run(tmp_path)

    assert (tmp_path / FILES["max_migration"]).read_text() == "0002_order_protect\n"


def test_databases_of_the_configuration(tmp_path: Path, write: Write) -> None:
    engines = """
        DATABASES = {
            "default": {"ENGINE": "django.db.backends.postgresql"},
            "cache": {"ENGINE": "django.db.backends.sqlite3"},
        }
    """
    write(settings=SETTINGS + textwrap.dedent(engines))
    assert "'cache' is not PostgreSQL" in run(tmp_path).stderr

    write(config='[tool.pgtrigger-codegen]\ndatabases = ["default"]\n')

    assert run(tmp_path).exit_code == 0


@pytest.mark.usefixtures("write")
def test_an_unwritable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    # Permissions would not stop root.
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    monkeypatch.setattr(Path, "replace", refuse)

    result = run(tmp_path)

    assert result.exit_code == 2
    assert "0002_order_protect.py cannot be written" in result.stderr
    assert not (tmp_path / WRITTEN).exists()


def test_what_of_migrations_is_not_read_is_said(tmp_path: Path, write: Write) -> None:
    write(initial=INITIAL.replace("    operations = [", "    operations = [unknown(),"))

    assert "shop.0001_initial not read" in run(tmp_path).stderr
