"""What becomes of the operations in migration files."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from tests.migrations.conversion.histories import (
    COMPILED,
    RELEASES,
    contents,
    copy_history,
    migrations_of,
)
from tests.support.cli import Outcome, run_cli
from tests.support.projects import write_project

TRIGGER = (
    "pgtrigger.compiler.Trigger(name='keep', sql=pgtrigger.compiler.UpsertTriggerSql("
    "func='RETURN NULL;', hash='{hash}', operation='DELETE', "
    "pgid='pgtrigger_keep_11111', table='shop_order', when='BEFORE'))"
).format(hash="0" * 40)
ORDER = """migrations.CreateModel(
            name="Order",
            fields=[("id", models.BigAutoField(primary_key=True))],
        ),"""
_RUN_SQL = re.compile(r"^        migrations.RunSQL\(.*?^        \)", re.DOTALL | re.MULTILINE)
HEAD = """\
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import connection, migrations, models


class Migration(migrations.Migration):
    dependencies = []

    operations = [
"""
ADD = f"pgtrigger.migrations.AddTrigger(model_name='order', trigger={TRIGGER}),"
REMOVE = "pgtrigger.migrations.RemoveTrigger(model_name='order', name='keep'),"


def _project(root: Path, operations: str, *, after: str = "", settings: str = "") -> Path:
    """A project with one migration; returns that file."""
    body = textwrap.indent(textwrap.dedent(operations), " " * 8).strip("\n")
    files = {
        "settings.py": f'INSTALLED_APPS = ["pgtrigger", "shop"]\n{settings}',
        "shop/migrations/0001_initial.py": f"{HEAD}        {ORDER}\n{body}\n    ]\n{after}",
    }
    write_project(root, files=files, packages=("shop", "shop/migrations"))
    return root / "shop/migrations/0001_initial.py"


def _convert(root: Path, *arguments: str) -> Outcome:
    return run_cli(root, "convert", "--allow-dirty", *arguments)


@pytest.mark.parametrize("release", RELEASES)
def test_no_import_of_pgtrigger_is_left_and_a_second_run_changes_nothing(
    release: str, tmp_path: Path
) -> None:
    project = copy_history(release, tmp_path)
    before = contents(project)
    assert _convert(project).exit_code == 0
    once = contents(project)

    assert all("pgtrigger" in text for name, text in before.items() if "/000" in name)
    assert not any(
        re.search(r"import pgtrigger|from pgtrigger|AddTrigger|RemoveTrigger", text)
        for name, text in once.items()
        if "/migrations/" in name
    )
    assert "Nothing to convert" in _convert(project).stdout
    assert contents(project) == once


@pytest.fixture(scope="module")
def of_the_newest(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    return _converted_sql(COMPILED[-1], tmp_path_factory.mktemp("newest"))


@pytest.mark.parametrize("release", RELEASES)
def test_all_releases_histories_become_the_same_sql(
    release: str, tmp_path: Path, of_the_newest: list[list[str]]
) -> None:
    converted = _converted_sql(release, tmp_path)

    assert [len(operations) for operations in converted] == [4, 4, 4]
    assert converted == of_the_newest


def _converted_sql(release: str, folder: Path) -> list[list[str]]:
    project = copy_history(release, folder)
    assert _convert(project).exit_code == 0
    files = sorted(migrations_of(project).glob("0*.py"))
    return [_RUN_SQL.findall(file.read_text()) for file in files]


def test_everything_else_stays_as_it_is_written(tmp_path: Path) -> None:
    path = _project(
        tmp_path,
        f"""\
        # Orders stay.
        {ADD}  # for ever
        migrations.AlterModelOptions( name = 'order',options={{}} ) ,
        """,
    )
    before = path.read_text()
    assert _convert(tmp_path).exit_code == 0
    after = path.read_text()

    start, end = after.index("migrations.RunSQL("), after.index(",  # for ever")
    head = before.replace("import pgtrigger.compiler\nimport pgtrigger.migrations\n", "")
    assert after[:start] + ADD.rstrip(",") + after[end:] == head


def test_comments_inside_an_operation_stay(tmp_path: Path) -> None:
    path = _project(tmp_path, ADD.replace("trigger=", "\n  # the reason why\n  trigger=", 1))
    assert _convert(tmp_path).exit_code == 0

    assert "migrations.RunSQL(\n            # the reason why\n            sql=" in path.read_text()


def test_the_recorded_hash_stays(tmp_path: Path) -> None:
    path = _project(tmp_path, ADD)
    _convert(tmp_path)

    assert f"IS '{'0' * 40}';" in path.read_text()


def test_a_removal_takes_its_reverse_from_the_history(tmp_path: Path) -> None:
    path = _project(tmp_path, f"{ADD}\n{REMOVE}")
    assert _convert(tmp_path).exit_code == 0

    _, _, removal = path.read_text().rpartition("migrations.RunSQL(")
    forwards, _, backwards = removal.partition("reverse_sql")
    assert 'DROP TRIGGER IF EXISTS pgtrigger_keep_11111 ON "shop_order";' in forwards
    assert "CREATE" not in forwards
    assert "CREATE OR REPLACE TRIGGER pgtrigger_keep_11111" in backwards


def test_a_vendor_guard_stays_around(tmp_path: Path) -> None:
    guard = '\n\nif connection.vendor == "postgresql":\n    Migration.operations += [\n'
    settings = 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}\n'
    path = _project(tmp_path, "", after=f"{guard}        {ADD}\n    ]\n", settings=settings)
    outcome = _convert(tmp_path)

    assert outcome.exit_code == 0, outcome.stderr
    assert f"{guard}        migrations.RunSQL(\n" in path.read_text()


def test_without_a_guard_another_engine_is_an_obstacle(tmp_path: Path) -> None:
    settings = 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}\n'
    path = _project(tmp_path, ADD, settings=settings)
    before = path.read_text()
    outcome = _convert(tmp_path)

    assert outcome.exit_code == 2
    assert "shop/migrations/0001_initial.py:14:9: database 'default' is not" in outcome.stderr
    assert path.read_text() == before


def test_state_operations_go_and_database_operations_become_sql(tmp_path: Path) -> None:
    path = _project(
        tmp_path,
        f"""\
        migrations.SeparateDatabaseAndState(
            database_operations=[{ADD}],
            state_operations=[{ADD}],
        ),
        {REMOVE}
        """,
    )
    assert _convert(tmp_path).exit_code == 0
    text = path.read_text()

    assert text.count("migrations.RunSQL(") == 2
    assert "database_operations=[migrations.RunSQL(" in text
    assert "state_operations=[]," in text


def test_triggers_in_the_options_of_a_model_become_operations(tmp_path: Path) -> None:
    options = (
        f"migrations.CreateModel(name='Item', fields=[('id', models.AutoField(primary_key=True))], "
        f"options={{'db_table': 'shop_order', 'triggers': [{TRIGGER}], 'ordering': ['id']}}),"
    )
    path = _project(tmp_path, options)
    assert _convert(tmp_path).exit_code == 0
    text = path.read_text()

    assert (
        "options={'db_table': 'shop_order', 'ordering': ['id']}),\n        migrations.RunSQL("
        in text
    )


def test_deleting_a_model_brings_its_trigger_back_in_reverse(tmp_path: Path) -> None:
    path = _project(tmp_path, f'{ADD}\nmigrations.DeleteModel(name="Order"),')
    assert _convert(tmp_path).exit_code == 0

    before, _, _ = path.read_text().partition("migrations.DeleteModel(")
    _, _, dropped = before.rpartition("migrations.RunSQL(")
    assert dropped.index("DROP TRIGGER") < dropped.index("reverse_sql") < dropped.index("CREATE")


def test_a_removal_that_missed_its_renamed_table_still_misses_it(tmp_path: Path) -> None:
    path = _project(
        tmp_path,
        f'{ADD}\nmigrations.RenameModel(old_name="Order", new_name="Sale"),\n'
        + REMOVE.replace("order", "sale"),
    )
    outcome = _convert(tmp_path)

    assert outcome.exit_code == 0
    assert "migrated databases still have the trigger" in outcome.stderr
    _, _, removal = path.read_text().rpartition("migrations.RunSQL(")
    assert 'ON "shop_order";' in removal
    assert "reverse_sql=migrations.RunSQL.noop," in removal
    models = "from django.db import models\n\n\nclass Sale(models.Model):\n    pass\n"
    (tmp_path / "shop" / "models.py").write_text(models)
    left = run_cli(tmp_path, "makemigrations", "--dry-run").stdout
    assert 'DROP TRIGGER IF EXISTS pgtrigger_keep_11111 ON "shop_sale";' in left


@pytest.mark.parametrize(
    ("operations", "place", "reason"),
    [
        (
            f"*[{ADD} for _ in range(2)],".replace("),]", ")]").replace("), for", ") for"),
            "14:11",
            "loop",
        ),
        (REMOVE, "14:9", "which no migration before it adds"),
        (ADD.replace("'RETURN NULL;'", "open('x').read()"), "14:", "cannot be read"),
        (
            f'{ADD}\nmigrations.RenameModel("Order", __import__("os").environ["NEW"]),',
            "15:41",
            "there may be triggers on that table",
        ),
    ],
)
def test_obstacles_have_a_place_and_change_nothing(
    tmp_path: Path, operations: str, place: str, reason: str
) -> None:
    path = _project(tmp_path, operations)
    before = path.read_text()
    outcome = _convert(tmp_path)

    assert outcome.exit_code == 2
    assert f"0001_initial.py:{place}" in outcome.stderr
    assert reason in outcome.stderr
    assert path.read_text() == before


def test_an_operation_that_is_made_elsewhere_and_cannot_be_read_is_noted(tmp_path: Path) -> None:
    _project(tmp_path, f"{ADD}\nmade_by_nobody(),")

    outcome = _convert(tmp_path, "--check")

    assert "0001_initial.py:15:9: an operation is not followed" in outcome.stderr


def test_what_runs_later_may_go_on_using_pgtrigger(tmp_path: Path) -> None:
    after = "\n\ndef forwards(apps, editor):\n    with pgtrigger.ignore():\n        pass\n"
    path = _project(tmp_path, ADD, after=after)
    outcome = _convert(tmp_path)

    assert outcome.exit_code == 0
    assert "pgtrigger.ignore is used here" in outcome.stderr
    assert "import pgtrigger.migrations" in path.read_text()


def test_squashed_and_replaced_migrations_are_both_converted(tmp_path: Path) -> None:
    path = _project(tmp_path, f"{ADD}\n{REMOVE}")
    squashed = path.with_name("0001_squashed.py")
    replaces = '    replaces = [("shop", "0001_initial")]\n    dependencies'
    squashed.write_text(path.read_text().replace("    dependencies", replaces))
    assert _convert(tmp_path).exit_code == 0

    assert squashed.read_text() == path.read_text().replace("    dependencies", replaces)
    assert "import pgtrigger" not in path.read_text()
