"""`makemigrations` where a migration changes a table under a trigger."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.test_makemigrations import INITIAL, SETTINGS, as_json, run
from tests.support.projects import write_project

MODELS = """
import pgtrigger
from django.db import models


class Order(models.Model):
    {fields}

    class Meta:
        triggers = [{trigger}]
"""
ON_STATUS = (
    'pgtrigger.Protect(name="protect", operation=pgtrigger.Update, '
    'condition=pgtrigger.Q(old__status="paid"))'
)
ON_ID = (
    'pgtrigger.Protect(name="protect", operation=pgtrigger.Update, '
    "condition=pgtrigger.Q(old__id__gt=3))"
)
REMOVE = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_protect")]

    operations = [
        # Nobody reads it.
        migrations.RemoveField("order", "status"),
    ]
"""
REMOVAL = "shop/migrations/0003_remove_status.py"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A trigger in the migrations, and a column of its condition removed since."""
    files = {"settings.py": SETTINGS, "shop/migrations/0001_initial.py": INITIAL}
    write_project(tmp_path, files=files, packages=("shop", "shop/migrations", "audit"))
    _write_models(tmp_path, "status = models.TextField()", ON_STATUS)
    assert run(tmp_path).exit_code == 0
    (tmp_path / REMOVAL).write_text(REMOVE)
    _write_models(tmp_path, "pass", ON_ID)
    return tmp_path


def _write_models(root: Path, fields: str, trigger: str) -> None:
    (root / "shop/models.py").write_text(MODELS.format(fields=fields, trigger=trigger))


def _git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def _commit(root: Path) -> None:
    _git(root, "add", ".")
    _git(root, "commit", "-m", "x")


def test_an_uncommitted_migration_gets_the_operations(project: Path) -> None:
    _git(project, "init")
    (project / REMOVAL).unlink()
    _commit(project)
    (project / REMOVAL).write_text(REMOVE)

    code, document = as_json(project)

    (entry,) = document["written"]
    assert (code, entry["path"]) == (0, REMOVAL)
    assert [operation["kind"] for operation in entry["operations"]] == ["alter", "alter"]
    written = (project / REMOVAL).read_text()
    assert (
        written.index("DROP TRIGGER IF EXISTS")
        < written.index("# Nobody reads it.\n        migrations.RemoveField")
        < written.index("# Create trigger shop.Order:protect again")
    )
    assert as_json(project, "--check") == (0, {"written": [], "pending": False})


@pytest.mark.parametrize("atomic", [True, False])
def test_what_is_said_of_a_migration_that_gets_operations(project: Path, *, atomic: bool) -> None:
    head = "class Migration(migrations.Migration):\n"
    if not atomic:
        (project / REMOVAL).write_text(REMOVE.replace(head, f"{head}    atomic = False\n"))

    result = run(project, "--weave")

    assert result.exit_code == 0
    assert result.stderr.count("a database that has run shop.0003_remove_status already") == 1
    assert ("shop.0003_remove_status is not atomic" in result.stderr) is not atomic


def test_what_is_said_of_two_migrations(project: Path) -> None:
    (project / "shop/migrations/0004_retype_id.py").write_text(
        REMOVE.replace("0002_order_protect", "0003_remove_status")
        .replace(
            'RemoveField("order", "status")',
            'AlterField("order", "id", models.UUIDField(primary_key=True))',
        )
        .replace("import migrations", "import migrations, models")
    )

    result = run(project, "--weave")

    assert result.exit_code == 0
    assert (
        "trigger shop.Order:protect is dropped in shop.0003_remove_status and comes back in "
        "shop.0004_retype_id: in between, the trigger does not guard writes" in result.stderr
    )
    assert "# Create trigger" not in (project / REMOVAL).read_text()
    assert as_json(project, "--check") == (0, {"written": [], "pending": False})


def test_a_committed_migration_is_not_changed(project: Path) -> None:
    _git(project, "init")
    _commit(project)

    refused = run(project)

    assert refused.exit_code == 2
    assert (
        "migration shop.0003_remove_status drops column 'status' of table shop_order, which "
        "trigger shop.Order:protect uses: it fails or silently drops the trigger, depending on the "
        "version of Django; it is committed, and may have run elsewhere" in refused.stderr
    )
    assert "--split" in refused.stderr
    assert run(project, "--check").exit_code == 1
    assert (project / REMOVAL).read_text() == REMOVE


def test_outside_of_git_it_is_asked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    refused = run(project)

    assert refused.exit_code == 2
    assert "not in a git repository, so the migration may have run elsewhere" in refused.stderr
    assert run(project, "--weave").exit_code == 0
    assert "RunSQL" in (project / REMOVAL).read_text()


def test_outside_of_git_rewrite_says_that_it_has_run_nowhere(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))

    assert run(project, "--rewrite").exit_code == 0

    assert "RunSQL" in (project / REMOVAL).read_text()


def test_no_weave(project: Path) -> None:
    refused = run(project, "--no-weave")

    assert refused.exit_code == 2
    assert "--no-weave keeps that migration as it is" in refused.stderr
    assert (project / REMOVAL).read_text() == REMOVE


def test_split(project: Path) -> None:
    result = run(project, "--split")

    assert result.exit_code == 0
    assert "the trigger does not guard writes" in result.stderr
    assert "it is enabled, even if it was disabled" in result.stderr
    assert "such as your own" not in result.stderr
    before = (project / "shop/migrations/0003_before_remove_status.py").read_text()
    after = (project / "shop/migrations/0004_alter_order_protect.py").read_text()
    assert 'run_before = [\n        ("shop", "0003_remove_status"),' in before
    assert '("shop", "0002_order_protect"),' in before
    assert '("shop", "0003_remove_status"),' in after
    assert (project / REMOVAL).read_text() == REMOVE
    assert as_json(project, "--check") == (0, {"written": [], "pending": False})


def test_after(project: Path) -> None:
    _git(project, "init")
    _commit(project)

    code, document = as_json(project, "--after")

    (entry,) = document["written"]
    assert (code, entry["path"]) == (0, "shop/migrations/0004_order_protect.py")
    assert as_json(project, "--check") == (0, {"written": [], "pending": False})


def test_operations_that_are_no_plain_list(project: Path) -> None:
    (project / REMOVAL).write_text(REMOVE.replace("operations = [", "operations = [] + ["))

    refused = run(project, "--weave")

    assert refused.exit_code == 2
    assert "its operations are not a plain list in class Migration" in refused.stderr


def test_options_of_the_sql(project: Path) -> None:
    options = ["--no-replace-trigger", "--lock-timeout", "3s", "--weave"]

    assert run(project, *options).exit_code == 0

    written = (project / REMOVAL).read_text()
    assert written.count("SET LOCAL lock_timeout = '3s';") == 4
    assert "CREATE OR REPLACE TRIGGER" not in written
    assert "CREATE TRIGGER" in written
    assert as_json(project, "--check") == (0, {"written": [], "pending": False})


def test_a_lock_timeout_that_is_no_time(project: Path) -> None:
    refused = run(project, "--lock-timeout", "3s; DROP TABLE x")

    assert refused.exit_code == 2
    assert "is not a time that PostgreSQL knows" in refused.stderr


LOG = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{dependency}]
    operations = [
        migrations.CreateModel(
            name="Log",
            fields=[("id", models.BigAutoField(primary_key=True))],
            options={{"db_table": "log"}},
        ),
    ]
"""
LOG_MODELS = """
from django.db import models


class Log(models.Model):
    class Meta:
        db_table = "log"
"""
WRITES_LOG = (
    'pgtrigger.Trigger(name="protect", operation=pgtrigger.Update, when=pgtrigger.Before, '
    'func="INSERT INTO log DEFAULT VALUES; RETURN NEW;")'
)


