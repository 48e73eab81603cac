"""The six commands, and every state that a trigger can be in."""

from __future__ import annotations

import io

import pytest
from click.testing import CliRunner

from pgtrigger_codegen.cli.main import main
from tests.database.project import DOUBLE, MODELS, PROTECT, TABLE, Shop
from tests.support.cli import run_json

INSTALLED = ("INSTALLED", None, "ENABLED")


def _pgid(shop: Shop, uri: str) -> str:
    return str(next(entry["pgid"] for entry in shop.entries() if entry["uri"] == uri))


def _functions(shop: Shop) -> list[str]:
    rows = shop.sql("SELECT proname FROM pg_proc WHERE proname LIKE 'pgtrigger\\_%' ORDER BY 1")
    return [row[0] for row in rows]


def test_no_triggers_at_all_are_an_empty_list(shop: Shop) -> None:
    shop.write("class Order(models.Model):\n    pass\n")

    assert shop.entries() == []
    outcome = shop.run("ls", "--check")
    assert (outcome.exit_code, outcome.stdout) == (0, "")


def test_uninstalled_then_installed(shop: Shop) -> None:
    assert shop.statuses() == {
        DOUBLE: ("UNINSTALLED", None, None),
        PROTECT: ("UNINSTALLED", None, None),
    }
    assert shop.run("ls", "--check").exit_code == 1

    assert shop.done("install").splitlines() == [
        'created: function "public"._pgtrigger_should_ignore',
        f"installed: {DOUBLE}",
        f"installed: {PROTECT}",
    ]

    assert shop.statuses() == {DOUBLE: INSTALLED, PROTECT: INSTALLED}
    assert shop.run("ls", "--check").exit_code == 0
    assert shop.sql("INSERT INTO shop_order VALUES (1, 'open', 4) RETURNING total") == [(8,)]
    assert shop.done("install") == "Nothing to do\n"


def test_the_fields_of_ls(shop: Shop) -> None:
    (entry,) = shop.entries(PROTECT)

    assert entry == {
        "uri": PROTECT,
        "pgid": entry["pgid"],
        "table": "shop_order",
        "schema": "public",
        "status": "UNINSTALLED",
        "reason": None,
        "enabled": None,
    }
    assert entry["pgid"].startswith("pgtrigger_protect_")


def test_ls_as_text(shop: Shop) -> None:
    shop.done("install", PROTECT)

    assert shop.done("ls").splitlines() == [
        f"UNINSTALLED N/A      {DOUBLE}",
        f"INSTALLED   ENABLED  {PROTECT}",
    ]
    assert shop.done("ls", PROTECT) == f"INSTALLED ENABLED  {PROTECT}\n"
    assert shop.done("ls", PROTECT, "--schema", "public").endswith("in public\n")


def test_one_uri_leaves_the_others_alone(shop: Shop) -> None:
    shop.done("install", PROTECT)

    assert shop.statuses()[DOUBLE][0] == "UNINSTALLED"
    assert shop.statuses()[PROTECT] == INSTALLED


def test_an_unknown_uri(shop: Shop) -> None:
    outcome = shop.run("ls", "shop.Order:other")

    assert outcome.exit_code == 2
    assert "no trigger has the URI `shop.Order:other`" in outcome.stderr
    assert "help: a URI is app_label.ModelName:trigger_name" in outcome.stderr


@pytest.mark.parametrize(
    ("clause", "state", "passes"),
    [
        ("DISABLE", "DISABLED", False),
        ("ENABLE REPLICA", "REPLICA", False),
        ("ENABLE ALWAYS", "ALWAYS", True),
        ("ENABLE", "ENABLED", True),
    ],
)
def test_states(shop: Shop, clause: str, state: str, passes: bool) -> None:
    shop.done("install")
    shop.sql(f"ALTER TABLE shop_order {clause} TRIGGER {_pgid(shop, PROTECT)}")

    assert shop.statuses()[PROTECT] == ("INSTALLED", None, state)
    assert shop.run("ls", "--check").exit_code == 0
    assert shop.run("ls", "--check", "--enabled").exit_code == (0 if passes else 1)


