"""Stage sql: a compiled trigger → the SQL that migrations run.

The SQL is ours, for people to read and with the weakest locks; what it leaves in the catalog
is what django-pgtrigger's own template leaves there. Every text is idempotent, and complete
in itself but for the shared ignore function, which `install_sql` alone brings along.

Locks: https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

from msgspec import Struct

from pgtrigger_codegen.sql import layout
from pgtrigger_codegen.sql.names import (
    called_function,
    dollar_quote,
    quote_literal,
    quote_table,
    table_name,
)
from pgtrigger_codegen.sql.remembered import remembered
from pgtrigger_codegen.triggers.compiled import TriggerParts

STATE_SETTING = "pgtrigger_codegen.trigger_state"
"""Where a replacement keeps the trigger's `tgenabled` while it is at work.

In migrations it is a setting of the session, not of the transaction, so that the state also
survives where someone runs the statements one by one.
"""


ADOPTION_SETTING = "pgtrigger_codegen.adopted"
"""Where a migration keeps what brings the states of triggers back that it takes over."""


class Style(Struct, frozen=True):
    """The user's options for the SQL.

    Attributes:
        or_replace: Whether `CREATE OR REPLACE TRIGGER` may be used: PostgreSQL 14 and later.
        lock_timeout: How long to wait for locks (`3s`), or None for the server's setting.
        adopt: Whether a new trigger looks itself whether it is there already, and disabled.
        in_transaction: Whether all of it runs in one transaction. Settings then end with that;
            behind a pooler, the next transaction may be somebody else's.
    """

    or_replace: bool = True
    lock_timeout: str | None = None
    adopt: bool = False
    in_transaction: bool = False


DEFAULT_STYLE = Style()

# Whoever asks what a trigger uses asks with its SQL: a plan does so dozens of times for each.
_once = functools.lru_cache(maxsize=8192)


def with_lock_timeout(sql: str, style: Style) -> str:
    """The script giving up, instead of queueing all others behind it, when a lock is not free."""
    if style.lock_timeout is None:
        return sql
    return f"SET LOCAL lock_timeout = {quote_literal(style.lock_timeout)};\n\n{sql}"


def ignore_function(name: str) -> str:
    """The function that all triggers share, by which `pgtrigger.ignore` turns them off.

    It reads the names in the setting `pgtrigger.ignore`, an array's text. A setting that is
    not an array ignores nothing, as in django-pgtrigger.
    """
    body = """
DECLARE
    ignored TEXT := CURRENT_SETTING('pgtrigger.ignore', TRUE);
BEGIN
    IF COALESCE(ignored, '') = '' THEN
        RETURN FALSE;
    END IF;
    BEGIN
        RETURN trigger_name = ANY(ignored::TEXT[]);
    EXCEPTION
        WHEN OTHERS THEN
            RETURN FALSE;
    END;
END;
"""
    return _function(f"{name}(trigger_name NAME)", "BOOLEAN", body)


def create_trigger(parts: TriggerParts, hash: str, style: Style = DEFAULT_STYLE) -> str:
    """A new trigger, with its function and the comment by which it is recognised."""
    if style == DEFAULT_STYLE:
        return _created(parts, hash)
    return _create(parts, hash, style)


@remembered
def _created(parts: TriggerParts, hash: str) -> str:
    """In the default style, which is asked for of every trigger, and in every run."""
    return _create(parts, hash, DEFAULT_STYLE)


def _create(parts: TriggerParts, hash: str, style: Style) -> str:
    replaces = style.or_replace and not _is_constraint(parts)
    return _script(
        trigger_function(parts),
        "" if replaces else _drop_trigger(parts),
        trigger_statement(parts, style),
        comment(parts, hash),
    )


def remember_states(triggers: Iterable[TriggerParts]) -> str:
    """Before triggers are created: note which of them are there already, and disabled."""
    names = ",\n".join(
        f"            (pg_catalog.TO_REGCLASS({quote_literal(quote_table(parts.table))})::OID, "
        f"{quote_literal(parts.pgid)})"
        for parts in triggers
    )
    body = f"""
BEGIN
    PERFORM pg_catalog.SET_CONFIG('{ADOPTION_SETTING}', COALESCE((
        SELECT pg_catalog.STRING_AGG(pg_catalog.FORMAT(
            'ALTER TABLE %s %s TRIGGER %I;',
            tgrelid::REGCLASS,
            CASE tgenabled
                WHEN 'D' THEN 'DISABLE'
                WHEN 'R' THEN 'ENABLE REPLICA'
                ELSE 'ENABLE ALWAYS'
            END,
            tgname
        ), ' ')
        FROM pg_catalog.pg_trigger
        WHERE tgenabled <> 'O' AND (tgrelid, tgname) IN (
{names}
        )
    ), ''), FALSE);
