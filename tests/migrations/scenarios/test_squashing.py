"""Django's own `squashmigrations` over migrations of ours."""

from __future__ import annotations

import pytest

from tests.migrations.scenarios.history import FIELDS, INITIAL, order, trigger
from tests.migrations.scenarios.project import ScenarioProject, project, server

pytestmark = pytest.mark.slow

__all__ = ["project", "server"]

MIGRATE = ["migrate", "--verbosity=0"]
ZERO = ["migrate", "shop", "zero", "--verbosity=0"]
CHECK = ["makemigrations", "--check", "--dry-run"]
ON_STATUS = 'pgtrigger.Condition("OLD.status IS DISTINCT FROM NEW.status")'
LONGER = FIELDS.replace("max_length=10", "max_length=20")
RETYPED = 'migrations.AlterField("Order", "status", models.CharField(max_length=20, default="")),'


def _write(project: ScenarioProject) -> list[str]:
    """Triggers that come, change, stand in the way of a column's change, get names, and go."""
    project.write_models("audit", "")
    for models, schema in (
        (order(trigger(), trigger("other")), INITIAL),
        (order(trigger(func="RETURN OLD;"), trigger("other", condition=ON_STATUS)), ""),
        (order(trigger(operation="pgtrigger.Delete"), trigger("new"), fields=LONGER), RETYPED),
        (order(trigger("new"), trigger(operation="pgtrigger.Insert"), fields=LONGER), ""),
    ):
        project.write_models("shop", models)
        if schema:
            project.write_migration("shop", schema)
        assert project.makemigrations("--weave").exit_code == 0
    return project.migrations("shop")


def _squash(project: ScenarioProject, first: str, last: str) -> None:
    project.manage(["squashmigrations", "shop", first, last, "--noinput", "--verbosity=0"])


def test_a_squashed_history(project: ScenarioProject) -> None:
    names = _write(project)
    before, _ = project.manage(MIGRATE, ZERO)
    _squash(project, names[0], names[-1])

    assert len(project.migrations("shop")) == len(names) + 1
    _leads_to_the_same(project, before)
    # As when every database has run it: the replaced migrations go.
    for name in names:
        (project.root / "shop" / "migrations" / f"{name}.py").unlink()
    _leads_to_the_same(project, before)


def test_a_change_after_a_squashed_history(project: ScenarioProject) -> None:
    names = _write(project)
    _squash(project, names[1], names[-1])
    project.write_models("shop", order(trigger("new"), fields=LONGER))
    written = project.makemigrations()

    assert written.stdout.splitlines()[2:] == ["    - Remove trigger shop.Order:guard"]
    (catalog,) = project.manage(MIGRATE)
    assert catalog == project.installed_afresh()


def _leads_to_the_same(project: ScenarioProject, catalog: object) -> None:
    after, _, empty, again, _ = project.manage(MIGRATE, CHECK, ZERO, MIGRATE, ZERO)

    assert after == again == catalog
    assert not any(empty.values())
    checked = project.makemigrations("--check")
    assert (checked.exit_code, checked.stdout) == (0, "No changes detected\n")
