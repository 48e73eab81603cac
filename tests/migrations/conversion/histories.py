"""The project whose migrations several releases of django-pgtrigger have written."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.projects import REPOSITORY

_HISTORIES = REPOSITORY / "fixtures" / "histories"

RELEASES = tuple(sorted(path.name for path in (_HISTORIES / "releases").iterdir()))
# Newer releases cannot run what these recorded: they compare levels by identity.
UNCOMPILED = ("django_pgtrigger_3_4", "django_pgtrigger_4_0", "django_pgtrigger_4_4")
COMPILED = tuple(release for release in RELEASES if release not in UNCOMPILED)


def copy_history(release: str, parent: Path) -> Path:
    """Copies the project, with the migrations of that release, and returns the copy."""
    project = Path(shutil.copytree(_HISTORIES / "bank", parent / release))
    for path in (_HISTORIES / "releases" / release).glob("*.py"):
        shutil.copy(path, migrations_of(project))
    return project


def migrations_of(project: Path) -> Path:
    return project / "bank" / "ledger" / "migrations"


def contents(project: Path) -> dict[str, str]:
    """Every Python file of the project, by its path."""
    return {
        path.relative_to(project).as_posix(): path.read_text() for path in project.rglob("*.py")
    }
