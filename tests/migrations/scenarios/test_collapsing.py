"""Every history again, collapsed: it leads to the same catalog, and back to nothing."""

from __future__ import annotations

import pytest

from tests.migrations.scenarios.histories import HISTORIES
from tests.migrations.scenarios.history import INITIAL, Stage
from tests.migrations.scenarios.project import ScenarioProject, project, server
from tests.support.cli import run_cli

pytestmark = pytest.mark.slow

__all__ = ["project", "server"]

MIGRATE = ["migrate", "--verbosity=0"]
BACK = [["migrate", app, "zero", "--verbosity=0"] for app in ("audit", "shop")]
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
