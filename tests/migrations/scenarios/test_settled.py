"""What a run has settled, no later run asks again, and none changes a migration that has run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrations.scenarios.history import FIELDS, INITIAL, TOTAL, order, trigger
from tests.migrations.scenarios.project import ScenarioProject, project, server
from tests.migrations.scenarios.test_orders import commit
from tests.support.cli import run_cli

pytestmark = pytest.mark.slow
__all__ = ["project", "server"]

MIGRATE = ["migrate", "--verbosity=0"]
OTHER = "from django.db import models\n"
ON_TOTAL = trigger(condition="pgtrigger.Q(old__total__gt=3)")
WIDER = 'migrations.AlterField("order", "total", models.BigIntegerField(null=True)),'
WIDER_FIELDS = FIELDS.replace(TOTAL, "total = models.BigIntegerField(null=True)")


def texts(project: ScenarioProject) -> dict[Path, str]:
    folder = project.root / "shop" / "migrations"
    return {path: path.read_text() for path in sorted(folder.glob("0*.py"))}


def unchanged_by_another_run(project: ScenarioProject) -> None:
    before = texts(project)
    assert project.makemigrations().exit_code == 0
    assert project.makemigrations("--check").exit_code == 0
    assert texts(project) == before


@pytest.fixture
def deleted(project: ScenarioProject) -> ScenarioProject:
    """A model that is deleted together with its trigger, by a migration that has run."""
    project.write_models("audit", "")
    project.write_models("shop", order(trigger()))
    project.write_migration("shop", INITIAL)
    assert project.makemigrations().exit_code == 0
    project.write_models("shop", OTHER)
    project.write_migration("shop", 'migrations.DeleteModel("Order"),')
    (left,) = project.manage(MIGRATE)
    assert len(left["functions"]) == 1
    return project


def test_outside_of_git(deleted: ScenarioProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(deleted.root.parent))
    refused = deleted.makemigrations()
    outcome = deleted.makemigrations("--after")

    assert refused.exit_code == 2
    assert "does not create the trigger again when it is reversed" in refused.stderr
    assert outcome.exit_code == 0
    assert "does not get the trigger again" in outcome.stderr
    unchanged_by_another_run(deleted)
    (gone,) = deleted.manage(MIGRATE)
    assert gone == {"triggers": {}, "functions": {}}


def test_in_git_where_the_migration_is_new(deleted: ScenarioProject) -> None:
    path, *_ = [path for path in texts(deleted) if path.stem.startswith("0003")]
    new = path.read_text()
    path.unlink()
    commit(deleted)
    path.write_text(new)

    assert deleted.makemigrations("--after").exit_code == 0

    unchanged_by_another_run(deleted)
    assert path.read_text() == new


def test_a_squashed_migration_over_it(deleted: ScenarioProject) -> None:
    commit(deleted)
    assert deleted.makemigrations().exit_code == 2
    assert deleted.makemigrations("--after").exit_code == 0
    commit(deleted)
    squash = ["squashmigrations", "shop", "0003", "0004", "--noinput", "--verbosity=0"]
    deleted.manage(MIGRATE, squash)

    unchanged_by_another_run(deleted)


def test_a_squashed_migration_counts_as_what_it_replaces(project: ScenarioProject) -> None:
    """The migration that it replaces is committed, and its own file is new."""
    project.write_models("audit", "")
    project.write_models("shop", order(trigger(func="NEW.note = 'x'; RETURN NEW;")))
    project.write_migration("shop", INITIAL)
    project.makemigrations()
    project.write_models("shop", order(trigger(), fields=TOTAL))
    project.write_migration("shop", 'migrations.RemoveField("order", "note"),')
    project.write_migration("shop", 'migrations.RemoveField("order", "status"),')
    commit(project)
    squash = ["squashmigrations", "shop", "0003", "0004", "--noinput", "--verbosity=0"]
    project.manage(MIGRATE, squash)
    before = texts(project)

    assert project.makemigrations().exit_code == 2

    assert texts(project) == before


def test_after_convert(project: ScenarioProject) -> None:
    """django-pgtrigger's schema editor has created the trigger again, without its hash."""
    project.write_models("audit", "")
    project.write_models("shop", order(ON_TOTAL))
    project.write_migration("shop", INITIAL)
    (project.root / "patched_settings.py").write_text(
        "from settings import *\n\nPGTRIGGER_MIGRATIONS = True\n"
    )
    project.manage(["makemigrations", "shop", "--name", "guard"], settings="patched_settings")
    project.write_models("shop", order(ON_TOTAL, fields=WIDER_FIELDS))
    project.write_migration("shop", WIDER)
    project.manage(MIGRATE, settings="patched_settings")
    commit(project)
    assert run_cli(project.root, "convert").exit_code == 0
    commit(project)

    assert project.makemigrations().exit_code == 0

    unchanged_by_another_run(project)
    (here, *_, again) = project.manage(MIGRATE, ["migrate", "shop", "zero"], MIGRATE)
    assert here == again == project.installed_afresh()


def test_without_the_schema_editor_it_is_asked(project: ScenarioProject) -> None:
    project.configure("PGTRIGGER_SCHEMA_EDITOR = False\n")
    project.write_models("audit", "")
    project.write_models("shop", order(ON_TOTAL))
    project.write_migration("shop", INITIAL)
    project.makemigrations()
    project.write_models("shop", order(ON_TOTAL, fields=WIDER_FIELDS))
    project.write_migration("shop", WIDER)
    commit(project)

    refused = project.makemigrations("--check")

    assert refused.exit_code == 1
    assert "it is committed, and may have run elsewhere" in refused.stderr
    assert "No changes detected" not in refused.stdout
