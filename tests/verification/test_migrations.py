"""`verify --migrations`: what migrations leave, the way back, and the locks that they take."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.verification.room import Limits
from tests.database.project import Shop
from tests.support.cli import run_cli
from tests.support.projects import copy_project
from tests.verification.migrated_shop import (
    ORDER,
    add_migration,
    declare,
    make_migrated_shop,
    migrate,
    migrations_of,
    reasons,
    verify_migrations,
)

pytestmark = pytest.mark.usefixtures("nothing_left")

STOPS_WRITES = ("ShareRowExclusiveLock", "writes")
STOPS_ALL = ("AccessExclusiveLock", "reads and writes")


@pytest.fixture
def shop(tmp_path: Path, postgres: str) -> Shop:
    return make_migrated_shop(tmp_path, postgres)


def test_what_the_migrations_install_is_what_the_source_declares(shop: Shop) -> None:
    declare(shop)
    migrate(shop)

    outcome = verify_migrations(shop, "--check")

    assert outcome.exit_code == 0, outcome.stdout + outcome.stderr
    assert "2 migrations applied" in outcome.stdout
    found = migrations_of(shop)
    assert (found["equal"], found["back"]) == (1, None)
    for nothing in ("skipped", "differences", "not_judged", "left", "left_functions"):
        assert found[nothing] == []


def test_what_is_missing_and_what_differs(shop: Shop) -> None:
    declare(shop)
    missing = migrations_of(shop)["differences"]
    migrate(shop)
    declare(shop, factor=3)
    other_body = migrations_of(shop)["differences"]
    declare(shop, name="triple", factor=2)
    outcome = verify_migrations(shop)

    assert missing == [{"name": "shop.Order:double", "reason": "the migrations do not install it"}]
    assert other_body == [
        {"name": "shop.Order:double", "reason": "the migrations leave another function"}
    ]
    assert outcome.exit_code == 1
    assert "shop.Order:triple: the migrations do not install it" in outcome.stdout
    assert "on shop_order: nothing declares it" in outcome.stdout


def test_the_locks_are_those_that_the_docs_promise(shop: Shop) -> None:
    """A new trigger, a changed body, a changed definition, a new name, a removal."""
    declare(shop)
    migrate(shop)  # 0002
    declare(shop, factor=3)
    migrate(shop)  # 0003
    declare(shop, factor=3, least=5)
    migrate(shop)  # 0004
    declare(shop, name="triple", factor=3, least=5)
    migrate(shop)  # 0005
    without = ORDER.partition("    class Meta")[0]
    shop.write(without)
    migrate(shop)  # 0006

    found = migrations_of(shop)

    assert found["skipped"] == []
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
    declare(shop)
    migrate(shop)
    add_migration(
        shop, "0003_more", 'migrations.AlterField("order", "total", models.BigIntegerField())'
    )

    found = migrations_of(shop)

    # django-pgtrigger's own schema editor, which is not used here, would lift the trigger.
    assert reasons(found) == [
        ("refused", "cannot alter type of a column used in a trigger definition")
    ]
    assert found["skipped"][0]["where"] == "shop.0003_more, operation 1 (AlterField)"


def _locks(shop: Shop, *arguments: str) -> list[tuple[str, str]]:
    """The operations on the table by their classes and locks, once its column has a new type."""
    shop.write(
        ORDER.format(name="double", least=1, factor=2).replace(
            "models.Integer", "models.BigInteger"
        )
    )
    add_migration(
        shop, "0003_wide", 'migrations.AlterField("order", "total", models.BigIntegerField())'
    )
    outcome = run_cli(shop.root, "makemigrations", *arguments)
    assert outcome.exit_code == 0, outcome.stderr
    found = migrations_of(shop)
    assert (found["skipped"], found["equal"], found["back"]) == ([], 1, None)
    return [(lock["kind"], lock["lock"]) for lock in found["locks"]]


NEW_TRIGGER = ("RunSQL", "ShareRowExclusiveLock")


def test_the_locks_of_a_new_type_in_one_migration(shop: Shop) -> None:
    """The first operation takes the strongest lock, and the transaction keeps it."""
    declare(shop)
    migrate(shop)

    assert _locks(shop, "--weave") == [NEW_TRIGGER, ("RunSQL", "AccessExclusiveLock")]


def test_the_locks_of_a_new_type_in_three_migrations(shop: Shop) -> None:
    """To drop, to alter, to create: each alone."""
    declare(shop)
    migrate(shop)

    assert _locks(shop, "--split") == [
        NEW_TRIGGER,
        ("RunSQL", "AccessExclusiveLock"),
        ("AlterField", "AccessExclusiveLock"),
        NEW_TRIGGER,
    ]


def test_python_is_left_out_and_sql_runs_as_it_stands(shop: Shop) -> None:
    declare(shop)
    migrate(shop)
    add_migration(
        shop,
        "0003_more",
        """
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
        migrations.RunSQL("CREATE TABLE extra (a int)", "DROP TABLE extra"),
        """,
        more="""
