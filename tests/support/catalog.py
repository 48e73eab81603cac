"""What is installed in a database, read from PostgreSQL's catalog.

A hash in a comment proves nothing: this compares what will run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import psycopg

_QUERY = """
SELECT
    n.nspname || '.' || c.relname,
    t.tgname,
    pg_get_triggerdef(t.oid),
    pg_get_functiondef(p.oid),
    p.prosrc,
    t.tgenabled::text,
    obj_description(t.oid, 'pg_trigger')
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgname LIKE 'pgtrigger\\_%'
ORDER BY 1, 2
"""

_FUNCTIONS = r"""
SELECT p.oid::regproc::text, pg_get_functiondef(p.oid), prosrc
FROM pg_proc p
JOIN pg_namespace n ON n.oid = pronamespace
WHERE proname LIKE 'pgtrigger\_%' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY 1
"""

# What whitespace is part of: comments, which end with their line, and quoted text.
_OPAQUE = re.compile(
    r"""(--[^\n]* | /\*.*?\*/ | [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*")""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class InstalledTrigger:
    """One trigger, with its function's whole definition but for the layout of the body."""

    definition: str
    function: str
    enabled: str
    comment: str | None


def installed_triggers(dsn: str) -> dict[tuple[str, str], InstalledTrigger]:
    """Every django-pgtrigger trigger, by table with its schema and trigger name."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(_QUERY).fetchall()
    return {
        (table, name): InstalledTrigger(
            definition, _without_layout(function, source), enabled, comment
        )
        for table, name, definition, function, source, enabled, comment in rows
    }


def trigger_functions(dsn: str) -> dict[str, str]:
    """The functions that django-pgtrigger's triggers call by name, orphans included."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(_FUNCTIONS).fetchall()
    return {name: _without_layout(function, source) for name, function, source in rows}


def normalised(source: str) -> str:
    """The source with every run of whitespace outside of quotes and comments as one space."""
    parts = _OPAQUE.split(source)
    return "".join(
        part.rstrip() if position % 2 else re.sub(r"\s+", " ", part)
        for position, part in enumerate(parts)
    ).strip()


def _without_layout(function: str, source: str) -> str:
    """What `pg_get_functiondef` says, but for the layout of the body."""
    head, tag, tail = function.rpartition(source)
    assert tag, "PostgreSQL quotes a function's source as it is"
    return f"{head}{normalised(source)}{tail}"
