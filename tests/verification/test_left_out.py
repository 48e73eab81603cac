"""`verify --migrations`: operations that cannot be replayed, and what is judged without them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.database.project import SETTINGS, Shop
from tests.verification.migrated_shop import (
    CREATE_ORDER,
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


@pytest.fixture
def shop(tmp_path: Path, postgres: str) -> Shop:
    return make_migrated_shop(tmp_path, postgres)


@pytest.mark.parametrize(
    ("operation", "reason", "cause"),
    [
        ("migrations.RunSQL('CREATE TABEL x ()')", 'syntax error at or near "TABEL"', "failed"),
        ("migrations.RunSQL('CREATE TABLE shop_order ()')", "already exists", "failed"),
        ("migrations.RunSQL('SELECT * FROM elsewhere')", '"elsewhere" does not', "refused"),
        (
            "migrations.RunSQL(\"COPY (SELECT 1) TO PROGRAM 'true'\")",
            "permission denied",
            "refused",
        ),
        ("migrations.RunSQL(open('x').read())", "it cannot be read", "unread"),
        ("migrations.AddField('Odrer', 'a', models.IntegerField())", "no model shop.", "unread"),
    ],
)
def test_what_cannot_be_replayed_is_left_out(
    shop: Shop, operation: str, reason: str, cause: str
) -> None:
    declare(shop)
    more = 'migrations.RunSQL("CREATE TABLE later (a int)", "DROP TABLE later")'
    add_migration(shop, "0002_more", f"{operation}, {more}")

    found = migrations_of(shop)

    ((found_cause, found_reason),) = reasons(found)
    assert found_cause == cause
    assert reason in found_reason
    assert found["skipped"][0]["where"].startswith("shop.0002_more, operation 1")
    assert (found["applied"], found["operations"]) == (2, 2)


def test_what_failed_says_so(shop: Shop) -> None:
    declare(shop)
    migrate(shop)
    add_migration(shop, "0003_more", "migrations.RunSQL('CREATE TABEL x ()', '')")

    outcome = verify_migrations(shop)

    assert outcome.exit_code == 1
    assert "FAILED: shop.0003_more, operation 1 (RunSQL): syntax error" in outcome.stdout
    assert "1 trigger as the source declares" in outcome.stdout


def test_only_what_depends_on_it_is_not_judged(shop: Shop) -> None:
    """The operation that installs one of two triggers is refused, with all that it does."""
    shop.write(
        ORDER.format(name="double", least=1, factor=2)
        + """
