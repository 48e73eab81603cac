"""Stage database: PostgreSQL's catalog → facts.

One reading for each search path: the tables asked for, the triggers whose names begin with
`pgtrigger_`, and what else their changes depend on. Names are found out here, once, and what is
changed later is addressed by the names that the catalog gives.

The queries run with a search path of PostgreSQL's own schemas (see `connection`), and are told
which schemas are meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import psycopg
from msgspec import Struct

from pgtrigger_codegen.database.connection import Connection
from pgtrigger_codegen.database.errors import DatabaseError, explain
from pgtrigger_codegen.sql.lexer import Kind, code_tokens
from pgtrigger_codegen.sql.names import (
    QualifiedName,
    called_function,
    quote_table,
    table_name,
)
from pgtrigger_codegen.sql.statements import TriggerState

PREFIX = "pgtrigger_"
"""What every trigger and function begins with that this package ever touches."""


class CatalogTable(Struct, frozen=True):
    """A table, or another relation that can have triggers.

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


class CatalogFunction(Struct, frozen=True):
    """The function that a trigger calls.

    Attributes:
        definition: `CREATE OR REPLACE FUNCTION …`; None for what is not written in PL/pgSQL.
        is_plain: Whether it is a trigger function without arguments.
        owned: Whether the current role may act as the owner.
        owner_may_act_as: The owners of tables as whom its owner may act, itself included.
        triggers: Oids of the triggers that call it, clones on partitions aside.
        other_users: How many other objects depend on it.
    """

    oid: int
    schema: str
    name: str
    definition: str | None
    is_plain: bool
    owner: str
    owned: bool
    owner_may_act_as: frozenset[str] = frozenset()
    triggers: frozenset[int] = frozenset()
    other_users: int = 0

    def is_safe_for(self, table: CatalogTable, role: str) -> bool:
        """Whether nobody can change it who could not change the table's triggers anyway.

        Args:
            role: The role in use.
        """
        return self.owner == role or table.owner in self.owner_may_act_as


class CatalogTrigger(Struct, frozen=True):
    """A trigger as the server has it.

    Attributes:
        definition: What `pg_get_triggerdef` says.
        comment: Where django-pgtrigger keeps its hash.
    """

    oid: int
    table: CatalogTable
    name: str
    definition: str
    function: CatalogFunction
    comment: str | None
    enabled: TriggerState
    is_constraint: bool


class Catalog(Struct, frozen=True):
    """The relevant contents of a database.

    Attributes:
        tables: By the names they were asked for; absent ones are left out.
        triggers: By oid of the table and name.
        ignore_functions: Of the functions asked for (`public._pgtrigger_should_ignore`),
            those that are there.
        own_functions: By name: functions without arguments, named like triggers, in the schema
            where functions are created.
        schemas: The search path, as far as its schemas exist.
        may_create: Whether the role may create functions in the first of them.
    """

    tables: Mapping[QualifiedName, CatalogTable]
    triggers: Mapping[tuple[int, str], CatalogTrigger]
    ignore_functions: Mapping[str, CatalogFunction]
    own_functions: Mapping[str, CatalogFunction]
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
    own_functions: Collection[str],
) -> Catalog:
    """Read the catalog, in a transaction that has begun.

    Triggers are those on the tables asked for, and on all others that the search path shows.

    Args:
        ignore_functions: The shared functions by which triggers are ignored, as SQL.
        own_functions: The names of functions that were made for triggers.
    """
    schemas = connection.schemas
    try:
        found = _tables(connection, sorted(tables, key=str))
        triggers = _triggers(connection, [table.oid for table in found.values()])
        (row,) = connection.rows(_CIRCUMSTANCES, schema=schemas[0] if schemas else None)
        owners = {table.owner for table in found.values()}
        owners |= {trigger.table.owner for trigger in triggers}
        shared = {text: called_function(text) for text in ignore_functions}
        own = {name: QualifiedName(schemas[0], name) for name in own_functions if schemas}
        return Catalog(
            tables=found,
            triggers={(trigger.table.oid, trigger.name): trigger for trigger in triggers},
            ignore_functions=_functions(connection, shared, _NAME, owners),
            own_functions=_functions(connection, own, "", owners),
            schemas=schemas,
            role=row["role"],
            may_create=row["may_create"],
        )
    except psycopg.Error as error:
        raise explain(error, "reading the catalog") from error


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
        return [row["name"] for row in connection.rows(_SCHEMAS)]
    except psycopg.Error as error:
        raise explain(error, "listing the schemas") from error


