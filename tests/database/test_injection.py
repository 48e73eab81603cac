"""Names are data: quotes, semicolons, dollar signs and other alphabets do no harm."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from pgtrigger_codegen.sql.lexer import Kind, tokenize
from tests.database.project import Shop

_NAMES = (
    'quo"te',
    "apostro'phe",
    "x; DROP TABLE victim; --",
    'x"; DROP TABLE victim; --',
    "$$ $body$ $x$",
    "%s %(name)s {0}",
    "Bücher 書",
    "a.b",
    "Mixed Case",
    "back\\slash",
)


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# The rest of the names takes the slow suite.
_SOME = [
    pytest.param(n, marks=() if i % 3 == 0 else pytest.mark.slow) for i, n in enumerate(_NAMES)
]


@pytest.mark.parametrize("name", _SOME)
def test_tables_and_schemas(shop: Shop, name: str) -> None:
    shop.write(
        f"""
        class Order(models.Model):
            status = models.TextField(db_column="Sta tus")

            class Meta:
                db_table = {name!r}
                triggers = [
                    pgtrigger.Protect(
                        name="protect", operation=pgtrigger.Delete,
                        condition=pgtrigger.Condition("OLD.\\"Sta tus\\" = 'a'"),
                    )
                ]
        """
    )
    schema, table = _quote(name), _quote(name)
    shop.sql(
        "CREATE TABLE victim ()",
        f"CREATE SCHEMA {schema}",
        f'CREATE TABLE {schema}.{table} (id bigint, "Sta tus" text)',
    )
    uri = "shop.Order:protect"
    at = ("--schema", name)

    assert shop.entries(*at)[0]["schema"] == name
    assert shop.entries(*at)[0]["table"] == name
    shop.done("install", *at)
    assert shop.statuses(*at) == {uri: ("INSTALLED", None, "ENABLED")}
    shop.done("disable", *at)
    assert shop.statuses(*at) == {uri: ("INSTALLED", None, "DISABLED")}
    shop.sql(f"COMMENT ON TRIGGER {shop.entries(*at)[0]['pgid']} ON {schema}.{table} IS NULL")
    shop.done("install", *at)
    shop.sql(shop.run("uninstall", *at, "--dry-run").stdout)
    assert shop.statuses(*at) == {uri: ("UNINSTALLED", None, None)}
    assert shop.sql("SELECT to_regclass('victim')::text") == [("victim",)]


def test_triggers_and_functions_to_prune(shop: Shop) -> None:
    strays = [f"pgtrigger_{name}" for name in _NAMES]
    shop.sql("CREATE TABLE victim ()")
    for stray in strays:
        shop.sql(
            f"CREATE FUNCTION {_quote(stray)}() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN RETURN NULL; END'",
            f"CREATE TRIGGER {_quote(stray)} BEFORE DELETE ON shop_order "
            f"EXECUTE FUNCTION {_quote(stray)}()",
        )

    found = {item["pgid"] for item in shop.entries() if item["status"] == "PRUNE"}
    assert found == set(strays)
    shop.done("prune", "--foreign")

    assert [item for item in shop.entries() if item["status"] == "PRUNE"] == []
    assert shop.sql("SELECT proname FROM pg_proc WHERE proname LIKE 'pgtrigger%'") == []
    assert shop.sql("SELECT to_regclass('victim')::text") == [("victim",)]


def test_schemas_that_do_not_exist(shop: Shop) -> None:
    for name in _NAMES:
        outcome = shop.run("ls", "--schema", name)

        assert outcome.exit_code == 2
        assert f"there is no schema {name!r}" in outcome.stderr


def test_a_schema_within_the_name_of_a_table(shop: Shop) -> None:
    shop.write(
        """
        class Report(models.Model):
            class Meta:
                db_table = 'erc"."Report'
                triggers = [pgtrigger.Protect(name="protect", operation=pgtrigger.Delete)]
        """
    )
    shop.sql("CREATE SCHEMA erc", 'CREATE TABLE erc."Report" (id bigint)')

    shop.done("install")

    (entry,) = shop.entries()
    assert (entry["schema"], entry["table"], entry["status"]) == ("erc", "Report", "INSTALLED")


_BREAKS = (
    *map(chr, (*range(1, 32), *range(127, 160))),
    "\u2028",
    "\u2029",
    "\u202e",
    "*/",
    "--",
    "\\",
)


def test_names_stay_in_the_comments_of_scripts(shop: Shop) -> None:
    """A name that ends its comment would go on as a statement of its own."""
    strays = [f"pgtrigger_{text}; CREATE TABLE broken(); --" for text in _BREAKS]
    for number, stray in enumerate(strays):
        shop.sql(
            f"CREATE FUNCTION pgtrigger_{number}() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN RETURN NULL; END'",
            f"CREATE TRIGGER {_quote(stray)} BEFORE DELETE ON shop_order "
            f"EXECUTE FUNCTION pgtrigger_{number}()",
        )

    script = shop.run("prune", "--foreign", "--dry-run").stdout

    comments = [token.text for token in tokenize(script) if token.kind is Kind.LINE_COMMENT]
    assert len(comments) == 2 * len(strays)
    assert all(comment.isprintable() for comment in comments)
    shop.sql(script)
    assert shop.sql("SELECT to_regclass('broken')::text") == [(None,)]
    assert shop.sql("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%'") == [(0,)]


@pytest.mark.parametrize("command", ["uninstall", "disable"])
def test_names_of_tables_and_schemas_stay_there_too(shop: Shop, command: str) -> None:
    name = "x\n; CREATE TABLE broken(); --\u2028\r"
    shop.sql(f"CREATE SCHEMA {_quote(name)}", f"CREATE TABLE {_quote(name)}.shop_order (id int)")
    shop.write(
        """
        class Order(models.Model):
            class Meta:
                triggers = [pgtrigger.Protect(name="protect", operation=pgtrigger.Delete)]
        """
    )
    for arguments in (("install",), (command,)):
        script = shop.run(*arguments, "--dry-run", "--schema", name).stdout
        assert script.startswith("BEGIN;")
        shop.sql(script)

    assert shop.sql("SELECT to_regclass('broken')::text") == [(None,)]


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not on the path")
def test_scripts_run_in_psql(shop: Shop) -> None:
    stray = "pgtrigger_\n\\! touch broken\n:x :'x' \\gexec"
    shop.sql(
        "CREATE FUNCTION pgtrigger_x() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN RETURN NULL; END'",
        f"CREATE TRIGGER {_quote(stray)} BEFORE DELETE ON shop_order "
        "EXECUTE FUNCTION pgtrigger_x()",
    )
    script = shop.run("prune", "--foreign", "--dry-run").stdout

    subprocess.run(
        ["psql", "-X", "-v", "ON_ERROR_STOP=1", shop.dsn],
        input=script,
        text=True,
        check=True,
        capture_output=True,
        cwd=shop.root,
    )

    assert not (shop.root / "broken").exists()
    assert shop.sql("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%'") == [(0,)]
