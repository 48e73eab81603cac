"""Compares the effects of our SQL with django-pgtrigger's own, on installing and on removing."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from pgtrigger_codegen.sql.equivalence import canonical_function
from pgtrigger_codegen.sql.names import quote_table
from pgtrigger_codegen.sql.render import install_sql, uninstall_sql
from pgtrigger_codegen.sql.statements import CreateFunction, read_statements
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from pgtrigger_codegen.triggers.reference import reference_sql
from pgtrigger_codegen.verification.absence import UNDEFINED_COLUMN, UnmodelledSource, doubt
from pgtrigger_codegen.verification.facts import TriggerVerdict, Verdict
from pgtrigger_codegen.verification.room import RefusedStatement, Room


class _Installed(Struct, frozen=True):
    """A trigger in the catalog.

    Attributes:
        definition: What `pg_get_triggerdef` says.
        function: Its function without layout.
    """

    definition: str
    function: str
    comment: str | None
    enabled: str


_CATALOG = """
SELECT
    pg_catalog.pg_get_triggerdef(t.oid), pg_catalog.pg_get_functiondef(p.oid),
    pg_catalog.obj_description(t.oid, 'pg_trigger'), t.tgenabled::pg_catalog.text, l.lanname
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE t.tgrelid = pg_catalog.to_regclass(%s) AND t.tgname = %s AND NOT t.tgisinternal
"""

_LEFT = """
SELECT 'trigger ' || tgname FROM pg_catalog.pg_trigger WHERE tgname = %s
UNION ALL
SELECT 'function ' || p.oid::pg_catalog.regprocedure
FROM pg_catalog.pg_proc p WHERE p.proname = %s
"""


def prove_installation(
    room: Room, trigger: CompiledTrigger, source: UnmodelledSource, unknown_fields: Sequence[str]
) -> TriggerVerdict:
    """Install a trigger in both ways, compare, uninstall, and look for what is left.

    Args:
        source: What may make what the models do not tell of.
        unknown_fields: Fields of the model that its table has no columns for.
    """
    with room.undone():
        theirs = _install(room, trigger, reference_sql(trigger))
    with room.undone():
        ours = _install(room, trigger, install_sql(trigger.parts, trigger.hash))
        if isinstance(theirs, RefusedStatement):
            return _refused(trigger, theirs, source, unknown_fields)
        if isinstance(ours, RefusedStatement):
            return _fault(
                trigger,
                f"PostgreSQL refuses our SQL, but accepts django-pgtrigger's: {ours.message}",
            )
        if (difference := _difference(theirs, ours)) is not None:
            return _fault(trigger, difference)
        again = _install(room, trigger, install_sql(trigger.parts, trigger.hash))
        if again != ours:
            return _fault(trigger, "our SQL has another result when it runs a second time")
        refused = room.attempt(uninstall_sql(trigger.parts))
        if refused is not None:
            return _fault(trigger, f"PostgreSQL refuses to uninstall it: {refused.message}")
        pgid = trigger.pgid.lower()
        if left := [row[0] for row in room.rows(_LEFT, pgid, pgid)]:
            return _fault(trigger, f"uninstalling leaves {', '.join(left)}")
    return TriggerVerdict(trigger, Verdict.PROVEN, is_installed=True)


def difference_from_declared(room: Room, trigger: CompiledTrigger) -> str | None:
    """How a trigger in the catalog differs from its declaration, in words; None where not."""
    there = _in_catalog(room, trigger)
    if there is None:
        return "the migrations do not install it"
    with room.undone():
        declared = _install(room, trigger, install_sql(trigger.parts, trigger.hash))
    if isinstance(declared, RefusedStatement):
        return f"PostgreSQL refuses it: {declared.message}"
    if there.definition != declared.definition:
        return f"the migrations leave `{there.definition}`, and declared is `{declared.definition}`"
    return None if there.function == declared.function else "the migrations leave another function"


def _install(room: Room, trigger: CompiledTrigger, sql: str) -> _Installed | RefusedStatement:
    refused = room.attempt(sql)
    if refused is not None:
        return refused
    installed = _in_catalog(room, trigger)
    assert installed is not None, "what was installed is in the catalog"
    return installed


def _in_catalog(room: Room, trigger: CompiledTrigger) -> _Installed | None:
    rows = room.rows(_CATALOG, quote_table(trigger.table), trigger.pgid.lower())
    if not rows:
        return None
    definition, function, comment, enabled, language = rows[0]
    if language == "plpgsql":
        (statement,) = read_statements(function)
        assert isinstance(statement, CreateFunction)
        function = canonical_function(statement)
    return _Installed(definition, function, comment, enabled)


def _difference(theirs: _Installed, ours: _Installed) -> str | None:
    if theirs.definition != ours.definition:
        return (
            f"the catalog has `{ours.definition}` where django-pgtrigger makes "
            f"`{theirs.definition}`"
        )
    if theirs.function != ours.function:
        return "its function differs from django-pgtrigger's"
    if (theirs.comment, theirs.enabled) != (ours.comment, ours.enabled):
        return "its comment or its state differs from django-pgtrigger's"
    return None


def _fault(trigger: CompiledTrigger, reason: str) -> TriggerVerdict:
    return TriggerVerdict(trigger, Verdict.FAILED, reason, is_ours=True)


def _refused(
    trigger: CompiledTrigger,
    refused: RefusedStatement,
    source: UnmodelledSource,
    unknown_fields: Sequence[str],
) -> TriggerVerdict:
    reason = doubt(refused.sqlstate, refused.message, source)
    if reason is None and refused.sqlstate == UNDEFINED_COLUMN and unknown_fields:
        reason = f"{refused.message}, and fields are not known: {', '.join(unknown_fields)}"
    if reason is not None:
        return TriggerVerdict(trigger, Verdict.NOT_PROVABLE, reason)
    reason = f"PostgreSQL refuses it: {refused.message}"
    return TriggerVerdict(trigger, Verdict.FAILED, reason)
