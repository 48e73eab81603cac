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


class TriggerVerdict(Struct, frozen=True):
    """The server's answers about one trigger.

    Attributes:
        reason: In words, for all but what is proven.
        faults: What the server says of statements in its function, and which it could not judge.
        is_ours: Whether it is a fault of this package and not of the project.
    """

    trigger: CompiledTrigger
    verdict: Verdict
    reason: str | None = None
    is_ours: bool = False
    faults: tuple[ServerFault, ...] = ()


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
