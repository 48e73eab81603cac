"""Stage database: a wish and what is there → the statements that are missing.

Nothing is executed here. Names that come from the catalog are quoted, whatever they hold; the
only names ever written to begin with `pgtrigger_`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from pgtrigger_codegen.database.catalog import PREFIX, Catalog, Function, InstalledTrigger, Table
from pgtrigger_codegen.database.errors import DatabaseError
from pgtrigger_codegen.database.names import on_table, quote
from pgtrigger_codegen.database.status import COMMENT_LOST, HASH_ONLY, TriggerStatus
from pgtrigger_codegen.records import dataclass
from pgtrigger_codegen.sql.names import quote_literal
from pgtrigger_codegen.sql.render import (
    alter_function,
    create_trigger,
    ignore_function,
    replace_trigger,
    uses_own_function,
)

Action = Literal["install", "uninstall", "enable", "disable", "prune"]


@dataclass(frozen=True, slots=True)
class Step:
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
    table: Table | None


@dataclass(frozen=True, slots=True)
class DatabasePlan:
    """What one command does in one search path.

    Attributes:
        unchanged: Triggers that are as they should be.
        skipped: Triggers that are left alone, with the reason.
    """

    steps: tuple[Step, ...]
    unchanged: int
    skipped: tuple[tuple[TriggerStatus, str], ...]


def make_plan(action: Action, wanted: Sequence[TriggerStatus], catalog: Catalog) -> DatabasePlan:
    """What is to be done for these triggers.

    Raises:
        DatabaseError: A table is missing, or the role lacks a right that will be needed.
    """
    skipped = tuple(_skipped(action, wanted))
    left_alone = {id(status) for status, _ in skipped}
    chosen = [status for status in wanted if id(status) not in left_alone]
    if action == "install":
        _require_tables(chosen)
    changing = [status for status in chosen if _changes(action, status)]
    _require_ownership(changing)
    steps = list(_PLANNERS[action](changing, catalog))
    return DatabasePlan(tuple(steps), len(chosen) - len(changing), skipped)


def _skipped(
    action: Action, wanted: Iterable[TriggerStatus]
) -> Iterator[tuple[TriggerStatus, str]]:
    for status in wanted:
        if status.status == "UNALLOWED":
            yield status, status.reason or "a router does not allow it"
        elif action == "prune" and status.doubtful:
            yield status, f"it may be declared after all: {status.doubtful}"
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


def _install(changing: Sequence[TriggerStatus], catalog: Catalog) -> Iterator[Step]:
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


def _ignore_functions(changing: Sequence[TriggerStatus], catalog: Catalog) -> Iterator[Step]:
    """The shared functions, where they are missing; others may have made those that are there."""
    names = {
        status.trigger.parts.ignore_func_name
        for status in changing
        if status.trigger is not None and _needs_function(status)
    }
    for name in sorted(names & catalog.missing_functions):
        yield Step(f"function {name}", "created", ignore_function(name), None)


def _install_step(status: TriggerStatus, catalog: Catalog) -> Step:
    trigger, table, installed = status.trigger, status.table_fact, status.installed
    assert trigger is not None
    assert table is not None
    parts = on_table(trigger.parts, table)
    if installed is None:
        return Step(status.label, "installed", create_trigger(parts, trigger.hash), table)
    comparison = status.comparison
    assert comparison is not None
    if comparison.same_definition and comparison.same_body:
        if status.reason in {HASH_ONLY, COMMENT_LOST}:
            return Step(status.label, "comment set", _comment(installed, trigger.hash), table)
        # Only the shared function was missing, which has a step of its own.
        return Step(status.label, "repaired", _comment(installed, trigger.hash), table)
    _require_function_owner(installed.function, catalog)
    if comparison.same_definition and _is_replaced_in_place(installed, catalog):
        return Step(status.label, "function replaced", alter_function(parts, trigger.hash), table)
    old = replace(parts, constraint="CONSTRAINT" if installed.is_constraint else "")
    return Step(status.label, "replaced", replace_trigger(old, parts, trigger.hash), table)


def _is_replaced_in_place(installed: InstalledTrigger, catalog: Catalog) -> bool:
    """Whether `CREATE OR REPLACE FUNCTION` meets the very function that the trigger calls."""
    return installed.function.schema == catalog.current_schema


def _require_function_owner(function: Function, catalog: Catalog) -> None:
    if function.schema == catalog.current_schema and not function.owned:
        raise DatabaseError(
            f"function {function.schema}.{function.name} belongs to another role than "
            f"{catalog.role}; nothing was changed",
            help="connect as its owner, or drop it",
        )


def _comment(installed: InstalledTrigger, hash: str) -> str:
    return f"COMMENT ON TRIGGER {_on(installed)} IS {quote_literal(hash)};"


def _left_functions(changing: Sequence[TriggerStatus], catalog: Catalog) -> Iterator[Step]:
    """Functions that replaced triggers called before, in another schema or of another name."""
    for status in changing:
        installed, comparison = status.installed, status.comparison
        if installed is None or comparison is None:
            continue
        if comparison.same_definition and comparison.same_body:
            continue
        stays = (
            _needs_function(status)
            and installed.function.name == status.pgid
            and _is_replaced_in_place(installed, catalog)
        )
        if not stays:
            yield from _drop_function(installed.function, {installed.oid})


def _uninstall(changing: Sequence[TriggerStatus], catalog: Catalog) -> Iterator[Step]:
    gone = set()
    functions: dict[int, Function] = {}
    for status in changing:
        installed = status.installed
        assert installed is not None
        sql = f"DROP TRIGGER IF EXISTS {_on(installed)};"
        yield Step(status.label, "uninstalled", sql, installed.table)
        gone.add(installed.oid)
        functions[installed.function.oid] = installed.function
    for function in functions.values():
        yield from _drop_function(function, gone)


def _drop_function(function: Function, gone: set[int]) -> Iterator[Step]:
    """A function whose last trigger is gone; only one made for a trigger, and used by no one."""
    ours = function.name.startswith(PREFIX) and function.is_plain and function.owned
    if ours and not function.other_users and function.triggers <= gone:
        name = quote(function.schema, function.name)
        yield Step(f"function {name}", "dropped", f"DROP FUNCTION IF EXISTS {name}();", None)


def _set_state(verb: str, clause: str, changing: Sequence[TriggerStatus]) -> Iterator[Step]:
    for status in changing:
        installed = status.installed
        assert installed is not None
        table = installed.table
        sql = (
            f"ALTER TABLE {quote(table.schema, table.name)} "
            f"{clause} TRIGGER {_own_name(installed)};"
        )
        yield Step(status.label, verb, sql, table)


def _enable(changing: Sequence[TriggerStatus], catalog: Catalog) -> Iterator[Step]:
    return _set_state("enabled", "ENABLE", changing)


def _disable(changing: Sequence[TriggerStatus], catalog: Catalog) -> Iterator[Step]:
    return _set_state("disabled", "DISABLE", changing)


_PLANNERS = {
    "install": _install,
    "uninstall": _uninstall,
    "enable": _enable,
    "disable": _disable,
    "prune": _uninstall,
}


def _on(installed: InstalledTrigger) -> str:
    table = installed.table
    return f"{_own_name(installed)} ON {quote(table.schema, table.name)}"


def _own_name(installed: InstalledTrigger) -> str:
    # The catalog's query asks for no others; a change there must not reach other triggers.
    assert installed.name.startswith(PREFIX)
    return quote(installed.name)
