"""What the rules about migrations announce happens in a real Django process on PostgreSQL."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import django
import psycopg
import pytest
from msgspec.structs import replace

from tests.lint.cases import Case, read_cases
from tests.support.catalog import installed_triggers
from tests.support.cli import run_cli
from tests.support.django_process import DjangoProject

pytestmark = pytest.mark.slow

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules"

# Runs some operations of a migration and prints which locks are held on the table then.
_LOCKS = """
import json
from importlib import import_module
from django.core.management import call_command
from django.db import connection, transaction

call_command("migrate", "shop", "{before}", verbosity=0)
migration = import_module("shop.migrations.{name}").Migration
with transaction.atomic(), connection.schema_editor(atomic=False) as editor:
    for operation in migration.operations[:{count}]:
        operation.database_forwards("shop", editor, None, None)
    with connection.cursor() as cursor:
        cursor.execute('''
            SELECT DISTINCT mode FROM pg_locks
            WHERE relation = 'shop_order'::regclass AND pid = pg_backend_pid()
        ''')
        modes = [mode for (mode,) in cursor.fetchall()]
print(json.dumps(modes))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("A trigger that no migration creates", False),
        ("Not firing: the migrations are in step", True),
    ],
)
def test_django_knows_nothing_of_a_pending_trigger(
    name: str, there: bool, database: str, tmp_path: Path
) -> None:
    project = started("PGT401", name, tmp_path, database)

    assert "trigger" not in project.manage("makemigrations", "--dry-run", "--verbosity", "3")
    project.manage("migrate")

    assert bool(installed_triggers(database)) is there


@pytest.mark.parametrize(
    ("name", "table", "written"),
    [
        ("django-pgtrigger's own operations leave both", "shop_purchase", 2),
        ("Not firing: dropped where it is", "shop_purchase", 1),
        ("Not firing: the new trigger in the place of the old one", "shop_purchase", 1),
    ],
)
def test_the_old_and_the_new_trigger_of_a_renamed_model_both_fire(
    name: str, table: str, written: int, database: str, tmp_path: Path
) -> None:
    started("PGT402", name, tmp_path, database).manage("migrate")

    assert entries_written(database, table) == written


@pytest.mark.parametrize(
    ("name", "uri", "table", "written"),
    [
        ("Nothing follows the rename yet", "shop.Purchase:audit", "shop_purchase", 2),
        (
            "Renamed in the state alone, with a table of its own name",
            "shop.Purchase:audit",
            "shop_order",
            2,
        ),
        ("Not firing: another table for the same model", "shop.Order:audit", "purchases", 1),
    ],
)
def test_both_fire_once_the_new_one_is_installed(
    name: str, uri: str, table: str, written: int, database: str, tmp_path: Path
) -> None:
    project = started("PGT402", name, tmp_path, database)
    project.manage("migrate")

    project.manage("pgtrigger", "install", uri)

    assert entries_written(database, table) == written


def test_with_its_column_a_trigger_goes_without_a_word(database: str, tmp_path: Path) -> None:
    name = "A trigger that somebody wrote, and not where it is dropped first"
    project = started("PGT403", name, tmp_path, database)
    project.manage("migrate", "shop", "0001")
    before = len(triggers_of(database))

    migrated = project.try_manage("migrate")

    # From Django 6.0 on the column is not dropped with CASCADE.
    fails = django.VERSION >= (6,)
    assert (migrated.returncode != 0) is fails
    assert (before, len(triggers_of(database))) == (2, 2 if fails else 0)


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("A column in the condition", True),
        ("Written anew after it, which comes too late", True),
        ("A trigger that django-pgtrigger's operations made", True),
        ("Not firing: django-pgtrigger's schema editor sees to its own", False),
        ("Where django-pgtrigger's schema editor is in use", False),
        ("Not firing: the trigger is out of the way", False),
        ("Not firing: a column that the trigger does not name", False),
        ("Not firing: the type stays the same", False),
    ],
)
def test_postgresql_refuses_another_type(
    name: str, refused: bool, database: str, tmp_path: Path
) -> None:
    migrated = started("PGT404", name, tmp_path, database).try_manage("migrate")

    reason = "cannot alter type of a column used in a trigger definition"
    assert (reason in migrated.stderr) is refused
    assert (migrated.returncode != 0) is refused


