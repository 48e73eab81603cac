"""Stage database: errors of a server, in words that say what to do."""

from __future__ import annotations

import psycopg
from psycopg import errors

from pgtrigger_codegen.errors import CodegenError


class DatabaseError(CodegenError):
    """The database cannot be reached, read or changed."""


def explain(error: psycopg.Error, what: str) -> DatabaseError:
    """An error of the server as one of ours.

    Args:
        what: What was attempted, as the beginning of a sentence (`reading the catalog`).
    """
    message = _message(error)
    for kinds, help in _HELP:
        if isinstance(error, kinds):
            return DatabaseError(f"{what} failed: {message}", help=help)
    return DatabaseError(f"{what} failed: {message}")


def lost_connection(error: psycopg.Error) -> bool:
    """Whether the server went away, or ended the connection."""
    return isinstance(error, _ENDED) or (
        isinstance(error, psycopg.OperationalError) and error.sqlstate is None
    )


_ENDED = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleSessionTimeout,
)

_HELP = (
    (
        errors.InsufficientPrivilege,
        "connect as the tables' owner or a member of it; functions need CREATE on their schema",
    ),
    (errors.ReadOnlySqlTransaction, "connect to the primary server, in a read-write session"),
    (errors.QueryCanceled, "raise --statement-timeout"),
    (errors.DiskFull, "the server's disk is full: free space there"),
    (errors.DeadlockDetected, "run the command again; nothing was changed"),
    (
        errors.ObjectInUse,
        "wait until transactions with pending deferred triggers have ended, and run it again",
    ),
    (
        (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedObject),
        "the database's tables are not those of the source: migrate first",
    ),
    (
        (errors.InvalidParameterValue, errors.NumericValueOutOfRange),
        "durations are written as in 500ms, 5s or 1min",
    ),
)


def _message(error: psycopg.Error) -> str:
    """The server's own words, without the position in a statement that nobody has seen."""
    return error.diag.message_primary or " ".join(str(error).split()) or type(error).__name__
