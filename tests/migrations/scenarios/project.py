"""A small project whose models and migrations change step by step, and its two databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.support.cli import Outcome, run_cli
from tests.support.projects import REPOSITORY

SITE_PACKAGES = ".venv/lib/python{}.{}/site-packages".format(*sys.version_info[:2])

Catalog = dict[str, Any]

OTHER_PYTHON = "PGTRIGGER_CODEGEN_TEST_PYTHON"
"""The interpreter of another environment, with another Django, to run the migrations in."""

_SETTINGS = """
import os

SECRET_KEY = "x"
USE_TZ = True
INSTALLED_APPS = ["pgtrigger", "shop", "audit"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PGTRIGGER_MIGRATIONS = False
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("PGDATABASE", "shop"),
    }
}
"""
# Tables straight from the models, so that no migration of ours has a part in them.
_ORACLE_SETTINGS = """
from settings import *

MIGRATION_MODULES = {app.rpartition(".")[2]: None for app in INSTALLED_APPS}
"""
_MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n'
_MIGRATION = """\
import pgtrigger.compiler
import pgtrigger.migrations
{imports}from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{dependencies}]

    operations = [
{operations}
    ]
"""
_IMPORTED = ("django.contrib.auth.models", "own_operations")
_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}


@pytest.fixture(scope="module")
def server() -> Iterator[DjangoServer]:
    with DjangoServer() as server:
        yield server


@pytest.fixture
def project(
    tmp_path: Path, server: DjangoServer, new_database: Callable[[], str]
) -> ScenarioProject:
    project = ScenarioProject(tmp_path, server, new_database(), new_database())
    project.create()
    return project


class CommandFailed(AssertionError):
    """A management command failed; the message holds all that it printed."""


@dataclass
class DjangoServer:
    """The process of `server.py`."""

    process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PG", "COV", "DJANGO"))
        }
        self.process = subprocess.Popen(
            [
                os.environ.get(OTHER_PYTHON, sys.executable),
                "-m",
                "tests.migrations.scenarios.server",
            ],
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@dataclass
class ScenarioProject:
    """The project, the database that migrations fill, and one for django-pgtrigger."""

    root: Path
    server: DjangoServer
    dsn: str
    oracle_dsn: str

    def create(self) -> None:
        for app in ("shop", "audit"):
            (self.root / app / "migrations").mkdir(parents=True)
            for package in (app, f"{app}/migrations"):
                (self.root / package / "__init__.py").touch()
        (self.root / "settings.py").write_text(_SETTINGS)
        (self.root / "oracle_settings.py").write_text(_ORACLE_SETTINGS)
        (self.root / "manage.py").write_text(_MANAGE)

    def configure(self, settings: str) -> None:
        """Add to the settings."""
        path = self.root / "settings.py"
        path.write_text(path.read_text() + settings)

    def install(self, app: str) -> None:
        """Make the app one of an installed package, in an environment of the project's own."""
        packages = self.root / SITE_PACKAGES
        packages.mkdir(parents=True, exist_ok=True)
        (self.root / ".venv" / "pyvenv.cfg").touch()
        (self.root / app).rename(packages / app)

    def folder(self, app: str) -> Path:
        """Where the app is."""
        own = self.root / app
        return own if own.is_dir() else self.root / SITE_PACKAGES / app

    def write_models(self, app: str, models: str) -> None:
        (self.folder(app) / "models.py").write_text(models)

    def write_migration(
        self, app: str, operations: str, needs: Iterable[tuple[str, str]] = ()
    ) -> str:
        """Write a migration by hand, as the last of its app; the name it got."""
        before = self.migrations(app)
        name = f"{len(before) + 1:04d}_{'schema' if before else 'initial'}"
        dependencies = [*((app, last) for last in before[-1:]), *needs]
        content = _MIGRATION.format(
            dependencies=", ".join(map(repr, dependencies)),
            imports="".join(f"import {name}\n" for name in _IMPORTED if name in operations),
            operations=textwrap.indent(textwrap.dedent(operations).strip("\n"), " " * 8),
        )
        (self.folder(app) / "migrations" / f"{name}.py").write_text(content)
        return name

    def migrations(self, app: str) -> list[str]:
        return sorted(path.stem for path in (self.folder(app) / "migrations").glob("0*.py"))

    def makemigrations(self, *arguments: str) -> Outcome:
        return run_cli(self.root, "makemigrations", *arguments)

    def manage(self, *commands: Sequence[str], settings: str = "settings") -> list[Catalog]:
        """Run management commands in one new process; the catalog after each of them."""
        return self._run(self.dsn, settings, commands)

    def empty(self) -> None:
        """Make a new database of it, in less time than one takes to create."""
        _empty(self.dsn)

    def installed_afresh(self) -> Catalog:
        """What `manage.py pgtrigger install` makes of the models as they are."""
        _empty(self.oracle_dsn)
        commands = [["migrate", "--run-syncdb", "--verbosity=0"], ["pgtrigger", "install"]]
        return self._run(self.oracle_dsn, "oracle_settings", commands)[-1]

    def _run(self, dsn: str, settings: str, commands: Iterable[Sequence[str]]) -> list[Catalog]:
        parameters = conninfo_to_dict(dsn)
        environment = {
            variable: str(parameters[name])
            for name, variable in _VARIABLES.items()
            if name in parameters
        }
        environment["PGDATABASE"] = str(parameters["dbname"])
        environment["DJANGO_SETTINGS_MODULE"] = settings
        request = {
            "root": str(self.root),
            "packages": str(self.root / SITE_PACKAGES),
            "dsn": dsn,
            "environment": environment,
            "commands": [list(command) for command in commands],
        }
        answer = self.server.ask(request)
        if answer["error"]:
            raise CommandFailed(answer["error"])
        catalogs: list[Catalog] = answer["catalogs"]
        return catalogs


def _empty(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.execute("DROP SCHEMA IF EXISTS erc CASCADE")
        connection.execute("CREATE SCHEMA erc")