END;
"""
    return f"DO {dollar_quote(body)};"


def restore_states() -> str:
    """After triggers were created: leave them as enabled as they were."""
    body = f"""
BEGIN
    EXECUTE COALESCE(pg_catalog.CURRENT_SETTING('{ADOPTION_SETTING}', TRUE), '');
    PERFORM pg_catalog.SET_CONFIG('{ADOPTION_SETTING}', '', FALSE);
END;
"""
    return f"DO {dollar_quote(body)};"


def drop_trigger(parts: TriggerParts) -> str:
    """Remove the trigger and its function, whichever of them is there."""
    return _script(_drop_trigger(parts), drop_function(parts))


def lift_trigger(parts: TriggerParts, successor: TriggerParts) -> str:
    """Remove the trigger while its table changes, and remember whether it was enabled."""
    return _script(
        _remember_state(parts, _lifted(parts, successor), DEFAULT_STYLE), drop_trigger(parts)
    )


def lower_trigger(
    parts: TriggerParts, hash: str, lifted: TriggerParts, style: Style = DEFAULT_STYLE
) -> str:
    """Put a trigger in the place of one that was lifted, and leave it as enabled as that was."""
    restored = _restore_state(parts, _lifted(parts, lifted), style)
    return _script(create_trigger(parts, hash, style), restored)


def alter_function(parts: TriggerParts, hash: str) -> str:
    """Replace the function's body alone, which takes no lock that stops reads or writes."""
    return _script(trigger_function(parts), comment(parts, hash))


def replace_trigger(
    old: TriggerParts, new: TriggerParts, hash: str, style: Style = DEFAULT_STYLE
) -> str:
    """Change the trigger's definition, and leave it disabled where it is disabled.

    `CREATE OR REPLACE TRIGGER` lets reads go on, but knows no constraint triggers and
    forgets DISABLE, ENABLE REPLICA and ENABLE ALWAYS. The statement itself stands outside
    of any DO block, so that `read_statements` finds it again.
    """
    renamed = old.pgid != new.pgid
    moved = renamed or table_name(old.table) != table_name(new.table)
    replaces = style.or_replace and not (moved or _is_constraint(old) or _is_constraint(new))
    return _script(
        _remember_state(old, STATE_SETTING, style),
        trigger_function(new),
        "" if replaces else _drop_trigger(old),
        # What is renamed may have been so before, where a migration is run again. Another branch
        # may have the name, of a constraint trigger even, and reads wait for the old one anyway.
        _drop_trigger(new)
        if renamed or (moved and not (style.or_replace and not _is_constraint(new)))
        else "",
        trigger_statement(new, style),
        comment(new, hash),
        _restore_state(new, STATE_SETTING, style),
        drop_function(old) if renamed or _loses_function(old, new) else "",
    )


def install_sql(parts: TriggerParts, hash: str) -> str:
    """Everything the trigger needs, for a database that has nothing of it yet."""
    ignore = ignore_function(parts.ignore_func_name) if uses_own_function(parts) else ""
    return _script(ignore, create_trigger(parts, hash))


def uninstall_sql(parts: TriggerParts) -> str:
    """The reverse of `install_sql`, but for the ignore function, which others share."""
    return drop_trigger(parts)


def uses_own_function(parts: TriggerParts) -> bool:
    """Whether the trigger calls the function made for it.

    `UpdateSearchVector` does not: it calls PostgreSQL's `tsvector_update_trigger`.
    """
    return called_function(parts.execute).name == parts.pgid.lower()


@_once
def trigger_function(parts: TriggerParts) -> str:
    """`CREATE OR REPLACE FUNCTION`; empty when the trigger never calls it."""
    if not uses_own_function(parts):
        return ""
    return _function(f"{parts.pgid}()", "TRIGGER", f"\n{_function_body(parts)}\n")


