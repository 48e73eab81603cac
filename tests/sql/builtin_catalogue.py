"""Writes the catalogue of PostgreSQL's built-in functions, operators, casts, types and settings.

    python -m tests.sql.builtin_catalogue DSN…

Each DSN is a server of another version, whose role may create extensions. What any of them has is
in the catalogue, since a call that one version knows may be right. The header names the versions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import psycopg

FILE = Path(__file__).parents[2] / "pgtrigger_codegen" / "sql" / "builtin_catalogue.txt"
WANTED = (14, 15, 16, 17, 18)
"""The versions of PostgreSQL that are supported."""

_HEADER = """\
# What PostgreSQL has built in: written by `python -m tests.sql.builtin_catalogue`, not by hand.
# Read from PostgreSQL {found}; not read: {missing}. A name that only a version has
# which was not read is missing here.
# type: name category | function: name kind result(arguments/optional), v when variadic
# (extension-)operator: name result(left,right) | cast: source target context
# extension-function: extension name … | setting: name
"""

# Aggregates over ordered sets have a syntax of their own for their arguments: kind `o`. Functions
# that are there for operators, types and indexes, and that nobody calls by name: kind `i`.
_FUNCTIONS = """
    SELECT p.proname,
           CASE WHEN coalesce(a.aggkind, 'n') <> 'n' THEN 'o'
                WHEN 'cstring'::regtype = ANY (p.proargtypes || p.prorettype)
                  OR d.description ~ '^(implementation of|I/O|larger of two|smaller of two|hash)'
                  OR d.description ~ '(selectivity|internal|transition|final|support)'
                  OR d.description ~ 'less-equal-greater'
                THEN 'i' ELSE p.prokind::text END,
           p.prorettype, p.proargtypes::oid[], p.pronargdefaults, p.provariadic <> 0
    FROM pg_proc p LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
    LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind <> 'p'
      AND NOT p.proargtypes::oid[] && ARRAY['internal'::regtype::oid]
      AND NOT p.prorettype = ANY (ARRAY[
          'internal', 'trigger', 'event_trigger', 'language_handler', 'fdw_handler',
          'index_am_handler', 'table_am_handler', 'tsm_handler']::regtype[])
"""
_OPERATORS = """
    SELECT oprname, oprresult, oprleft, oprright FROM pg_operator
    WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprright <> 0
"""
_CASTS = "SELECT castsource, casttarget, castcontext::text FROM pg_cast"
_TYPES = """
    SELECT typname, typcategory::text FROM pg_type
    WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'p', 'r', 'm')
      AND typcategory <> 'A' AND typname !~ '^pg_|^_'
"""
_EXTENSION_FUNCTIONS = """
    SELECT DISTINCT e.extname, p.proname FROM pg_extension e
    JOIN pg_depend d ON d.refobjid = e.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
    JOIN pg_proc p ON p.oid = d.objid
    WHERE NOT p.proargtypes::oid[] && ARRAY['internal'::regtype::oid, 'cstring'::regtype::oid]
"""
# Names with a point are an extension's, or the user's own.
_SETTINGS = "SELECT lower(name) FROM pg_settings WHERE name NOT LIKE '%.%'"
# Those for types that are built in, such as `text % text`; others say what they are by their types.
_EXTENSION_OPERATORS = """
    SELECT o.oprname, o.oprresult, o.oprleft, o.oprright FROM pg_extension e
    JOIN pg_depend d ON d.refobjid = e.oid AND d.classid = 'pg_operator'::regclass
    JOIN pg_operator o ON o.oid = d.objid
    JOIN pg_type l ON l.oid = o.oprleft AND l.typnamespace = 'pg_catalog'::regnamespace
    JOIN pg_type r ON r.oid = o.oprright AND r.typnamespace = 'pg_catalog'::regnamespace
    WHERE d.deptype = 'e'
"""


def catalogue(connection: psycopg.Connection) -> set[str]:
    """What a server has, as lines of the file; creates all extensions that it can."""
    types: dict[int, str] = dict(
        connection.execute(
            "SELECT oid, CASE WHEN typcategory = 'A' AND typelem <> 0 AND typname ~ '^_'"
            " THEN (SELECT e.typname FROM pg_type e WHERE e.oid = t.typelem) || '[]'"
            " ELSE typname END FROM pg_type t"
        ).fetchall()
    )
    return {
        *_functions(connection, types),
        *_operators(connection, types, "operator", _OPERATORS),
        *(
            f"cast {types[source]} {types[target]} {context}"
            for source, target, context in connection.execute(_CASTS)
            if source != target
        ),
        *(f"type {name} {category}" for name, category in connection.execute(_TYPES)),
        *(f"setting {name}" for (name,) in connection.execute(_SETTINGS)),
        *_extensions(connection),
        *_operators(connection, types, "extension-operator", _EXTENSION_OPERATORS),
    }


def _functions(connection: psycopg.Connection, types: dict[int, str]) -> Iterator[str]:
    for name, kind, result, arguments, optional, variadic in connection.execute(_FUNCTIONS):
        names = ",".join(types[argument] for argument in arguments)
        mark = f"/{optional}" if optional else ""
        yield (f"function {name} {kind} {types[result]}({names}{mark}){'v' if variadic else ''}")


def _operators(
    connection: psycopg.Connection, types: dict[int, str], section: str, query: str
) -> Iterator[str]:
    for name, result, left, right in connection.execute(query.encode()):
        yield f"{section} {name} {types[result]}({types.get(left, '')},{types[right]})"


def _extensions(connection: psycopg.Connection) -> Iterator[str]:
    available = connection.execute("SELECT name FROM pg_available_extensions ORDER BY name")
    for (extension,) in available.fetchall():
        try:
            with connection.transaction():
                connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{extension}" CASCADE'.encode())
        except psycopg.Error:
            continue  # it needs a setting of the server, or a package that is not there
    for extension, name in connection.execute(_EXTENSION_FUNCTIONS):
        if extension != "plpgsql":
            yield f"extension-function {extension} {name}"


def text(lines: Iterable[str], versions: Iterable[str]) -> str:
    """The file: one line for each name, with all that is known of the name."""
    found = sorted(versions)
    majors = {int(version.partition(".")[0]) for version in found}
    missing = [str(version) for version in WANTED if version not in majors]
    grouped: dict[str, list[str]] = {}
    for line in sorted(lines):
        words = line.split(" ")
        size = 3 if words[0] == "function" else 2
        grouped.setdefault(" ".join(words[:size]), []).append(" ".join(words[size:]))
    body = [f"{key} {' '.join(values)}".rstrip() for key, values in grouped.items()]
    header = _HEADER.format(found=" and ".join(found), missing=", ".join(missing) or "none")
    return header + "\n".join(body) + "\n"


def main(dsns: Iterable[str]) -> None:
    """Reads the servers and writes the file."""
    lines: set[str] = set()
    versions: set[str] = set()
    for dsn in dsns:
        with psycopg.connect(dsn) as connection:
            lines |= catalogue(connection)
            major, minor = divmod(connection.info.server_version, 10000)
            versions.add(f"{major}.{minor}")
            connection.rollback()
    FILE.write_text(text(lines, versions), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
