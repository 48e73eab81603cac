"""Projects with several databases: where migrations run, and where they must not be written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.support.catalog import installed_triggers, trigger_functions
from tests.support.cli import run_cli
from tests.support.django_process import DjangoProject
from tests.support.projects import write_project

SETTINGS = """
INSTALLED_APPS = ["pgtrigger", "shop", "audit"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SECRET_KEY = "x"
PGTRIGGER_MIGRATIONS = False
DATABASE_ROUTERS = {routers}
DATABASES = {{
    "default": {{"ENGINE": "django.db.backends.postgresql", "NAME": {default!r}}},
    "{alias}": {{"ENGINE": "django.db.backends.{engine}", "NAME": {other!r}}},
}}
"""
ROUTER = """
class Router:
    def allow_migrate(self, db, app_label, {arguments}):
        {body}
"""
SHOP = """
import pgtrigger
from django.db import models


class Order(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]


class Entry(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
"""
AUDIT = """
import pgtrigger
from django.db import models


class Log(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
"""
REGISTERED = """
import pgtrigger
from shop.models import Order

pgtrigger.register(pgtrigger.Protect(name="more", operation=pgtrigger.Update))(Order)
"""
CREATE = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = {dependencies}
    operations = [
        migrations.CreateModel(name, [("id", models.BigAutoField(primary_key=True))])
        for name in {names}
    ]
"""
BY_APP = "return {'shop': 'default', 'audit': 'logs'}.get(app_label, 'default') == db"
BY_MODEL = "return db == ('logs' if model_name == 'entry' else 'default')"
BY_TRIGGER = """if "trigger" in hints:
            return db == ("logs" if hints["trigger"].startswith("shop.Entry") else "default")
        return None if model_name else db == "default\""""
KEEPS_OUT = "return db != 'lite'"


class _Project:
    def __init__(self, root: Path, default: str = "shop", other: str = "logs") -> None:
        self.root = root
        self.default, self.other = default, other
        packages = ("shop", "shop/migrations", "audit", "audit/migrations")
        write_project(root, packages=packages)
        self._initial("shop", "Order", "Entry")
        self._initial("audit", "Log")
        self.models(shop=SHOP, audit=AUDIT)

    def _initial(self, app: str, *names: str) -> None:
        content = CREATE.format(dependencies=[], names=names)
        (self.root / app / "migrations/0001_initial.py").write_text(content)

    def models(self, **apps: str) -> None:
        for app, models in apps.items():
            (self.root / app / "models.py").write_text(models)

    def settings(
        self,
        router: str | None = None,
        *,
        arguments: str = "model_name=None, **hints",
        alias: str = "logs",
        engine: str = "postgresql",
    ) -> None:
        if router:
            content = ROUTER.format(arguments=arguments, body=router)
            (self.root / "routers.py").write_text(content)
        other = str(self.root / "lite.db") if engine == "sqlite3" else self.other
        (self.root / "settings.py").write_text(
            SETTINGS.format(
                routers=["routers.Router"] if router else [],
                default=self.default,
                alias=alias,
                engine=engine,
                other=other,
            )
        )

    def configure(self, *databases: str) -> None:
        table = f"[tool.pgtrigger-codegen]\ndatabases = {list(databases)}\n"
        (self.root / "pyproject.toml").write_text(table)

    def refusal(self) -> str:
        outcome = run_cli(self.root, "makemigrations")
        assert outcome.exit_code == 2, outcome.stdout
        assert not list(self.root.glob("*/migrations/0002*"))
        return " ".join(outcome.stderr.split())

    def write(self) -> None:
        outcome = run_cli(self.root, "makemigrations")
        assert outcome.exit_code == 0, outcome.stderr
        assert run_cli(self.root, "makemigrations", "--check").exit_code == 0


@pytest.fixture
def project(tmp_path: Path) -> _Project:
    return _Project(tmp_path)


def test_several_databases_without_routers(project: _Project) -> None:
    project.settings()
    project.models(audit=REGISTERED)
    project.write()


def test_another_engine(project: _Project) -> None:
    project.settings(alias="lite", engine="sqlite3")

    assert "database 'lite' is not PostgreSQL (ENGINE is 'django.db.backends.sqlite3')" in (
        project.refusal()
    )
    project.configure("default")
    project.write()


def test_another_engine_that_a_router_keeps_the_app_out_of(project: _Project) -> None:
    project.settings(KEEPS_OUT, alias="lite", engine="sqlite3")
    project.write()


def test_another_engine_that_nobody_knows_of(project: _Project) -> None:
    project.settings("import random; return random.random() > 1", alias="lite", engine="sqlite3")

    assert "is not PostgreSQL" in project.refusal()


def test_a_router_that_parts_the_migrations_app_from_the_models(project: _Project) -> None:
    project.settings(BY_APP)
    project.models(audit=REGISTERED)
    refusal = project.refusal()

    assert "trigger shop.Order:more is on a table of app 'shop'" in refusal
    assert (
        "for database 'default' the routers (routers.Router) let shop.order into it, and keep "
        "migrations of app 'audit' out: the trigger would not be installed there"
    ) in refusal
    # To say that they are one does not make them one.
    project.configure("default")
    assert "would not be installed there" in project.refusal()


def test_a_router_that_lets_the_migrations_app_in_alone(project: _Project) -> None:
    project.settings("return db == 'default' or app_label == 'audit'")
    project.models(audit=REGISTERED)

    assert "would run where its table is not" in project.refusal()
    project.configure("default")
    project.write()


def test_a_router_by_which_both_apps_are_in_one_place(project: _Project) -> None:
    project.settings("return db == 'default'")
    project.models(audit=REGISTERED)
    project.write()


def test_a_router_that_cannot_be_evaluated(project: _Project) -> None:
    project.settings("import random; return random.random() > 1")
    project.models(audit=REGISTERED)

    assert "DATABASE_ROUTERS may send the two to different databases" in project.refusal()
    project.configure("default", "logs")
    project.write()


def test_a_router_that_takes_no_hints(project: _Project) -> None:
    project.settings("return True", arguments="model_name=None")

    assert "router routers.Router does not take the hint `trigger`" in project.refusal()


def test_a_database_that_is_not_there(project: _Project) -> None:
    project.settings()
    project.configure("defualt")

    assert "names 'defualt', and DATABASES has default, logs" in project.refusal()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("router", "default", "logs"),
    [
        (BY_APP, ["shop_entry", "shop_order"], ["audit_log"]),
        (BY_MODEL, ["audit_log", "shop_order"], ["shop_entry"]),
        (BY_TRIGGER, ["audit_log", "shop_order"], ["shop_entry"]),
    ],
)
def test_two_databases(
    router: str,
    default: list[str],
    logs: list[str],
    tmp_path: Path,
    new_database: Callable[[], str],
) -> None:
    databases = {alias: new_database() for alias in ("default", "logs")}
    names = {alias: conninfo_to_dict(dsn)["dbname"] for alias, dsn in databases.items()}
    project = _Project(tmp_path, str(names["default"]), str(names["logs"]))
    project.settings(router)
    project.write()
    django = DjangoProject(tmp_path, databases["default"])

    for alias in databases:
        django.manage("migrate", "--database", alias, "--verbosity", "0")

    for alias, tables in (("default", default), ("logs", logs)):
        triggers = installed_triggers(databases[alias])
        assert [table.removeprefix("public.") for table, _ in triggers] == tables
        assert len(trigger_functions(databases[alias])) == len(tables)
        assert _fires(django, alias, tables)
        for app in ("shop", "audit"):
            django.manage("migrate", app, "zero", "--database", alias, "--verbosity", "0")
        assert installed_triggers(databases[alias]) == {}
        assert not trigger_functions(databases[alias])


@pytest.mark.slow
def test_a_database_of_another_engine_is_passed_over(tmp_path: Path, database: str) -> None:
    project = _Project(tmp_path, str(conninfo_to_dict(database)["dbname"]))
    project.settings(KEEPS_OUT, alias="lite", engine="sqlite3")
    project.write()
    django = DjangoProject(tmp_path, database)

    django.manage("migrate", "--database", "lite", "--verbosity", "0")
    django.manage("migrate", "--verbosity", "0")

    assert len(installed_triggers(database)) == 3


def _fires(django: DjangoProject, alias: str, tables: list[str]) -> bool:
    """Whether the triggers run, which needs the function that they share."""
    script = f"""
from django.db import connections, Error
for table in {tables}:
    with connections["{alias}"].cursor() as cursor:
        cursor.execute(f"INSERT INTO {{table}} DEFAULT VALUES")
        try:
            cursor.execute(f"DELETE FROM {{table}}")
        except Error as error:
            print(error)
"""
    return django.run(script).count("Cannot delete rows") == len(tables)
