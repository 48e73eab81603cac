"""What a run finds out of each trigger."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class Verdict(StrEnum):
    """How a trigger stands."""

    PROVEN = "proven"
    FAILED = "failed"
    NOT_PROVABLE = "not provable"
    """The server was not given what it would need to judge."""


class TriggerVerdict(Struct, frozen=True):
    """What the server made of one trigger.

    Attributes:
        reason: In words, for all but what is proven.
        is_ours: Whether it is a fault of this package and not of the project.
    """

    trigger: CompiledTrigger
    verdict: Verdict
    reason: str | None = None
    is_ours: bool = False


class Verification(Struct, frozen=True):
    """What one run found out.

    Attributes:
        server_version: As in 180001.
        origin: Where the server comes from, in words.
        tables: How many tables were made.
    """

    server_version: int
    origin: str
    tables: int
    verdicts: tuple[TriggerVerdict, ...]
