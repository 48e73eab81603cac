"""Histories whose outcome depends on the order in which migrations run, on a real server.

Each is committed before our `makemigrations` runs, so that nothing can be woven, and is migrated in
a database that went along, and in a new one, back to zero and forwards again.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import psycopg
import pytest

from tests.migrations.scenarios.history import FIELDS, INITIAL, KEY, STATUS, order, trigger
from tests.migrations.scenarios.project import Catalog, ScenarioProject, project, server

pytestmark = pytest.mark.slow
__all__ = ["project", "server"]

EMPTY: Catalog = {"triggers": {}, "functions": {}}
MIGRATE = ["migrate", "--verbosity=0"]
CHECK = ["makemigrations", "--check", "--dry-run"]
INSERT = "INSERT INTO {} (status, total, note) VALUES ('x', 1, '')"
THEIRS = """
import pgtrigger
from shop.models import Order


class OrderProxy(Order):
    class Meta:
        app_label = "{app}"
        proxy = True
        triggers = [{trigger}]
"""
RENAME_TABLE = 'migrations.AlterModelTable("order", "orders"),'
RENAMED_TABLE = order(meta='db_table = "orders"')
RENAME_COLUMN = 'migrations.RenameField("order", "status", "state"),'
RENAMED_COLUMN = order(fields=FIELDS.replace("status", "state"))
ON_STATUS = 'pgtrigger.Condition("OLD.status IS DISTINCT FROM NEW.status")'


def commit(project: ScenarioProject) -> None:
    """Commit everything: it may have run elsewhere."""
    if not (project.root / ".git").exists():
        _git(project, "init", "-q", ".")
    _git(project, "add", "-A")
    _git(
        project,
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "x",
    )


def _git(project: ScenarioProject, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=project.root, check=True, capture_output=True)


@pytest.fixture
def theirs(project: ScenarioProject) -> Callable[[str], None]:
    """The other app's trigger on the shop's table, which has a row, and is disabled."""

    def declare(declared: str) -> None:
        project.write_models("audit", THEIRS.format(app="audit", trigger=declared))

    project.write_models("shop", order())
    project.write_migration("shop", INITIAL)
    return declare


def settled(project: ScenarioProject, new_database: Callable[[], str], state: str = "O") -> None:
    """Both databases get what the models say, and the one goes to zero and forwards again."""
    expected = project.installed_afresh()
    assert project.makemigrations("--check").exit_code == 0
    (here, _) = project.manage(MIGRATE, CHECK)
    assert [row[2] for row in here["triggers"].values()] == [state] * len(expected["triggers"])
    assert _enabled(here) == expected
    fresh = ScenarioProject(project.root, project.server, new_database(), project.oracle_dsn)
    zero = [["migrate", app, "zero", "--verbosity=0"] for app in ("audit", "shop")]
    (there, _, empty, again) = fresh.manage(MIGRATE, *zero, MIGRATE)
    assert there == again == expected
    assert empty == EMPTY


def _enabled(catalog: Catalog) -> Catalog:
    triggers = {key: [*row[:2], "O", *row[3:]] for key, row in catalog["triggers"].items()}
    return {**catalog, "triggers": triggers}


@pytest.mark.parametrize(
    ("declared", "schema", "models", "then"),
    [
        (trigger(), RENAME_TABLE, RENAMED_TABLE, trigger()),
        (
            trigger(condition=ON_STATUS),
            RENAME_COLUMN,
            RENAMED_COLUMN,
            trigger(condition=ON_STATUS.replace("status", "state")),
        ),
        (trigger(), RENAME_TABLE, RENAMED_TABLE, None),
        (trigger(func="NEW.note = 'x'; RETURN NEW;"), RENAME_TABLE, RENAMED_TABLE, trigger()),
    ],
    ids=["table", "column", "removed", "table, and another body"],
)
def test_another_apps_committed_migration(
    project: ScenarioProject,
    theirs: Callable[[str], None],
    new_database: Callable[[], str],
    declared: str,
    schema: str,
    models: str,
    then: str | None,
) -> None:
    theirs(declared)
    project.write_migration("audit", _PROXY, [("shop", "0001_initial")])
    assert project.makemigrations().exit_code == 0
    (before,) = project.manage(MIGRATE)
    commit(project)
    with psycopg.connect(project.dsn, autocommit=True) as connection:
        connection.execute(INSERT.format("shop_order").encode())
        connection.execute("ALTER TABLE shop_order DISABLE TRIGGER USER")
    project.write_migration("shop", schema)
    project.write_models("shop", models)
    theirs(then or "")
    commit(project)

    outcome = project.makemigrations()

    assert outcome.exit_code == 0, outcome.stderr
    assert "audit.0002_order_guard gets run_before shop.0002_schema" in outcome.stderr
    settled(project, new_database, "D")
    (back,) = project.manage(["migrate", "shop", "0001", "--verbosity=0"])[-1:]
    assert list(back["triggers"]) == list(before["triggers"]) or not then


_PROXY = """
migrations.CreateModel(
    name="OrderProxy", fields=[], options={"proxy": True}, bases=("shop.order",),
),
"""


def test_a_package_is_upgraded(
    project: ScenarioProject, theirs: Callable[[str], None], new_database: Callable[[], str]
) -> None:
    """Its migrations are nobody's to change here, and its table is renamed by one of them."""
    project.install("shop")
    theirs(trigger(condition=ON_STATUS))
    project.write_migration("audit", _PROXY, [("shop", "0001_initial")])
    assert project.makemigrations().exit_code == 0
    project.manage(MIGRATE)
    commit(project)
    project.write_migration("shop", RENAME_TABLE)
    project.write_models("shop", RENAMED_TABLE)
    project.write_migration("shop", RENAME_COLUMN)
    project.write_models(
        "shop", order(fields=FIELDS.replace("status", "state"), meta='db_table = "orders"')
    )
    theirs(trigger(condition=ON_STATUS.replace("status", "state")))
    texts = [path.read_text() for path in sorted(project.folder("shop").rglob("*.py"))]

    outcome = project.makemigrations()

    assert outcome.exit_code == 0, outcome.stderr
    settled(project, new_database)
    assert [path.read_text() for path in sorted(project.folder("shop").rglob("*.py"))] == texts


