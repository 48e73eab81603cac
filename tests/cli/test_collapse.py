"""`collapse` as a command: what it prints, what it refuses, how it ends."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.cli import Outcome, run_cli
from tests.support.projects import write_project

MODELS = """
import pgtrigger
from django.db import models


class Order(models.Model):
    status = models.TextField()

    class Meta:
        triggers = [pgtrigger.Protect(name="protect", operation=pgtrigger.{event})]
"""
INITIAL = """
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            name="Order",
            fields=[("id", models.BigAutoField(primary_key=True)), ("status", models.TextField())],
        ),
    ]
"""
CODE = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "{after}")]
    operations = [migrations.RunPython(migrations.RunPython.noop)]
"""
SETTINGS = """
INSTALLED_APPS = ["pgtrigger", "shop"]
PGTRIGGER_MIGRATIONS = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
ADDED, CHANGED = "0002_order_protect", "0003_alter_order_protect"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project in which a trigger was added and changed, the model alone being committed."""
    files = {"settings.py": SETTINGS, "shop/migrations/0001_initial.py": INITIAL}
    write_project(tmp_path, files=files, packages=("shop", "shop/migrations"))
    _git(tmp_path, "init", "-q")
    _commit(tmp_path)
    for event in ("Delete", "Update"):
        _write(tmp_path, event)
    return tmp_path


def _write(root: Path, event: str) -> None:
    (root / "shop/models.py").write_text(MODELS.format(event=event))
    assert run_cli(root, "makemigrations").exit_code == 0


def _commit(root: Path) -> None:
    _git(root, "add", ".")
    _git(root, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "all")


def _git(root: Path, *arguments: str, **options: Any) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True, **options)


def _names(root: Path) -> list[str]:
    return sorted(path.stem for path in (root / "shop/migrations").glob("0*.py"))


def _collapse(root: Path, *arguments: str) -> Outcome:
    return run_cli(root, "collapse", "shop", "0002", *arguments)


def test_text(root: Path) -> None:
    outcome = _collapse(root)

    assert outcome.exit_code == 0
    assert outcome.stdout == (
        "Collapsed migrations of 'shop':\n"
        "  + Add trigger shop.Order:protect, from 2 operations\n"
        f"  shop/migrations/{ADDED}.py\n"
        f"  shop/migrations/{CHANGED}.py (removed: nothing is left in it)\n"
    )
    assert "migrate each database that has run only some of these migrations" in outcome.stderr
    assert _names(root) == ["0001_initial", ADDED]
    assert run_cli(root, "makemigrations", "--check").exit_code == 0
    assert _collapse(root).stdout == "Nothing to collapse\n"


def test_json(root: Path) -> None:
    _write_code(root, _names(root)[-1])
    _write(root, "Insert")
    document = _collapse(root, "--output-format", "json").data

    assert document == {
        "collapsed": [
            {
                "uri": "shop.Order:protect",
                "kind": "add",
                "migrations": [f"shop.{ADDED}", f"shop.{CHANGED}"],
            }
        ],
        "apart": [
            {
                "uri": "shop.Order:protect",
                "migrations": [f"shop.{ADDED}", "shop.0005_alter_order_protect"],
                "reason": "RunPython (operation 1 of shop.0004_code) is in between, and its code "
                "may write rows",
            }
        ],
        "files": [
            {
                "app": "shop",
                "path": f"shop/migrations/{ADDED}.py",
                "removed": False,
                "operations": [{"kind": "add", "uri": "shop.Order:protect"}],
            },
            {
                "app": "shop",
                "path": f"shop/migrations/{CHANGED}.py",
                "removed": True,
                "operations": [],
            },
            {
                "app": "shop",
                "path": "shop/migrations/0004_code.py",
                "removed": False,
                "operations": [],
            },
        ],
        "pending": False,
    }
    assert (
        f'dependencies = [("shop", "{ADDED}")]'
        in (root / "shop/migrations/0004_code.py").read_text()
    )


@pytest.mark.parametrize(("option", "code"), [("--check", 1), ("--diff", 0), ("--dry-run", 0)])
def test_what_writes_nothing(root: Path, option: str, code: int) -> None:
    before = [path.read_text() for path in sorted(root.rglob("*.py"))]
    document = _collapse(root, option, "--output-format", "json")

    assert document.exit_code == code
    assert document.data["pending"]
    assert document.data["files"][1]["content"] is None
    assert [path.read_text() for path in sorted(root.rglob("*.py"))] == before


def test_nothing_to_collapse(root: Path) -> None:
    outcome = run_cli(root, "collapse", "shop", "0003", "--check")

    assert (outcome.exit_code, outcome.stdout) == (0, "Nothing to collapse\n")


def test_diff_applies(root: Path) -> None:
    diff = _collapse(root, "--diff").stdout
    _git(root, "apply", input=diff, text=True)
    applied = {path: path.read_text() for path in root.rglob("*.py")}

    assert _names(root) == ["0001_initial", ADDED]
    _git(root, "apply", "-R", input=diff, text=True)
    assert _collapse(root).exit_code == 0
    assert {path: path.read_text() for path in root.rglob("*.py")} == applied


