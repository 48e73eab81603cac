"""What makes the program faster can be taken away, and everything still works."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import pgtrigger_codegen
from pgtrigger_codegen.incremental.folder import NAME
from tests.support.cli import run_process
from tests.support.projects import copy_project

# The one line of the command line that names it, and what stands there instead.
LINE = "from pgtrigger_codegen import incremental as speed\n"
INSTEAD = "from pgtrigger_codegen.cli import plain as speed\n"

COMMANDS = (
    "show --output-format json",
    "lint",
    "lint --output-format json shop/catalog/models.py",
    "lint --fix --diff",
    "makemigrations --check",
    "makemigrations --dry-run",
    "diff",
    "makemigrations",
    "makemigrations --check",
    "lint",
    "convert --check",
    "report --output-format json",
    "graph --output-format json",
    "collapse --check",
    "config",
    "rule PGT103",
    "clean",
    "--help",
)


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package without the folder, and with one line changed."""
    folder = tmp_path_factory.mktemp("cut")
    package = folder / "pgtrigger_codegen"
    shutil.copytree(Path(pgtrigger_codegen.__file__).parent, package)
    shutil.rmtree(package / "incremental")
    speed = package / "cli" / "speed.py"
    text = speed.read_text()
    assert text.count(LINE) == 1
    speed.write_text(text.replace(LINE, INSTEAD))
    return folder


def said(command: str, project: Path, package: Path) -> tuple[int, str, str]:
    script = (
        "import sys; sys.path.insert(0, sys.argv.pop(1));"
        "import pgtrigger_codegen.cli.entry as entry;"
        "assert entry.__file__.startswith(sys.path[0]), entry.__file__; entry.run()"
    )
    python = ("-c", script, str(package))
    outcome = run_process(
        project, *command.split(), python=python, variables={"PYTHONHASHSEED": "0"}
    )
    return outcome.exit_code, outcome.stdout, outcome.stderr


@pytest.mark.slow
def test_every_command_works_without_it(cut: Path, tmp_path: Path) -> None:
    package = Path(pgtrigger_codegen.__file__).parents[1]
    with_it, without = (copy_project("shop", tmp_path / name) for name in ("with", "cut"))
    for command in COMMANDS:
        for _ in range(2):
            code, output, errors = said(command, without, cut)
            assert "Traceback" not in errors, errors
            if command != "clean":
                text = output.replace("/cut/", "/with/")
                assert (code, text, errors) == said(command, with_it, package), command
    assert not (without / NAME).exists()


def test_it_is_named_in_one_line() -> None:
    package = Path(pgtrigger_codegen.__file__).parent
    naming = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "incremental" not in path.relative_to(package).parts
        and any(
            "incremental" in line and "import" in line.split("#")[0].split('"""')[0]
            for line in path.read_text().splitlines()
        )
    ]
    assert naming == ["cli/speed.py"]


def test_a_command_works_without_it(cut: Path, tmp_path: Path) -> None:
    project = copy_project("shop", tmp_path)
    code, output, errors = said("makemigrations --dry-run", project, cut)
    assert code == 0, errors
    assert "Add trigger" in output or "CreateTrigger" in output or "RunSQL" in output
    assert not (project / NAME).exists()