def require_schemas(database: str, schemas: Iterable[str], existing: Sequence[str]) -> None:
    """Refuse names of schemas that do not exist: PostgreSQL's search path passes over them."""
    for schema in schemas:
        if schema not in existing:
            raise DatabaseError(
                f"there is no schema {schema!r} in database {database}",
                help=f"the schemas are: {', '.join(existing[:20])}",
            )


_SCHEMAS = r"""
SELECT nspname AS name FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
ORDER BY 1
"""

_CIRCUMSTANCES = """
SELECT
    current_user::text AS role,
    coalesce(has_schema_privilege(%(schema)s::text, 'CREATE'), false) AS may_create
"""

# Tables come before those of the same name in later schemas.
_TABLES = """
SELECT DISTINCT ON (wanted.position)
    wanted.position, c.oid, n.nspname::text AS schema, c.relname::text AS name,
    c.relkind::text AS kind, r.rolname::text AS owner, pg_has_role(c.relowner, 'USAGE') AS owned
FROM unnest(%(wanted_schemas)s::text[], %(wanted_names)s::text[])
    WITH ORDINALITY AS wanted (schema, name, position)
JOIN pg_class c ON c.relname = wanted.name::name AND c.relkind IN ('r', 'p', 'v', 'f')
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_roles r ON r.oid = c.relowner
WHERE CASE WHEN wanted.schema IS NULL
    THEN n.nspname = ANY (%(schemas)s::name[])
    ELSE n.nspname = wanted.schema::name
END
ORDER BY wanted.position, array_position(%(schemas)s::name[], n.nspname)
"""

# Triggers on partitions are clones of the partitioned table's, and go where it goes.
_TRIGGERS = r"""
SELECT
    t.oid, t.tgname::text AS name, pg_get_triggerdef(t.oid) AS definition,
    t.tgenabled::text AS enabled, t.tgconstraint <> 0 AS is_constraint,
    obj_description(t.oid, 'pg_trigger') AS comment,
    c.oid AS table_oid, n.nspname::text AS table_schema, c.relname::text AS table_name,
    c.relkind::text AS table_kind, r.rolname::text AS table_owner,
    pg_has_role(c.relowner, 'USAGE') AS table_owned,
    p.oid AS function_oid
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_roles r ON r.oid = c.relowner
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal
    AND t.tgparentid = 0
    AND t.tgname LIKE 'pgtrigger\_%%'
    AND (
        c.oid = ANY (%(tables)s::oid[])
        OR n.nspname = ANY (%(schemas)s::name[])
        -- What the search path shows: no schema before this one has a table of that name.
        AND NOT EXISTS (
            SELECT FROM pg_class other
            JOIN pg_namespace before ON before.oid = other.relnamespace
            WHERE other.relname = c.relname
                AND array_position(%(schemas)s::name[], before.nspname)
                    < array_position(%(schemas)s::name[], n.nspname)
        )
    )
ORDER BY n.nspname, c.relname, t.tgname
"""

_FUNCTIONS = """
SELECT
    p.oid, n.nspname::text AS schema, p.proname::text AS name,
    CASE WHEN l.lanname = 'plpgsql' THEN pg_get_functiondef(p.oid) END AS definition,
    p.pronargs = 0 AND p.prorettype = 'pg_catalog.trigger'::regtype AS is_plain,
    r.rolname::text AS owner, pg_has_role(p.proowner, 'USAGE') AS owned,
    ARRAY(
        SELECT name FROM unnest(%(owners)s::text[]) AS name
        WHERE pg_has_role(p.proowner, (SELECT oid FROM pg_roles WHERE rolname = name), 'MEMBER')
    ) AS owner_may_act_as
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
JOIN pg_roles r ON r.oid = p.proowner
WHERE p.prokind <> 'a' AND p.oid = ANY (%(functions)s::oid[])
"""

