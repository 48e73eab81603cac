"""Stage sql: names of settings that PostgreSQL does not know."""

from __future__ import annotations

from pgtrigger_codegen.source.misspelling import misspelt
from pgtrigger_codegen.sql import builtins
from pgtrigger_codegen.sql.constant_faults import text_of
from pgtrigger_codegen.sql.parser import Node, strings


def misspelt_setting(name: str) -> tuple[str, str] | None:
    """PostgreSQL's words for a setting that it does not know, and what was meant.

    Servers that derive from PostgreSQL have settings of their own. So only what is almost the name
    of one that is known counts.
    """
    small = name.lower()
    if "." in small or small in builtins.settings():
        return None
    meant = misspelt(small, builtins.settings())
    if meant is None:
        return None
    return f'unrecognized configuration parameter "{name}"', f"Did you mean `{meant}`?"


def misspelt_in_call(node: Node) -> tuple[str, str] | None:
    """The same for a call that reads or sets a setting."""
    name = strings(node["funcname"])[-1]
    arguments = node.get("args", ())
    # With a second argument that is true, the answer is NULL.
    asks = name == "current_setting" and len(arguments) == 1
    text = text_of(arguments[0]) if asks or (name == "set_config" and arguments) else None
    return misspelt_setting(text) if text is not None else None
