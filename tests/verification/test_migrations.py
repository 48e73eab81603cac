"""`verify --migrations`: what migrations leave, the way back, and the locks that they take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen.verification.room import Limits
from tests.database.project import Shop, make_shop
from tests.support.cli import Outcome, run_cli
from tests.support.projects import copy_project

pytestmark = pytest.mark.usefixtures("nothing_left")

ORDER = """
class Order(models.Model):
    status = models.CharField(max_length=20)
    total = models.IntegerField()

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="{name}",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Condition("NEW.total > {least}"),
                func="NEW.total = NEW.total * {factor}; RETURN NEW;",
            ),
        ]
"""
INITIAL = """
from django.db import migrations, models

class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("status", models.CharField(max_length=20)),
                ("total", models.IntegerField()),
            ],
        ),
    ]
"""
STOPS_WRITES = ("ShareRowExclusiveLock", "writes")
STOPS_ALL = ("AccessExclusiveLock", "reads and writes")


@pytest.fixture
def shop(tmp_path: Path, postgres: str) -> Shop:
    shop = make_shop(tmp_path, postgres)
    _write(shop, "0001_initial", INITIAL)
    return shop


def _write(shop: Shop, name: str, text: str) -> None:
    (shop.root / "shop" / "migrations" / f"{name}.py").write_text(text)


def _declare(shop: Shop, name: str = "double", least: int = 1, factor: int = 2) -> None:
    shop.write(ORDER.format(name=name, least=least, factor=factor))


def _migrate(shop: Shop) -> None:
    outcome = run_cli(shop.root, "makemigrations")
    assert outcome.exit_code == 0, outcome.stderr


def _verify(shop: Shop, *arguments: str) -> Outcome:
    return shop.run("verify", "--migrations", *arguments)


def _migrations(shop: Shop) -> dict[str, Any]:
    found: dict[str, Any] = _verify(shop, "--output-format", "json").data["migrations"]
    return found


def test_what_the_migrations_install_is_what_the_source_declares(shop: Shop) -> None:
    _declare(shop)
    _migrate(shop)

    outcome = _verify(shop, "--check")

    assert outcome.exit_code == 0, outcome.stdout + outcome.stderr
    assert "2 migrations applied" in outcome.stdout
    found = _migrations(shop)
    assert (found["stop"], found["back"]) == (None, None)
    assert found["differences"] == found["left"] == found["left_functions"] == []


def test_what_is_missing_and_what_differs(shop: Shop) -> None:
    _declare(shop)
    missing = _migrations(shop)["differences"]
    _migrate(shop)
    _declare(shop, factor=3)
    other_body = _migrations(shop)["differences"]
    _declare(shop, name="triple", factor=2)
    outcome = _verify(shop)

    assert missing == [{"name": "shop.Order:double", "reason": "the migrations do not install it"}]
    assert other_body == [
        {"name": "shop.Order:double", "reason": "the migrations leave another function"}
    ]
    assert outcome.exit_code == 1
    assert "shop.Order:triple: the migrations do not install it" in outcome.stdout
    assert "on shop_order: nothing declares it" in outcome.stdout


def test_the_locks_are_those_that_the_docs_promise(shop: Shop) -> None:
    """A new trigger, a changed body, a changed definition, a new name, a removal."""
    _declare(shop)
    _migrate(shop)  # 0002
    _declare(shop, factor=3)
    _migrate(shop)  # 0003
    _declare(shop, factor=3, least=5)
    _migrate(shop)  # 0004
    _declare(shop, name="triple", factor=3, least=5)
    _migrate(shop)  # 0005
    without = ORDER.partition("    class Meta")[0]
    shop.write(without)
    _migrate(shop)  # 0006

    found = _migrations(shop)

    assert found["stop"] is None
    by_migration: dict[str, set[tuple[str, str]]] = {}
    for lock in found["locks"]:
        assert lock["table"] == "shop_order"
        number = lock["migration"].removeprefix("shop.")[:4]
        by_migration.setdefault(number, set()).add((lock["lock"], lock["blocks"]))
    assert by_migration["0002"] == {STOPS_WRITES}
    assert {blocks for _, blocks in by_migration.get("0003", set())} <= {"nothing"}
    assert by_migration["0004"] == {STOPS_WRITES}
    assert STOPS_ALL in by_migration["0005"]
    assert STOPS_ALL in by_migration["0006"]


def test_a_columns_type_under_a_trigger(shop: Shop) -> None:
    _declare(shop)
    _migrate(shop)
    (name,) = {path.stem for path in (shop.root / "shop" / "migrations").glob("0002_*.py")}
    _write(
        shop,
        "0003_more",
        f"""
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("shop", "{name}")]
    operations = [migrations.AlterField("order", "total", models.BigIntegerField())]