@_once
def trigger_statement(parts: TriggerParts, style: Style = DEFAULT_STYLE) -> str:
    """`CREATE OR REPLACE TRIGGER`, or `CREATE CONSTRAINT TRIGGER`, which cannot replace."""
    replaces = "CREATE OR REPLACE TRIGGER" if style.or_replace else "CREATE TRIGGER"
    create = "CREATE CONSTRAINT TRIGGER" if _is_constraint(parts) else replaces
    clauses = (
        f"{layout.one_line(parts.when)} {layout.one_line(parts.operation)}",
        f"ON {quote_table(parts.table)}",
        layout.one_line(parts.timing),
        layout.one_line(parts.referencing),
        f"FOR EACH {layout.one_line(parts.level)}",
        layout.condition(parts.condition),
        f"EXECUTE FUNCTION {layout.one_line(parts.execute)}",
    )
    lines = [layout.indent(clause) for clause in clauses if clause]
    return "\n".join([f"{create} {parts.pgid}", *lines]) + ";"


def drop_function(parts: TriggerParts) -> str:
    """Remove the function alone."""
    return f"DROP FUNCTION IF EXISTS {parts.pgid}();"


def comment(parts: TriggerParts, hash: str) -> str:
    """Record the hash by which `manage.py pgtrigger ls` knows the trigger."""
    table = quote_table(parts.table)
    return f"COMMENT ON TRIGGER {parts.pgid} ON {table} IS {quote_literal(hash)};"


def _script(*statements: str) -> str:
    return "\n\n".join(statement for statement in statements if statement)


def _is_constraint(parts: TriggerParts) -> bool:
    return bool(parts.constraint.strip())


def _loses_function(old: TriggerParts, new: TriggerParts) -> bool:
    return uses_own_function(old) and not uses_own_function(new)


def _function(signature: str, returns: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {signature}\n"
        f"RETURNS {returns}\n"
        "LANGUAGE plpgsql\n"
        f"AS {dollar_quote(body)};"
    )


def _function_body(parts: TriggerParts) -> str:
    """Token by token what django-pgtrigger's template has between its dollar quotes."""
    guard = (
        f"    IF ({parts.ignore_func_name}(TG_NAME) IS TRUE) THEN\n"
        "        IF (TG_OP = 'DELETE') THEN\n"
        "            RETURN OLD;\n"
        "        ELSE\n"
        "            RETURN NEW;\n"
        "        END IF;\n"
        "    END IF;"
    )
    sections = (_declare(parts.declare), "BEGIN", guard, layout.indent(layout.block(parts.func)))
    return "\n".join([*(section for section in sections if section), "END;"])


def _declare(declare: str) -> str:
    """The DECLARE section, a line for each variable."""
    text = layout.block(declare)
    keyword, variables = text[:7], text[7:]
    if keyword.upper() != "DECLARE" or not variables[:1].isspace():
        return text
    return f"{keyword}\n{layout.indent(layout.block(variables))}"


def _drop_trigger(parts: TriggerParts) -> str:
    return f"DROP TRIGGER IF EXISTS {parts.pgid} ON {quote_table(parts.table)};"


def _lifted(one: TriggerParts, other: TriggerParts) -> str:
    """The setting that keeps a trigger's state, the same there and back.

    Each has its own, since several can be lifted at a time.
    """
    return f"pgtrigger_codegen.{min(one.pgid, other.pgid)}"


def _remember_state(parts: TriggerParts, setting: str, style: Style) -> str:
    table = quote_literal(quote_table(parts.table))
    body = f"""
BEGIN
    PERFORM pg_catalog.SET_CONFIG('{setting}', COALESCE((
        SELECT tgenabled::TEXT
        FROM pg_catalog.pg_trigger
        WHERE tgrelid = pg_catalog.TO_REGCLASS({table})::OID
            AND tgname = {quote_literal(parts.pgid)}
    ), 'O'), {_is_local(style)});
END;
"""
    return f"DO {dollar_quote(body)};"


def _restore_state(parts: TriggerParts, setting: str, style: Style) -> str:
    alter = f"ALTER TABLE {quote_table(parts.table)}"
    body = f"""
BEGIN
    CASE pg_catalog.CURRENT_SETTING('{setting}', TRUE)
        WHEN 'D' THEN {alter} DISABLE TRIGGER {parts.pgid};
        WHEN 'R' THEN {alter} ENABLE REPLICA TRIGGER {parts.pgid};
        WHEN 'A' THEN {alter} ENABLE ALWAYS TRIGGER {parts.pgid};
        ELSE NULL;
    END CASE;
    PERFORM pg_catalog.SET_CONFIG('{setting}', '', {_is_local(style)});
END;
"""
    return f"DO {dollar_quote(body)};"


def _is_local(style: Style) -> str:
    return "TRUE" if style.in_transaction else "FALSE"
