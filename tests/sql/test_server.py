"""What the SQL does on a real server, beside what django-pgtrigger's own SQL does there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from pgtrigger_codegen.sql import render
from pgtrigger_codegen.sql.lexer import Kind, tokenize
from pgtrigger_codegen.sql.names import quote_table
from pgtrigger_codegen.triggers.compiled import TriggerParts
from tests.sql.cases import TABLES, all_cases, constraint, parts, reference_hash, reference_sql

Connection = psycopg.Connection[tuple[Any, ...]]

CATALOG = """
SELECT pg_get_triggerdef(t.oid), p.proname, p.prosrc, p.provolatile, p.prosecdef,
       obj_description(t.oid, 'pg_trigger'), t.tgenabled
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgname = %s
"""


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    """A connection in which every statement commits, to a database with our tables."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(TABLES)
        yield connection


def _run(connection: Connection, script: str) -> None:
    connection.execute(script.encode())


def _catalog(connection: Connection, pgid: str) -> tuple[Any, ...] | None:
    row = connection.execute(CATALOG, [pgid]).fetchone()
    if row is None:
        return None
    definition, function, source, *others = row
    return (definition, function, _words(source), _tokens(source), *others)


def _words(source: str) -> list[str]:
    return source.split()


def _tokens(source: str) -> list[str]:
    """What stands between whitespace, the inside of literals and comments untouched."""
    return [token.text for token in tokenize(source) if token.kind is not Kind.SPACE]


def _enabled(connection: Connection, trigger: TriggerParts) -> str:
    found = _catalog(connection, trigger.pgid)
    assert found is not None
    return str(found[-1])


def _functions(connection: Connection) -> list[str]:
    rows = connection.execute(
        "SELECT proname FROM pg_proc WHERE proname LIKE 'pgtrigger%' ORDER BY 1"
    )
    return [name for (name,) in rows]


def test_catalog_is_what_django_pgtrigger_leaves(connection: Connection) -> None:
    compared = 0
    for name, trigger in all_cases().items():
        _run(connection, reference_sql(trigger))
        theirs = _catalog(connection, trigger.pgid)
        # The view has no other triggers to start from, so take theirs away altogether.
        _run(connection, render.drop_trigger(trigger))
        assert _catalog(connection, trigger.pgid) is None
        _run(connection, render.install_sql(trigger, reference_hash(trigger)))
        assert theirs is not None, name
        assert _catalog(connection, trigger.pgid) == theirs, name
        _run(connection, render.drop_trigger(trigger))
        compared += 1
    assert compared > 60
    assert _functions(connection) == []


@pytest.mark.parametrize("trigger", [parts(), constraint()], ids=["plain", "constraint"])
def test_every_text_may_run_twice(connection: Connection, trigger: TriggerParts) -> None:
    for script in (
        render.drop_trigger(trigger),
        render.install_sql(trigger, "h"),
        render.replace_trigger(trigger, trigger, "h"),
        render.alter_function(trigger, "h"),
    ):
        _run(connection, script)
        before = _catalog(connection, trigger.pgid)
        _run(connection, script)
        assert _catalog(connection, trigger.pgid) == before
    _run(connection, render.drop_trigger(trigger))
    assert _catalog(connection, trigger.pgid) is None
    assert _functions(connection) == []


def test_dropping_from_a_table_that_is_gone(connection: Connection) -> None:
    _run(connection, render.install_sql(parts(), "h"))
    _run(connection, "DROP TABLE orders CASCADE")
    _run(connection, render.drop_trigger(parts()))
    assert _functions(connection) == []


@pytest.mark.parametrize("atomic", [True, False], ids=["atomic", "not atomic"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (parts(), parts(condition="WHEN (OLD.total > 3)")),
        (parts(), constraint()),
        (constraint(), parts()),
        (constraint(), constraint(operation="DELETE")),
        (parts(table='erc"."report'), parts(table="Camel Table's")),
        (parts(), parts("pgtrigger_other_name")),
    ],
    ids=[
        "plain",
        "to constraint",
        "from constraint",
        "between constraints",
        "other table",
        "other name",
    ],
)
def test_replacing_keeps_the_state(
    connection: Connection, old: TriggerParts, new: TriggerParts, atomic: bool
) -> None:
    alter = f"ALTER TABLE {quote_table(old.table)}"
    for state, verb in {
        "O": "ENABLE",
        "D": "DISABLE",
        "R": "ENABLE REPLICA",
        "A": "ENABLE ALWAYS",
    }.items():
        _run(connection, render.install_sql(old, "1"))
        _run(connection, f"{alter} {verb} TRIGGER {old.pgid}")
        script = render.replace_trigger(old, new, "2")
        if atomic:
            with connection.transaction():
                _run(connection, script)
        else:
            _run(connection, script)
        assert _enabled(connection, new) == state
        found = _catalog(connection, new.pgid)
        _run(connection, render.drop_trigger(new))
        assert _functions(connection) == []

        _run(connection, render.install_sql(new, "2"))
        expected = _catalog(connection, new.pgid)
        assert found is not None
        assert expected is not None
        assert found[:-1] == expected[:-1]
        _run(connection, render.drop_trigger(new))


def test_one_disabled_trigger_does_not_disable_the_next(connection: Connection) -> None:
    first, second = parts("pgtrigger_first"), parts("pgtrigger_second")
    for trigger in (first, second):
        _run(connection, render.install_sql(trigger, "1"))
    _run(connection, "ALTER TABLE orders DISABLE TRIGGER pgtrigger_first")
    for trigger in (first, second):
        _run(connection, render.replace_trigger(trigger, trigger, "2"))
    assert _enabled(connection, first) == "D"
    assert _enabled(connection, second) == "O"