def fill(apps, schema_editor):
    raise RuntimeError("this never runs")
""",
    )

    found = migrations_of(shop)

    assert reasons(found) == [("python", "Python of the project is never run")]
    assert (found["applied"], found["operations"], found["back"]) == (3, 6, None)
    assert (found["equal"], found["differences"], found["not_judged"]) == (1, [], [])


def test_extensions_that_reach_further_are_not_created(shop: Shop) -> None:
    declare(shop)
    add_migration(
        shop,
        "0002_more",
        """
        CreateExtension("dblink"),
        migrations.RunSQL("SELECT dblink_connect('dbname=postgres')"),
        """,
        more="from django.contrib.postgres.operations import CreateExtension",
    )

    found = migrations_of(shop)

    assert reasons(found) == [
        ("extension", "extension dblink is missing"),
        ("refused", "function dblink_connect(unknown) does not exist"),
    ]


def test_sql_without_end_is_ended(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pgtrigger_codegen.cli.verifying.Limits", lambda: Limits(step=2))
    declare(shop)
    add_migration(
        shop,
        "0002_more",
        'migrations.RunSQL("SET statement_timeout = 0; COMMIT; SELECT pg_sleep(600)")',
    )

    outcome = verify_migrations(shop)

    assert outcome.exit_code == 2
    assert "the session was ended: a step took longer than 2 seconds" in outcome.stderr


def test_what_cannot_be_reversed_is_named(shop: Shop) -> None:
    declare(shop)
    migrate(shop)
    add_migration(shop, "0003_more", 'migrations.RunSQL("SELECT 1")')

    assert "0003_more, operation 1 (RunSQL): it cannot be reversed" in migrations_of(shop)["back"]


def test_django_pgtriggers_own_operations(tmp_path: Path, postgres: str) -> None:
    project = copy_project("adopted", tmp_path)

    outcome = run_cli(
        project, "verify", "--migrations", "--dsn", postgres, "--output-format", "json"
    )

    found = outcome.data["migrations"]
    assert (found["back"], found["differences"], found["left"]) == (None, [], [])
    assert {cause for cause, _ in reasons(found)} <= {"python"}
    assert len(found["left_functions"]) > 3
    assert {lock["kind"] for lock in found["locks"]} == {"AddTrigger", "RemoveTrigger"}


def test_the_locks_as_markdown(shop: Shop) -> None:
    declare(shop)
    migrate(shop)

    lines = verify_migrations(shop, "--output-format", "markdown").stdout.splitlines()

    assert lines[0] == "| migration | operation | table | lock | blocks |"
    assert any("| shop_order | ShareRowExclusiveLock | writes |" in line for line in lines)
    outcome = shop.run("verify", "--output-format", "markdown")
    assert (outcome.exit_code, "needs --migrations" in outcome.stderr) == (2, True)
