"""Which locks our operations take, and whom they wait for, as PostgreSQL says itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import errors

from pgtrigger_codegen.migrations.changes.autodetector import source_trigger
from pgtrigger_codegen.migrations.changes.operations import (
    AlterTriggerFunction,
    CreateTrigger,
    DropTrigger,
    RecordHash,
    ReplaceTrigger,
    Trigger,
    TriggerOperation,
)
from pgtrigger_codegen.sql.render import install_sql
from tests.migrations.builders import moved, trigger

Connection = psycopg.Connection[tuple[Any, ...]]

PROTECT = trigger()
BODY = moved(PROTECT, func="RETURN OLD;")
CONDITION = moved(PROTECT, condition='WHEN (OLD."total" > 3)')
DEFERRED = moved(
    PROTECT, constraint="CONSTRAINT", when="AFTER", timing="DEFERRABLE INITIALLY DEFERRED"
)
LOCKS = """
SELECT mode FROM pg_locks
WHERE pid = pg_backend_pid() AND relation = 'shop_order'::regclass ORDER BY mode
"""
READ, WRITE = "SELECT 1 FROM shop_order", "INSERT INTO shop_order VALUES (1)"


def _operand(compiled: Any) -> Trigger:
    return source_trigger(compiled, {})


BODY_ALONE = AlterTriggerFunction(_operand(PROTECT), _operand(BODY))
HASH_ALONE = RecordHash(_operand(PROTECT), _operand(BODY))
DEFINITION = ReplaceTrigger(_operand(PROTECT), _operand(CONDITION))
NEW = CreateTrigger(_operand(trigger("shop.Order:audit")))
TO_CONSTRAINT = ReplaceTrigger(_operand(PROTECT), _operand(DEFERRED))
REMOVAL = DropTrigger(_operand(PROTECT))

# What a SELECT takes too.
READS = "AccessShareLock"
STOPS_WRITES = "ShareRowExclusiveLock"


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE shop_order (id bigint, status text, total integer)")
        connection.execute(install_sql(PROTECT.parts, PROTECT.hash).encode())
        connection.execute("SET lock_timeout = '300ms'")
        yield connection


@contextmanager
def held_open(database: str, statement: str) -> Iterator[None]:
    """Somebody else's transaction that has run a statement and does not end."""
    with psycopg.connect(database) as other:
        other.execute(statement.encode())
        yield


@pytest.mark.parametrize(
    ("operation", "strongest", "others"),
    [
        (BODY_ALONE, READS, (READ, WRITE)),
        (BODY_ALONE.reverse(), READS, (READ, WRITE)),
        (HASH_ALONE, READS, (READ, WRITE)),
        (DEFINITION, STOPS_WRITES, (READ,)),
        (DEFINITION.reverse(), STOPS_WRITES, (READ,)),
        (NEW, STOPS_WRITES, (READ,)),
    ],
)
@pytest.mark.parametrize("state", ["ENABLE", "DISABLE", "ENABLE REPLICA"])
def test_goes_through_while_others_work(
    connection: Connection,
    database: str,
    operation: TriggerOperation,
    strongest: str,
    others: tuple[str, ...],
    state: str,
) -> None:
    connection.execute(f"ALTER TABLE shop_order {state} TRIGGER {PROTECT.pgid}".encode())
    for statement in others:
        with held_open(database, statement), connection.transaction():
            connection.execute(operation.to_sql().encode())
            locks = {mode for (mode,) in connection.execute(LOCKS)}

            assert strongest in locks
            assert locks <= {READS, strongest}


@pytest.mark.parametrize(
    ("operation", "other"),
    [(DEFINITION, WRITE), (NEW, WRITE), (TO_CONSTRAINT, READ), (REMOVAL, READ)],
)
def test_waits_for_those_whom_it_must_wait_for(
    connection: Connection, database: str, operation: TriggerOperation, other: str
) -> None:
    with (
        held_open(database, other),
        pytest.raises(errors.LockNotAvailable),
        connection.transaction(),
    ):
        connection.execute(operation.to_sql().encode())

    connection.execute(operation.to_sql().encode())