@pytest.mark.parametrize("state", ["DISABLED", "REPLICA", "ALWAYS"])
def test_install_keeps_the_state(shop: Shop, state: str) -> None:
    shop.done("install")
    clause = {"DISABLED": "DISABLE"}.get(state, f"ENABLE {state}")
    for uri in (PROTECT, DOUBLE):
        shop.sql(f"ALTER TABLE shop_order {clause} TRIGGER {_pgid(shop, uri)}")
    shop.write(MODELS.replace('"sent"', '"gone"').replace("* 2", "* 3"))

    assert shop.done("install").splitlines() == [
        f"function replaced: {DOUBLE}",
        f"replaced: {PROTECT}",
    ]

    installed = ("INSTALLED", None, state)
    assert shop.statuses() == {DOUBLE: installed, PROTECT: installed}


def test_enable_and_disable(shop: Shop) -> None:
    shop.done("install")

    assert shop.done("disable", PROTECT) == f"disabled: {PROTECT}\n"
    assert shop.statuses()[PROTECT][2] == "DISABLED"
    assert shop.statuses()[DOUBLE][2] == "ENABLED"
    assert shop.done("disable") == f"disabled: {DOUBLE}\n"
    assert shop.done("enable") == f"enabled: {DOUBLE}\nenabled: {PROTECT}\n"
    assert shop.done("enable") == "Nothing to do\n"


def test_enable_leaves_always_alone(shop: Shop) -> None:
    shop.done("install")
    shop.sql(f"ALTER TABLE shop_order ENABLE ALWAYS TRIGGER {_pgid(shop, PROTECT)}")

    shop.done("enable")

    assert shop.statuses()[PROTECT][2] == "ALWAYS"


def test_enabling_what_is_not_installed(shop: Shop) -> None:
    named = shop.run("enable", PROTECT)
    all_of_them = shop.run("enable", "--yes")

    assert named.exit_code == 2
    assert f"left alone: {PROTECT}: it is not installed" in named.stderr
    assert all_of_them.exit_code == 0


def test_uninstall_drops_the_functions(shop: Shop) -> None:
    shop.done("install")
    assert len(_functions(shop)) == 2

    out = shop.done("uninstall", PROTECT)

    assert out.startswith(f"uninstalled: {PROTECT}\ndropped: function ")
    assert [name for name in _functions(shop) if "protect" in name] == []
    assert shop.statuses()[DOUBLE] == INSTALLED
    assert shop.done("uninstall", PROTECT) == "Nothing to do\n"
    shop.done("uninstall")
    assert _functions(shop) == []


def test_a_function_that_is_used_elsewhere_stays(shop: Shop) -> None:
    shop.done("install")
    pgid = _pgid(shop, PROTECT)
    shop.sql(
        "CREATE TABLE other (id int)",
        f"CREATE TRIGGER mine BEFORE DELETE ON other EXECUTE FUNCTION {pgid}()",
    )

    assert shop.done("uninstall", PROTECT) == f"uninstalled: {PROTECT}\n"

    assert pgid in _functions(shop)
    assert shop.sql("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1")[0] == (
        "mine",
    )


def test_prune(shop: Shop) -> None:
    shop.done("install")
    pgid = _pgid(shop, PROTECT)
    shop.write(MODELS.replace('"protect"', '"guard"'))

    state, reason, enabled = shop.statuses()[pgid]
    assert (state, enabled) == ("PRUNE", "ENABLED")
    assert reason is not None
    assert reason.startswith("the source does not declare it")
    assert shop.statuses(DOUBLE) == {DOUBLE: INSTALLED}
    assert shop.run("ls", "--check").exit_code == 1
    assert shop.done("prune", "--foreign").startswith(f"uninstalled: public.shop_order:{pgid}\n")

    assert shop.statuses() == {
        DOUBLE: INSTALLED,
        "shop.Order:guard": ("UNINSTALLED", None, None),
    }
    assert pgid not in _functions(shop)


