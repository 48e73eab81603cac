"""Stage database: the statements that lead from the present state to the wanted one.

Nothing is executed here. Names that come from the catalog are quoted, whatever they hold; the
only names ever written to begin with `pgtrigger_`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.database.catalog import (
    PREFIX,
    Catalog,
    CatalogFunction,
    CatalogTable,
    CatalogTrigger,
)
from pgtrigger_codegen.database.errors import DatabaseError
from pgtrigger_codegen.database.names import on_table
from pgtrigger_codegen.database.status import COMMENT_LOST, HASH_ONLY, TriggerStatus
from pgtrigger_codegen.sql.names import quote_literal, quote_name
from pgtrigger_codegen.sql.render import (
    Style,
    alter_function,
    create_trigger,
    ignore_function,
    replace_trigger,
    uses_own_function,
)

Action = Literal["install", "uninstall", "enable", "disable", "prune"]

_DROPPING = frozenset({"uninstall", "prune"})

# `execute` runs everything in one transaction, and so do the scripts of `--dry-run`.
_STYLE = Style(in_transaction=True)


class ServerStep(Struct, frozen=True):
    """Statements that belong together.

    Attributes:
        label: The trigger they are about, in words.
        verb: What they do to it.
        sql: As one script.
        table: The table that they lock; None where they lock none.
    """

    label: str
    verb: str
    sql: str
    table: CatalogTable | None


class DatabasePlan(Struct, frozen=True):
    """The statements of one command in one search path.

    Attributes:
        schemas: The search path.
        unchanged: Triggers that are as they should be.
        skipped: Triggers that are left alone, with the reason.
        kept_functions: Functions that are left of dropped triggers, with the reason.
        foreign: Triggers that are left alone because they are not known to be the project's.
    """

    steps: tuple[ServerStep, ...]
    schemas: tuple[str, ...]
    unchanged: int
    skipped: tuple[tuple[TriggerStatus, str], ...]
    kept_functions: tuple[str, ...] = ()
    foreign: tuple[TriggerStatus, ...] = ()


def make_plan(
    action: Action,
    wanted: Sequence[TriggerStatus],
    catalog: Catalog,
    *,
    with_foreign: bool = False,
    even_unread: bool = False,
) -> DatabasePlan:
    """What is to be done for these triggers.

    Args:
        with_foreign: Whether to prune triggers, too, that the project has never named.
        even_unread: Whether to change triggers, too, that may be declared where nothing was read.

    Raises:
        DatabaseError: A table is missing, a function belongs to somebody else, or the role lacks
            a right that will be needed.
    """
    foreign = () if with_foreign or action != "prune" else tuple(filter(_is_foreign, wanted))
    skipped = tuple(_skipped(action, wanted, even_unread=even_unread))
    left_alone = {id(status) for status in (*foreign, *(status for status, _ in skipped))}
    chosen = [status for status in wanted if id(status) not in left_alone]
    if action == "install":
        _require_tables(chosen)
        _require_safe_functions(chosen, catalog)
    changing = [status for status in chosen if _changes(action, status)]
    _require_ownership(changing)
    steps = list(_PLANNERS[action](changing, catalog))
    return DatabasePlan(
        steps=tuple(steps),
        schemas=catalog.schemas,
        unchanged=len(chosen) - len(changing),
        skipped=skipped,
        kept_functions=tuple(_kept_functions(changing, catalog)) if action in _DROPPING else (),
        foreign=foreign,
    )


def _is_foreign(status: TriggerStatus) -> bool:
    return status.foreign is not None and status.doubtful is None


def _skipped(
    action: Action, wanted: Iterable[TriggerStatus], *, even_unread: bool
) -> Iterator[tuple[TriggerStatus, str]]:
    for status in wanted:
        if status.status == "UNALLOWED":
            yield status, status.reason or "a router does not allow it"
        elif status.status == "UNKNOWN" and action == "install":
            yield status, f"its declaration was not read: {status.doubtful}"
        elif status.status == "UNKNOWN" and not even_unread:
            yield status, f"it may be declared after all: {status.doubtful}"
        elif action == "enable" and status.unsafe_function is not None:
            yield status, status.reason or "its function belongs to somebody else"
        elif action in {"enable", "disable"} and status.installed is None:
            yield status, "it is not installed"


def _changes(action: Action, status: TriggerStatus) -> bool:
    match action:
        case "install":
            return status.status != "INSTALLED"
        case "uninstall" | "prune":
            return status.installed is not None
        case "enable":
            # ALWAYS is more than enabled, and was asked for by somebody.
            return status.enabled in {"DISABLED", "REPLICA"}
        case "disable":
            return status.enabled != "DISABLED"


def _require_tables(chosen: Iterable[TriggerStatus]) -> None:
    for status in chosen:
        if status.table_fact is None:
            raise DatabaseError(
                f"{status.label} cannot be installed: {status.reason}; nothing was changed",
                help="migrate first, name the schema with --schema, or name only triggers whose "
                "tables exist",
            )


def _require_safe_functions(chosen: Iterable[TriggerStatus], catalog: Catalog) -> None:
    """`CREATE OR REPLACE FUNCTION` leaves a function to its owner, who can change it later."""
    for status in chosen:
        function = status.unsafe_function
        if function is not None and not _leaves_function(status, catalog):
            name = f"{quote_name(function.schema, function.name)}"
            raise DatabaseError(
                f"{status.label} cannot be installed: {status.reason}; nothing was changed",
                help=f"look at the function {name}, then drop it or give it to the table's owner "
                "(ALTER FUNCTION … OWNER TO …)",
            )


def _leaves_function(status: TriggerStatus, catalog: Catalog) -> bool:
    """Whether an installed trigger calls somebody else's function, and will get its own."""
    installed, table = status.installed, status.table_fact
    if installed is None or table is None or installed.function is not status.unsafe_function:
        return False
    there = catalog.own_functions.get(installed.function.name)
    return installed.function.schema != catalog.current_schema and (
        there is None or there.is_safe_for(table, catalog.role)
    )