# The first in the search path, where no schema is named.
_NAMED_FUNCTIONS = """
SELECT DISTINCT ON (wanted.key) wanted.key, p.oid
FROM unnest(%(keys)s::text[], %(wanted_schemas)s::text[], %(wanted_names)s::text[])
    AS wanted (key, schema, name)
JOIN pg_proc p ON p.proname = wanted.name::name
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.proargtypes = %(arguments)s::oidvector
    AND CASE WHEN wanted.schema IS NULL
        THEN n.nspname = ANY (%(schemas)s::name[])
        ELSE n.nspname = wanted.schema::name
    END
ORDER BY wanted.key, array_position(%(schemas)s::name[], n.nspname)
"""

_USERS = """
SELECT
    d.refobjid AS function_oid,
    coalesce(array_agg(t.oid) FILTER (WHERE t.tgparentid = 0), '{}') AS triggers,
    count(*) FILTER (WHERE t.oid IS NULL) AS others
FROM pg_depend d
LEFT JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = ANY (%(functions)s::oid[])
GROUP BY d.refobjid
"""

_NAME = "19"
"""The oid of the type `name`, which no version of PostgreSQL changes."""

_STATES: Mapping[str, TriggerState] = {
    "O": "ENABLED",
    "D": "DISABLED",
    "R": "REPLICA",
    "A": "ALWAYS",
}


def _is_closed(name: str) -> bool:
    """Whether a quoted name ends where it seems to, and is not empty."""
    return len(name) > 2 and name.endswith('"')


def _tables(
    connection: Connection, wanted: Sequence[QualifiedName]
) -> dict[QualifiedName, CatalogTable]:
    rows = connection.rows(
        _TABLES,
        schemas=list(connection.schemas),
        wanted_schemas=[name.schema for name in wanted],
        wanted_names=[name.name for name in wanted],
    )
    return {
        wanted[row["position"] - 1]: CatalogTable(
            row["oid"], row["schema"], row["name"], row["kind"], row["owner"], row["owned"]
        )
        for row in rows
    }


def _triggers(connection: Connection, tables: list[int]) -> list[CatalogTrigger]:
    rows = connection.rows(_TRIGGERS, tables=tables, schemas=list(connection.schemas))
    owners = {row["table_owner"] for row in rows}
    functions = _functions_by_oid(connection, {row["function_oid"] for row in rows}, owners)
    return [_trigger(row, functions[row["function_oid"]]) for row in rows]


def _trigger(row: Mapping[str, Any], function: CatalogFunction) -> CatalogTrigger:
    return CatalogTrigger(
        oid=row["oid"],
        table=CatalogTable(
            row["table_oid"],
            row["table_schema"],
            row["table_name"],
            row["table_kind"],
            row["table_owner"],
            row["table_owned"],
        ),
        name=row["name"],
        definition=row["definition"],
        function=function,
        comment=row["comment"],
        enabled=_STATES[row["enabled"]],
        is_constraint=row["is_constraint"],
    )


def _functions(
    connection: Connection,
    wanted: Mapping[str, QualifiedName],
    arguments: str,
    owners: Collection[str],
) -> dict[str, CatalogFunction]:
    """Functions by the names they were asked for; absent ones are left out.

    Args:
        arguments: Oids of the types of their arguments, as the catalog writes them.
    """
    rows = connection.rows(
        _NAMED_FUNCTIONS,
        keys=list(wanted),
        wanted_schemas=[name.schema for name in wanted.values()],
        wanted_names=[name.name for name in wanted.values()],
        schemas=list(connection.schemas),
        arguments=arguments,
    )
    found = _functions_by_oid(connection, {row["oid"] for row in rows}, owners)
    return {row["key"]: found[row["oid"]] for row in rows}


def _functions_by_oid(
    connection: Connection, oids: Collection[int], owners: Collection[str]
) -> dict[int, CatalogFunction]:
    users = {
        row["function_oid"]: (frozenset(row["triggers"]), row["others"])
        for row in connection.rows(_USERS, functions=sorted(oids))
    }
    found = {}
    for row in connection.rows(_FUNCTIONS, functions=sorted(oids), owners=sorted(owners)):
        callers, others = users.get(row["oid"], (frozenset(), 0))
        found[row["oid"]] = CatalogFunction(
            oid=row["oid"],
            schema=row["schema"],
            name=row["name"],
            definition=row["definition"],
            is_plain=row["is_plain"],
            owner=row["owner"],
            owned=row["owned"],
            owner_may_act_as=frozenset(row["owner_may_act_as"]),
            triggers=callers,
            other_users=others,
        )
    return found
