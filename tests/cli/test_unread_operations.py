"""`makemigrations` where migrations have operations that are not Django's, or cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_makemigrations import as_json, run
from tests.cli.test_schema_changes_elsewhere import CLEAN, GUARD, ON_ID, ON_STATUS, TwoApps
from tests.support.cli import run_cli

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
    assert run(apps.root, "--check").exit_code == 2  # whether something is missing is not known
    for uri in ("shop: trigger shop.Order:ours", "audit: trigger shop.Order:theirs"):
        assert f"{uri} has changed, but operations of migration shop.0003_next" in refused.stderr
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


RENAMING = """
from django.db.migrations.operations.base import Operation


class Renaming(Operation):
    reversible = True

    def __init__(self, old, new):
        self.old, self.new = old, new

    def state_forwards(self, app_label, state):
        {state}

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        {database}

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        {back}
"""
RENAMES = "state.rename_model(app_label, self.old, self.new)"


@pytest.mark.parametrize(
    ("state", "database"),
    [
        (RENAMES, "pass"),
        (f"if self.old != self.new:\n            {RENAMES}", "return"),
        (f"for _ in range(1):\n            {RENAMES}", "schema_editor.execute('SELECT 1')"),
    ],
)
def test_an_operation_of_the_projects_own(apps: TwoApps, state: str, database: str) -> None:
    table = 'migrations.AlterModelTable("order", "orders")'
    head = RENAMING.format(state=state, database=database, back="pass")
    add(apps, f'operations = [{table}, Renaming("Order", "Purchase")]', head)
    apps.write("shop/models.py", MODELS.format(trigger=GUARD.format("ours", ON_ID)))
    apps.write("audit/models.py", apps.read("audit/models.py").replace("Order", "Purchase"))

    code, document = as_json(apps.root)

    assert code == 0
    listed = [item for entry in document["written"] for item in entry["operations"]]
    assert [item["uri"] for item in listed] == ["shop.Purchase:theirs", "shop.Purchase:ours"]
    assert as_json(apps.root, "--check") == CLEAN


def test_sql_of_the_projects_own_operation(apps: TwoApps) -> None:
    """It renames the table, as `RunSQL` would."""
    renames = "schema_editor.execute('ALTER TABLE shop_order RENAME TO orders')"
    head = RENAMING.format(
        state="state.alter_model_options(app_label, 'order', {'db_table': 'orders'})",
        database=renames,
        back="schema_editor.execute('ALTER TABLE orders RENAME TO shop_order')",
    )
    add(apps, 'operations = [Renaming("Order", "Order")]', head)
    model = MODELS.replace("Purchase", "Order").format(trigger=GUARD.format("ours", ON_ID))
    apps.write("shop/models.py", model)

    assert run(apps.root).exit_code == 0
    assert as_json(apps.root, "--check") == CLEAN
    assert 'ON "orders"' in apps.read("shop/migrations/0004_alter_order_ours.py")


@pytest.mark.parametrize(
    ("state", "database", "back"),
    [
        ("state.models[app_label, 'order'].options['db_table'] = 'orders'", "pass", "pass"),
        (
            "rename = state.rename_model\n        rename(app_label, self.old, self.new)",
            "pass",
            "pass",
        ),
        (f"if open('/x').read():\n            {RENAMES}", "pass", "pass"),
        ("state.rename_model('other', self.old, self.new)", "pass", "pass"),
        ("state.rename_model(app_label, open('/x').read(), self.new)", "pass", "pass"),
        ("state.no_such_method(app_label)", "pass", "pass"),
        ("pass", "schema_editor.alter_db_table(None, 'a', 'b')", "pass"),
        ("pass", "schema_editor.execute(from_state.apps.sql)", "pass"),
        ("pass", "help(schema_editor)", "pass"),
        ("pass", "if from_state.apps:\n            schema_editor.execute('SELECT 1')", "pass"),
        ("pass", "schema_editor.execute('SELECT 1')", "schema_editor.delete_model(None)"),
    ],
)
def test_what_is_not_followed_is_named(apps: TwoApps, state: str, database: str, back: str) -> None:
    head = RENAMING.format(state=state, database=database, back=back)
    add(apps, 'operations = [Renaming("Order", "Purchase")]', head)
    apps.declare(GUARD.format("ours", CHANGED), GUARD.format("theirs", CHANGED))

    refused = run(apps.root)

    assert refused.exit_code == 2
    name = "state_forwards" if database == "pass" else "database_forwards"
    assert f"`Renaming` has a `{name}` of its own" in refused.stderr


RECORDED = """
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models
{head}

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="order",
            trigger=pgtrigger.compiler.Trigger(
                name="kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RETURN NEW;",
                    hash="6276a69edfa0cb76e43215ef17f0feee7381583b",
                    operation="UPDATE",
                    pgid="pgtrigger_kept_be749",
                    table="shop_order",
                    when="BEFORE",
                ),
            ),
        ),
        Renaming("Order", "Purchase"),
        pgtrigger.migrations.RemoveTrigger(model_name="purchase", name="kept"),
    ]
"""


@pytest.mark.parametrize(
    ("database", "is_named"), [("pass", False), ("schema_editor.alter(1)", True)]
)
def test_convert_follows_it_too(tmp_path: Path, database: str, *, is_named: bool) -> None:
    apps = TwoApps(tmp_path)
    for app in ("shop", "audit"):
        apps.write(f"{app}/models.py", "")
    head = RENAMING.format(state=RENAMES, database=database, back="pass")
    apps.write("shop/migrations/0002_kept.py", RECORDED.format(head=head))
    apps.commit()

    outcome = run_cli(tmp_path, "convert")

    converted = apps.read("shop/migrations/0002_kept.py")
    named = "note: shop/migrations/0002_kept.py:42:9: an operation is not followed: `Renaming` has"
    assert (named in outcome.stderr) == is_named
    assert ("pgtrigger.migrations" in converted) == is_named
    if not is_named:
        assert outcome.exit_code == 0
        assert converted.count("DROP TRIGGER IF EXISTS") == 2
        assert 'Renaming("Order", "Purchase"),' in converted
