"""Every history again, collapsed: it leads to the same catalog, and back to nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.migrations.scenarios.histories import HISTORIES
from tests.migrations.scenarios.history import FIELDS, INITIAL, Stage, order, trigger
from tests.migrations.scenarios.project import DjangoServer, ScenarioProject, project, server
from tests.migrations.scenarios.test_random_histories import RandomHistory
from tests.support.cli import run_cli

pytestmark = pytest.mark.slow

__all__ = ["project", "server"]

MIGRATE = ["migrate", "--verbosity=0"]
BACK = [["migrate", app, "zero", "--verbosity=0"] for app in ("audit", "shop")]
ZERO = ["migrate", "shop", "zero", "--verbosity=0"]
CHECK = ["makemigrations", "--check", "--dry-run"]


@pytest.mark.parametrize("name", HISTORIES)
def test_collapsed_history(name: str, project: ScenarioProject) -> None:
    for number, stage in enumerate(HISTORIES[name]):
        _write(project, stage, first=number == 0)
        outcome = project.makemigrations(*stage.arguments)
        assert outcome.exit_code == 0, outcome.stderr
    *_, before, _, empty = project.manage(MIGRATE, *BACK)
    assert not any(empty.values())

    for app in ("shop", "audit"):
        if project.migrations(app):
            collapsed = run_cli(project.root, "collapse", app, "0001", "--force")
            assert collapsed.exit_code == 0, collapsed.stderr

    after, _, empty, again, _ = project.manage(MIGRATE, *BACK, MIGRATE, CHECK)
    assert after == again == before
    assert not any(empty.values())
    assert project.makemigrations("--check").exit_code == 0
    for app in ("shop", "audit"):
        if project.migrations(app):
            collapsed = run_cli(project.root, "collapse", app, "0001", "--check")
            assert (collapsed.exit_code, collapsed.stdout) == (0, "Nothing to collapse\n")


def _write(project: ScenarioProject, stage: Stage, *, first: bool) -> None:
    project.write_models("shop", stage.models)
    if stage.audit is not None:
        project.write_models("audit", stage.audit)
    elif first:
        project.write_models("audit", "")
    if stage.schema or first:
        project.write_migration("shop", stage.schema or INITIAL)
    if stage.audit_schema:
        project.write_migration("audit", stage.audit_schema)


@pytest.mark.parametrize("moved", [False, True])
def test_triggers_that_were_installed_without_migrations(
    moved: bool, project: ScenarioProject
) -> None:
    """They are taken over, disabled as they are, by what is left of their migrations."""
    on_note = 'pgtrigger.Condition("NEW.more IS NULL")' if moved else "None"
    more = f"{FIELDS}\nmore = models.TextField(null=True)"
    project.write_models("audit", "")
    project.write_models("shop", order(trigger(), trigger("b")))
    project.write_migration("shop", INITIAL)
    project.makemigrations()
    project.write_migration(
        "shop", "migrations.AddField('order', 'more', models.TextField(null=True)),"
    )
    changed = trigger(func="RETURN OLD;", condition=on_note)
    project.write_models("shop", order(changed, trigger("b"), fields=more))
    project.makemigrations()
    collapsed = run_cli(project.root, "collapse", "shop", "0002", "--force")
    assert collapsed.stdout.splitlines()[1] == "  + Add trigger shop.Order:guard, from 2 operations"
    (filled,) = project.manage(["migrate", "shop", "0001", "--verbosity=0"])
    assert not any(filled.values())
    expected = project.installed_afresh()
    with psycopg.connect(project.dsn, autocommit=True) as connection:
        for name in expected["triggers"]:
            connection.execute(_like_install(name.split(" ")[1]).encode())
        connection.execute("ALTER TABLE shop_order DISABLE TRIGGER USER")

    (catalog,) = project.manage(MIGRATE)

    assert [row[2] for row in catalog["triggers"].values()] == ["D", "D"]
    for row in catalog["triggers"].values():
        row[2] = "O"
    assert catalog == expected


def _like_install(pgid: str) -> str:
    """A trigger as an earlier version of the models had it."""
    return f"""
        CREATE FUNCTION {pgid}() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER {pgid} BEFORE INSERT ON shop_order FOR EACH ROW
            EXECUTE FUNCTION {pgid}();
    """


class CollapsedHistory(RandomHistory):
    """Random edits, of which the later half is collapsed at the end."""

    def teardown(self) -> None:
        names = self.project.migrations("shop")
        start = (len(names) + 1) // 2
        middle = ["migrate", "shop", names[start - 1], "--verbosity=0"]
        before = self.project.manage(MIGRATE, middle, ZERO)
        if start < len(names):
            collapsed = run_cli(self.project.root, "collapse", "shop", names[start], "--force")
            assert collapsed.exit_code == 0, collapsed.stderr

        *after, again, _ = self.project.manage(MIGRATE, middle, ZERO, MIGRATE, CHECK)

        assert after == before
        assert again == after[0]
        assert not any(after[2].values())
        assert self.project.makemigrations("--check").exit_code == 0

    def _migrate(self, schema: str = "", before: int = 0) -> None:
        """Only write what the models need; what it does is seen at the end."""
        self.project.write_models("shop", self._models())
        if schema:
            self.project.write_migration("shop", schema)
        outcome = self.project.makemigrations("--weave")
        assert outcome.exit_code == 0, outcome.stderr


def test_random_histories(
    tmp_path: Path, server: DjangoServer, new_database: Callable[[], str]
) -> None:
    def make_project() -> ScenarioProject:
        root = tmp_path / f"project{len(list(tmp_path.iterdir()))}"
        project = ScenarioProject(root, server, new_database(), "")
        project.create()
        return project

    CollapsedHistory.make_project = staticmethod(make_project)
    wanted = os.environ.get("PGTRIGGER_CODEGEN_RANDOM_HISTORIES")
    run_state_machine_as_test(
        CollapsedHistory,
        settings=settings(
            max_examples=int(wanted or 5),
            stateful_step_count=12,
            derandomize=wanted is None,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
