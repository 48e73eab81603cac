"""A migrations folder that may not be read is not taken for one without migrations."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.unread import Hidden, open_folder, write_complete_project

_FOLDER = "shop/audit/migrations"
_MODES = {"nothing": 0o000, "only opening": 0o333, "only listing": 0o444}


@pytest.fixture(scope="module")
def pristine() -> Iterator[Path]:
    with open_folder() as folder:
        write_complete_project(folder)
        yield folder


@pytest.fixture(params=_MODES)
def project(pristine: Path, request: pytest.FixtureRequest) -> Iterator[Hidden]:
    with open_folder() as folder:
        shutil.copytree(pristine, folder, dirs_exist_ok=True)
        assert Hidden(folder).run("makemigrations", "--check").exit_code == 0
        assert Hidden(folder).run("convert", "--check").exit_code == 0
        (folder / _FOLDER).chmod(_MODES[request.param])
        yield Hidden(folder)


def test_commands_say_that_it_is_not_read(project: Hidden) -> None:
    for command in ("makemigrations --check", "makemigrations --dry-run", "diff"):
        outcome = project.run(*command.split())
        assert outcome.exit_code == 2, command
        assert f"{_FOLDER}:1:1: PGT006" in outcome.stderr, command
    linted = project.run("lint", "--output-format", "concise")
    assert linted.exit_code == 1
    assert f"{_FOLDER}:1:1: PGT006" in linted.stdout


@pytest.mark.parametrize(
    "command",
    [
        "makemigrations --allow-unresolved",
        "convert --check",
        "convert --allow-dirty",
        "collapse audit 0001 --force",
        "collapse orders 0001 --force",
    ],
)
def test_nothing_is_written_there(project: Hidden, command: str, pristine: Path) -> None:
    outcome = project.run(*command.split())

    assert outcome.exit_code == 2
    assert f"the migrations of app 'audit' cannot be read: {_FOLDER}: Permission denied" in (
        outcome.stderr
    )
    (project.root / _FOLDER).chmod(0o777)
    assert _contents(project.root) == _contents(pristine)


def _contents(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("migrations/*.py")}
