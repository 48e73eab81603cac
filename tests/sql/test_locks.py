"""What statements about triggers lock; `tests/verification` compares it with a real server."""

from __future__ import annotations

import psycopg
import pytest
from msgspec.structs import replace

from pgtrigger_codegen.sql.locks import BLOCKS, NO_LOCK, StatementLock, lock_of, stronger
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.render import (
    Style,
    alter_function,
    comment,
    create_trigger,
    drop_trigger,
    lift_trigger,
    lower_trigger,
    remember_states,
    replace_trigger,
    restore_states,
)
from pgtrigger_codegen.sql.statements import read_statements
from pgtrigger_codegen.triggers.compiled import TriggerParts
from tests.support.projects import REPOSITORY

PARTS = TriggerParts(
    ignore_func_name="_pgtrigger_should_ignore",
    pgid="pgtrigger_keep_0a1b2",
    declare="",
    func="RETURN NEW;",
    table='erc"."report',
    constraint="",
    when="BEFORE",
    operation="UPDATE",
    timing="",
    referencing="",
    level="ROW",
    condition="",
    execute="pgtrigger_keep_0a1b2()",
)
TABLE = QualifiedName("erc", "report")


def locks(sql: str) -> list[StatementLock | None]:
    return [lock_of(statement) for statement in read_statements(sql)]


def test_a_new_trigger_stops_writes() -> None:
    found = locks(create_trigger(PARTS, "0" * 40))

    assert found == [
        NO_LOCK,
        StatementLock("ShareRowExclusiveLock", TABLE),
        StatementLock("AccessShareLock", TABLE),
    ]
    assert [lock.blocks for lock in found if lock] == [
        "nothing",
        "writes",
        "nothing",
    ]


def test_to_drop_a_trigger_stops_reads_too() -> None:
    drop, function = locks(drop_trigger(PARTS))

    assert drop == StatementLock("AccessExclusiveLock", TABLE)
    assert drop.blocks == "reads and writes"
    assert drop.sql_name == "ACCESS EXCLUSIVE"
    assert function == NO_LOCK


@pytest.mark.parametrize(
    "script",
    [
        replace_trigger(PARTS, PARTS, ""),
        replace_trigger(PARTS, PARTS, "", Style(in_transaction=True)),
        lift_trigger(PARTS, PARTS),
        lower_trigger(PARTS, "", PARTS),
        remember_states([PARTS, PARTS]),
        restore_states(),
    ],
)
def test_our_own_blocks_are_known(script: str) -> None:
    assert None not in locks(script)


@pytest.mark.parametrize(
    "sql",
    [
        "DO $$ BEGIN DROP TRIGGER pgtrigger_keep_0a1b2 ON report; END $$",
        # Looks like ours, and does more.
        restore_states().replace("END;", "LOCK TABLE report; END;"),
        remember_states([PARTS]).replace("ALTER TABLE %s", "DROP TABLE %s; --"),
        "SELECT 'pgtrigger_codegen.adopted'",
        "LOCK TABLE report",
    ],
)
def test_what_is_not_known_is_not_denied(sql: str) -> None:
    assert locks(sql) == [None]


def test_the_strongest_lock() -> None:
    assert stronger(["ShareRowExclusiveLock", None, "AccessExclusiveLock"]) == "AccessExclusiveLock"
    assert stronger([None]) is None


RENAMED = replace(PARTS, pgid="pgtrigger_guard_0a1b2", execute="pgtrigger_guard_0a1b2()")
DEFERRED = replace(PARTS, constraint="CONSTRAINT", when="AFTER", timing="DEFERRABLE")
WRITTEN = {
    "a new trigger": create_trigger(PARTS, ""),
    "only the function's body": alter_function(PARTS, ""),
    "the definition": replace_trigger(PARTS, PARTS, ""),
    "to or from a deferrable trigger": replace_trigger(PARTS, DEFERRED, ""),
    "the trigger's or model's name, or the model's app": replace_trigger(PARTS, RENAMED, ""),
    "the name of the table, or of a column that only the definition uses": comment(PARTS, ""),
    "a trigger removed": drop_trigger(PARTS),
}


def test_the_page_on_migrations_tells_the_same_locks() -> None:
    page = (REPOSITORY / "docs" / "makemigrations.md").read_text()
    _, _, table = page.partition("| what changed | what is written | lock on the table |\n")
    rows = [line.strip("|").split(" | ") for line in table.partition("\n\n")[0].splitlines()[1:]]
    told = {what.strip(): lock.strip() for what, _, lock in rows}

    assert set(told) == set(WRITTEN)
    for what, sql in WRITTEN.items():
        strongest = stronger(lock.mode for lock in locks(sql) if lock)
        stopped = BLOCKS[strongest] if strongest else "nothing"
        waits = f"{stopped} wait" if stopped in ("writes", "reads and writes") else "none"
        assert told[what] == waits, what


SETUP = """
CREATE TABLE report (id bigint, name text);
CREATE TABLE other (id bigint);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER keep BEFORE UPDATE ON report FOR EACH ROW EXECUTE FUNCTION keep();
"""
STATEMENTS = (
    "CREATE TRIGGER more BEFORE UPDATE ON report FOR EACH ROW EXECUTE FUNCTION keep()",
    "CREATE OR REPLACE TRIGGER keep BEFORE DELETE ON report FOR EACH ROW EXECUTE FUNCTION keep()",
    "COMMENT ON TRIGGER keep ON report IS 'x'",
    "ALTER TABLE report DISABLE TRIGGER keep",
    "ALTER TRIGGER keep ON report RENAME TO kept",
    "DROP TRIGGER keep ON report",
    "CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN END $$",
    "DROP FUNCTION keep() CASCADE",
    "ALTER TABLE report RENAME TO reports",
    "ALTER TABLE report RENAME COLUMN name TO title",
    "ALTER TABLE report ALTER COLUMN name TYPE varchar(9)",
    "ALTER TABLE report DROP COLUMN name",
)


def test_a_server_takes_the_same_locks(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(SETUP)
        connection.commit()
        (oid,) = connection.execute("SELECT 'report'::regclass::oid").fetchone() or (None,)
        for sql in STATEMENTS:
            connection.execute(sql)
            rows = connection.execute(
                "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = %s", [oid]
            ).fetchall()
            connection.rollback()
            (said,) = locks(sql)
            assert said is not None, sql
            taken = stronger(mode for (mode,) in rows)
            assert taken == said.mode, sql
