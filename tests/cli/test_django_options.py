"""Options of Django's `makemigrations`, as the scripts of a project may pass them."""

from __future__ import annotations

from pathlib import Path

import django
import pytest
from django.core.management.commands.makemigrations import Command

from pgtrigger_codegen.cli.makemigrations import makemigrations
from tests.support.cli import run_cli
from tests.support.projects import small_project

MIGRATION = "shop/catalog/migrations/0002_product_archived_product_fixed_title.py"
HEADER = '"""Triggers of app catalog, written by pgtrigger-codegen."""\n\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small_project(tmp_path)


def test_every_option_of_django_is_known() -> None:
    ours = {name for option in makemigrations.params for name in option.opts}
    parser = Command().create_parser("manage.py", "makemigrations")
    others = {"--help", "--version", "--settings", "--pythonpath", "--traceback", "--no-color"}
    others |= {"--force-color", "--skip-checks"}
    theirs = {
        name
        for action in parser._actions
        for name in action.option_strings
        if name.startswith("--")
    }

    assert theirs - others <= ours, django.VERSION


@pytest.mark.parametrize(
    ("option", "advice"),
    [
        ("--update", "pgtrigger-codegen collapse APP"),
        ("--merge", "python manage.py makemigrations --merge first"),
        ("--empty", "python manage.py makemigrations --empty APP"),
    ],
)
def test_what_has_no_meaning_is_refused_with_another_way(
    root: Path, option: str, advice: str
) -> None:
    outcome = run_cli(root, "makemigrations", option)

    assert outcome.exit_code == 2
    assert option in outcome.stderr
    assert advice in " ".join(outcome.stderr.split())
    assert not (root / MIGRATION).exists()


@pytest.mark.parametrize("option", ["--no-input", "--noinput"])
def test_this_command_asks_nothing_anyway(root: Path, option: str) -> None:
    assert run_cli(root, "makemigrations", option).exit_code == 0
    assert (root / MIGRATION).read_text().startswith(HEADER)


def test_without_header_the_migration_is_the_same(root: Path, tmp_path: Path) -> None:
    run_cli(root, "makemigrations", "--no-header")
    bare = (root / MIGRATION).read_text()
    (root / MIGRATION).unlink()
    run_cli(root, "makemigrations")

    assert bare.startswith("from django.db import migrations\n")
    assert f"{HEADER}{bare}" == (root / MIGRATION).read_text()


def test_scriptable_prints_paths_for_the_current_folder(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "shop")
    outcome = run_cli(root, "makemigrations", "--scriptable")

    assert outcome.stdout == f"{MIGRATION.removeprefix('shop/')}\n"
    assert Path(outcome.stdout.strip()).is_file()
    assert "+ Add trigger catalog.Product:archived" in outcome.stderr


def test_scriptable_prints_nothing_where_nothing_is_missing(root: Path) -> None:
    run_cli(root, "makemigrations")
    outcome = run_cli(root, "makemigrations", "--scriptable")

    assert outcome.stdout == ""
    assert "No changes detected" in outcome.stderr


def test_scriptable_elsewhere_prints_whole_paths(root: Path) -> None:
    outcome = run_cli(root, "makemigrations", "--scriptable", "--dry-run")

    assert outcome.stdout == f"{root / MIGRATION}\n"


@pytest.mark.parametrize(("verbosity", "printed"), [("0", False), ("1", True), ("3", True)])
def test_verbosity(root: Path, verbosity: str, printed: bool) -> None:
    outcome = run_cli(root, "makemigrations", "-v", verbosity, "--check")

    assert outcome.exit_code == 1
    assert bool(outcome.stdout) is printed


def test_verbosity_says_which_notes_are_printed(root: Path) -> None:
    """The small project has no settings to be assumed, so it is given one."""
    settings = root / "shop/settings.py"
    settings = settings if settings.is_file() else next(root.rglob("settings.py"))
    settings.write_text(
        settings.read_text() + '\nimport os\nUSE_TZ = os.environ.get("TZ_ON", "1") == "1"\n'
    )
    quiet = run_cli(root, "makemigrations", "--check", "--verbosity", "0")
    usual = run_cli(root, "-q", "makemigrations", "--check", "--verbosity", "1")
    loud = run_cli(root, "makemigrations", "--check", "--verbosity", "2")

    assert "note: assumed" not in quiet.stderr
    assert "note: assumed" not in usual.stderr
    assert "note: assumed TZ_ON" in loud.stderr


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--scriptable", "--output-format", "json"], "--scriptable cannot be combined"),
        (["--output-format", "github"], "--output-format github needs --check"),
        (["-v", "4"], "0<=x<=3"),
    ],
)
def test_what_cannot_be_combined(root: Path, options: list[str], reason: str) -> None:
    outcome = run_cli(root, "makemigrations", *options)

    assert outcome.exit_code == 2
    assert reason in outcome.stderr
    assert not (root / MIGRATION).exists()
