"""Search paths, and tenants with a schema each."""

from __future__ import annotations

from collections import Counter

from tests.database.project import DOUBLE, MODELS, PROTECT, TABLE, Shop

_SHARED = (
    MODELS
    + """
class Tenant(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
"""
)


def _make_tenants(shop: Shop, *names: str) -> None:
    table = TABLE.replace("shop_order", "{}.shop_order")
    for name in names:
        shop.sql(f"CREATE SCHEMA {name}", table.format(name))


def _by_schema(shop: Shop, *arguments: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entry in shop.entries(*arguments):
        found.setdefault(entry["schema"], set()).add(entry["status"])
    return found


def test_schema_is_the_search_path(shop: Shop) -> None:
    _make_tenants(shop, "a", "b")
    shop.sql("DROP TABLE shop_order", "DROP TABLE a.shop_order")

    # As for django-pgtrigger, several schemas are one search path.
    shop.done("install", "--schema", "a", "--schema", "b")

    assert _by_schema(shop, "--schema", "b") == {"b": {"INSTALLED"}}
    assert _by_schema(shop, "--schema", "a", "-s", "b") == {"b": {"INSTALLED"}}
    assert _by_schema(shop, "--schema", "a") == {"a": {"UNINSTALLED"}}
    # Functions go into the first.
    functions = shop.sql(
        "SELECT DISTINCT nspname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace "
        "WHERE proname LIKE 'pgtrigger\\_%'"
    )
    assert functions == [("a",)]


def test_the_search_path_of_the_connection(shop: Shop) -> None:
    _make_tenants(shop, "a")
    dsn = f"{shop.dsn} options='-c search_path=a'"

    assert shop.run("install", "--yes", dsn=dsn).exit_code == 0

    assert _by_schema(shop, "--schema", "a") == {"a": {"INSTALLED"}}
    assert _by_schema(shop) == {"public": {"UNINSTALLED"}}


def test_a_trigger_that_another_schema_function_serves(shop: Shop) -> None:
    _make_tenants(shop, "a")
    shop.done("install", "--schema", "public")
    (pgid,) = (entry["pgid"] for entry in shop.entries(DOUBLE))
    hash = shop.sql("SELECT obj_description(oid) FROM pg_trigger WHERE tgname LIKE '%double%'")
    shop.sql(
        f"CREATE TRIGGER {pgid} BEFORE INSERT ON a.shop_order FOR EACH ROW "
        f"EXECUTE FUNCTION public.{pgid}()",
        f"COMMENT ON TRIGGER {pgid} ON a.shop_order IS '{hash[0][0]}'",
    )

    assert shop.statuses(DOUBLE, "--schema", "a")[DOUBLE][0] == "INSTALLED"
    out = shop.done("uninstall", DOUBLE, "--schema", "a")
    assert out == f"uninstalled: {DOUBLE}\n"
    assert shop.statuses(DOUBLE)[DOUBLE][0] == "INSTALLED"

    # An outdated one gets a function of its own, and the other tenant keeps what it has.
    shop.sql(
        f"CREATE TRIGGER {pgid} BEFORE INSERT ON a.shop_order FOR EACH ROW "
        f"EXECUTE FUNCTION public.{pgid}()"
    )
    shop.write(MODELS.replace("* 2", "* 3"))
    assert shop.done("install", DOUBLE, "--schema", "a") == f"replaced: {DOUBLE}\n"
    assert shop.statuses(DOUBLE, "--schema", "a")[DOUBLE][0] == "INSTALLED"
    assert shop.statuses(DOUBLE)[DOUBLE][0] == "OUTDATED"


def test_tenants(shop: Shop) -> None:
    tenants = [f"tenant_{number:02}" for number in range(20)]
    _make_tenants(shop, *tenants, "other")
    shop.sql("DROP TABLE shop_order", "CREATE TABLE shop_tenant (id bigint)")
    shop.write(_SHARED)

    outcome = shop.run("install", "--yes", "--all-schemas", "tenant_*")

    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.stdout.splitlines() == [
        "tenant_00: 3 changes, 0 unchanged",
        *(f"{name}: 2 changes, 0 unchanged" for name in tenants[1:]),
    ]
    listed = shop.run("ls", "--check", "--all-schemas", "tenant_*", "--output-format", "json")
    assert listed.exit_code == 0
    assert Counter(entry["schema"] for entry in listed.data) == dict.fromkeys(tenants, 2)
    assert "tenant_07: 2 triggers, 0 not INSTALLED" in listed.stderr
    # The shared table is in public, and no tenant's.
    assert shop.statuses("shop.Tenant:keep") == {"shop.Tenant:keep": ("UNINSTALLED", None, None)}
    assert _by_schema(shop, "--schema", "other")["other"] == {"UNINSTALLED"}


def test_one_tenant_in_trouble(shop: Shop) -> None:
    _make_tenants(shop, "tenant_1", "tenant_2", "tenant_3")
    shop.sql("DROP TABLE shop_order", "ALTER TABLE tenant_2.shop_order DROP status")

    outcome = shop.run("install", "--yes", "--all-schemas", "tenant_*")

    assert outcome.exit_code == 2
    assert [line.split(":")[0] for line in outcome.stdout.splitlines()] == ["tenant_1", "tenant_3"]
    assert f"tenant_2: error: {PROTECT} failed: column old.status" in outcome.stderr
    found = _by_schema(shop, "--all-schemas", "tenant_*")
    assert found == {
        "tenant_1": {"INSTALLED"},
        "tenant_2": {"UNINSTALLED"},
        "tenant_3": {"INSTALLED"},
    }


def test_prune_stays_with_the_tenants(shop: Shop) -> None:
    _make_tenants(shop, "tenant_1", "tenant_2")
    shop.done("install")
    shop.done("install", "--all-schemas", "tenant_*")
    shop.write(MODELS.replace('"protect"', '"guard"').replace('"double"', '"twice"'))

    out = shop.done("prune", "--foreign", "--all-schemas", "tenant_*")

    assert out.splitlines() == [f"tenant_{n}: 4 changes, 0 unchanged" for n in (1, 2)]
    assert _by_schema(shop, "--all-schemas", "tenant_*") == {
        "tenant_1": {"UNINSTALLED"},
        "tenant_2": {"UNINSTALLED"},
    }
    assert _by_schema(shop)["public"] == {"UNINSTALLED", "PRUNE"}


def test_no_schema_matches(shop: Shop) -> None:
    for pattern in ("nothing_*", "pg_*", "information_schema"):
        outcome = shop.run("ls", "--all-schemas", pattern)

        assert outcome.exit_code == 2
        assert f"no schema matches {pattern!r}" in outcome.stderr


def test_dry_run_names_the_search_path(shop: Shop) -> None:
    _make_tenants(shop, "tenant_1")

    script = shop.run("install", "--dry-run", "--all-schemas", "tenant_*").stdout
    assert script.startswith('BEGIN;\nSET LOCAL search_path = "tenant_1", "public", "pg_temp";\n')
    shop.sql(script)

    assert _by_schema(shop, "--all-schemas", "tenant_*") == {"tenant_1": {"INSTALLED"}}


def test_pgtrigger_schema(shop: Shop) -> None:
    settings = (shop.root / "settings.py").read_text()
    shop.write(settings=settings + 'PGTRIGGER_SCHEMA = "tools"\n')
    shop.sql("CREATE SCHEMA tools")

    shop.done("install")

    assert shop.sql(
        "SELECT pronamespace::regnamespace::text FROM pg_proc "
        "WHERE proname = '_pgtrigger_should_ignore'"
    ) == [("tools",)]
    assert {found[0] for found in shop.statuses().values()} == {"INSTALLED"}
