"""What tests say about triggers."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db import DatabaseError

_RAISE = re.compile(r"\bRAISE\b")
_OURS = re.compile(r"\bpgtrigger_\w+")


class Refusal:
    """What a trigger said when it refused; there once the block has ended.

    Attributes:
        error: Django's exception.
        message: What the trigger's function raised, without PostgreSQL's context.
    """

    error: DatabaseError
    message: str = ""


@contextmanager
def assert_trigger_refuses(
    uri: str | None = None, *, match: str | None = None, using: str = "default"
) -> Iterator[Refusal]:
    """Requires that a trigger raises an exception in the block.

    What the block has done is taken back, so that the test's transaction can go on. Triggers that
    wait for the end of the transaction are fired at the end of the block.

    Args:
        uri: The trigger, as `app_label.ModelName:trigger_name`; None for any.
        match: A regular expression that is searched for in the message.
        using: The alias of the database.

    Raises:
        AssertionError: Nothing was raised, or something else refused or failed.
        LookupError: There is no such trigger.
    """
    __tracebackhide__ = True
    from django.db import DatabaseError, connections, transaction

    pgid = _pgid(uri) if uri is not None else None
    what = f"trigger {uri}" if uri is not None else "a trigger"
    refusal = Refusal()
    try:
        with transaction.atomic(using=using):
            yield refusal
            with connections[using].cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except DatabaseError as error:
        refusal.error, refusal.message = error, _message(error)
        _require_refusal(error, what, pgid, refusal.message)
        if match is not None and not re.search(match, refusal.message):
            raise AssertionError(
                f"{what} refused, but its message does not match {match!r}: {refusal.message}"
            ) from error
        return
    raise AssertionError(f"{what} did not refuse: nothing was raised{_why_not(pgid, using)}")


@contextmanager
def triggers_disabled(*uris: str, using: str | None = None) -> Iterator[None]:
    """Turns triggers off for this thread, in the block or in the test that it decorates.

    Args:
        uris: The triggers, as `app_label.ModelName:trigger_name`; none for all.
        using: The alias of a database; None for all of PostgreSQL.

    Raises:
        LookupError: There is no such trigger.
    """
    import pgtrigger

    for uri in uris:
        _pgid(uri)
    with pgtrigger.ignore(*uris, databases=None if using is None else [using]):
        yield


def _pgid(uri: str) -> str:
    """The trigger's name in the database.

    Raises:
        LookupError: There is no such trigger.
    """
    import pgtrigger

    known = {trigger.get_uri(model): (model, trigger) for model, trigger in pgtrigger.registered()}
    if uri not in known:
        close = difflib.get_close_matches(uri, known, n=1)
        named = [one for one in known if uri and uri in one.replace(":", ".").split(".")]
        meant = " or ".join(f"`{one}`" for one in (named or close))
        help = f"did you mean {meant}?" if meant else "a URI is app_label.ModelName:trigger_name"
        raise LookupError(f"no trigger has the URI `{uri}`: {help}")
    model, trigger = known[uri]
    return str(trigger.get_pgid(model))


def _require_refusal(error: DatabaseError, what: str, pgid: str | None, message: str) -> None:
    """Requires that it was a trigger, and this one, that raised the error with RAISE."""
    context = _diagnostic(error, "context")
    names = set(_OURS.findall(context))
    if not names:
        raise AssertionError(
            f"{what} did not refuse: something else in the database did: {message}"
        ) from error
    if pgid is not None and pgid not in names:
        raise AssertionError(
            f"{what} did not refuse: {', '.join(sorted(names))} did: {message}"
        ) from error
    if not _RAISE.search(context):
        raise AssertionError(f"{what} does not refuse, it fails: {message}") from error


def _message(error: DatabaseError) -> str:
    return _diagnostic(error, "message_primary") or str(error)


def _diagnostic(error: DatabaseError, name: str) -> str:
    """A field of PostgreSQL's answer, which psycopg 2 and 3 keep alike."""
    diagnostics: Any = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, name, None) or ""


def _why_not(pgid: str | None, using: str) -> str:
    """Why the trigger has not fired, where the database tells."""
    if pgid is None:
        return ""
    from django.db import connections

    with connections[using].cursor() as cursor:
        cursor.execute("SELECT tgenabled::text FROM pg_trigger WHERE tgname = %s", [pgid])
        rows = cursor.fetchall()
    if not rows:
        return (
            "; it is not installed in the test database: set `pgtrigger_install = strict` for "
            "pytest, or call install_triggers()"
        )
    return "; it is disabled in the database" if rows == [("D",)] else ""
