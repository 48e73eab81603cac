"""No part of the user's project is ever imported.

Every module of a project is made to import one that raises and leaves a trace. The command runs
in a process that could import the project: its folder is on `sys.path`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.cli import CONSOLE_SCRIPT, run_cli, run_json, run_process
from tests.support.projects import copy_project

_POISON = """\
import pathlib

pathlib.Path(__file__).with_name("imported").touch()
raise RuntimeError("a module of the project was imported")
"""


@pytest.fixture
def poisoned(tmp_path: Path) -> Path:
    root = copy_project("shop", tmp_path)
    for path in root.rglob("*.py"):
        # At the end, so that all that is printed with a line number stays as it is.
        path.write_text(path.read_text() + "\nimport poison\n")
    (root / "poison.py").write_text(_POISON)
    return root


def test_the_poison_works(poisoned: Path) -> None:
    result = run_process(poisoned, python=("-c", "import shop.core.triggers"))

    assert "a module of the project was imported" in result.stderr
    assert (poisoned / "imported").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "--output-format", "json"),
        ("lint", "--output-format", "json"),
        ("makemigrations", "--dry-run", "--output-format", "json"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_nothing_is_imported(arguments: tuple[str, ...], poisoned: Path, tmp_path: Path) -> None:
    clean = copy_project("shop", tmp_path / "clean")

    # The module itself takes the project's folder off `sys.path`; here it stays on it.
    result = run_process(poisoned, *arguments, python=("-c", CONSOLE_SCRIPT))

    expected = run_cli(clean, *arguments)
    assert not (poisoned / "imported").exists()
    assert result.exit_code == expected.exit_code, result.stderr
    assert result.data == expected.data


def test_makemigrations_writes_without_importing(poisoned: Path) -> None:
    outcome = run_json(poisoned, "makemigrations")

    assert outcome["written"]
    assert not (poisoned / "imported").exists()
    assert not [name for name in sys.modules if name.partition(".")[0] in {"shop", "poison"}]
