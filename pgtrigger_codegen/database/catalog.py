"""Stage database: PostgreSQL's catalog → facts.

One reading for each search path: the tables asked for, the triggers whose names begin with
`pgtrigger_`, and what else their changes depend on. Names are found out here, once, and what is
changed later is addressed by the names that the catalog gives.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from pgtrigger_codegen.database.connection import Connection
from pgtrigger_codegen.database.errors import DatabaseError, explain
from pgtrigger_codegen.records import dataclass
from pgtrigger_codegen.sql.lexer import Kind, code_tokens
from pgtrigger_codegen.sql.names import QualifiedName, quote_table, table_name
from pgtrigger_codegen.sql.statements import TriggerState

PREFIX = "pgtrigger_"
"""What every trigger and function begins with that this package ever touches."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, or whatever else a trigger can be on.

    Attributes:
        kind: PostgreSQL's `relkind`.
        owned: Whether the current role may act as the owner.
    """

    oid: int
    schema: str
    name: str
    kind: str
    owner: str
    owned: bool


@dataclass(frozen=True, slots=True)
class Function:
    """What a trigger calls.

    Attributes:
        definition: `CREATE OR REPLACE FUNCTION …`; None for what is not written in PL/pgSQL.
        is_plain: Whether it is a trigger function without arguments.
        triggers: Oids of the triggers that call it, clones on partitions aside.
        other_users: How many other objects depend on it.
    """

    oid: int
    schema: str
    name: str
    definition: str | None
    is_plain: bool
    owned: bool
    triggers: frozenset[int]
    other_users: int


@dataclass(frozen=True, slots=True)
class InstalledTrigger:
    """A trigger as the server has it.

    Attributes:
        definition: What `pg_get_triggerdef` says.
        comment: Where django-pgtrigger keeps its hash.
    """

    oid: int
    table: Table
    name: str
    definition: str
    function: Function
    comment: str | None
    enabled: TriggerState
    is_constraint: bool


@dataclass(frozen=True, slots=True)
class Catalog:
    """What is there.

    Attributes:
        tables: By the names they were asked for; absent ones are left out.
        triggers: By oid of the table and name.
        missing_functions: Of the functions asked for (`public._pgtrigger_should_ignore`),
            those that are not there.
        schemas: The search path, as far as its schemas exist.
        may_create: Whether the role may create functions in the first of them.
    """

    tables: Mapping[QualifiedName, Table]
    triggers: Mapping[tuple[int, str], InstalledTrigger]
    missing_functions: frozenset[str]
    schemas: tuple[str, ...]
    role: str
    may_create: bool

    @property
    def current_schema(self) -> str | None:
        """Where functions are created, and tables are looked for first."""
        return self.schemas[0] if self.schemas else None


def read_catalog(
    connection: Connection,
    tables: Collection[QualifiedName],
    ignore_functions: Collection[str],
) -> Catalog:
    """Read the catalog under the connection's search path.

    Triggers are those on the tables asked for, and on all others that the search path shows.

    Args:
        ignore_functions: The shared functions by which triggers are ignored, as SQL.
    """
    wanted = sorted(tables, key=str)
    try:
        found = _tables(connection, wanted)
        triggers = _triggers(connection, [table.oid for table in found.values()])
        row = _row(connection, _CIRCUMSTANCES)
        missing = _missing_functions(connection, ignore_functions)
    except psycopg.Error as error:
        raise explain(error, "reading the catalog") from error
    return Catalog(
        tables=found,
        triggers={(trigger.table.oid, trigger.name): trigger for trigger in triggers},
        missing_functions=missing,
        schemas=tuple(row["schemas"]),
        role=row["role"],
        may_create=bool(row["may_create"]),
    )


def table_reference(db_table: str) -> QualifiedName:
    """The table that a model's `db_table` names.

    Only `a"."b` and the like are read as SQL. Any other text is a name, whatever quotes or
    semicolons it holds, and can but fail to be found.
    """
    tokens = code_tokens(quote_table(db_table))
    names = tokens[::2]
    well_formed = (
        len(tokens) in {1, 3}
        and all(token.kind in (Kind.QUOTED_NAME, Kind.WORD) for token in names)
        and all(token.text == "." for token in tokens[1::2])
        and all(token.kind is not Kind.QUOTED_NAME or _is_closed(token.text) for token in names)
    )
    return table_name(db_table) if well_formed else QualifiedName(None, db_table)


def list_schemas(connection: Connection) -> list[str]:
    """All schemas but PostgreSQL's own."""
    try:
        return [row["name"] for row in _rows(connection, _SCHEMAS)]
    except psycopg.Error as error:
        raise explain(error, "listing the schemas") from error


def require_schemas(connection: Connection, schemas: Iterable[str]) -> None:
    """Refuse names of schemas that do not exist: PostgreSQL's search path passes over them."""
    existing = list_schemas(connection)
    for schema in schemas:
        if schema not in existing:
            raise DatabaseError(
                f"there is no schema {schema!r} in database {connection.info.dbname}",
                help=f"the schemas are: {', '.join(existing[:20])}",
            )


_SCHEMAS = r"""
SELECT nspname AS name FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
ORDER BY 1
"""

_CIRCUMSTANCES = """
SELECT
    pg_catalog.current_schemas(false)::text[] AS schemas,
    current_user::text AS role,
    coalesce(pg_catalog.has_schema_privilege(pg_catalog.current_schema(), 'CREATE'), false)
        AS may_create
"""

