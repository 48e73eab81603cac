"""Whoever may create objects in a schema that we look in gains nothing by it.

A function or an operator can be made to fit the arguments of a query better than PostgreSQL's own,
and would then run with our rights. Each that is planted here counts its calls in a sequence, which
no rollback takes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from pgtrigger_codegen.database.address import Address
from pgtrigger_codegen.database.applied import applied_migrations
from pgtrigger_codegen.database.connection import Timeouts, connect
from pgtrigger_codegen.database.errors import DatabaseError
from tests.database.project import DOUBLE, MODELS, PROTECT, TABLE, Shop

# `%s` are all pairs and triples of these types, so that each call finds one that fits exactly.
_PLANT = """
CREATE SEQUENCE witness;
GRANT ALL ON SEQUENCE witness TO PUBLIC;
CREATE FUNCTION witnessed() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_catalog.nextval('public.witness');
    RETURN true;
END $$;
DO $$
DECLARE
    types text[] := ARRAY[
        'name', 'text', 'varchar', 'oid', 'regclass', '"char"', 'boolean', 'integer', 'bigint',
        'name[]', 'text[]', 'oid[]', 'oidvector'
    ];
    one text; two text; three text; name text; number integer := 0;
BEGIN
    FOREACH one IN ARRAY types LOOP
        FOREACH name IN ARRAY ARRAY[
            'obj_description', 'current_schemas', 'pg_get_triggerdef', 'pg_get_functiondef',
            'to_regclass', 'to_regprocedure', 'unnest', 'pg_partition_tree', 'current_setting',
            'string_agg', 'array_agg', 'count', 'format', 'pg_advisory_xact_lock'
        ] LOOP
            EXECUTE pg_catalog.format('CREATE FUNCTION {schema}.%I(%s) RETURNS text LANGUAGE sql '
                'AS ''SELECT public.witnessed()::text''', name, one);
        END LOOP;
        FOREACH two IN ARRAY types LOOP
            FOREACH name IN ARRAY ARRAY[
                'array_position', 'obj_description', 'pg_has_role', 'has_schema_privilege',
                'current_setting', 'string_agg', 'format', 'format_type', 'to_char',
                'pg_get_triggerdef'
            ] LOOP
                EXECUTE pg_catalog.format('CREATE FUNCTION {schema}.%I(%s, %s) RETURNS integer '
                    'LANGUAGE sql AS ''SELECT public.witnessed()::integer''', name, one, two);
            END LOOP;
            number := number + 1;
            EXECUTE pg_catalog.format('CREATE FUNCTION {schema}.operator_%s(%s, %s) '
                'RETURNS boolean LANGUAGE sql AS ''SELECT public.witnessed()''', number, one, two);
            FOREACH name IN ARRAY ARRAY['=', '<>', '<', '>', '||', '~', '!~', '~~', '<='] LOOP
                EXECUTE pg_catalog.format('CREATE OPERATOR {schema}.%s (FUNCTION = '
                    '{schema}.operator_%s, LEFTARG = %s, RIGHTARG = %s)', name, number, one, two);
            END LOOP;
            FOREACH three IN ARRAY ARRAY['text', 'name', 'boolean', 'regclass', 'oid'] LOOP
                FOREACH name IN ARRAY ARRAY['set_config', 'pg_has_role', 'format',
                        'has_schema_privilege'] LOOP
                    EXECUTE pg_catalog.format('CREATE FUNCTION {schema}.%I(%s, %s, %s) '
                        'RETURNS text LANGUAGE sql AS ''SELECT public.witnessed()::text''',
                        name, one, two, three);
                END LOOP;
            END LOOP;
        END LOOP;
    END LOOP;
