"""A project's folders are no place to look for modules, however Python was told to look there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pgtrigger_codegen.confinement.search_path import without_projects
from tests.support.cli import Outcome, run_process
from tests.support.projects import small_project

# Imported by every run, by some runs, and by libraries that do without.
_PLANTED = (
    "click", "gc", "hashlib", "pickle", "__future__", "django", "rich", "attr", "IPython",
    "pgtrigger", "pghistory", "psycopg_c",
)  # fmt: skip
_TRACE = "import pathlib\npathlib.Path(__file__).with_name('ran').touch()\n"
_ENTRY_POINT = "[pgtrigger_codegen.providers]\npgtrigger = click:Provider\nuuid = click:Provider\n"


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A project with modules named like ours, and with a provider."""
    project = small_project(tmp_path)
    for name in _PLANTED:
        (project / f"{name}.py").write_text(_TRACE)
    metadata = project / "evil-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(_ENTRY_POINT)
    return project


def _run(python: list[str], folder: Path, *arguments: str, **variables: str) -> Outcome:
    # Where coverage of child processes is measured, its start-up file imports before any of ours.
    without_coverage = {name: None for name in os.environ if name.startswith("COVERAGE_")}
    return run_process(
        folder, *arguments, python=python, variables={**without_coverage, **variables}
    )


def test_the_trap_works(planted: Path) -> None:
    assert _run(["-c", "import click"], planted).exit_code == 0
    assert (planted / "ran").exists()


def test_the_current_folder_is_not_searched(planted: Path) -> None:
    outcome = _run(["-m", "pgtrigger_codegen"], planted, "show")

    assert outcome.exit_code == 0, outcome.stderr
    assert "triggers found" in outcome.stderr
    assert not (planted / "ran").exists()


@pytest.mark.parametrize(("inside", "from_outside"), [(".", True), ("..", False)])
def test_a_search_path_with_the_project_is_not_followed(
    planted: Path, inside: str, *, from_outside: bool
) -> None:
    """With `PYTHONPATH`, Python's own start would find `warnings` there: that is out of reach."""
    start = "from pgtrigger_codegen.__main__ import run; run()"
    path = os.pathsep.join([str(planted / inside), "."])
    outside = planted.parent / "outside"
    outside.mkdir()
    folder, arguments = (outside, ["-C", str(planted)]) if from_outside else (planted, [])

    outcome = _run(["-P", "-c", start], folder, *arguments, "show", PYTHONPATH=path)

    assert outcome.exit_code == 0, outcome.stderr
    assert not [*planted.rglob("ran")]


def test_what_stays_and_what_goes(tmp_path: Path) -> None:
    project = tmp_path / "work" / "project"
    packages = project / ".venv" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (tmp_path / "link").symlink_to(project)
    library = str(Path(os.__file__).parent)
    kept = [library, f"{library}/lib-dynload", str(packages), str(tmp_path / "elsewhere")]
    gone = ["", ".", "src", str(project), str(project / "src"), str(tmp_path / "work"), "/"]
    gone.append(str(tmp_path / "link"))

    assert without_projects([*gone, *kept], [str(project)]) == kept


def test_pythons_own_library_stays_even_if_the_project_is_above(tmp_path: Path) -> None:
    entries = [entry for entry in sys.path if entry.startswith(sys.base_prefix)]

    assert entries
    assert without_projects(entries, ["/"]) == entries
