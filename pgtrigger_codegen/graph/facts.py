"""The graph as values; how it is drawn is for the modules beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from pgtrigger_codegen.source.place import Place
from pgtrigger_codegen.sql.accesses import Verb


class Use(Struct, frozen=True):
    """A trigger's function reads or writes a table.

    Attributes:
        columns: Those that an UPDATE sets, sorted; empty where any may be.
        is_certain: Whether each run of the function does.
    """

    trigger: str
    verb: Verb
    table: str
    columns: tuple[str, ...]
    is_certain: bool


class Firing(Struct, frozen=True):
    """A trigger's statement may fire another trigger.

    Attributes:
        event: The event of the trigger that is fired.
        cascade: The tables from which the database goes on deleting before it gets there.
    """

    trigger: str
    fires: str
    event: Verb
    cascade: tuple[str, ...] = ()


class Cascade(Struct, frozen=True):
    """Rows of a table are deleted along with those that they refer to.

    Attributes:
        by: The database goes on deleting whoever deletes; Django only where Django deletes.
    """

    referenced: str
    table: str
    columns: tuple[str, ...]
    by: Literal["database", "django"] = "database"


class Table(Struct, frozen=True):
    """A table with a trigger, or that one uses.

    Attributes:
        app: Label of the app whose model owns the table; None for a table without a model.
        model: Label of that model.
        firing: By event, the triggers in the order in which PostgreSQL fires them.
    """

    name: str
    app: str | None
    model: str | None
    firing: Mapping[str, tuple[str, ...]]


class Trigger(Struct, frozen=True):
    """A trigger.

    Attributes:
        uri: Table and name in the database for one without a URI.
        name: In the database.
        function: The function that it calls.
        when: As in `AFTER UPDATE OF status`.
        level: `ROW` or `STATEMENT`.
        condition: `WHEN (…)`, or empty.
        origin: `declared`, `package` for one of a third-party package, `migration` for one that
            only migrations know.
        sets: Columns of its own row that the function assigns, sorted.
        calls: Functions that the function calls, and that are not followed.
        unknown: Why more may happen than is drawn; None where all is.
    """

    uri: str
    table: str
    app: str
    name: str
    function: str
    when: str
    level: str
    condition: str
    origin: str
    sql: str
    place: Place | None
    sets: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    unknown: str | None = None


class Missing(Struct, frozen=True):
    """What is not in the graph, or may not be, since it was not read.

    Attributes:
        what: A trigger, or what a place may hide.
    """

    what: str
    reason: str
    place: Place | None


class TriggerGraph(Struct, frozen=True):
    """Tables and triggers, sorted by name.

    Attributes:
        cycles: Triggers that fire each other without end, as PGT309 reports them; certain.
        loops: Triggers that may fire each other again, where a condition or a row decides.
        chains: The longest ways on which triggers fire each other, of three triggers or more.
        unresolved: Declared triggers that could not be compiled.
        not_read: Places that may hide triggers.
        beyond: Tables that are left out of a part of the graph, one step from what is in it.
    """

    tables: tuple[Table, ...]
    triggers: tuple[Trigger, ...]
    uses: tuple[Use, ...]
    cascades: tuple[Cascade, ...]
    firings: tuple[Firing, ...]
    cycles: tuple[tuple[str, ...], ...] = ()
    loops: tuple[tuple[str, ...], ...] = ()
    chains: tuple[tuple[str, ...], ...] = ()
    unresolved: tuple[Missing, ...] = ()
    not_read: tuple[Missing, ...] = ()
    beyond: tuple[str, ...] = ()