def _require_ownership(changing: Iterable[TriggerStatus]) -> None:
    """COMMENT, DROP, ENABLE and DISABLE are for the table's owner."""
    foreign = {
        f"{table.schema}.{table.name}": table.owner
        for status in changing
        if (table := status.table_fact) is not None and not table.owned
    }
    if foreign:
        names = ", ".join(f"{name} (of {owner})" for name, owner in sorted(foreign.items()))
        raise DatabaseError(
            f"the role in use does not own these tables: {names}; nothing was changed",
            help="connect as their owner, or as a role that is a member of it "
            "(GRANT owner TO role)",
        )


def _install(changing: Sequence[TriggerStatus], catalog: Catalog) -> Iterator[ServerStep]:
    _require_create(changing, catalog)
    yield from _ignore_functions(changing, catalog)
    for status in changing:
        yield _install_step(status, catalog)
    yield from _left_functions(changing, catalog)


def _require_create(changing: Sequence[TriggerStatus], catalog: Catalog) -> None:
    if any(_needs_function(status) for status in changing) and not catalog.may_create:
        schema = catalog.current_schema
        if schema is None:
            raise DatabaseError(
                "the search path has no schema that functions can be created in",
                help="name one with --schema",
            )
        raise DatabaseError(
            f"role {catalog.role} may not create functions in schema {schema}; nothing was changed",
            help=f"GRANT CREATE ON SCHEMA {schema} TO {catalog.role}, or connect as another role",
        )


def _needs_function(status: TriggerStatus) -> bool:
    return status.trigger is not None and uses_own_function(status.trigger.parts)


def _ignore_functions(changing: Sequence[TriggerStatus], catalog: Catalog) -> Iterator[ServerStep]:
    """The shared functions, where they are missing; others may have made those that are there."""
    names = {
        status.trigger.parts.ignore_func_name
        for status in changing
        if status.trigger is not None and _needs_function(status)
    }
    for name in sorted(names - catalog.ignore_functions.keys()):
        yield ServerStep(f"function {name}", "created", ignore_function(name), None)


def _install_step(status: TriggerStatus, catalog: Catalog) -> ServerStep:
    trigger, table, installed = status.trigger, status.table_fact, status.installed
    assert trigger is not None
    assert table is not None
    parts = on_table(trigger.parts, table)
    if installed is None:
        return ServerStep(status.label, "installed", create_trigger(parts, trigger.hash), table)
    comparison = status.comparison
    assert comparison is not None
    if comparison.same_definition and comparison.same_body and status.unsafe_function is None:
        if status.reason in {HASH_ONLY, COMMENT_LOST}:
            return ServerStep(status.label, "comment set", _comment(installed, trigger.hash), table)
        # Only the shared function was missing, which has a step of its own.
        return ServerStep(status.label, "repaired", _comment(installed, trigger.hash), table)
    _require_function_owner(installed.function, catalog)
    if comparison.same_definition and _is_replaced_in_place(installed, catalog):
        return ServerStep(
            status.label, "function replaced", alter_function(parts, trigger.hash), table
        )
    old = replace(parts, constraint="CONSTRAINT" if installed.is_constraint else "")
    sql = replace_trigger(old, parts, trigger.hash, _STYLE)
    return ServerStep(status.label, "replaced", sql, table)


