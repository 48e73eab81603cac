"""What statements about triggers lock; `tests/verification` compares it with a real server."""

from __future__ import annotations

import pytest

from pgtrigger_codegen.sql.locks import NO_LOCK, StatementLock, lock_of, stronger
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.render import (
    Style,
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
        StatementLock("ShareUpdateExclusiveLock", TABLE),
    ]
    assert [lock.blocks for lock in found if lock] == [
        "nothing",
        "writes",
        "changes of the table's schema",
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
