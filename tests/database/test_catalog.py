"""What our migrations install is what django-pgtrigger would install.

`manage.py pgtrigger ls` trusts a comment, so this compares PostgreSQL's own catalog.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.catalog import installed_triggers, trigger_functions
from tests.support.cli import run_cli, run_json
from tests.support.django_process import DjangoProject
from tests.support.projects import WORKING, copy_project

_MIGRATE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""

_INSTALL = (
    _MIGRATE
    + """
call_command("pgtrigger", "install")
"""
)

# Django's own commands have nothing to add to what we wrote: else `--check` ends the process.
_MIGRATE_AND_LIST = (
    _MIGRATE
    + """
call_command("makemigrations", "--check", "--dry-run", verbosity=0)
call_command("pgtrigger", "ls")
"""
)

_OWN_APPS_TO_ZERO = """
from django.apps import apps
from django.core.management import call_command
for config in apps.get_app_configs():
    if config.models_module and not config.name.startswith(("django.", "pgtrigger")):
        call_command("migrate", config.label, "zero", verbosity=0)
"""

_PROJECTS = ["shop", *(pytest.param(n, marks=pytest.mark.slow) for n in WORKING if n != "shop")]
_ALL_TO_ZERO = """
from django.core.management import call_command
for label in ("auth", "contenttypes"):
    call_command("migrate", label, "zero", verbosity=0)
"""


@pytest.mark.parametrize("name", _PROJECTS)
def test_installs_what_django_pgtrigger_would_and_takes_it_back(
    name: str, tmp_path: Path, new_database: Callable[[], str]
) -> None:
    theirs = DjangoProject(copy_project(name, tmp_path / "theirs"), new_database())
    theirs.run(_INSTALL)
    ours = DjangoProject(copy_project(name, tmp_path / "ours"), new_database())
    run_json(ours.root, "makemigrations")
    listed = ours.run(_MIGRATE_AND_LIST)

    expected = installed_triggers(_dsn(theirs))
    assert expected, "django-pgtrigger installed nothing to compare with"
    assert installed_triggers(_dsn(ours)) == expected
    statuses = [line.split() for line in listed.splitlines()]
    assert len(statuses) == len(expected)
    assert {_plain(status[0]) for status in statuses} == {"INSTALLED"}

    ours.run(_OWN_APPS_TO_ZERO)

    # The tables of auth are still there, and hold no trigger of ours any more.
    assert installed_triggers(_dsn(ours)) == {}
    if name != "adopted":  # `RemoveTrigger` of django-pgtrigger leaves the functions behind.
        assert trigger_functions(_dsn(ours)) == {}

    ours.run(_ALL_TO_ZERO + _MIGRATE)

    assert installed_triggers(_dsn(ours)) == expected


@pytest.mark.parametrize("name", _PROJECTS)
def test_a_second_run_writes_nothing(name: str, tmp_path: Path) -> None:
    root = copy_project(name, tmp_path)
    first = run_json(root, "makemigrations")
    files = _files(root)

    second = run_json(root, "makemigrations")

    assert second == {"written": [], "pending": False}
    assert _files(root) == files
    assert run_cli(root, "makemigrations", "--check").exit_code == 0
    assert {entry["path"] for entry in first["written"]} <= files.keys()


def test_an_adopted_project_starts_clean(tmp_path: Path) -> None:
    root = copy_project("adopted", tmp_path)

    assert run_json(root, "makemigrations", "--check") == {"written": [], "pending": False}


def test_the_same_source_gives_the_same_files(tmp_path: Path) -> None:
    one = copy_project("shop", tmp_path / "one")
    two = copy_project("shop", tmp_path / "two")

    assert run_json(one, "makemigrations") == run_json(two, "makemigrations")
    assert _files(one) == _files(two)


def _dsn(project: DjangoProject) -> str:
    assert project.dsn is not None
    return project.dsn


def _plain(coloured: str) -> str:
    return coloured.replace("\x1b[92m", "").replace("\x1b[0m", "")


def _files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*.py")
        if path.is_file()
    }
