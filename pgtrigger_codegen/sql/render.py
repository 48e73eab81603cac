"""Stage sql: a compiled trigger → the SQL that migrations run.

The SQL is ours, for people to read and with the weakest locks; what it leaves in the catalog
is what django-pgtrigger's own template leaves there. Every text is idempotent, and complete
in itself but for the shared ignore function, which `install_sql` alone brings along.

Locks: https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

from pgtrigger_codegen.sql import layout
from pgtrigger_codegen.sql.names import (
    called_function,
    dollar_quote,
    quote_literal,
    quote_table,
    table_name,
)
from pgtrigger_codegen.triggers.compiled import TriggerParts

STATE_SETTING = "pgtrigger_codegen.trigger_state"
"""Where a replacement keeps the trigger's `tgenabled` while it is at work.

A setting of the session, not of the transaction, so that the state also survives where
someone runs the statements one by one.
"""


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


def create_trigger(parts: TriggerParts, hash: str) -> str:
    """A new trigger, with its function and the comment by which it is recognised."""
    return _script(
        trigger_function(parts),
        _drop_trigger(parts) if _is_constraint(parts) else "",
        trigger_statement(parts),
        _comment(parts, hash),
    )


def drop_trigger(parts: TriggerParts) -> str:
    """Remove the trigger and its function, whichever of them is there."""
    return _script(_drop_trigger(parts), _drop_function(parts))


def alter_function(parts: TriggerParts, hash: str) -> str:
    """Replace the function's body alone, which takes no lock that stops reads or writes."""
    return _script(trigger_function(parts), _comment(parts, hash))


def replace_trigger(old: TriggerParts, new: TriggerParts, hash: str) -> str:
    """Change the trigger's definition, and leave it disabled where it is disabled.

    `CREATE OR REPLACE TRIGGER` lets reads go on, but knows no constraint triggers and
    forgets DISABLE, ENABLE REPLICA and ENABLE ALWAYS. The statement itself stands outside
    of any DO block, so that `read_statements` finds it again.
    """
    moved = table_name(old.table) != table_name(new.table) or old.pgid != new.pgid
    return _script(
        _remember_state(old),
        trigger_function(new),
        _drop_trigger(old) if moved or _is_constraint(old) or _is_constraint(new) else "",
        trigger_statement(new),
        _comment(new, hash),
        _restore_state(new),
        _drop_function(old) if old.pgid != new.pgid or _loses_function(old, new) else "",
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


def trigger_function(parts: TriggerParts) -> str:
    """`CREATE OR REPLACE FUNCTION`; empty when the trigger never calls it."""
    if not uses_own_function(parts):
        return ""
    return _function(f"{parts.pgid}()", "TRIGGER", f"\n{_function_body(parts)}\n")


def trigger_statement(parts: TriggerParts) -> str:
    """`CREATE OR REPLACE TRIGGER`, or `CREATE CONSTRAINT TRIGGER`, which cannot replace."""
    create = "CREATE CONSTRAINT TRIGGER" if _is_constraint(parts) else "CREATE OR REPLACE TRIGGER"
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


def _drop_function(parts: TriggerParts) -> str:
    return f"DROP FUNCTION IF EXISTS {parts.pgid}();"


def _comment(parts: TriggerParts, hash: str) -> str:
    table = quote_table(parts.table)
    return f"COMMENT ON TRIGGER {parts.pgid} ON {table} IS {quote_literal(hash)};"


def _remember_state(parts: TriggerParts) -> str:
    table = quote_literal(quote_table(parts.table))
    body = f"""
BEGIN
    PERFORM SET_CONFIG('{STATE_SETTING}', COALESCE((
        SELECT tgenabled::TEXT
        FROM pg_catalog.pg_trigger
        WHERE tgrelid = TO_REGCLASS({table}) AND tgname = {quote_literal(parts.pgid)}
    ), 'O'), FALSE);
END;
"""
    return f"DO {dollar_quote(body)};"


def _restore_state(parts: TriggerParts) -> str:
    alter = f"ALTER TABLE {quote_table(parts.table)}"
    body = f"""
BEGIN
    CASE CURRENT_SETTING('{STATE_SETTING}')
        WHEN 'D' THEN {alter} DISABLE TRIGGER {parts.pgid};
        WHEN 'R' THEN {alter} ENABLE REPLICA TRIGGER {parts.pgid};
        WHEN 'A' THEN {alter} ENABLE ALWAYS TRIGGER {parts.pgid};
        ELSE NULL;
    END CASE;
    PERFORM SET_CONFIG('{STATE_SETTING}', '', FALSE);
END;
"""
    return f"DO {dollar_quote(body)};"