""",
    )

    stop = _migrations(shop)["stop"]

    assert stop["reason"] == (
        "shop.0003_more, operation 1 (AlterField): cannot alter type of a column used in a trigger "
        "definition"
    )
    # django-pgtrigger's own schema editor, which is not used here, would lift the trigger.
    assert stop["is_failure"] is False


def test_python_is_left_out_and_sql_runs_as_it_stands(shop: Shop) -> None:
    _declare(shop)
    _migrate(shop)
    (name,) = {path.stem for path in (shop.root / "shop" / "migrations").glob("0002_*.py")}
    text = f"""
from django.db import migrations

def fill(apps, schema_editor):
    raise RuntimeError("this never runs")

class Migration(migrations.Migration):
    dependencies = [("shop", "{name}")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL("CREATE TABLE extra (a int)", "DROP TABLE extra"),
    ]
"""
    _write(shop, "0003_more", text)

    found = _migrations(shop)

    assert [one["reason"] for one in found["skipped"]] == ["Python of the project is never run"]
    assert (found["applied"], found["stop"], found["back"]) == (3, None, None)


@pytest.mark.parametrize(
    ("operation", "reason", "is_failure"),
    [
        ("migrations.RunSQL('CREATE TABEL x ()')", 'syntax error at or near "TABEL"', True),
        ("migrations.RunSQL('SELECT * FROM elsewhere')", 'relation "elsewhere" does not', False),
        ("migrations.RunSQL(\"COPY (SELECT 1) TO PROGRAM 'true'\")", "permission denied", False),
        ("migrations.RunSQL(open('x').read())", "it cannot be read", False),
    ],
)
def test_where_the_replay_ends(
    shop: Shop, operation: str, reason: str, *, is_failure: bool
) -> None:
    _declare(shop)
    _write(
        shop,
        "0002_more",
        f"""
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [{operation}]
""",
    )

    found = _migrations(shop)

    assert reason in found["stop"]["reason"]
    assert found["stop"]["is_failure"] is is_failure
    assert (found["applied"], found["differences"]) == (1, [])


def test_extensions_that_reach_further_are_not_created(shop: Shop) -> None:
    _declare(shop)
    _write(
        shop,
        "0002_more",
        """
from django.contrib.postgres.operations import CreateExtension
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        CreateExtension("dblink"),
        migrations.RunSQL("SELECT dblink_connect('dbname=postgres')"),
    ]
""",
    )

    found = _migrations(shop)

    assert [one["reason"] for one in found["skipped"]] == ["extension dblink is missing"]
    assert "dblink_connect(unknown) does not exist" in found["stop"]["reason"]


def test_sql_without_end_is_ended(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pgtrigger_codegen.cli.verifying.Limits", lambda: Limits(step=2))
    _declare(shop)
    _write(
        shop,
        "0002_more",
        """
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunSQL("SET statement_timeout = 0; COMMIT; SELECT pg_sleep(600)")]
""",
    )

    outcome = _verify(shop)

    assert outcome.exit_code == 2
    assert "the session was ended: a step took longer than 2 seconds" in outcome.stderr


def test_what_cannot_be_reversed_is_named(shop: Shop) -> None:
    _declare(shop)
    _migrate(shop)
    (name,) = {path.stem for path in (shop.root / "shop" / "migrations").glob("0002_*.py")}
    _write(
        shop,
        "0003_more",
        f"""
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("shop", "{name}")]
    operations = [migrations.RunSQL("SELECT 1")]
""",
    )

    assert "0003_more, operation 1 (RunSQL): it cannot be reversed" in _migrations(shop)["back"]


def test_django_pgtriggers_own_operations(tmp_path: Path, postgres: str) -> None:
    project = copy_project("adopted", tmp_path)

    outcome = run_cli(
        project, "verify", "--migrations", "--dsn", postgres, "--output-format", "json"
    )

    found = outcome.data["migrations"]
    assert (found["stop"], found["back"], found["differences"], found["left"]) == (
        None,
        None,
        [],
        [],
    )
    assert len(found["left_functions"]) > 3
    assert {lock["kind"] for lock in found["locks"]} == {"AddTrigger", "RemoveTrigger"}


def test_the_locks_as_markdown(shop: Shop) -> None:
    _declare(shop)
    _migrate(shop)

    lines = _verify(shop, "--output-format", "markdown").stdout.splitlines()

    assert lines[0] == "| migration | operation | table | lock | blocks |"
    assert any("| shop_order | ShareRowExclusiveLock | writes |" in line for line in lines)
    outcome = shop.run("verify", "--output-format", "markdown")
    assert (outcome.exit_code, "needs --migrations" in outcome.stderr) == (2, True)
