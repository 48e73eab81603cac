"""A result that is used again is the result that would come out now, byte for byte."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen.cli import main
from pgtrigger_codegen.incremental.folder import NAME
from tests.support.cli import run_cli, run_process
from tests.support.console import Console
from tests.support.projects import copy_project, small_project


@pytest.fixture
def run(console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    """The console script, in a small project."""
    monkeypatch.chdir(migrated(small_project(tmp_path)))
    return console


def migrated(project: Path) -> Path:
    """Where something is to be written, git is asked about it: such results are not kept."""
    assert run_cli(project, "makemigrations").exit_code == 0
    return project


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one whenever a command really runs."""
    runs: list[str] = []
    real = main.main

    def noted(**options: Any) -> None:
        runs.append(" ".join(sys.argv[1:]))
        real(**options)

    monkeypatch.setattr(main, "main", noted)
    return runs


@pytest.mark.parametrize(
    "command",
    [
        "lint",
        "lint shop/catalog/models.py --output-format json",
        "makemigrations --check",
        "makemigrations --dry-run",
        "diff",
        "show --output-format json",
    ],
)
def test_the_second_time_nothing_has_to_be_done(
    run: Console, worked: list[str], command: str
) -> None:
    first = run(*command.split())
    assert worked == [command]
    assert run(*command.split()) == first
    assert worked == [command]
    assert run("--no-cache", *command.split()) == first
    assert run(*command.split(), "--no-cache") == first
    assert len(worked) == 3


def test_the_second_time_neither_django_nor_click_is_imported(tmp_path: Path) -> None:
    project = migrated(small_project(tmp_path))
    script = (
        "import sys; from pgtrigger_codegen.cli.entry import run\n"
        "try: run()\n"
        "finally: print(sorted({'click', 'django', 'libcst', 'rich'} & {*sys.modules}))"
    )
    outputs = [
        run_process(
            project, "makemigrations", "--check", python=("-c", script)
        ).stdout.splitlines()[-1]
        for _ in range(2)
    ]
    assert outputs == ["['click', 'django']", "[]"]


@pytest.mark.parametrize(
    "command",
    ["lint --fix", "lint --add-ignores", "lint --output-file report.txt", "config", "rule PGT103"],
)
def test_what_writes_or_is_not_worth_it_is_done_each_time(
    run: Console, worked: list[str], command: str
) -> None:
    run(*command.split())
    run(*command.split())
    assert len(worked) == 2


def test_a_result_belongs_to_its_arguments(run: Console, worked: list[str]) -> None:
    run("lint", "--select", "PGT1")
    run("lint", "--select", "PGT2")
    assert len(worked) == 2


def test_a_result_belongs_to_the_configuration_that_is_given(
    run: Console, worked: list[str]
) -> None:
    file = Path("ci.toml")
    results = []
    for codes in ('["PGT1"]', '["PGT5"]', '["PGT5"]'):
        file.write_text(f"[tool.pgtrigger-codegen.lint]\nselect = {codes}\n")
        results.append(run("--config", "ci.toml", "lint"))
    assert len(worked) == 2
    assert results[1] == results[2] == run("--no-cache", "--config", "ci.toml", "lint")


def test_a_damaged_result_is_none(run: Console, worked: list[str]) -> None:
    first = run("show")
    for path in Path(NAME).iterdir():
        path.write_bytes(b'{"inputs": 1')
    assert run("show") == first
    assert len(worked) == 2


def test_errors_are_not_kept(run: Console, worked: list[str]) -> None:
    Path("pyproject.toml").write_text("[tool.pgtrigger-codegen]\nnothing = 1\n")
    assert run("lint")[0] == 2
    assert run("lint")[0] == 2
    assert len(worked) == 2


def test_a_crash_ends_with_2(
    run: Console, monkeypatch: pytest.MonkeyPatch, worked: list[str]
) -> None:
    def crash(**options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(main, "main", crash)
    code, _, errors = run("lint")
    assert code == 2
    assert b"ZeroDivisionError" in errors


def test_clean_deletes_the_cache(run: Console) -> None:
    run("show")
    assert Path(NAME).is_dir()
    code, output, _ = run("clean")
    assert (code, b"Deleted" in output) == (0, True)
    assert not Path(NAME).exists()
    assert run("clean")[:2] == (0, b"There is no cache.\n")


def test_a_cache_that_cannot_be_deleted_is_named(
    run: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("show")

    def refuse(path: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "unlink", refuse)
    outcome = run_cli(Path(), "clean")
    assert outcome.exit_code == 2
    assert "cannot be deleted: Permission denied" in outcome.stderr


MODELS = Path("shop/catalog/models.py")


def _append(text: str) -> Callable[[random.Random], None]:
    def edit(chance: random.Random) -> None:
        with MODELS.open("a") as file:
            file.write(text.format(number=chance.randrange(1000)))

    return edit


def _new_module(chance: random.Random) -> None:
    Path("shop/catalog", f"extra_{chance.randrange(3)}.py").write_text(
        "import pgtrigger\nfrom shop.catalog.models import *\n"
    )


def _remove_module(chance: random.Random) -> None:
    for path in sorted(Path("shop/catalog").glob("extra_*.py"))[:1]:
        path.unlink()


def _setting(chance: random.Random) -> None:
    for settings in sorted(Path().rglob("settings*.py"))[:1]:
        settings.write_text(settings.read_text() + f"PGTRIGGER_SCHEMA = {chance.random() < 0.5}\n")


def _configure(chance: random.Random) -> None:
    Path("pyproject.toml").write_text(
        f'[tool.pgtrigger-codegen.lint]\nignore = ["PGT{chance.randrange(1, 6)}"]\n'
    )


def _break(chance: random.Random) -> None:
    MODELS.write_text(MODELS.read_text() + "\nclass (\n")


def _mend(chance: random.Random) -> None:
    MODELS.write_text(MODELS.read_text().replace("\nclass (\n", ""))


def _remove_migration(chance: random.Random) -> None:
    for path in sorted(Path().rglob("migrations/0*.py"))[-1:]:
        path.unlink()


def _nothing(chance: random.Random) -> None:
    MODELS.touch()


EDITS: list[Callable[[random.Random], None]] = [
    _append("# {number}\n"),
    _append(
        "\n\nclass Extra{number}(models.Model):\n    class Meta:\n        triggers = ["
        'pgtrigger.Protect(name="p", operation=pgtrigger.Delete)]\n'
    ),
    _append(
        "\n\nclass Broken{number}(models.Model):\n    class Meta:\n        triggers = ["
        'pgtrigger.Trigger(name="b", when=pgtrigger.Before, operation=pgtrigger.Update,'
        ' func="RETURN OLD_;")]\n'
    ),
    _new_module,
    _remove_module,
    _setting,
    _configure,
    _break,
    _mend,
    _remove_migration,
    _nothing,
]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_cached_and_uncached_runs_agree_on_edited_projects(
    console: Console, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(migrated(copy_project("shop", tmp_path)))
    chance = random.Random(seed)
    for _ in range(6):
        chance.choice(EDITS)(chance)
        for command in (["lint", "--output-format", "concise"], ["makemigrations", "--dry-run"]):
            fresh = console("--no-cache", *command)
            assert console(*command) == fresh
            assert console(*command) == fresh