class Item(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
"""
    )
    add_migration(
        shop,
        "0002_item",
        "migrations.CreateModel(\n"
        "    name='Item', fields=[('id', models.BigAutoField(primary_key=True))]\n"
        ")",
    )
    migrate(shop)
    (written,) = (shop.root / "shop" / "migrations").glob("0003_*.py")
    text = written.read_text()
    broken = text.replace("NEW.total > 1", "NEW.total > no_such_function(1)")
    assert broken != text
    written.write_text(broken)

    found = migrations_of(shop)

    (cause, reason), *others = reasons(found)
    assert (cause, others) == ("refused", [])
    assert "no_such_function(integer) does not exist" in reason
    assert (found["equal"], found["differences"]) == (1, [])
    (not_judged,) = found["not_judged"]
    assert not_judged["name"] == "shop.Order:double"
    assert not_judged["reason"].startswith("the migrations do not install it, and shop.0003_")
    assert verify_migrations(shop).exit_code == 0
    assert verify_migrations(shop, "--check").exit_code == 1


def test_what_follows_from_an_operation_that_was_left_out(shop: Shop) -> None:
    declare(shop)
    migrate(shop)
    add_migration(
        shop,
        "0003_more",
        """
        migrations.RunSQL("CREATE TABLE shop_extra (a no_such_type)", "DROP TABLE shop_extra"),
        migrations.RunSQL("ALTER TABLE shop_extra ADD b int", migrations.RunSQL.noop),
        """,
    )

    found = migrations_of(shop)

    assert [cause for cause, _ in reasons(found)] == ["refused", "follows"]
    assert reasons(found)[1][1] == (
        'relation "shop_extra" does not exist, where shop.0003_more, operation 1 (RunSQL) was left '
        "out"
    )
    assert (found["equal"], found["back"], found["left"]) == (1, None, [])


@pytest.mark.parametrize(("call", "is_judged"), [("print(1)", True), ("run(1).execute()", False)])
def test_python_that_may_run_sql_may_install_triggers(
    shop: Shop, call: str, *, is_judged: bool
) -> None:
    declare(shop)
    add_migration(
        shop,
        "0002_more",
        "migrations.RunPython(fill, fill)",
        more=f"def fill(apps, schema_editor):\n    {call}",
    )

    found = migrations_of(shop)

    assert [len(found["differences"]), len(found["not_judged"])] == [is_judged, not is_judged]


def test_models_of_packages_that_are_not_there(shop: Shop) -> None:
    """A foreign key leads to a table that no migration makes."""
    shop.write(
        ORDER.format(name="double", least=1, factor=2),
        settings=SETTINGS.replace('"shop"', '"shop", "oauth2_provider"'),
    )
    migrate(shop)
    add_migration(
        shop,
        "0003_more",
        """
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("app", models.ForeignKey("oauth2_provider.Application", models.CASCADE)),
            ],
        ),
        migrations.AddField(
            "Order", "token", models.ForeignKey("Token", models.CASCADE, null=True)
        ),
        """,
    )

    found = migrations_of(shop)

    assert found["skipped"] == [
        {
            "where": "oauth2_provider.application",
            "reason": "no migration makes this model; a table with a key stands for it",
            "cause": "package",
        }
    ]
    assert (found["equal"], found["back"], found["differences"]) == (1, None, [])


def test_columns_that_are_not_known_until_later(shop: Shop) -> None:
    """A table is made without the column, and gets it when a migration alters it."""
    declare(shop)
    add_migration(shop, "0001_initial", CREATE_ORDER.replace("models.IntegerField()", "unknown()"))
    add_migration(
        shop, "0002_more", "migrations.AlterField('Order', 'total', models.IntegerField())"
    )
    migrate(shop)

    found = migrations_of(shop)

    ((cause, reason),) = reasons(found)
    assert cause == "unread"
    assert reason.startswith("it cannot be read: ")
    where = found["skipped"][0]["where"]
    assert where == "shop.0001_initial, operation 1 (CreateModel), field total"
    assert (found["equal"], found["back"]) == (1, None)


def test_constraints_that_cannot_be_read(shop: Shop) -> None:
    """They fire no trigger: all else is judged, and the way back goes on."""
    declare(shop)
    migrate(shop)
    add_migration(shop, "0003_more", "migrations.AddConstraint('Order', unknown())")

    found = migrations_of(shop)

    (one,) = found["skipped"]
    assert (one["where"], one["cause"]) == (
        "shop.0003_more, operation 1 (AddConstraint)",
        "unread",
    )
    assert (found["equal"], found["back"], found["not_judged"]) == (1, None, [])


def test_fields_of_old_releases_of_django(shop: Shop) -> None:
    declare(shop)
    add_migration(
        shop,
        "0002_more",
        """
        migrations.AddField("Order", "data", jsonb.JSONField(null=True)),
        migrations.AlterField("Order", "data", models.JSONField(null=True)),
        migrations.RemoveField("Order", "data"),
        """,
        more="from django.contrib.postgres.fields import jsonb",
    )
    migrate(shop)

    found = migrations_of(shop)

    assert (found["skipped"], found["equal"], found["back"]) == ([], 1, None)


def test_sql_that_ends_the_transaction(shop: Shop) -> None:
    declare(shop)
    migrate(shop)
    add_migration(
        shop,
        "0003_more",
        """
        migrations.RunSQL("BEGIN; CREATE TABLE one (a int); COMMIT;", "DROP TABLE one"),
        migrations.RunSQL("COMMIT; SELECT 1 FROM three", migrations.RunSQL.noop),
        migrations.RunSQL("CREATE TABLE four (a int)", "DROP TABLE four"),
        """,
    )

    found = migrations_of(shop)

    assert reasons(found) == [("refused", 'relation "three" does not exist')]
    assert (found["operations"], found["back"]) == (7, None)


def test_what_cannot_be_taken_back_is_named(shop: Shop) -> None:
    declare(shop)
    migrate(shop)
    add_migration(shop, "0003_more", "migrations.RunSQL('SELECT 1', 'DROP TABLE elsewhere')")

    found = migrations_of(shop)

    (one,) = found["skipped"]
    assert one == {
        "where": "shop.0003_more, operation 1 (RunSQL), backwards",
        "reason": 'table "elsewhere" does not exist',
        "cause": "refused",
    }
    assert (found["back"], found["left"], found["equal"]) == (None, [], 1)


def test_triggers_that_the_way_back_leaves(shop: Shop) -> None:
    """The reverse of what installs one does nothing."""
    declare(shop)
    migrate(shop)
    add_migration(
        shop,
        "0003_more",
        """
        migrations.RunSQL(
            '''
            CREATE TABLE IF NOT EXISTS shop_extra (a int);
            CREATE OR REPLACE FUNCTION pgtrigger_extra() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN RETURN NEW; END';
            CREATE OR REPLACE TRIGGER pgtrigger_extra BEFORE INSERT ON shop_extra
                FOR EACH ROW EXECUTE FUNCTION pgtrigger_extra();
            ''',
            migrations.RunSQL.noop,
        )
        """,
    )

    found = migrations_of(shop)

    assert found["left"] == ["trigger pgtrigger_extra on shop_extra"]
    assert [one["name"] for one in found["differences"]] == ["pgtrigger_extra on shop_extra"]