@pytest.mark.parametrize(
    ("name", "is_woven", "works"),
    [
        ("A column that only the function names", False, False),
        ("A column that only the function names", True, True),
        ("Not firing: another length of a column that only the function names", False, True),
    ],
)
def test_a_connection_that_ran_the_function_before_fails(
    name: str, is_woven: bool, works: bool, database: str, tmp_path: Path
) -> None:
    project = started("PGT404", name, tmp_path, database)
    if is_woven:
        run_cli(tmp_path, "makemigrations", "--weave")
    project.manage("migrate", "shop", "0002")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("INSERT INTO shop_order (status, total) VALUES ('new', 1)")
        connection.execute("UPDATE shop_order SET total = 2")

        project.manage("migrate")

        reason = "does not match that when preparing the plan"
        refused = pytest.raises(psycopg.DatabaseError, match=reason)
        with contextlib.nullcontext() if works else refused:
            connection.execute("UPDATE shop_order SET total = 3")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("Where django-pgtrigger's schema editor is in use", True),
        ("Not firing: the trigger is out of the way", False),
    ],
)
def test_the_schema_editor_loses_comment_and_state(
    name: str, lost: bool, database: str, tmp_path: Path
) -> None:
    project = started("PGT404", name, tmp_path, database)
    project.manage("migrate", "shop", "0002")
    (before,) = installed_triggers(database).values()
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE shop_order DISABLE TRIGGER USER")

    project.manage("migrate")

    (after,) = installed_triggers(database).values()
    assert before.comment is not None
    assert (after.comment, after.enabled) == ((None, "O") if lost else (before.comment, "D"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("Another definition", ["ShareRowExclusiveLock"]),
        ("The same definition, another function", []),
        ("A list of statements", ["ShareRowExclusiveLock"]),
    ],
)
def test_the_fix_takes_a_weaker_lock_and_leaves_the_same(
    name: str, needed: list[str], postgres: str, new_database: Any, tmp_path: Path
) -> None:
    found = case("PGT407", name)
    fixed = replace(found, files={**found.files, **found.fixed})
    projects = {}
    for folder, one in (("before", found), ("after", fixed)):
        (tmp_path / folder).mkdir()
        one.write(tmp_path / folder)
        projects[folder] = DjangoProject(tmp_path / folder, new_database())

    before = locks(projects["before"], "0002", "0003_change")
    after = locks(projects["after"], "0002", "0003_change")

    assert "AccessExclusiveLock" in before
    assert after == needed
    for back in ("shop", "shop 0002"):
        for project in projects.values():
            project.manage("migrate", *back.split())
        old, new = (triggers_of(str(project.dsn)) for project in projects.values())
        assert old == new
        assert old


def test_a_trigger_that_is_not_there_is_dropped_without_a_lock(
    database: str, tmp_path: Path
) -> None:
    project = started("PGT407", "Not firing: there is no such trigger", tmp_path, database)

    assert locks(project, "0002", "0003_change") == ["ShareRowExclusiveLock"]


@pytest.mark.parametrize(
    ("name", "raises"),
    [("Another function", False), ("Not firing: as it is declared", True)],
)
def test_django_pgtrigger_takes_edited_sql_for_what_is_declared(
    name: str, raises: bool, database: str, tmp_path: Path
) -> None:
    project = started("PGT408", name, tmp_path, database)
    project.manage("migrate")

    assert "INSTALLED" in project.manage("pgtrigger", "ls")
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO shop_order (status, total) VALUES ('new', 1)")
        try:
            connection.execute("DELETE FROM shop_order")
            protected = False
        except psycopg.errors.RaiseException:
            protected = True
    assert protected is raises


@pytest.mark.parametrize("is_fixed", [False, True])
def test_a_table_that_is_not_there_yet(is_fixed: bool, database: str, tmp_path: Path) -> None:
    project = started("PGT410", "A table of another app", tmp_path, database, is_fixed=is_fixed)

    migrated = project.try_manage("migrate", "shop")

    assert (migrated.returncode == 0) is is_fixed
    assert ('relation "audit_entry" does not exist' in migrated.stderr) is not is_fixed


@pytest.mark.parametrize("is_fixed", [False, True])
def test_a_function_whose_table_is_not_there_yet(
    is_fixed: bool, database: str, tmp_path: Path
) -> None:
    project = started("PGT410", "A table in the function", tmp_path, database, is_fixed=is_fixed)
    project.manage("migrate", "shop")

    with psycopg.connect(database) as connection:
        try:
            connection.execute("INSERT INTO shop_order (status, total) VALUES ('new', 1)")
            works = True
        except psycopg.errors.UndefinedTable:
            works = False

    assert works is is_fixed


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("Python code behind a trigger", ["ShareRowExclusiveLock"]),
        ("Not firing: only the function", []),
    ],
)
def test_the_lock_is_held_when_the_rest_begins(
    name: str, held: list[str], database: str, tmp_path: Path
) -> None:
    project = started("PGT412", name, tmp_path, database)

    assert locks(project, "0001", "0002_keep", count=1) == held


def case(code: str, name: str) -> Case:
    (fixture,) = FIXTURES.glob(f"{code}-*.md")
    (found,) = (one for one in read_cases(fixture) if one.name == name)
    return found


def started(code: str, name: str, root: Path, dsn: str, *, is_fixed: bool = False) -> DjangoProject:
    found = case(code, name)
    if is_fixed:
        found = replace(found, files={**found.files, **found.fixed})
    found.write(root)
    return DjangoProject(root, dsn)


def locks(project: DjangoProject, before: str, name: str, count: int = 99) -> list[str]:
    """The locks on the table that operations of a migration hold, reading and writing aside."""
    script = _LOCKS.format(before=before, name=name, count=count)
    modes: list[str] = json.loads(project.run(script).splitlines()[-1])
    return sorted({*modes} - {"AccessShareLock", "RowExclusiveLock"})


def entries_written(dsn: str, table: str) -> int:
    """How many entries the triggers write for one new row."""
    with psycopg.connect(dsn) as connection:
        connection.execute(f"INSERT INTO {table} (total) VALUES (1)".encode())
        (count,) = connection.execute("SELECT count(*) FROM shop_entry").fetchone() or (0,)
        return int(count)


def triggers_of(dsn: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            """
            SELECT pg_get_triggerdef(t.oid), regexp_replace(p.prosrc, '\\s+', ' ', 'g'), tgenabled
            FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid WHERE NOT tgisinternal ORDER BY 1
            """
        ).fetchall()
