"""The findings of the extension plpgsql_check, where the server has it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.names import quote_literal, quote_table
from pgtrigger_codegen.sql.render import install_sql, uses_own_function
from pgtrigger_codegen.sql.server_faults import ServerFault
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from pgtrigger_codegen.verification.room import RefusedStatement, Room


def check_function(
    room: Room, trigger: CompiledTrigger, body: Body, known: Collection[str]
) -> Iterator[ServerFault]:
    """Its findings, as warnings: it takes statements for failures whose failure is handled.

    Args:
        known: Messages that were told already.
    """
    if not uses_own_function(trigger.parts):
        return
    with room.undone():
        if room.attempt(install_sql(trigger.parts, trigger.hash)) is not None:
            return
        try:
            rows = room.rows(_query(trigger, body))
        except RefusedStatement:
            return  # of a version that takes other arguments
    told = set(known)
    for level, message in rows:
        if level in _LEVELS and message not in told:
            told.add(message)
            yield ServerFault(trigger.uri, "warning", message)


_LEVELS = frozenset({"error", "warning", "warning extra"})


def _query(trigger: CompiledTrigger, body: Body) -> str:
    tables = {item.row: item.name for item in body.definition.transition_tables}
    arguments = [
        f"{quote_literal(f'{trigger.pgid}()')}::pg_catalog.regprocedure",
        f"{quote_literal(quote_table(trigger.table))}::pg_catalog.regclass",
        "fatal_errors => FALSE",
        *(f"{row.lower()}table => {quote_literal(name)}" for row, name in tables.items()),
    ]
    return (
        "SELECT level, message FROM public.plpgsql_check_function_tb("
        f"{', '.join(arguments)}) ORDER BY lineno"
    )