RENAME_MODEL = 'migrations.RenameModel("Order", "Purchase"),'


@pytest.mark.parametrize("name", ["a_keep", "z_keep"])
def test_branches_that_run_in_one_order_only(
    project: ScenarioProject, new_database: Callable[[], str], name: str
) -> None:
    """One renames the model, and the other adds a trigger to it."""
    project.write_models("audit", "")
    project.write_models("shop", order(trigger()))
    project.write_migration("shop", INITIAL)
    assert project.makemigrations("--name", name).exit_code == 0
    project.manage(MIGRATE)
    folder = project.root / "shop" / "migrations"
    path = folder / f"{project.write_migration('shop', RENAME_MODEL)}.py"
    path.write_text(path.read_text().replace(f"0002_{name}", "0001_initial"))
    path.rename(folder / "0002_rename.py")
    project.write_models("shop", order(trigger(), name="Purchase"))
    project.manage(["makemigrations", "--merge", "--noinput", "--verbosity=0"])
    commit(project)

    refused = project.makemigrations()

    assert refused.exit_code == 2
    assert f"shop.0002_{name}, then shop.0002_rename works" in refused.stderr
    assert f"shop.0002_rename, then shop.0002_{name} fails" in refused.stderr
    assert project.makemigrations("--rewrite").exit_code == 0
    settled(project, new_database)


