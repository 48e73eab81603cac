"""The miniature Django projects of `fixtures/projects`."""

from __future__ import annotations

import shutil
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECTS = REPOSITORY / "fixtures" / "projects"

ALL = ("shop", "split_settings", "adopted", "cookbook", "broken")
# All but the one that is broken on purpose: a real Django starts on these.
WORKING = tuple(name for name in ALL if name != "broken")
# What the evaluator follows and refuses, compared by a test of its own.
EVALUATION = "evaluation"


def copy_project(name: str, parent: Path) -> Path:
    """Copies a project into `parent`, without its expected output, and returns the copy."""
    ignored = shutil.ignore_patterns("expected", "__pycache__")
    return Path(shutil.copytree(PROJECTS / name, parent / name, ignore=ignored))


def expected_file(project: str, name: str) -> Path:
    return PROJECTS / project / "expected" / name