@pytest.mark.parametrize(("dependency", "code"), [("", 0), ('("shop", "0003_remove_status")', 2)])
def test_tables_of_other_apps_are_there_before(project: Path, dependency: str, code: int) -> None:
    folder = project / "audit/migrations"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "0001_initial.py").write_text(LOG.format(dependency=dependency))
    (project / "audit/models.py").write_text(LOG_MODELS)
    _write_models(project, "pass", WRITES_LOG)

    result = run(project, "--weave")

    assert result.exit_code == code
    written = (project / REMOVAL).read_text()
    if code:
        assert "circle: audit.0001_initial → shop.0003_remove_status" in result.stderr
        assert written == REMOVE
    else:
        assert '("shop", "0002_order_protect"),\n        ("audit", "0001_initial"),' in written
        assert run(project, "--check").exit_code == 0


def test_a_column_that_is_not_migrated_yet(project: Path) -> None:
    on_size = ON_ID.replace("old__id__gt", "old__size__gt")
    _write_models(project, "size = models.IntegerField()", on_size)

    refused = run(project, "--weave")

    assert refused.exit_code == 2
    assert (
        "trigger shop.Order:protect needs column 'size' of model shop.Order, "
        "which no migration creates yet" in refused.stderr
    )
    assert "manage.py makemigrations shop" in refused.stderr
    assert (project / REMOVAL).read_text() == REMOVE


def test_a_model_that_is_deleted(project: Path) -> None:
    (project / REMOVAL).write_text(
        REMOVE.replace(
            'migrations.RemoveField("order", "status")', 'migrations.DeleteModel("Order")'
        )
    )
    (project / "shop/models.py").write_text("")

    code, document = as_json(project, "--weave")

    (entry,) = document["written"]
    assert (code, entry["operations"]) == (
        0,
        [{"kind": "remove", "uri": "shop.Order:protect"}],
    )
    written = (project / REMOVAL).read_text()
    assert written.index("DROP FUNCTION IF EXISTS") < written.index("migrations.DeleteModel")
    assert as_json(project, "--check") == (0, {"written": [], "pending": False})