def test_branches_that_change_the_condition_and_its_column(
    project: ScenarioProject, new_database: Callable[[], str]
) -> None:
    project.write_models("audit", "")
    project.write_models("shop", order(trigger(condition="pgtrigger.Q(old__status='1')")))
    project.write_migration("shop", INITIAL)
    project.makemigrations()
    commit(project)
    project.write_models("shop", order(trigger(condition="pgtrigger.Q(old__status='2')")))
    assert project.makemigrations("--name", "condition").exit_code == 0
    project.manage(MIGRATE)
    folder = project.root / "shop" / "migrations"
    path = folder / f"{project.write_migration('shop', RENAME_COLUMN)}.py"
    path.write_text(path.read_text().replace("0003_condition", "0002_order_guard"))
    path.rename(folder / "0003_rename.py")
    declared = trigger(condition="pgtrigger.Q(old__state='2')")
    renamed = STATUS.replace("status", "state")
    project.write_models("shop", order(declared, fields=FIELDS.replace(STATUS, renamed)))
    project.manage(["makemigrations", "--merge", "--noinput", "--verbosity=0"])
    commit(project)

    refused = project.makemigrations()

    assert refused.exit_code == 2
    assert "shop.0003_rename, then shop.0003_condition fails" in refused.stderr
    assert "for all" not in refused.stderr
    assert project.makemigrations("--rewrite").exit_code == 0
    settled(project, new_database)


OTHER = f'migrations.CreateModel(name="Other", fields=[{KEY}, ("status", models.TextField())]),'
SWAP = """
migrations.RenameModel("Order", "Between"),
migrations.RenameModel("Other", "Order"),
migrations.RenameModel("Between", "Other"),
"""
SWAPPED = """
from django.db import models


class Order(models.Model):
    status = models.TextField()


class Other(models.Model):
    status = models.CharField(max_length=10, default="")
    total = models.IntegerField(null=True)
    note = models.TextField(default="")
"""


def test_two_models_swap_under_another_apps_trigger(
    project: ScenarioProject, theirs: Callable[[str], None], new_database: Callable[[], str]
) -> None:
    """No order fails, but a new database would have the trigger on the other table."""
    project.write_migration("shop", OTHER)
    project.write_models(
        "shop", order() + "\n\nclass Other(models.Model):\n    status = models.TextField()\n"
    )
    theirs(trigger())
    project.write_migration("audit", _PROXY, [("shop", "0001_initial")])
    assert project.makemigrations().exit_code == 0
    project.manage(MIGRATE)
    commit(project)
    project.write_migration("shop", SWAP)
    project.write_migration(
        "audit",
        'migrations.DeleteModel("OrderProxy"),\n'
        + _PROXY.replace("OrderProxy", "OtherProxy").replace("shop.order", "shop.other"),
        [("shop", "0003_schema")],
    )
    project.write_models("shop", SWAPPED)
    project.write_models(
        "audit", THEIRS.format(app="audit", trigger=trigger()).replace("Order", "Other")
    )
    commit(project)

    outcome = project.makemigrations()

    assert outcome.exit_code == 0, outcome.stderr
    assert "audit.0002_order_guard gets run_before shop.0003_schema" in outcome.stderr
    settled(project, new_database)


def test_a_branch_that_renames_the_model_and_one_that_removes_its_trigger(
    project: ScenarioProject, new_database: Callable[[], str]
) -> None:
    """Taken back while the table has its new name, the removal would find no table."""
    project.write_models("audit", "")
    project.write_models("shop", order(trigger()))
    project.write_migration("shop", INITIAL)
    project.makemigrations()
    commit(project)
    project.write_models("shop", order())
    assert project.makemigrations("--name", "a_removed").exit_code == 0
    project.manage(MIGRATE)
    folder = project.root / "shop" / "migrations"
    removal = folder / "0003_a_removed.py"
    text = removal.read_text()
    removal.unlink()
    project.write_models("shop", order(trigger(), name="Purchase"))
    path = folder / f"{project.write_migration('shop', RENAME_MODEL)}.py"
    path.rename(folder / "0003_rename.py")
    commit(project)
    assert project.makemigrations("--weave").exit_code == 0
    removal.write_text(text)
    project.write_models("shop", order(name="Purchase"))
    project.manage(["makemigrations", "--merge", "--noinput", "--verbosity=0"])
    commit(project)

    refused = project.makemigrations()

    assert refused.exit_code == 2
    assert "shop.0003_a_removed cannot be taken back" in refused.stderr
    assert project.makemigrations("--rewrite").exit_code == 0
    settled(project, new_database)
    (back, again) = project.manage(["migrate", "shop", "0002", "--verbosity=0"], MIGRATE)
    assert len(back["triggers"]) == 1
    assert again == EMPTY
