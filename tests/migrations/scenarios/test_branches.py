"""Histories that are no straight line: squashed, merged, and told from the other end."""

from __future__ import annotations

import json
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


DEFERRED = {"when": "pgtrigger.After", "timing": "pgtrigger.Deferred"}


@pytest.mark.parametrize(
    ("ours", "theirs", "kinds"),
    [
        ([trigger(func="RETURN NULL;")], [trigger(func="return  null;")], []),
        ([trigger(func="RETURN NULL;")], [trigger(func="RETURN NULL; --2")], ["alter"]),
        ([trigger(func="RETURN NULL;")], [trigger(func="RETURN COALESCE(OLD);")], ["alter"]),
        ([trigger(func="RETURN NULL;")], [trigger(condition=ON_STATUS)], ["alter"]),
        ([trigger(**DEFERRED)], [trigger(func="RETURN NULL;")], ["alter"]),
        ([trigger(func="RETURN NULL;")], [trigger(**DEFERRED)], ["alter"]),
        ([trigger(condition=ON_STATUS)], [], ["remove"]),
        ([], [trigger(condition=ON_STATUS)], ["alter"]),
    ],
    ids=["layout", "comments", "bodies", "one condition", "plain", "constraint", "removed", "kept"],
)
def test_branches_that_change_one_trigger(
    history: ScenarioProject,
    new_database: Callable[[], str],
    ours: list[str],
    theirs: list[str],
    kinds: list[str],
) -> None:
    """Whichever of them a database ran last, it gets what the source says."""
    _branch(history, ours, "ours")
    _branch(history, theirs, "theirs")
    history.manage(["makemigrations", "--merge", "--noinput", "--verbosity=0"])
    databases = [
        ScenarioProject(history.root, history.server, dsn, history.oracle_dsn)
        for dsn in (history.dsn, new_database())
    ]
    for database, names in zip(databases, [("ours", "theirs"), ("theirs", "ours")], strict=True):
        database.manage(*(["migrate", "shop", f"0004_{name}", "--verbosity=0"] for name in names))

    written = json.loads(history.makemigrations("--output-format", "json").stdout)["written"]

    assert [item["kind"] for entry in written for item in entry["operations"]] == kinds
    assert history.makemigrations("--check").exit_code == 0
    if not kinds:
        return  # they differ in the comment
    expected = history.installed_afresh()
    for database in databases:
        (here, zero, again) = database.manage(
            MIGRATE, ["migrate", "shop", "zero", "--verbosity=0"], MIGRATE
        )
        assert here == again == expected
        assert zero == EMPTY


def _branch(project: ScenarioProject, declared: list[str], name: str) -> None:
    """A branch from the third migration that changes the trigger, for the next one to go on."""
    folder = project.root / "shop" / "migrations"
    others = {path: path.read_text() for path in folder.glob("0004_*.py")}
    for path in others:
        path.unlink()
    project.write_models("shop", order(*declared))
    project.makemigrations()
    for path in folder.glob("0004_*.py"):
        path.rename(folder / f"0004_{name}.py")
    if not (folder / f"0004_{name}.py").exists():
        path = folder / f"{project.write_migration('shop', '')}.py"
        path.rename(folder / f"0004_{name}.py")
    for path, text in others.items():
        path.write_text(text)


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


def test_a_branch_renames_a_trigger_to_what_another_one_adds(
    history: ScenarioProject, new_database: Callable[[], str]
) -> None:
    """The other one is a constraint trigger, which could not be replaced."""
    _branch(history, [trigger("more", func="RETURN OLD;")], "rename")
    _branch(history, [trigger(func="RETURN OLD;"), trigger("more", **DEFERRED)], "add")
    history.manage(["makemigrations", "--merge", "--noinput", "--verbosity=0"])
    other = ScenarioProject(history.root, history.server, new_database(), history.oracle_dsn)
    for database, names in [(history, ("add", "rename")), (other, ("rename", "add"))]:
        database.manage(*(["migrate", "shop", f"0004_{name}", "--verbosity=0"] for name in names))
    history.write_models("shop", order(trigger("more", func="RETURN OLD;")))

    assert history.makemigrations().exit_code == 0

    for database in (history, other):
        (here,) = database.manage(MIGRATE)
        assert here == history.installed_afresh()


def test_a_branch_makes_a_constraint_trigger_of_what_another_one_removes(
    history: ScenarioProject,
) -> None:
    """Taken back first, the removal would replace the constraint trigger."""
    _branch(history, [], "remove")
    _branch(history, [trigger(**DEFERRED)], "alter")
    history.manage(["makemigrations", "--merge", "--noinput", "--verbosity=0"])
    history.write_models("shop", order())

    refused = history.makemigrations()

    assert refused.exit_code == 2
    assert "shop.0004_remove cannot be taken back" in refused.stderr
    assert "a constraint trigger, which cannot be replaced" in refused.stderr
    assert history.makemigrations("--rewrite").exit_code == 0
    (before, here, back, zero) = history.manage(
        ["migrate", "shop", "0003", "--verbosity=0"],
        MIGRATE,
        ["migrate", "shop", "0003", "--verbosity=0"],
        ["migrate", "shop", "zero", "--verbosity=0"],
    )
    assert before == back
    assert here == zero == EMPTY
