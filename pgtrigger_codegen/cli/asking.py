"""The source of findings besides the rules of `lint`: nobody, or a server."""

from __future__ import annotations

from collections.abc import Callable

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.sql.server_faults import ServerFault

Ask = Callable[[Analysis], tuple[ServerFault, ...]]


def ask_nobody(analysis: Analysis) -> tuple[ServerFault, ...]:
    """What no server has said."""
    return ()


def ask_server(dsn: str | None, say: Callable[[str], None], *, fires: bool = False) -> Ask:
    """Asks a server what it says of an analysis; once, however often it is asked for."""
    from pgtrigger_codegen.cli.verifying import verified
    from pgtrigger_codegen.verification.facts import server_faults

    known: dict[int, tuple[Analysis, tuple[ServerFault, ...]]] = {}

    def ask(analysis: Analysis) -> tuple[ServerFault, ...]:
        if id(analysis) not in known:
            found = verified(analysis, analysis.triggers, dsn, say, fires=fires)
            faults = server_faults(found.verdicts) if found is not None else ()
            known[id(analysis)] = (analysis, faults)
        return known[id(analysis)][1]

    return ask