_TABLES = """
SELECT
    wanted.position, c.oid, n.nspname::text AS schema, c.relname::text AS name,
    c.relkind::text AS kind, r.rolname::text AS owner,
    pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owned
FROM unnest(%(schemas)s::text[], %(names)s::text[])
    WITH ORDINALITY AS wanted (schema, name, position)
CROSS JOIN LATERAL (
    SELECT c.oid
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = wanted.name::name
        AND c.relkind IN ('r', 'p', 'v', 'f')
        AND CASE WHEN wanted.schema IS NULL
            THEN n.nspname = ANY (pg_catalog.current_schemas(false))
            ELSE n.nspname = wanted.schema::name
        END
    ORDER BY array_position(pg_catalog.current_schemas(false), n.nspname)
    LIMIT 1
) found
JOIN pg_catalog.pg_class c ON c.oid = found.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
ORDER BY wanted.position
"""

# Triggers on partitions are clones of the partitioned table's, and go where it goes.
_TRIGGERS = r"""
SELECT
    t.oid, t.tgname::text AS name, pg_catalog.pg_get_triggerdef(t.oid) AS definition,
    t.tgenabled::text AS enabled, t.tgconstraint <> 0 AS is_constraint,
    pg_catalog.obj_description(t.oid, 'pg_trigger') AS comment,
    c.oid AS table_oid, n.nspname::text AS table_schema, c.relname::text AS table_name,
    c.relkind::text AS table_kind, r.rolname::text AS table_owner,
    pg_catalog.pg_has_role(c.relowner, 'USAGE') AS table_owned,
    p.oid AS function_oid, pn.nspname::text AS function_schema, p.proname::text AS function_name,
    CASE WHEN l.lanname = 'plpgsql' THEN pg_catalog.pg_get_functiondef(p.oid) END
        AS function_definition,
    p.pronargs = 0 AND p.prorettype = 'pg_catalog.trigger'::regtype AS function_is_plain,
    pg_catalog.pg_has_role(p.proowner, 'USAGE') AS function_owned
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace
WHERE NOT t.tgisinternal
    AND t.tgparentid = 0
    AND t.tgname LIKE 'pgtrigger\_%%'
    AND (
        c.oid = ANY (%(tables)s::oid[])
        OR n.nspname = ANY (pg_catalog.current_schemas(false))
        AND pg_catalog.pg_table_is_visible(c.oid)
    )
ORDER BY n.nspname, c.relname, t.tgname
"""

_USERS = """
SELECT
    d.refobjid AS function_oid,
    coalesce(array_agg(t.oid) FILTER (WHERE t.tgparentid = 0), '{}') AS triggers,
    count(*) FILTER (WHERE t.oid IS NULL) AS others
FROM pg_catalog.pg_depend d
LEFT JOIN pg_catalog.pg_trigger t
    ON d.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = d.objid
WHERE d.refclassid = 'pg_catalog.pg_proc'::regclass
    AND d.refobjid = ANY (%(functions)s::oid[])
GROUP BY d.refobjid
"""

_MISSING = """
SELECT name FROM unnest(%(names)s::text[]) AS name
WHERE pg_catalog.to_regprocedure(name || '(name)') IS NULL
"""

_STATES: Mapping[str, TriggerState] = {
    "O": "ENABLED",
    "D": "DISABLED",
    "R": "REPLICA",
    "A": "ALWAYS",
}


def _is_closed(name: str) -> bool:
    """Whether a quoted name ends where it seems to, and is not empty."""
    return len(name) > 2 and name.endswith('"')


def _tables(connection: Connection, wanted: Sequence[QualifiedName]) -> dict[QualifiedName, Table]:
    rows = _rows(
        connection,
        _TABLES,
        schemas=[name.schema for name in wanted],
        names=[name.name for name in wanted],
    )
    return {
        wanted[row["position"] - 1]: Table(
            row["oid"], row["schema"], row["name"], row["kind"], row["owner"], row["owned"]
        )
        for row in rows
    }


def _triggers(connection: Connection, tables: list[int]) -> list[InstalledTrigger]:
    rows = _rows(connection, _TRIGGERS, tables=tables)
    users = {
        row["function_oid"]: (frozenset(row["triggers"]), row["others"])
        for row in _rows(connection, _USERS, functions=[row["function_oid"] for row in rows])
    }
    return [_trigger(row, *users.get(row["function_oid"], (frozenset(), 0))) for row in rows]


def _trigger(row: Mapping[str, Any], callers: frozenset[int], others: int) -> InstalledTrigger:
    return InstalledTrigger(
        oid=row["oid"],
        table=Table(
            row["table_oid"],
            row["table_schema"],
            row["table_name"],
            row["table_kind"],
            row["table_owner"],
            row["table_owned"],
        ),
        name=row["name"],
        definition=row["definition"],
        function=Function(
            oid=row["function_oid"],
            schema=row["function_schema"],
            name=row["function_name"],
            definition=row["function_definition"],
            is_plain=row["function_is_plain"],
            owned=row["function_owned"],
            triggers=callers,
            other_users=others,
        ),
        comment=row["comment"],
        enabled=_STATES[row["enabled"]],
        is_constraint=row["is_constraint"],
    )


def _missing_functions(connection: Connection, names: Collection[str]) -> frozenset[str]:
    return frozenset(row["name"] for row in _rows(connection, _MISSING, names=sorted(names)))


def _row(connection: Connection, query: str) -> Mapping[str, Any]:
    (row,) = _rows(connection, query)
    return row


def _rows(connection: Connection, query: str, **parameters: object) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        # `encode` for mypy, which takes texts only as literals.
        return cursor.execute(query.encode(), parameters or None).fetchall()
