"""The matrix: every supported Python with every supported Django, and what else takes long.

`.ci/run` is the gate on one machine; the workflow in `.github/workflows` runs all sessions with the
tag `change` on every change, and those with the tag `night` every night.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
# A machine seldom has all of them. The workflow sets `--error-on-missing-interpreters`.
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests", "pgtrigger", "pghistory", "lint"]

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
OLDEST = PYTHONS[0]
# Django 6 needs Python 3.12.
DJANGOS = {"5.2": PYTHONS, "6.0": PYTHONS[1:], "6.1": PYTHONS[1:]}
# The newest minor version and two before it. A test compares them with what is installed.
PGTRIGGERS = ["4.15", "4.16", "4.17"]
PGHISTORIES = ["3.7", "3.8", "3.9"]
LOCK = "requirements-dev.txt"

MATRIX = [(python, django) for django, pythons in DJANGOS.items() for python in pythons]
IDS = [f"python-{python}, django-{django}" for python, django in MATRIX]


@nox.session(tags=["change", "night"])
@nox.parametrize("python,django", MATRIX, ids=IDS)
def tests(session: nox.Session, django: str) -> None:
    """The quick suite."""
    _install(session, f"Django~={django}.0")
    session.run("python", "-m", "pytest", "-n", "auto", *session.posargs)


@nox.session(tags=["night"])
@nox.parametrize("python,django", MATRIX, ids=IDS)
def slow(session: nox.Session, django: str) -> None:
    """The slow suite: long histories on a real server among them."""
    _install(session, f"Django~={django}.0")
    session.run("python", "-m", "pytest", "-n", "auto", "-m", "slow", *session.posargs)


@nox.session(python=OLDEST, tags=["change", "night"])
@nox.parametrize("pgtrigger", PGTRIGGERS)
def pgtrigger(session: nox.Session, pgtrigger: str) -> None:
    """The quick suite with the compilers of several django-pgtriggers."""
    _install(session, f"django-pgtrigger~={pgtrigger}.0")
    session.run("python", "-m", "pytest", "-n", "auto", *session.posargs)


@nox.session(python=OLDEST, tags=["change", "night"])
@nox.parametrize("pghistory", PGHISTORIES)
def pghistory(session: nox.Session, pghistory: str) -> None:
    """The provider's tests with several django-pghistories."""
    _install(session, f"django-pghistory~={pghistory}.0")
    session.run("python", "-m", "pytest", "-n", "auto", "tests/providers", *session.posargs)


@nox.session(python=OLDEST, tags=["night"])
@nox.parametrize("release", ["oldest", "newest"])
def stubs(session: nox.Session, release: str) -> None:
    """The stubs of packages beside the packages themselves."""
    with Path("pgtrigger_codegen/stubs/packages.toml").open("rb") as file:
        packages = tomllib.load(file)
    pinned = {f"{package['distribution']}=={package[release]}" for package in packages.values()}
    _install(session, "phonenumbers", *sorted(pinned))
    options = ["--may-lack"] if release == "oldest" else []
    session.run("python", "-m", "tests.stubs.comparison", *options)


@nox.session(python=OLDEST, tags=["night"])
def fuzz(session: nox.Session) -> None:
    """The commands on 10,000 changed projects, with a seed that no run before has had."""
    _install(session)
    session.run("python", "-m", "tests.fuzz", *(session.posargs or ["--count", "10000"]))


@nox.session(python=OLDEST, tags=["night"])
def histories(session: nox.Session) -> None:
    """Random histories on a real server, with seeds that no run before has had."""
    _install(session)
    session.run(
        *("python", "-m", "pytest", "-n", "auto", "-m", "slow", "-k", "random", "-rP"),
        *("tests/migrations/scenarios", *session.posargs),
        env={"PGTRIGGER_CODEGEN_RANDOM_HISTORIES": "20"},
    )


@nox.session(python=OLDEST, tags=["night"])
def trees(session: nox.Session) -> None:
    """Python's tree and ours of every file of the package and of much of the standard library."""
    _install(session)
    session.run(
        *("python", "-m", "pytest", "-m", "slow", "tests/source/test_newer_syntax.py"),
        *session.posargs,
        env={"PGTRIGGER_CODEGEN_ALL_TREES": "1"},
    )


@nox.session(python=OLDEST, tags=["change"])
def lint(session: nox.Session) -> None:
    session.install("--constraint", LOCK, "-e", ".[dev]")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("lint-imports")


@nox.session(python=OLDEST, tags=["change"])
def docs(session: nox.Session) -> None:
    """The documentation site, in `build/site`; `nox -s docs -- serve` shows it."""
    session.install("--constraint", LOCK, "-e", ".[docs]")
    # The theme's advertisement for its successor is no warning about our pages.
    quiet = {"NO_MKDOCS_2_WARNING": "1"}
    session.run("mkdocs", *(session.posargs or ["build", "--strict"]), env=quiet)


@nox.session(python=OLDEST, tags=["night"])
def dist(session: nox.Session) -> None:
    """What a release uploads, in `dist`; `-- TAG` also checks what comes before a release."""
    session.install("--constraint", LOCK, "-e", ".[dev]")
    for folder in (Path("dist"), Path("build/man")):
        shutil.rmtree(folder, ignore_errors=True)
    # The same commit gives the same files.
    time = session.run("git", "log", "-1", "--format=%ct", external=True, silent=True)
    date = {"SOURCE_DATE_EPOCH": str(time).strip()}
    session.run("python", ".ci/man_pages.py", "build/man", env=date)
    # Without isolation, so that the lock says which versions build.
    session.run("python", "-m", "build", "--no-isolation", env=date)
    session.run("python", ".ci/release.py", "check", *session.posargs)


@nox.session(python=OLDEST, tags=["change", "night"])
def audit(session: nox.Session) -> None:
    """Known vulnerabilities of what the lock names."""
    session.install("pip-audit>=2.7")
    session.run("pip-audit", "--requirement", LOCK, "--disable-pip", "--no-deps", *session.posargs)


@nox.session(python=OLDEST)
def lock(session: nox.Session) -> None:
    """Writes the lock anew, for every supported Python at once."""
    session.install("uv>=0.5")
    session.run(
        *("uv", "pip", "compile", "--universal", "--python-version", OLDEST, "--upgrade"),
        *("--extra", "dev", "--extra", "docs", "--no-header", "--no-emit-index-url"),
        *("--no-annotate", "--output-file", LOCK, "pyproject.toml"),
    )


def _install(session: nox.Session, *pinned: str) -> None:
    session.install("-e", ".[dev]", *pinned)
