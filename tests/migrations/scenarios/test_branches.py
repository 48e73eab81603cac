"""Histories that are no straight line: squashed, merged, and told from the other end."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.migrations.scenarios.history import INITIAL, KEY, order, trigger
from tests.migrations.scenarios.project import Catalog, ScenarioProject, project, server

pytestmark = pytest.mark.slow
__all__ = ["project", "server"]

EMPTY: Catalog = {"triggers": {}, "functions": {}}
MIGRATE = ["migrate", "--verbosity=0"]
CHECK = ["makemigrations", "--check", "--dry-run"]
LOG = """
from django.db import models


class Log(models.Model):
    text = models.TextField()
"""
ON_STATUS = 'pgtrigger.Condition("OLD.status IS DISTINCT FROM NEW.status")'


@pytest.fixture
def history(project: ScenarioProject) -> ScenarioProject:
    """Three migrations: the model, its trigger, and another form of that."""
    project.write_models("audit", "")
    project.write_migration("shop", INITIAL)
    for declared in (trigger(), trigger(func="RETURN OLD;")):
        project.write_models("shop", order(declared))
        assert project.makemigrations().exit_code == 0
    return project


def test_squashed_migrations(history: ScenarioProject, new_database: Callable[[], str]) -> None:
    squash = ["squashmigrations", "shop", "0001", "0003", "--noinput", "--verbosity=0"]
    history.manage(MIGRATE, squash)
    assert history.makemigrations("--check").exit_code == 0
    history.write_models("shop", order(trigger(condition=ON_STATUS)))

    assert history.makemigrations().exit_code == 0

    (here,) = history.manage(MIGRATE, CHECK)[:1]
    assert here == history.installed_afresh()
    # The last one comes after the squashed one, also for databases that have run none of them.
    fresh = ScenarioProject(history.root, history.server, new_database(), history.oracle_dsn)
    (there, before, zero, again) = fresh.manage(
        MIGRATE,
        ["migrate", "shop", "0001_initial_squashed_0003_alter_order_guard", "--verbosity=0"],
        ["migrate", "shop", "zero", "--verbosity=0"],
        MIGRATE,
    )
    assert there == again == here
    assert [row[0] for row in before["triggers"].values()] != [
        row[0] for row in here["triggers"].values()
    ]
    assert zero == EMPTY
    _forget_replaced(history)
    assert history.makemigrations("--check").exit_code == 0
    assert fresh.manage(MIGRATE, CHECK)[0] == here


def test_merged_branches(history: ScenarioProject) -> None:
    folder = history.root / "shop" / "migrations"
    history.manage(MIGRATE)
    history.write_models("shop", order(trigger(func="RETURN OLD;"), trigger("more")))
    assert history.makemigrations().exit_code == 0
    options = 'migrations.AlterModelOptions("order", {}),'
    path = folder / f"{history.write_migration('shop', options)}.py"
    path.write_text(
        re.sub(
            r"dependencies = .*",
            "dependencies = [('shop', '0003_alter_order_guard')]",
            path.read_text(),
        )
    )
    history.write_models(
        "shop", order(trigger(func="RETURN OLD;"), trigger("more", condition=ON_STATUS))
    )

    refused = history.makemigrations()
    assert refused.exit_code == 2
    assert "makemigrations --merge" in refused.stderr
    history.manage(["makemigrations", "--merge", "--noinput", "--verbosity=0"])
    assert history.makemigrations().exit_code == 0

    (here, _, zero, again) = history.manage(
        MIGRATE, CHECK, ["migrate", "shop", "zero", "--verbosity=0"], MIGRATE
    )
    assert here == again == history.installed_afresh()
    assert zero == EMPTY


def test_a_migration_that_runs_before_another_apps(history: ScenarioProject) -> None:
    log = f'migrations.CreateModel(name="Log", fields=[{KEY}, ("text", models.TextField())]),'
    name = history.write_migration("audit", log)
    path = history.root / "audit" / "migrations" / f"{name}.py"
    path.write_text(path.read_text() + '\n    run_before = [("shop", "0002_order_guard")]\n')
    history.write_models("audit", LOG)
    history.write_models(
        "shop", order(trigger(func="INSERT INTO audit_log (text) VALUES ('x'); RETURN NEW;"))
    )

    assert history.makemigrations().exit_code == 0

    (here, _, gone, zero, again) = history.manage(
        MIGRATE,
        CHECK,
        ["migrate", "audit", "zero", "--verbosity=0"],
        ["migrate", "shop", "zero", "--verbosity=0"],
        MIGRATE,
    )
    assert here == again == history.installed_afresh()
    assert gone == zero == EMPTY


def _forget_replaced(project: ScenarioProject) -> None:
    """What Django says to do once all databases have the squashed migration."""
    folder = project.root / "shop" / "migrations"
    (squashed,) = folder.glob("*_squashed_*.py")
    text = squashed.read_text()
    replaced = re.search(r"replaces = \[(.*?)\]", text, re.DOTALL)
    assert replaced
    for name in re.findall(r"\w{4,}_\w+", replaced[1]):
        (folder / f"{name}.py").unlink()
    squashed.write_text(text.replace(replaced[0], ""))
