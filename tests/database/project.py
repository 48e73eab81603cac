"""A small project whose models the database tests change, beside the tables that they make."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.support.cli import Outcome, run_cli
from tests.support.projects import write_files, write_project

SETTINGS = """
INSTALLED_APPS = ["pgtrigger", "shop"]
PGTRIGGER_MIGRATIONS = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
IMPORTS = """
import pgtrigger
from django.db import models
"""
MODELS = """
class Order(models.Model):
    status = models.CharField(max_length=20)
    total = models.IntegerField()

    class Meta:
        triggers = [
            pgtrigger.Protect(
                name="protect",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__status__in=["paid", "sent"]),
            ),
            pgtrigger.Trigger(
                name="double",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="NEW.total = NEW.total * 2; RETURN NEW;",
            ),
        ]
"""
TABLE = "CREATE TABLE shop_order (id bigint PRIMARY KEY, status varchar(20), total integer)"
PROTECT, DOUBLE = "shop.Order:protect", "shop.Order:double"


@dataclass(frozen=True)
class Shop:
    """The project, and the database to use it with."""

    root: Path
    dsn: str

    def write(self, models: str = MODELS, settings: str = SETTINGS, **modules: str) -> None:
        files = {"shop/models": IMPORTS + textwrap.dedent(models), "settings": settings, **modules}
        write_files(self.root, {f"{name}.py": text for name, text in files.items()})

    def run(self, *arguments: str, dsn: str | None = None) -> Outcome:
        """Runs a command; `dsn` stands for another role or server."""
        return run_cli(self.root, *arguments, "--dsn", dsn or self.dsn)

    def done(self, *arguments: str) -> str:
        """Runs a command that must end well, for all triggers if none is named."""
        confirmed = () if arguments[0] == "ls" else ("--yes",)
        outcome = self.run(*arguments, *confirmed)
        assert outcome.exit_code == 0, outcome.stderr
        return outcome.stdout

    def entries(self, *arguments: str) -> list[dict[str, Any]]:
        outcome = self.run("ls", *arguments, "--output-format", "json")
        assert outcome.exit_code == 0, outcome.stderr
        found: list[dict[str, Any]] = outcome.data
        return found

    def statuses(self, *arguments: str) -> dict[str, tuple[str, str | None, str | None]]:
        """Status, reason and state by URI, or by pgid where there is no URI."""
        return {
            entry["uri"] or entry["pgid"]: (entry["status"], entry["reason"], entry["enabled"])
            for entry in self.entries(*arguments)
        }

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """Executes statements; the rows of the last, where it has some."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


def make_shop(root: Path, dsn: str) -> Shop:
    shop = Shop(write_project(root, packages=("shop", "shop/migrations")), dsn)
    shop.write()
    return shop
