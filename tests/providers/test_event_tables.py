"""Event triggers in migrations: after their tables, applied, fired and reversed on a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.providers.history import write_history_project
from tests.support.cli import Outcome, run_cli
from tests.support.django_process import DjangoProject

pytestmark = pytest.mark.slow

_BOOK = """
import pghistory
from django.db import models

@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), append_only=True)
class Book(models.Model):
    title = models.CharField(max_length=20)
"""
_MORE = "    pages = models.IntegerField(default=0)\n"
_ACCOUNTS = """
import pghistory
from django.contrib.auth.models import Group

pghistory.track(app_label="stock", level=pghistory.Statement)(Group)
"""
_CHANGES = """
import json
import pghistory
from shop.models import Book, BookEvent

with pghistory.context(who="somebody"):
    book = Book.objects.create(title="one")
    book.title = "two"
    book.save()
book.save()
print(json.dumps([
    [event.pgh_label, event.title, event.pgh_context.metadata["who"]]
    for event in BookEvent.objects.order_by("pgh_id")
]))
"""
_TRIGGERS = "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%'"


@pytest.fixture
def project(tmp_path: Path, database: str) -> DjangoProject:
    return DjangoProject(_write(tmp_path, _BOOK), database)


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def _write(root: Path, models: str) -> Path:
    return write_history_project(root, models, files={"stock/models.py": _ACCOUNTS})


def _written(root: Path, *options: str) -> list[dict[str, Any]]:
    outcome = run_cli(root, "makemigrations", "--output-format", "json", *options)
    assert outcome.exit_code == 0, outcome.stderr
    written: list[dict[str, Any]] = outcome.data["written"]
    return written


def _refused(root: Path) -> Outcome:
    outcome = run_cli(root, "makemigrations")
    assert outcome.exit_code == 2
    return outcome


def test_the_migration_of_an_event_model_is_asked_for_first(project: DjangoProject) -> None:
    assert "manage.py makemigrations shop" in _refused(project.root).stderr
    project.manage("makemigrations")
    shop, stock = _written(project.root)
    assert (shop["app"], stock["app"]) == ("shop", "stock")

    # Django makes the event model's column together with the tracked model's, in one migration.
    _write(project.root, _BOOK + _MORE)
    outcome = _refused(project.root)
    assert "needs column 'pages' of model shop.Book" in outcome.stderr

    # Here the tracked model's migration is there, and that of the event model is not.
    (project.root / "shop/migrations/0003_pages.py").write_text(
        f"""
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("shop", "{Path(shop["path"]).stem}")]
    operations = [migrations.AddField("book", "pages", models.IntegerField(default=0))]
"""
    )
    outcome = _refused(project.root)
    assert "writes to column 'pages' of table 'shop_bookevent'" in outcome.stderr
    assert "write the migration of model shop.BookEvent first" in outcome.stderr

    project.manage("makemigrations")
    (again,) = _written(project.root)
    text = (project.root / again["path"]).read_text()
    assert '("shop", "0004_' in text, "after the migration with the event model's column"
    assert project.manage("makemigrations", "--check") == "No changes detected\n"
    assert run_cli(project.root, "makemigrations", "--check").exit_code == 0


def test_the_migration_comes_after_that_of_the_context_function(project: DjangoProject) -> None:
    project.manage("makemigrations")
    texts = [(project.root / item["path"]).read_text() for item in _written(project.root)]

    assert all("_pgh_attach_context()" in text for text in texts)
    assert all('("pghistory", "0004_auto_20220906_1625")' in text for text in texts)


def test_applied_fired_and_reversed(
    project: DjangoProject, connection: psycopg.Connection[Any]
) -> None:
    project.manage("makemigrations")
    _written(project.root)
    project.manage("migrate")
    listed = project.manage("pgtrigger", "ls")
    assert "UNINSTALLED" not in listed
    assert "OUTDATED" not in listed
    assert listed.count("INSTALLED") == 5

    # An update writes an event row with its context; saving the same once more writes none.
    assert json.loads(project.run(_CHANGES)) == [
        ["insert", "one", "somebody"],
        ["update", "two", "somebody"],
    ]
    connection.execute("INSERT INTO auth_group (name) VALUES ('a'), ('b')")
    rows = connection.execute("SELECT pgh_label, name FROM stock_groupevent ORDER BY name")
    assert rows.fetchall() == [("insert", "a"), ("insert", "b")]
    with pytest.raises(psycopg.errors.RaiseException, match="Cannot update or delete rows"):
        connection.execute("DELETE FROM shop_bookevent")

    # A new field: its column in both tables, then the trigger.
    _write(project.root, _BOOK + _MORE)
    project.manage("makemigrations")
    _written(project.root)
    project.manage("migrate")
    connection.execute("UPDATE shop_book SET pages = 7")
    rows = connection.execute("SELECT pages FROM shop_bookevent ORDER BY pgh_id DESC LIMIT 1")
    assert rows.fetchone() == (7,)

    project.manage("migrate", "shop", "zero")
    project.manage("migrate", "stock", "zero")
    assert connection.execute(_TRIGGERS).fetchone() == (0,)
    project.manage("migrate")
    assert connection.execute(_TRIGGERS).fetchone() == (5,)


def test_a_field_that_goes(project: DjangoProject, connection: psycopg.Connection[Any]) -> None:
    _write(project.root, _BOOK + _MORE)
    project.manage("makemigrations")
    _written(project.root)
    project.manage("migrate")
    connection.execute("INSERT INTO shop_book (title, pages) VALUES ('one', 1)")

    # Both tables lose the column in one migration: the triggers are taken out of its way.
    _write(project.root, _BOOK)
    project.manage("makemigrations")
    _written(project.root, "--weave")
    project.manage("migrate")
    connection.execute("UPDATE shop_book SET title = 'two'")
    rows = connection.execute("SELECT title FROM shop_bookevent ORDER BY pgh_id")
    assert rows.fetchall() == [("one",), ("two",)]
    assert "OUTDATED" not in project.manage("pgtrigger", "ls")

    project.manage("migrate", "shop", "0002")
    connection.execute("UPDATE shop_book SET pages = 5")
    rows = connection.execute("SELECT pages FROM shop_bookevent ORDER BY pgh_id DESC LIMIT 1")
    assert rows.fetchone() == (5,)


def test_an_event_model_in_the_app_of_a_package_is_refused(tmp_path: Path) -> None:
    # Django would write its migration into the installed package.
    write_history_project(
        tmp_path,
        """
import pghistory
from pghistory.models import Context

pghistory.track(pghistory.UpdateEvent())(Context)
""",
    )
    outcome = _refused(tmp_path)

    assert "writes to table 'pghistory_contextevent'" in outcome.stderr
    assert "give it `app_label` of one of the project's apps" in outcome.stderr
