"""What `verify` and `lint --verify` share: the way to a server, and what it says."""

from __future__ import annotations

import os
from collections.abc import Callable

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.lint_request import DSN_VARIABLE
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from pgtrigger_codegen.verification.facts import Verification
from pgtrigger_codegen.verification.room import Limits, open_room
from pgtrigger_codegen.verification.verifying import verify


def verified(
    analysis: Analysis,
    triggers: tuple[CompiledTrigger, ...],
    dsn: str | None,
    say: Callable[[str], None],
) -> Verification | None:
    """What a server makes of triggers; None where there are none.

    Args:
        dsn: The option; without it the environment may name a server.

    Raises:
        CodegenError: There is no server, or it is gone.
    """
    if not triggers:
        return None
    server = dsn or os.environ.get(DSN_VARIABLE) or None
    say("Making a database" if server else "Starting a server")
    with open_room(server, "--dsn" if dsn else DSN_VARIABLE, Limits()) as room:
        return verify(room, analysis, triggers, say)
