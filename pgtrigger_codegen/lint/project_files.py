"""The project's own files as text, for questions that the analysis does not answer.

Rules ask only when they have found something to report and want to be sure of it: reading a
whole project takes its time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pgtrigger_codegen.migrations.reader import migration_files
from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.project.project import App

_NOT_SOURCE = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "build", "dist"})


def python_files(folder: Path) -> Iterator[Path]:
    """The Python files below a folder, sorted; environments and hidden folders left out."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name not in _NOT_SOURCE and not name.startswith(".")
        )
        yield from (Path(root, name) for name in sorted(files) if name.endswith(".py"))


def first_party_files(analysis: Analysis) -> Iterator[Path]:
    """The Python files of the project, each once."""
    folders = [analysis.project.root, *(app.path for app in first_party_apps(analysis))]
    yield from dict.fromkeys(path for folder in folders for path in python_files(folder))


def first_party_apps(analysis: Analysis) -> Iterator[App]:
    """The apps that belong to the project."""
    return (app for app in analysis.project.apps.values() if app.first_party)


def migration_texts(apps: Iterator[App]) -> Iterator[tuple[Path, str]]:
    """The migration files of some apps, and what is in them."""
    for app in apps:
        for path in migration_files(app.migrations_dir).values():
            yield path, text_of(path)


def text_of(path: Path) -> str:
    """The file's text; nothing of a file that is gone."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def is_test(path: Path) -> bool:
    """Whether a file is one of tests, by its name or by that of a folder that it is in."""
    return path.name.startswith("test_") or any(
        part in ("tests", "test", "conftest.py", "tests.py") for part in path.parts
    )