def test_prune_touches_no_other_names(shop: Shop) -> None:
    # In LIKE, an underscore that is not escaped stands for any character.
    shop.sql(
        "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER pgtriggerx_mine BEFORE DELETE ON shop_order EXECUTE FUNCTION mine()",
        "CREATE TRIGGER pgtrigger_mine BEFORE DELETE ON shop_order EXECUTE FUNCTION mine()",
    )

    assert [entry["pgid"] for entry in shop.entries() if entry["status"] == "PRUNE"] == [
        "pgtrigger_mine"
    ]
    shop.done("prune", "--foreign")

    assert shop.sql("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == [
        ("pgtriggerx_mine",)
    ]
    assert shop.sql("SELECT count(*) FROM pg_proc WHERE proname = 'mine'") == [(1,)]


@pytest.mark.parametrize(
    ("models", "reason"),
    [
        (
            MODELS.replace('name="protect"', "name=str(object())"),
            "it may be declared after all",
        ),
        (MODELS.replace("when=pgtrigger.Before", "when=open('x')"), None),
        ("class Order(models.Model:\n", None),
    ],
)
def test_prune_keeps_what_may_be_declared(shop: Shop, models: str, reason: str | None) -> None:
    shop.done("install", PROTECT, DOUBLE)
    shop.write(models)

    outcome = shop.run("prune", "--yes")

    kept = shop.sql("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1")
    assert "pgtrigger_double" in kept[0][0]
    assert outcome.exit_code == 2
    assert reason is None or reason in outcome.stderr


def test_without_uris_somebody_must_agree(shop: Shop) -> None:
    for command in ("install", "uninstall", "enable", "disable", "prune"):
        outcome = shop.run(command)
        assert outcome.exit_code == 2, command
        assert "--yes" in outcome.stderr
    assert shop.statuses()[PROTECT][0] == "UNINSTALLED"