def test_numbers_need_no_zeros(root: Path) -> None:
    assert run_cli(root, "collapse", "shop", "2", "3").exit_code == 0
    assert _names(root) == ["0001_initial", ADDED]


def test_without_from_it_begins_after_what_is_committed(root: Path) -> None:
    assert run_cli(root, "collapse", "shop").exit_code == 0
    assert _names(root) == ["0001_initial", ADDED]
    _commit(root)
    _write(root, "Insert")
    _write(root, "Truncate")
    assert run_cli(root, "collapse", "shop").exit_code == 0
    assert _names(root) == ["0001_initial", ADDED, "0003_alter_order_protect"]


def test_without_from_and_all_committed_there_is_nothing_to_do(root: Path) -> None:
    _commit(root)
    outcome = run_cli(root, "collapse", "shop", "--output-format", "json")

    assert outcome.exit_code == 0
    assert outcome.data == {"collapsed": [], "apart": [], "files": [], "pending": False}
    assert "every migration of 'shop' is released" in outcome.stderr


def test_without_from_a_database_knows_what_is_released(root: Path, database: str) -> None:
    (root / ".git").rename(root / "gone")
    refused = run_cli(root, "collapse", "shop")
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE django_migrations (id int, app text, name text)")
        connection.execute("INSERT INTO django_migrations VALUES (1, 'shop', '0001_initial')")
    outcome = run_cli(root, "collapse", "shop", "--dsn", database)

    assert refused.exit_code == 2
    assert "help: name the first one: pgtrigger-codegen collapse shop FROM" in refused.stderr
    assert outcome.exit_code == 0
    assert _names(root) == ["0001_initial", ADDED]


def test_force_says_from_where(root: Path) -> None:
    outcome = run_cli(root, "collapse", "shop", "--force")

    assert outcome.exit_code == 2
    assert "--force needs FROM" in outcome.stderr
    assert _names(root) == ["0001_initial", ADDED, CHANGED]


def test_what_is_committed_is_not_rewritten(root: Path) -> None:
    _commit(root)
    before = _names(root)
    refused = _collapse(root)

    assert refused.exit_code == 2
    assert f"migration shop.{ADDED} is committed, and may have run elsewhere" in refused.stderr
    assert _names(root) == before
    assert _collapse(root, "--check").exit_code == 1
    assert _collapse(root, "--force").exit_code == 0
    assert _names(root) == before[:2]


def test_outside_of_a_repository_nobody_knows(root: Path) -> None:
    (root / ".git").rename(root / "gone")
    refused = _collapse(root)

    assert refused.exit_code == 2
    assert "it is not known whether migration" in refused.stderr
    assert _collapse(root, "--force").exit_code == 0


def test_outside_of_a_repository_a_database_knows(root: Path, database: str) -> None:
    (root / ".git").rename(root / "gone")

    assert _collapse(root, "--dsn", database).exit_code == 0


def test_a_later_run_can_be_collapsed_after_what_is_committed(root: Path) -> None:
    _commit(root)
    _write(root, "Insert")
    _write(root, "Truncate")
    outcome = run_cli(root, "collapse", "shop", "0004")

    assert outcome.exit_code == 0
    assert _names(root) == ["0001_initial", ADDED, CHANGED, "0004_alter_order_protect"]


@pytest.mark.parametrize(
    ("applied", "code"), [((), 0), (("0001_initial",), 0), (("0001_initial", ADDED), 2)]
)
def test_what_a_database_has_run_is_not_rewritten(
    root: Path, database: str, applied: tuple[str, ...], code: int
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE django_migrations (app text, name text)")
        for name in applied:
            connection.execute("INSERT INTO django_migrations VALUES ('shop', %s)", [name])
    outcome = _collapse(root, "--dsn", database)

    assert outcome.exit_code == code
    if code:
        assert f"migration shop.{ADDED} has run on the database" in outcome.stderr
        forced = _collapse(root, "--dsn", database, "--force")
        assert forced.exit_code == 0
        assert f"warning: this database has run some of these migrations, but not {CHANGED}" in (
            forced.stderr
        )


def test_a_database_without_any_migrations(root: Path, database: str) -> None:
    assert _collapse(root, "--dsn", database).exit_code == 0


def test_the_marker_of_the_last_migration(root: Path) -> None:
    marker = root / "shop/migrations/max_migration.txt"
    marker.write_text(f"{CHANGED}\n")
    _collapse(root)

    assert marker.read_text() == f"{ADDED}\n"


def test_line_ends_stay(root: Path) -> None:
    path = root / f"shop/migrations/{ADDED}.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert _collapse(root).exit_code == 0

    content = path.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n") > 20
    assert b"BEFORE UPDATE" in content


def test_obstacles_are_noted(root: Path) -> None:
    path = root / f"shop/migrations/{ADDED}.py"
    path.write_text(path.read_text().replace("operations = [", "operations = [*[], "))
    outcome = _collapse(root)

    assert outcome.stdout == "Nothing to collapse\n"
    assert f"note: shop/migrations/{ADDED}.py is left alone: its operations" in outcome.stderr


def _write_code(root: Path, after: str) -> None:
    (root / "shop/migrations/0004_code.py").write_text(CODE.format(after=after))