def test_replacing_what_is_not_there_creates_it(connection: Connection) -> None:
    _run(connection, render.ignore_function(parts().ignore_func_name))
    _run(connection, render.replace_trigger(parts(), parts(), "1"))
    assert _enabled(connection, parts()) == "O"


def test_changed_body_keeps_the_trigger(connection: Connection) -> None:
    _run(connection, render.install_sql(parts(), "1"))
    _run(connection, "ALTER TABLE orders DISABLE TRIGGER pgtrigger_case_12345")
    _run(connection, render.alter_function(parts(func="NEW.total := 7; RETURN NEW;"), "2"))
    assert _enabled(connection, parts()) == "D"
    _run(connection, "ALTER TABLE orders ENABLE TRIGGER pgtrigger_case_12345")
    _run(connection, "INSERT INTO orders (total) VALUES (1); UPDATE orders SET total = 2")
    assert connection.execute("SELECT total FROM orders").fetchall() == [(7,)]


READS_GO_ON = {"AccessShareLock", "ShareUpdateExclusiveLock", "ShareRowExclusiveLock"}
WRITES_GO_ON = {"AccessShareLock", "ShareUpdateExclusiveLock"}


def _locks(connection: Connection, script: str) -> set[str]:
    """The locks that a script takes on the table."""
    with connection.transaction(force_rollback=True):
        _run(connection, script)
        rows = connection.execute(
            "SELECT mode FROM pg_locks WHERE relation = 'orders'::regclass"
            " AND pid = pg_backend_pid()"
        ).fetchall()
    return {mode for (mode,) in rows}


def test_locks(connection: Connection) -> None:
    trigger = parts()
    _run(connection, render.install_sql(trigger, "1"))
    changed = replace(trigger, operation="UPDATE OR INSERT")
    assert _locks(connection, render.alter_function(trigger, "2")) <= WRITES_GO_ON
    assert _locks(connection, render.replace_trigger(trigger, changed, "2")) <= READS_GO_ON
    assert _locks(connection, render.create_trigger(parts("pgtrigger_new"), "2")) <= READS_GO_ON
    assert "AccessExclusiveLock" in _locks(connection, render.drop_trigger(trigger))


IGNORED: dict[str, str | None] = {
    "unset": None,
    "empty": "",
    "empty array": "{}",
    "the trigger": "{pgtrigger_case_12345}",
    "the trigger among others": "{a,pgtrigger_case_12345,b}",
    "another": "{a}",
    "null": "{NULL}",
    "null and the trigger": "{NULL,pgtrigger_case_12345}",
    "no array": "pgtrigger_case_12345",
    "ragged array": "{{a},{b,c}}",
    "two dimensions": "{{pgtrigger_case_12345,a}}",
}


@pytest.mark.parametrize("setting", IGNORED.values(), ids=IGNORED)
def test_ignore_function_answers_as_theirs(connection: Connection, setting: str | None) -> None:
    theirs = replace(parts(), ignore_func_name="their_ignore")
    _run(connection, reference_sql(theirs))
    _run(connection, render.ignore_function('"public"._pgtrigger_should_ignore'))
    if setting is not None:
        connection.execute("SELECT set_config('pgtrigger.ignore', %s, FALSE)", [setting])
    name = "'pgtrigger_case_12345'"
    row = connection.execute(f"SELECT their_ignore({name}), _pgtrigger_should_ignore({name})")
    expected, ours = row.fetchone() or (None, "no row")
    assert ours is expected


def test_either_ignore_function_replaces_the_other(connection: Connection) -> None:
    _run(connection, reference_sql(parts()))
    _run(connection, render.install_sql(parts(), "1"))
    _run(connection, reference_sql(parts()))
    assert "_pgtrigger_should_ignore" in str(_catalog(connection, parts().pgid))


def test_ignoring_a_trigger(connection: Connection) -> None:
    _run(connection, render.install_sql(parts(func="RAISE EXCEPTION 'refused';"), "1"))
    _run(connection, "INSERT INTO orders (total) VALUES (1)")
    with pytest.raises(psycopg.errors.RaiseException, match="refused"):
        _run(connection, "UPDATE orders SET total = 2")
    with connection.transaction():
        _run(connection, "SET LOCAL pgtrigger.ignore = '{pgtrigger_case_12345}'")
        _run(connection, "UPDATE orders SET total = 2")
    with pytest.raises(psycopg.errors.RaiseException, match="refused"):
        _run(connection, "UPDATE orders SET total = 3")


def test_replacing_on_a_view(connection: Connection) -> None:
    old = parts(table="order_view", when="INSTEAD OF")
    new = replace(old, operation="UPDATE OR DELETE")
    _run(connection, render.install_sql(old, "1"))
    _run(connection, render.replace_trigger(old, new, "2"))
    assert _enabled(connection, new) == "O"
    assert "DELETE OR UPDATE" in str(_catalog(connection, new.pgid))


def test_replacing_on_a_partitioned_table_keeps_the_state_of_its_partitions(
    connection: Connection,
) -> None:
    _run(connection, "CREATE TABLE sales (day DATE, total INT) PARTITION BY RANGE (day)")
    _run(connection, "CREATE TABLE sales_rest PARTITION OF sales DEFAULT")
    old = parts(table="sales")
    new = replace(old, condition="WHEN (NEW.total > 3)")
    _run(connection, render.install_sql(old, "1"))
    _run(connection, f"ALTER TABLE sales DISABLE TRIGGER {old.pgid}")
    _run(connection, render.replace_trigger(old, new, "2"))
    states = connection.execute("SELECT tgenabled FROM pg_trigger WHERE NOT tgisinternal")
    assert states.fetchall() == [("D",), ("D",)]