END $$;
CREATE DOMAIN {schema}.text AS pg_catalog.text CHECK (public.witnessed());
CREATE DOMAIN {schema}.name AS pg_catalog.name CHECK (public.witnessed());
CREATE DOMAIN {schema}.oid AS pg_catalog.oid CHECK (public.witnessed());
CREATE DOMAIN {schema}.regclass AS pg_catalog.regclass CHECK (public.witnessed());
CREATE VIEW {schema}.pg_class AS SELECT *, public.witnessed() FROM pg_catalog.pg_class;
CREATE VIEW {schema}.pg_trigger AS SELECT *, public.witnessed() FROM pg_catalog.pg_trigger;
CREATE VIEW {schema}.pg_proc AS SELECT *, public.witnessed() FROM pg_catalog.pg_proc;
"""

PATHS = ('"$user", public', "public, pg_catalog", "pg_catalog, public", "pg_temp, public")


@pytest.fixture
def planted(shop: Shop) -> Shop:
    shop.sql(_PLANT.format(schema="public"))
    return shop


def _calls(shop: Shop) -> bool:
    return bool(shop.sql("SELECT is_called FROM witness")[0][0])


def _run_all(shop: Shop, *arguments: str, dsn: str | None = None) -> None:
    """Every command, each with something to do and some with nothing."""

    def run(*command: str) -> None:
        outcome = shop.run(*command, *arguments, dsn=dsn)
        assert outcome.exit_code == 0, outcome.stderr

    shop.write()
    run("ls")
    run("install", "--dry-run")
    run("install", "--yes")
    run("disable", "--yes")
    shop.write(MODELS.replace('"sent"', '"gone"').replace("* 2", "* 3"))
    run("ls", "--diff")
    run("install", "--yes")
    assert {found[2] for found in shop.statuses(*arguments).values()} == {"DISABLED"}
    run("enable", "--yes")
    run("ls", "--check", "--enabled")
    run("uninstall", PROTECT)
    shop.write(MODELS.replace('"double"', '"twice"'))
    run("prune", "--yes")
    run("prune", "--yes", "--foreign")
    run("uninstall", "--yes")


def test_planted_functions_and_operators_would_be_called(planted: Shop) -> None:
    """The plants do what they should in a query that does not take care."""
    planted.sql("SELECT array_position(ARRAY['a']::name[], 'a'::pg_catalog.name)")

    assert _calls(planted)


@pytest.mark.parametrize(
    "path", [PATHS[0], *(pytest.param(path, marks=pytest.mark.slow) for path in PATHS[1:])]
)
def test_nothing_planted_is_called(planted: Shop, path: str) -> None:
    ((database,),) = planted.sql("SELECT current_database()")
    planted.sql(f"ALTER DATABASE {database} SET search_path = {path}")

    _run_all(planted)

    assert not _calls(planted)


@pytest.mark.slow
def test_nothing_planted_in_a_tenants_schema_is_called(planted: Shop) -> None:
    planted.sql(
        "CREATE SCHEMA tenant_1",
        TABLE.replace("shop_order", "tenant_1.shop_order"),
        _PLANT.replace("CREATE SEQUENCE witness;", "")
        .replace("GRANT ALL ON SEQUENCE witness TO PUBLIC;", "")
        .replace("CREATE FUNCTION witnessed()", "CREATE FUNCTION tenant_1.witnessed()")
        .format(schema="tenant_1"),
    )

    _run_all(planted, "--all-schemas", "tenant_*")
    _run_all(planted, "--schema", "tenant_1")

    assert not _calls(planted)


@pytest.mark.slow
def test_a_lock_that_is_not_free(planted: Shop) -> None:
    planted.sql("CREATE FUNCTION coalesce_text(text, text) RETURNS text LANGUAGE sql AS 'SELECT 1'")
    with psycopg.connect(planted.dsn) as other:
        other.execute("LOCK TABLE shop_order IN ROW EXCLUSIVE MODE")
        outcome = planted.run("install", "--yes", "--lock-timeout", "50ms")

    assert "public.shop_order is locked by session" in outcome.stderr
    assert not _calls(planted)


@pytest.mark.slow
@pytest.mark.parametrize("column", ["checked[]", "varchar"])
@pytest.mark.parametrize("text", ["{a}", " (a)", "[a,b)"])
def test_a_literal_of_a_type_with_a_check(planted: Shop, column: str, text: str) -> None:
    """PostgreSQL reads a literal as it parses a condition, and domains check it."""
    condition = f"pgtrigger.Condition(\"NEW.status = '{text}'\")"
    planted.write(
        MODELS.replace('pgtrigger.Q(old__status__in=["paid", "sent"])', condition).replace(
            "pgtrigger.Delete", "pgtrigger.Update"
        )
    )
    planted.sql(
        "CREATE DOMAIN checked AS pg_catalog.text CHECK (witnessed())",
        "CREATE TYPE pair AS (one checked)",
        "CREATE FUNCTION equal(varchar, pair) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "CREATE OPERATOR = (FUNCTION = equal, LEFTARG = varchar, RIGHTARG = pair)",
        "CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    )
    pgid = planted.entries(PROTECT)[0]["pgid"]
    planted.sql(
        f"ALTER TABLE shop_order ALTER status TYPE {column} USING NULL",
        f"CREATE TRIGGER {pgid} BEFORE UPDATE ON shop_order FOR EACH ROW EXECUTE FUNCTION noop()",
        "ALTER SEQUENCE witness RESTART",
    )

    outcome = planted.run("ls")

    assert "OUTDATED" in outcome.stdout
    assert "conditions were compared without their casts" in outcome.stderr
    assert not _calls(planted)


_UNTRUSTED = {
    "view": "CREATE VIEW django_migrations AS SELECT 'shop'::varchar AS app, "
    "CASE WHEN witnessed() THEN '0001_initial'::varchar END AS name",
    "index": "CREATE TABLE django_migrations (app varchar, name varchar); "
    "ALTER FUNCTION witnessed() IMMUTABLE; "
    "CREATE INDEX ON django_migrations (name) WHERE witnessed()",
    "constraint": "CREATE TABLE django_migrations (app varchar, name varchar, CHECK (witnessed()))",
    "type": "CREATE TYPE evil AS ENUM ('shop'); "
    "CREATE TABLE django_migrations (app evil, name varchar)",
    "policy": "CREATE TABLE django_migrations (app varchar, name varchar); "
    "CREATE POLICY evil ON django_migrations USING (witnessed()); "
    "ALTER TABLE django_migrations FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY",
    "partitioned": "CREATE TABLE django_migrations (app varchar, name varchar) "
    "PARTITION BY LIST (app)",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", _UNTRUSTED)
def test_a_record_of_migrations_that_is_no_plain_table(planted: Shop, kind: str) -> None:
    planted.sql(_UNTRUSTED[kind], "ALTER SEQUENCE witness RESTART")

    with (
        connect(Address({"conninfo": planted.dsn}, "a test"), Timeouts(), {}) as connection,
        connection.reading(),
        pytest.raises(DatabaseError, match="is not the table that Django makes, and is not read"),
    ):
        applied_migrations(connection, "shop")

    assert not _calls(planted)


def test_a_record_of_migrations_as_django_makes_it(planted: Shop) -> None:
    planted.sql(
        "CREATE TABLE django_migrations (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "
        "app varchar(255) NOT NULL, name varchar(255) NOT NULL, applied timestamptz NOT NULL)",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0001_initial', now())",
    )

    with (
        connect(Address({"conninfo": planted.dsn}, "a test"), Timeouts(), {}) as connection,
        connection.reading(),
    ):
        assert applied_migrations(connection, "shop") == {"0001_initial"}
        assert applied_migrations(connection, "other") == frozenset()

    assert not _calls(planted)


class _Pool:
    """One connection that every command is given in turn, as by PgBouncer.

    Attributes:
        settings: Those that a command must leave as they were.
    """

    settings = (
        "search_path",
        "role",
        "lock_timeout",
        "statement_timeout",
        "standard_conforming_strings",
        "pgtrigger_codegen.trigger_state",
    )

    def __init__(self, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.raw = psycopg.connect(dsn)
        self._close = self.raw.close
        monkeypatch.setattr(self.raw, "close", lambda: None)
        monkeypatch.setattr(psycopg, "connect", self._connect)

    def _connect(self, *arguments: Any, **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
        return self.raw

    def state(self) -> list[str | None]:
        rows = [
            self.raw.execute("SELECT current_setting(%s, true)", [name]).fetchone() or (None,)
            for name in self.settings
        ]
        self.raw.rollback()
        # A setting of ours that has ended leaves an empty text, as if it had never been.
        return [row[0] or None for row in rows]

    def close(self) -> None:
        self._close()


@pytest.fixture
def pool(shop: Shop) -> Iterator[_Pool]:
    shop.sql("CREATE SCHEMA a", TABLE.replace("shop_order", "a.shop_order"))
    with pytest.MonkeyPatch.context() as monkeypatch:
        pool = _Pool(shop.dsn, monkeypatch)
        yield pool
        pool.close()


_COMMANDS = (
    ("ls",),
    ("ls", "--schema", "a"),
    ("install", "--yes", "--dry-run", "--schema", "a"),
    ("install", "--yes", "--schema", "a", "--lock-timeout", "3s"),
    ("install", "--yes", "--all-schemas", "?"),
    ("disable", PROTECT, "--schema", "a"),
    ("enable", "--yes", "--schema", "a"),
    ("ls", "--schema", "missing"),
    ("ls", "--all-schemas", "missing_*"),
    ("uninstall", DOUBLE, "--schema", "a", "--statement-timeout", "7s"),
    ("prune", "--yes", "--schema", "a"),
)


def test_the_next_on_the_connection_finds_it_as_it_was(shop: Shop, pool: _Pool) -> None:
    before = pool.state()

    for command in _COMMANDS:
        shop.run(*command)

        assert pool.raw.info.transaction_status is psycopg.pq.TransactionStatus.IDLE, command
        assert pool.state() == before, command


def test_a_replaced_trigger_leaves_no_setting(shop: Shop, pool: _Pool) -> None:
    before = pool.state()
    shop.run("install", "--yes")
    shop.run("disable", "--yes")
    shop.write(MODELS.replace('"sent"', '"gone"'))

    outcome = shop.run("install", "--yes")

    assert outcome.stdout == f"replaced: {PROTECT}\n"
    assert pool.state() == before


def test_errors_leave_no_setting(shop: Shop, pool: _Pool) -> None:
    before = pool.state()
    pool.raw.execute("ALTER TABLE a.shop_order DROP status")
    pool.raw.commit()

    outcome = shop.run("install", "--yes", "--schema", "a")

    assert outcome.exit_code == 2
    assert "column old.status does not exist" in outcome.stderr
    assert pool.raw.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
    assert pool.state() == before


def test_scripts_end_with_their_settings(shop: Shop) -> None:
    shop.sql("CREATE SCHEMA a", TABLE.replace("shop_order", "a.shop_order"))
    shop.done("install", "--schema", "a")
    shop.write(MODELS.replace('"sent"', '"gone"').replace("* 2", "* 3"))
    script = shop.run("install", "--schema", "a", "--dry-run").stdout

    with psycopg.connect(shop.dsn, autocommit=True) as connection:
        connection.execute(script.encode())
        after = [
            connection.execute("SELECT current_setting(%s, true)", [name]).fetchone()
            for name in ("search_path", "pgtrigger_codegen.trigger_state")
        ]

    assert after[0] == ('"$user", public',)
    assert after[1] in {(None,), ("",)}
    assert {found[0] for found in shop.statuses("--schema", "a").values()} == {"INSTALLED"}


def test_temporary_tables_of_others_on_the_connection(shop: Shop, pool: _Pool) -> None:
    """A pooled connection may come with somebody's temporary tables; they are not looked at."""
    pool.raw.execute("CREATE TEMPORARY TABLE shop_order (id bigint)")
    pool.raw.execute("CREATE TEMPORARY TABLE pg_trigger (oid oid)")
    pool.raw.execute("CREATE TEMPORARY TABLE django_migrations (app text, name text)")
    pool.raw.commit()

    outcome = shop.run("install", "--yes")

    assert outcome.exit_code == 0, outcome.stderr
    tables = pool.raw.execute(
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_catalog.pg_trigger"
    ).fetchall()
    assert tables == [("public.shop_order",)]
