"""`prune` drops what this project has named; anything else may be another project's."""

from __future__ import annotations

import hashlib

import pytest

from tests.database.project import MODELS, Shop

_HEAD = """
import pgtrigger.compiler, pgtrigger.migrations
from django.db import migrations, models
"""
_CREATE = """
migrations.CreateModel("Order", [
    ("id", models.BigAutoField(primary_key=True)),
    ("status", models.CharField(max_length=20)),
    ("total", models.IntegerField()),
])
"""


def _pgid(uri: str) -> str:
    digest = hashlib.sha1(uri.encode(), usedforsecurity=False).hexdigest()[:5]
    return f"pgtrigger_{uri.rpartition(':')[2]}_{digest}"


def _create(pgid: str, table: str = "shop_order") -> str:
    return (
        f"CREATE FUNCTION {pgid}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
        f"CREATE TRIGGER {pgid} AFTER DELETE ON {table} EXECUTE FUNCTION {pgid}()"
    )


def _migrations(shop: Shop, *operations: str) -> None:
    """Writes one migration for each of the operations, after one that makes the table."""
    before: str | None = None
    for number, operation in enumerate((_CREATE, *operations), 1):
        name = f"{number:04d}_step"
        dependencies = f'[("shop", {before!r})]' if before else "[]"
        (shop.root / f"shop/migrations/{name}.py").write_text(
            f"{_HEAD}\nclass Migration(migrations.Migration):\n"
            f"    dependencies = {dependencies}\n    operations = [{operation.strip()}]\n"
        )
        before = name


def _run_sql(sql: str) -> str:
    return f"migrations.RunSQL({sql!r}, '')"


OLD = _pgid("shop.Order:old")
ADD_TRIGGER = f"""
pgtrigger.migrations.AddTrigger(
    model_name="order",
    trigger=pgtrigger.compiler.Trigger(
        name="old",
        sql=pgtrigger.compiler.UpsertTriggerSql(
            func="RETURN NULL;", hash="abc", operation="DELETE", pgid={OLD!r},
            table="shop_order", when="AFTER",
        ),
    ),
)
"""


def _pruned(shop: Shop, *options: str) -> tuple[bool, int, str]:
    """Whether the trigger has gone, with the exit code and the messages."""
    outcome = shop.run("prune", "--yes", *options)
    left = shop.sql(f"SELECT 1 FROM pg_trigger WHERE tgname = '{OLD}'")
    return left == [], outcome.exit_code, outcome.stderr


def test_a_trigger_that_nobody_has_named(shop: Shop) -> None:
    shop.sql(_create(OLD))

    reason = "the source does not declare it, and no migration of this project has ever named it"
    assert shop.statuses()[OLD][:2] == ("PRUNE", f"{reason}: only prune --foreign drops it")
    assert _pruned(shop, "--dry-run")[0] is False
    gone, code, messages = _pruned(shop)
    assert (gone, code) == (False, 0)
    assert (
        f"left alone: public.shop_order:{OLD}: no migration of this project has ever named it "
        "(--foreign)" in messages
    )
    assert _pruned(shop, "--foreign")[:2] == (True, 0)


@pytest.mark.parametrize(
    "operations",
    [
        (ADD_TRIGGER,),
        (ADD_TRIGGER, "pgtrigger.migrations.RemoveTrigger('order', 'old')"),
        (_run_sql(_create(OLD)),),
        (_run_sql(_create(OLD)), _run_sql(f"DROP TRIGGER {OLD} ON shop_order")),
        (_run_sql(f"DROP TRIGGER IF EXISTS {OLD} ON shop_order"),),
        (_run_sql(_create(OLD, "public.shop_order")),),
        (f"migrations.SeparateDatabaseAndState(database_operations=[{_run_sql(_create(OLD))}])",),
        (
            _run_sql(_create("pgtrigger_first")),
            _run_sql(f"ALTER TRIGGER pgtrigger_first ON shop_order RENAME TO {OLD}"),
        ),
    ],
)
def test_what_migrations_have_named(shop: Shop, operations: tuple[str, ...]) -> None:
    _migrations(shop, *operations)
    shop.sql(_create(OLD))

    assert shop.statuses()[OLD][:2] == ("PRUNE", "the source does not declare it")
    assert _pruned(shop)[:2] == (True, 0)


@pytest.mark.parametrize(
    "rename",
    [
        "migrations.RenameModel('Order', 'Sale')",
        "migrations.AlterModelTable('order', 'shop_sale')",
        _run_sql("ALTER TABLE shop_order RENAME TO shop_sale"),
    ],
)
@pytest.mark.parametrize("dropped", [True, False])
def test_tables_that_have_got_other_names(shop: Shop, rename: str, dropped: bool) -> None:
    drop = [_run_sql(f"DROP TRIGGER {OLD} ON shop_order")] if dropped else []
    _migrations(shop, _run_sql(_create(OLD)), *drop, rename)
    shop.write("class Sale(models.Model):\n    pass\n")
    shop.sql("ALTER TABLE shop_order RENAME TO shop_sale", _create(OLD, "shop_sale"))

    assert _pruned(shop)[:2] == (True, 0)


def test_a_name_on_another_table(shop: Shop) -> None:
    _migrations(shop, _run_sql(_create(OLD)))
    shop.sql("CREATE TABLE other (id int)", _create(OLD, "other"))

    gone, code, messages = _pruned(shop)

    assert (gone, code) == (False, 0)
    assert f"left alone: public.other:{OLD}: no migration" in messages


def test_a_table_that_had_the_name_before(shop: Shop) -> None:
    """A later table of the name that an earlier one gave up has triggers of its own."""
    _migrations(
        shop,
        _run_sql("ALTER TABLE shop_order RENAME TO shop_sale"),
        _run_sql("CREATE TABLE shop_order (id int)"),
        _run_sql(_create(OLD)),
    )
    shop.sql("CREATE TABLE shop_sale (id int)", _create(OLD, "shop_sale"))

    assert _pruned(shop)[:2] == (False, 0)


def test_migrations_of_a_package(shop: Shop) -> None:
    """What a package's migrations name is the package's."""
    package = shop.root / ".venv/lib/python3.12/site-packages/stock"
    (package / "migrations").mkdir(parents=True)
    for module in ("", "migrations/"):
        (package / f"{module}__init__.py").touch()
    (package / "models.py").write_text("from django.db import models\n")
    (package / "migrations/0001_initial.py").write_text(
        f"{_HEAD}\nclass Migration(migrations.Migration):\n"
        f"    operations = [{_run_sql(_create(OLD))}]\n"
    )
    settings = (shop.root / "settings.py").read_text()
    shop.write(settings=settings.replace('"shop"]', '"shop", "stock"]'))
    shop.sql(_create(OLD))

    assert _pruned(shop)[0] is False


def test_migrations_that_cannot_be_read(shop: Shop) -> None:
    _migrations(shop, "migrations.RunSQL(open('some.sql').read())")
    shop.sql(_create(OLD))

    gone, _, messages = _pruned(shop)

    assert not gone
    assert "has ever named it, as far as they could be read (--foreign)" in messages


def test_what_may_be_declared_stays_even_so(shop: Shop) -> None:
    _migrations(shop, _run_sql(_create(OLD)))
    shop.write(MODELS.replace('name="protect"', "name=str(object())"))
    shop.sql(_create(OLD))

    gone, code, messages = _pruned(shop, "--foreign")

    assert (gone, code) == (False, 2)
    assert "it may be declared after all" in messages
