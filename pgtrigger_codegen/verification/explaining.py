"""Tells in words why an operation of a migration cannot be performed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import Error as DjangoError
from django.db.migrations.exceptions import InvalidBasesError

from pgtrigger_codegen.evaluator.values.unknown import Refusal
from pgtrigger_codegen.verification.room import Room


class NotReplayed(Exception):
    """The reason why an operation cannot be replayed, in words."""


@contextmanager
def explained(room: Room) -> Iterator[None]:
    """A part whose errors are told in words.

    Raises:
        NotReplayed: Something cannot be read, or is not as Django expects it.
        RefusedStatement: The server does not run a statement.
    """
    try:
        with room.asking(), _as_the_server_says():
            yield
    except Refusal as refusal:
        raise NotReplayed(f"it cannot be read: {refusal.unknown.reason}") from refusal
    except DjangoError as error:
        raise NotReplayed(" ".join(str(error).split())) from error
    except _NO_SUCH_STATE as error:
        # Django's ways to say that a state does not fit.
        raise NotReplayed(f"Django's state does not fit: {_words(error)}") from error


_NO_SUCH_STATE = (
    AttributeError,
    FieldDoesNotExist,
    FieldError,
    InvalidBasesError,
    LookupError,
    TypeError,
    ValueError,
)


@contextmanager
def _as_the_server_says() -> Iterator[None]:
    """Django's errors as those of psycopg that they were made from."""
    try:
        yield
    except DjangoError as error:
        if isinstance(error.__cause__, psycopg.Error):
            raise error.__cause__ from error
        raise


def _words(error: Exception) -> str:
    """An error of Django's in words."""
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], tuple):
        return f"it has no model {'.'.join(map(str, error.args[0]))}"
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