def _is_replaced_in_place(installed: CatalogTrigger, catalog: Catalog) -> bool:
    """Whether `CREATE OR REPLACE FUNCTION` meets the very function that the trigger calls."""
    return installed.function.schema == catalog.current_schema


def _require_function_owner(function: CatalogFunction, catalog: Catalog) -> None:
    if function.schema == catalog.current_schema and not function.owned:
        raise DatabaseError(
            f"function {function.schema}.{function.name} belongs to another role than "
            f"{catalog.role}; nothing was changed",
            help="connect as its owner, or drop it",
        )


def _comment(installed: CatalogTrigger, hash: str) -> str:
    return f"COMMENT ON TRIGGER {_on(installed)} IS {quote_literal(hash)};"


def _left_functions(changing: Sequence[TriggerStatus], catalog: Catalog) -> Iterator[ServerStep]:
    """Functions that replaced triggers called before, in another schema or of another name."""
    for status in changing:
        installed, comparison = status.installed, status.comparison
        if installed is None or comparison is None:
            continue
        if comparison.same_definition and comparison.same_body and not status.unsafe_function:
            continue
        stays = (
            _needs_function(status)
            and installed.function.name == status.pgid
            and _is_replaced_in_place(installed, catalog)
        )
        if not stays:
            yield from _drop_functions([installed], catalog)


def _uninstall(changing: Sequence[TriggerStatus], catalog: Catalog) -> Iterator[ServerStep]:
    dropped = [status.installed for status in changing if status.installed is not None]
    for status in changing:
        installed = status.installed
        assert installed is not None
        sql = f"DROP TRIGGER IF EXISTS {_on(installed)};"
        yield ServerStep(status.label, "uninstalled", sql, installed.table)
    yield from _drop_functions(dropped, catalog)


def _drop_functions(gone: Sequence[CatalogTrigger], catalog: Catalog) -> Iterator[ServerStep]:
    """Functions whose last trigger is gone, but those that are not ours to drop."""
    for function in _left_by(gone):
        if _is_droppable(function, gone, catalog):
            name = quote_name(function.schema, function.name)
            yield ServerStep(
                f"function {name}", "dropped", f"DROP FUNCTION IF EXISTS {name}();", None
            )


def _kept_functions(changing: Sequence[TriggerStatus], catalog: Catalog) -> Iterator[str]:
    gone = [status.installed for status in changing if status.installed is not None]
    for function in _left_by(gone):
        if not _is_droppable(function, gone, catalog):
            yield f"function {quote_name(function.schema, function.name)}: it belongs to " + (
                function.owner
            )


def _left_by(gone: Sequence[CatalogTrigger]) -> Iterator[CatalogFunction]:
    """Functions made for a trigger, and used by nothing once these triggers are gone."""
    oids = {trigger.oid for trigger in gone}
    functions = {trigger.function.oid: trigger.function for trigger in gone}
    for function in functions.values():
        ours = function.name.startswith(PREFIX) and function.is_plain
        if ours and not function.other_users and function.triggers <= oids:
            yield function


def _is_droppable(
    function: CatalogFunction, gone: Iterable[CatalogTrigger], catalog: Catalog
) -> bool:
    """Whether it is the tables' owners' or our own: a superuser could drop anybody's."""
    return function.owned and all(
        function.is_safe_for(trigger.table, catalog.role)
        for trigger in gone
        if trigger.function.oid == function.oid
    )


def _set_state(verb: str, clause: str, changing: Sequence[TriggerStatus]) -> Iterator[ServerStep]:
    for status in changing:
        installed = status.installed
        assert installed is not None
        table = installed.table
        sql = (
            f"ALTER TABLE {quote_name(table.schema, table.name)} "
            f"{clause} TRIGGER {_own_name(installed)};"
        )
        yield ServerStep(status.label, verb, sql, table)


def _enable(changing: Sequence[TriggerStatus], catalog: Catalog) -> Iterator[ServerStep]:
    return _set_state("enabled", "ENABLE", changing)


def _disable(changing: Sequence[TriggerStatus], catalog: Catalog) -> Iterator[ServerStep]:
    return _set_state("disabled", "DISABLE", changing)


_PLANNERS = {
    "install": _install,
    "uninstall": _uninstall,
    "enable": _enable,
    "disable": _disable,
    "prune": _uninstall,
}


def _on(installed: CatalogTrigger) -> str:
    table = installed.table
    return f"{_own_name(installed)} ON {quote_name(table.schema, table.name)}"


def _own_name(installed: CatalogTrigger) -> str:
    # The catalog's query asks for no others; a change there must not reach other triggers.
    assert installed.name.startswith(PREFIX)
    return quote_name(installed.name)