class _Terminal(io.BytesIO):
    """An input that somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "status"), [("y", "INSTALLED"), ("n", "UNINSTALLED")])
def test_on_a_terminal_it_asks(shop: Shop, answer: str, status: str) -> None:
    typed = _Terminal(f"{answer}\n".encode())
    command = ["-C", str(shop.root), "install", "--dsn", shop.dsn]
    result = CliRunner().invoke(main, command, input=typed, catch_exceptions=False)

    assert "install all triggers in database " in result.stderr
    assert result.exit_code == (0 if answer == "y" else 2)
    assert shop.statuses()[PROTECT][0] == status


def test_all_triggers_are_more_than_those_that_were_read(shop: Shop) -> None:
    shop.write(MODELS.replace('name="protect"', "name=str(object())"))

    everything = shop.run("install", "--yes")
    assert everything.exit_code == 2
    assert everything.stdout.endswith(f"installed: {DOUBLE}\n")
    assert "left alone: 1 declaration that could not be read" in everything.stderr
    assert shop.run("install", DOUBLE).exit_code == 0


def test_dry_run_prints_what_would_run(shop: Shop) -> None:
    outcome = shop.run("install", "--dry-run")

    assert outcome.exit_code == 0
    assert shop.statuses()[PROTECT][0] == "UNINSTALLED"
    shop.sql(outcome.stdout)
    assert shop.statuses() == {DOUBLE: INSTALLED, PROTECT: INSTALLED}
    shop.sql(shop.run("disable", "--dry-run").stdout)
    assert {state for _, _, state in shop.statuses().values()} == {"DISABLED"}
    shop.sql(shop.run("uninstall", "--dry-run").stdout)
    assert {status for status, _, _ in shop.statuses().values()} == {"UNINSTALLED"}
    assert shop.run("uninstall", "--dry-run").stdout == ""


def test_migrations_that_manage_the_triggers(shop: Shop) -> None:
    migration = shop.root / "shop/migrations/0001_initial.py"
    migration.write_text(
        "from django.db import migrations, models\n"
        "class Migration(migrations.Migration):\n"
        "    operations = [migrations.CreateModel('Order', [('id', models.BigAutoField("
        "primary_key=True)), ('status', models.CharField(max_length=20)), "
        "('total', models.IntegerField())])]\n"
    )
    assert "warning: migrations" not in shop.run("install", "--dry-run").stderr
    run_json(shop.root, "makemigrations")

    assert "warning: migrations of shop manage" in shop.run("install", "--dry-run").stderr


def test_a_missing_table(shop: Shop) -> None:
    shop.sql("DROP TABLE shop_order")

    reason = "table shop_order is not in public"
    assert shop.statuses()[PROTECT] == ("UNINSTALLED", reason, None)
    outcome = shop.run("install", "--yes")
    assert outcome.exit_code == 2
    assert reason in outcome.stderr
    assert "migrate first" in outcome.stderr
    assert shop.done("uninstall") == "Nothing to do\n"


def test_constraint_triggers(shop: Shop) -> None:
    deferrable = MODELS.replace(
        "when=pgtrigger.Before,", "when=pgtrigger.After, timing=pgtrigger.Deferred,"
    )
    shop.write(deferrable)
    shop.done("install")
    assert shop.statuses()[DOUBLE] == INSTALLED
    shop.done("disable", DOUBLE)

    shop.write()
    assert shop.statuses()[DOUBLE] == ("OUTDATED", "definition differs", "DISABLED")
    shop.done("install")
    assert shop.statuses()[DOUBLE] == ("INSTALLED", None, "DISABLED")

    shop.write(deferrable)
    shop.done("install")
    assert shop.statuses()[DOUBLE] == ("INSTALLED", None, "DISABLED")


def test_partitioned_tables(shop: Shop) -> None:
    shop.sql(
        "DROP TABLE shop_order",
        f"{TABLE.replace('PRIMARY KEY', '')} PARTITION BY RANGE (id)",
        "CREATE TABLE part_1 PARTITION OF shop_order FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE part_2 PARTITION OF shop_order FOR VALUES FROM (10) TO (20)",
    )

    shop.done("install")
    assert shop.statuses() == {DOUBLE: INSTALLED, PROTECT: INSTALLED}
    assert shop.sql("INSERT INTO shop_order VALUES (11, 'open', 4) RETURNING total") == [(8,)]
    shop.done("disable")
    assert shop.sql("INSERT INTO shop_order VALUES (12, 'open', 4) RETURNING total") == [(4,)]
    shop.done("uninstall")
    assert shop.statuses()[PROTECT][0] == "UNINSTALLED"
    assert _functions(shop) == []


def test_a_view(shop: Shop) -> None:
    shop.write(
        """
        class Order(models.Model):
            status = models.CharField(max_length=20)

            class Meta:
                managed = False
                db_table = "shop_view"
                triggers = [
                    pgtrigger.Trigger(
                        name="redirect",
                        when=pgtrigger.InsteadOf,
                        operation=pgtrigger.Insert,
                        func="INSERT INTO shop_order (id) VALUES (1); RETURN NEW;",
                    )
                ]
        """
    )
    shop.sql("CREATE VIEW shop_view AS SELECT id, status FROM shop_order")

    shop.done("install")

    assert shop.statuses() == {"shop.Order:redirect": INSTALLED}


def test_routers(shop: Shop) -> None:
    router = """
    class Router:
        def allow_migrate(self, db, app_label, model_name=None, **hints):
            if db == "archive":
                return app_label == "auth"
            return None
    """
    settings = (shop.root / "settings.py").read_text()
    shop.write(settings=settings + 'DATABASE_ROUTERS = ["routers.Router"]\n', routers=router)
    shop.done("install")

    assert shop.statuses()[PROTECT] == INSTALLED
    assert shop.statuses("--database", "archive")[PROTECT] == (
        "UNALLOWED",
        "routers.Router keeps shop.order out of 'archive'",
        None,
    )
    assert shop.done("uninstall", "--database", "archive") == "Nothing to do\n"
    assert "PRUNE" not in {entry[0] for entry in shop.statuses("--database", "archive").values()}


def test_routers_that_cannot_be_read(shop: Shop) -> None:
    router = """
    import random

    class Router:
        def allow_migrate(self, db, app_label, **hints):
            return random.random() > 0.5
    """
    settings = (shop.root / "settings.py").read_text()
    shop.write(settings=settings + 'DATABASE_ROUTERS = ["routers.Router"]\n', routers=router)

    outcome = shop.run("ls")

    assert "UNALLOWED" not in outcome.stdout
    assert "a router cannot be evaluated" in outcome.stderr
