"""The matrix: every supported Python with the oldest and the newest Django.

`.ci/run` is the gate on one interpreter; this is for before a release.
"""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests"]


@nox.session(python=["3.11", "3.12", "3.13"])
@nox.parametrize("django", ["~=5.2.0", ">=5.2"], ids=["5.2", "latest"])
def tests(session: nox.Session, django: str) -> None:
    session.install("-e", ".[dev]", f"Django{django}")
    session.run("python", "-m", "pytest", "-n", "auto", *session.posargs)


@nox.session(python="3.11")
@nox.parametrize("pghistory", ["~=3.7.0", "~=3.8.0", ">=3.9"], ids=["3.7", "3.8", "latest"])
def pghistory(session: nox.Session, pghistory: str) -> None:
    session.install("-e", ".[dev]", f"django-pghistory{pghistory}")
    session.run("python", "-m", "pytest", "tests/providers", *session.posargs)


@nox.session(python=["3.12", "3.13"])
@nox.parametrize("django", ["~=6.0.0", ">=6.0"], ids=["6.0", "latest"])
def scenarios(session: nox.Session, django: str) -> None:
    """The histories on a real server, with a Django that drops no column with CASCADE."""
    session.install("-e", ".[dev]", f"Django{django}")
    session.run("python", "-m", "pytest", "-m", "slow", "tests/migrations", *session.posargs)


@nox.session(python="3.11")
def lint(session: nox.Session) -> None:
    session.install("-e", ".[dev]")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("lint-imports")
