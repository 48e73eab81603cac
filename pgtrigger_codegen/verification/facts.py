"""The verdicts of a run on each trigger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec import Struct

from pgtrigger_codegen.sql.server_faults import FaultKind, ServerFault
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class Verdict(StrEnum):
    """The verdict on a trigger."""

    PROVEN = "proven"
    FAILED = "failed"
    NOT_PROVABLE = "not provable"
    """The server was not given what it would need to judge."""


class Outcome(StrEnum):
    """The end of an event that was performed with a trigger in place."""

    DONE = "done"
    REFUSED = "refused"
    """The trigger's function raised an exception of its own."""
    ERROR = "error"
    NOT_FIRED = "not fired"
    """No verdict: nothing was performed that fires the trigger."""


class Fired(Struct, frozen=True):
    """What came of one event of a trigger.

    Attributes:
        event: INSERT, UPDATE, DELETE or TRUNCATE.
        message: In the server's words where it refused; why nothing was fired.
        sqlstate: Of the refusal or the error.
        rows: How many rows the statement changed.
        columns: Those that hold other values than they do without the trigger.
        written: By table, the rows that the trigger wrote, in words.
    """

    event: str
    outcome: Outcome
    message: str | None = None
    sqlstate: str | None = None
    rows: int | None = None
    columns: tuple[str, ...] = ()
    written: tuple[tuple[str, str], ...] = ()


class TriggerVerdict(Struct, frozen=True):
    """The server's answers about one trigger.

    Attributes:
        reason: In words, for all but what is proven.
        faults: What the server says of statements in its function, and which it could not judge.
        is_ours: Whether it is a fault of this package and not of the project.
        is_installed: Whether it was installed as it should be.
        fired: What its events did, where they were performed.
    """

    trigger: CompiledTrigger
    verdict: Verdict
    reason: str | None = None
    is_ours: bool = False
    faults: tuple[ServerFault, ...] = ()
    is_installed: bool = False
    fired: tuple[Fired, ...] = ()


def server_faults(verdicts: Iterable[TriggerVerdict]) -> tuple[ServerFault, ...]:
    """What there is to say of triggers, for the linter."""
    return tuple(fault for one in verdicts for fault in _faults(one))


def _faults(one: TriggerVerdict) -> Iterator[ServerFault]:
    yield from one.faults
    if one.verdict is not Verdict.PROVEN and not one.faults:
        kind: FaultKind = "trigger" if one.verdict is Verdict.FAILED else "unproven"
        yield ServerFault(one.trigger.uri, kind, one.reason or "")


class Verification(Struct, frozen=True):
    """The results of one run.

    Attributes:
        server_version: As in 180001.
        origin: Where the server comes from, in words.
        tables: How many tables were made.
    """

    server_version: int
    origin: str
    tables: int
    verdicts: tuple[TriggerVerdict, ...]
