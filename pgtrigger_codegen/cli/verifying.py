"""The common parts of `verify` and `lint --verify`: starting a server, and wording its answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.lint_request import DSN_VARIABLE
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from pgtrigger_codegen.verification.facts import Verification
from pgtrigger_codegen.verification.room import Limits, Room, open_room
from pgtrigger_codegen.verification.verifying import verify

if TYPE_CHECKING:
    from pgtrigger_codegen.verification.history import MigrationsVerdict


def verified(
    analysis: Analysis,
    triggers: tuple[CompiledTrigger, ...],
    dsn: str | None,
    say: Callable[[str], None],
    *,
    fires: bool = False,
) -> Verification | None:
    """What a server makes of triggers; None where there are none.

    Args:
        dsn: The option; without it the environment may name a server.
        fires: Whether the triggers' events are performed too.

    Raises:
        CodegenError: There is no server, or it is gone.
    """
    if not triggers:
        return None
    with _room(dsn, say) as room:
        return verify(room, analysis, triggers, say, fires=fires)


def migrated(analysis: Analysis, dsn: str | None, say: Callable[[str], None]) -> MigrationsVerdict:
    """What comes of applying the project's migrations, in a database of their own.

    Raises:
        CodegenError: There is no server, or it is gone; or the migrations go in a circle.
    """
    from pgtrigger_codegen.verification.history import verify_migrations

    with _room(dsn, say) as room:
        return verify_migrations(room, analysis, say)


def _room(dsn: str | None, say: Callable[[str], None]) -> AbstractContextManager[Room]:
    server = dsn or os.environ.get(DSN_VARIABLE) or None
    say("Making a database" if server else "Starting a server")
    return open_room(server, "--dsn" if dsn else DSN_VARIABLE, Limits())
