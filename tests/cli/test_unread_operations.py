"""`makemigrations` where migrations have operations that are not Django's, or cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_makemigrations import as_json, run
from tests.cli.test_schema_changes_elsewhere import CLEAN, GUARD, ON_ID, ON_STATUS, TwoApps

MIGRATION = """\
from django.db import migrations, models
{head}

class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_ours")]
    {body}
"""
UNREAD = """
    operations = []
    if open("/x").read():
        operations.append(migrations.RunSQL("SELECT 1"))
"""
OWN = """

class Quietly(migrations.{base}):
    def {method}(self, app_label, *given):
        {does}
"""
CHANGED = "pgtrigger.Q(old__id__gt=5)"
MODELS = """
import pgtrigger
from django.db import models


class Purchase(models.Model):
    status = models.TextField()

    class Meta:
        db_table = "orders"
        triggers = [{trigger}]
"""


@pytest.fixture
def apps(tmp_path: Path) -> TwoApps:
    apps = TwoApps(tmp_path)
    apps.declare(GUARD.format("ours", ON_ID), GUARD.format("theirs", ON_ID))
    assert run(tmp_path).exit_code == 0
    apps.commit()
    return apps


def add(apps: TwoApps, body: str, head: str = "") -> None:
    text = MIGRATION.format(head=head, body=body)
    (apps.root / "shop/migrations/0003_next.py").write_text(text)
    apps.commit()


@pytest.mark.parametrize(
    "body",
    [UNREAD, 'operations = [migrations.RunSQL("SELECT 1")] if open("/x").read() else []'],
)
def test_a_change_that_rests_on_what_was_not_read(apps: TwoApps, body: str) -> None:
    add(apps, body)
    apps.declare(GUARD.format("ours", CHANGED), GUARD.format("theirs", CHANGED))
    before = sorted(apps.root.rglob("*.py"))

    refused = run(apps.root)

    assert refused.exit_code == 2
    assert sorted(apps.root.rglob("*.py")) == before
    for uri in ("shop: trigger shop.Order:ours", "audit: trigger shop.Order:theirs"):
        assert f"{uri} is to change, and operations of migration shop.0003_next" in refused.stderr
    assert run(apps.root, "--allow-unresolved").exit_code == 0
    # What is written now comes after, and is known.
    assert as_json(apps.root, "--check") == CLEAN
    apps.declare(GUARD.format("ours", ON_STATUS), GUARD.format("theirs", CHANGED))
    assert run(apps.root).exit_code == 0


def test_what_does_not_rest_on_it(apps: TwoApps) -> None:
    add(apps, UNREAD)
    apps.declare(
        GUARD.format("ours", ON_ID) + ", " + GUARD.format("more", ON_ID),
        GUARD.format("theirs", ON_ID),
    )

    assert run(apps.root).exit_code == 0
    assert as_json(apps.root, "--check") == CLEAN


@pytest.mark.parametrize("does", ["pass", "return None", '"""Nothing."""'])
def test_a_renaming_in_the_state_alone(apps: TwoApps, does: str) -> None:
    """What the class of the project's own does not do to the database has not happened there."""
    head = OWN.format(base="RenameModel", method="database_forwards", does=does)
    table = 'migrations.AlterModelTable("order", "orders")'
    add(apps, f'operations = [{table}, Quietly("Order", "Purchase")]', head)
    apps.write("shop/models.py", MODELS.format(trigger=GUARD.format("ours", ON_ID)))
    theirs = apps.read("audit/models.py").replace("Order", "Purchase")
    apps.write("audit/models.py", theirs)

    code, document = as_json(apps.root)

    assert code == 0
    listed = [item for entry in document["written"] for item in entry["operations"]]
    assert [(item["kind"], item["uri"]) for item in listed] == [
        ("rename", "shop.Purchase:theirs"),
        ("rename", "shop.Purchase:ours"),
    ]
    assert as_json(apps.root, "--check") == CLEAN


@pytest.mark.parametrize(
    ("does", "code"),
    [
        ('given[0].execute("DROP TABLE shop_order")', 2),
        ("super().database_forwards(app_label, *given); print()", 2),
        ("pass", 0),
    ],
)
def test_a_method_of_its_own_is_named(apps: TwoApps, does: str, code: int) -> None:
    head = OWN.format(base="AlterModelTable", method="database_forwards", does=does)
    add(apps, 'operations = [Quietly("order", "shop_order")]', head)
    apps.declare(GUARD.format("ours", CHANGED), GUARD.format("theirs", CHANGED))

    outcome = run(apps.root)

    assert outcome.exit_code == code
    named = "`Quietly` has a `database_forwards` of its own, and what that does is not followed"
    assert (named in outcome.stderr) == bool(code)


def test_a_method_that_calls_djangos(apps: TwoApps) -> None:
    """The same is done, and nothing else."""
    head = (
        "\n\nclass Renaming(migrations.RenameField):\n"
        "    def state_forwards(self, app_label, state):\n"
        '        """Django does."""\n'
        "        super().state_forwards(app_label, state)\n"
    )
    add(apps, 'operations = [Renaming("order", "status", "state")]', head)
    apps.declare(
        GUARD.format("ours", CHANGED),
        GUARD.format("theirs", CHANGED),
        "state = models.TextField()",
    )

    assert run(apps.root).exit_code == 0
