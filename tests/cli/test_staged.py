"""`makemigrations --check --staged`: what a commit would hold is looked at, not the folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.cli import Outcome, run_cli
from tests.support.projects import write_project

MODELS = """
from pathlib import Path
import pgtrigger
from django.db import models

class Order(models.Model):
    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="keep",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func=(Path(__file__).parent / "keep.sql").read_text(),
            )
        ]
"""
FILES = {
    "settings.py": """
    SECRET_KEY = "x"
    INSTALLED_APPS = ["pgtrigger", "shop"]
    PGTRIGGER_MIGRATIONS = False
    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x"}}
    """,
    "shop/keep.sql": "RETURN NEW;",
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": """
    from django.db import migrations, models

    class Migration(migrations.Migration):
        initial = True
        operations = [
            migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))])
        ]
    """,
    ".gitignore": "local/\n",
}


@pytest.fixture(autouse=True)
def _outside_of_git(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose migration is written, and all of it but that migration committed."""
    root = write_project(tmp_path, MODELS, FILES)
    _git(root, "init", "-q")
    _git(root, "add", ".")
    _git(root, "commit", "-q", "-m", "all")
    written = run_cli(root, "makemigrations")
    assert written.exit_code == 0, written.stderr
    return root


def test_a_migration_that_was_not_added_fails_with_that_reason(project: Path) -> None:
    assert run_cli(project, "makemigrations", "--check").exit_code == 0
    outcome = _check(project)

    assert outcome.exit_code == 1
    (line,) = [line for line in outcome.stderr.splitlines() if "the commit would lack it" in line]
    assert line.startswith("shop/migrations/0002_")
    assert "git add" in outcome.stderr

    _git(project, "add", ".")
    assert _check(project).exit_code == 0


def test_an_edit_that_was_not_added_is_not_committed(project: Path) -> None:
    _git(project, "add", ".")
    (project / "shop" / "keep.sql").write_text("RETURN OLD;")

    assert run_cli(project, "makemigrations", "--check").exit_code == 1
    assert _check(project).exit_code == 0


def test_an_edit_that_was_added_is_committed_whatever_lies_in_the_folder(project: Path) -> None:
    _git(project, "add", ".")
    _git(project, "commit", "-q", "-m", "migration")
    models = project / "shop" / "models.py"
    before = models.read_text()
    models.write_text(before.replace("pgtrigger.Update", "pgtrigger.Delete"))
    _git(project, "add", ".")
    models.write_text(before)

    assert run_cli(project, "makemigrations", "--check").exit_code == 0
    assert _check(project).exit_code == 1


def test_a_file_that_is_gone_from_the_folder_is_committed(project: Path) -> None:
    _git(project, "add", ".")
    (migration,) = (project / "shop" / "migrations").glob("0002_*.py")
    migration.unlink()

    assert run_cli(project, "makemigrations", "--check").exit_code == 1
    assert _check(project).exit_code == 0


def test_the_index_that_git_names_to_its_hooks(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in `git commit --all`, where the index of the repository is older."""
    other = project / ".git" / "next-index"
    other.write_bytes((project / ".git" / "index").read_bytes())
    subprocess.run(
        ["git", "add", "."],
        cwd=project,
        env={**os.environ, "GIT_INDEX_FILE": str(other)},
        check=True,
    )
    assert _check(project).exit_code == 1
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index")
    assert _check(project).exit_code == 0


def test_migrations_that_git_ignores_need_not_be_added(project: Path) -> None:
    (project / ".git" / "info" / "exclude").write_text("0002_*.py\n")
    assert _check(project).exit_code == 0


def test_staged_needs_check_and_a_repository(project: Path, tmp_path: Path) -> None:
    assert run_cli(project, "makemigrations", "--staged").exit_code == 2
    subprocess.run(["rm", "-rf", str(tmp_path / ".git")], check=True)
    outcome = _check(project)
    assert outcome.exit_code == 2
    assert "not in a git repository" in outcome.stderr


def _check(project: Path) -> Outcome:
    return run_cli(project, "makemigrations", "--check", "--staged")


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)
