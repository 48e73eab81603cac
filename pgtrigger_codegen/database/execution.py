"""Stage database: runs a plan in one transaction, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import errors

from pgtrigger_codegen.database import locks
from pgtrigger_codegen.database.catalog import CatalogTable
from pgtrigger_codegen.database.connection import Connection
from pgtrigger_codegen.database.errors import DatabaseError, explain, lost_connection
from pgtrigger_codegen.database.plan import DatabasePlan, ServerStep
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.sql.names import quote_name

MakePlan = Callable[[], DatabasePlan]


def execute(
    connection: Connection, schemas: Sequence[str] | None, make_plan: MakePlan
) -> DatabasePlan:
    """Plan and run what is planned, while no other command of ours does.

    Args:
        schemas: Where to look for tables; None for the schemas of the connection itself.

    Raises:
        DatabaseError: Nothing was changed, unless the message says that it is not known.
    """
    try:
        connection.begin(schemas)
        _take_turn(connection)
        plan = make_plan()
        connection.look_in_schemas()
        for step in plan.steps:
            _run(connection, step)
        _commit(connection)
    except BaseException:
        connection.rollback()
        raise
    return plan


def as_script(plan: DatabasePlan) -> str:
    """What `execute` would run, for psql."""
    path = ", ".join(quote_name(schema) for schema in (*plan.schemas, "pg_temp"))
    beginning = (
        "BEGIN;",
        f"SET LOCAL search_path = {path};",
        "SET LOCAL standard_conforming_strings = on;",
        f"SELECT pg_catalog.pg_advisory_xact_lock({locks.ADVISORY_KEY});",
    )
    statements = (f"-- {one_line(f'{step.label}: {step.verb}')}\n{step.sql}" for step in plan.steps)
    return "\n\n".join(("\n".join(beginning), *statements, "COMMIT;"))


def _take_turn(connection: Connection) -> None:
    try:
        connection.execute("SELECT pg_catalog.pg_advisory_xact_lock(%s)", [locks.ADVISORY_KEY])
    except errors.LockNotAvailable as error:
        connection.rollback()
        raise DatabaseError(
            "another command of pgtrigger-codegen is at work: "
            f"{locks.advisory_holders(connection)}",
            help="wait for it, or raise --lock-timeout; nothing was changed",
        ) from error
    except psycopg.Error as error:
        raise explain(error, "taking turns with other commands") from error


def _run(connection: Connection, step: ServerStep) -> None:
    with _explained(connection, f"{step.label}", step.table):
        connection.execute(step.sql)


@contextmanager
def _explained(connection: Connection, what: str, table: CatalogTable | None) -> Iterator[None]:
    try:
        yield
    except errors.LockNotAvailable as error:
        connection.rollback()
        name = f"{table.schema}.{table.name}" if table else "the function"
        raise DatabaseError(
            f"{what}: {name} is locked by {locks.table_holders(connection, table)}; "
            "nothing was changed",
            help="let that session finish, or raise --lock-timeout",
        ) from error
    except psycopg.Error as error:
        if lost_connection(error):
            raise DatabaseError(
                f"{what}: the connection was lost ({' '.join(str(error).split())}); "
                "nothing was changed, since all is one transaction",
                help="run the command again",
            ) from error
        failure = explain(error, what)
        raise DatabaseError(f"{failure.args[0]}; nothing was changed", help=failure.help) from error


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except psycopg.Error as error:
        if lost_connection(error):
            raise DatabaseError(
                "the connection was lost during the commit: either all changes were made, or none",
                help="`pgtrigger-codegen ls` tells which",
            ) from error
        raise explain(error, "committing") from error
