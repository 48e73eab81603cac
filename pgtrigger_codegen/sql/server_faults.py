"""Stage sql: a PostgreSQL server's objections to a trigger, as facts for the linter."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pgtrigger_codegen.sql.body_facts import TextRange

FaultKind = Literal["statement", "trigger", "unproven", "warning", "event"]


class ServerFault(Struct, frozen=True):
    """One objection of a server to a declared trigger.

    Attributes:
        kind: `statement` for one that fails whenever control gets there, `trigger` for a trigger
            that the server does not take, `unproven` for what it could not judge, `warning` for
            what plpgsql_check warns of, `event` for what came of firing the trigger.
        message: In the server's words, or why it could not judge.
        place: In the body; None for the trigger as a whole.
    """

    uri: str
    kind: FaultKind
    message: str
    place: TextRange | None = None
