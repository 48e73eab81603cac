"""Performs a trigger's events on rows that were built, and tells what came of them.

Each event is performed twice: without the trigger, so that a statement which fails by itself is no
matter of the trigger's, and with the trigger alone. A second trigger with the same definition, the
witness, counts in a sequence, which no rollback takes back: it tells whether the definition's
condition held.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.sql.body import Body, read_body
from pgtrigger_codegen.sql.definition import Definition, read_definition
from pgtrigger_codegen.sql.lexer import code_tokens
from pgtrigger_codegen.sql.names import quote_name
from pgtrigger_codegen.sql.render import install_sql
from pgtrigger_codegen.sql.server_faults import ServerFault
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from pgtrigger_codegen.verification.absence import UnmodelledSource, doubt
from pgtrigger_codegen.verification.facts import Fired, Outcome
from pgtrigger_codegen.verification.room import RefusedStatement, Room
from pgtrigger_codegen.verification.rows import MOST_ATTEMPTS, NotBuilt, RowBuilder, Table
from pgtrigger_codegen.verification.schema import Schema
from pgtrigger_codegen.verification.values import named_values

# Triggers fire in the order of their names, and those of django-pgtrigger begin with its own.
_WITNESS = "a_pgtrigger_codegen_witness"
_COUNT = "pgtrigger_codegen_count"
_COUNTS = f"SELECT is_called FROM public.{_COUNT}"
# Of a table with events that wait for the end of the transaction, TRUNCATE is refused.
_SETTLED = "; SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"
_RAISED = "P0001"
_NOT_NULL = "23502"
_SYNTAX_AND_ACCESS = "42"
_MOST_VARIANTS = 20
_PROTECTS = frozenset({"Protect", "ReadOnly"})

_WRITTEN = """
SELECT relid::pg_catalog.regclass::pg_catalog.text, n_tup_ins, n_tup_upd, n_tup_del
FROM pg_catalog.pg_stat_xact_user_tables
"""
_WORDS = ("inserted", "updated", "deleted")


class _Done(Struct, frozen=True):
    """The effects of a statement.

    Attributes:
        content: Some rows of the table afterwards, each by column.
        written: By table, how many rows were inserted, updated and deleted.
    """

    rows: int
    content: list[dict[str, Any]]
    written: Mapping[str, tuple[int, ...]]


def fire(
    room: Room,
    builder: RowBuilder,
    trigger: CompiledTrigger,
    source: UnmodelledSource,
    schema: Schema,
) -> tuple[tuple[Fired, ...], tuple[ServerFault, ...]]:
    """Perform all events of a trigger that can be installed; nothing stays.

    Returns:
        What came of each, and those failures that are certain to be the trigger's fault.
    """
    definition = read_definition(trigger.parts)
    if not isinstance(definition, Definition):
        return (), ()
    firing = _Firing(room, builder, trigger, definition)
    fired, faults = [], []
    for event in definition.events:
        with room.undone():
            try:
                one, refused = firing.perform(event)
            except (NotBuilt, RefusedStatement) as reason:
                # Refused: the function took away what is needed to tell what it did.
                one, refused = Fired(event, Outcome.NOT_FIRED, str(reason)), None
        fired.append(one)
        if (message := _fault(trigger, one, refused, source, schema)) is not None:
            faults.append(ServerFault(trigger.uri, "event", message))
    return tuple(fired), tuple(faults)


class _Firing:
    def __init__(
        self, room: Room, builder: RowBuilder, trigger: CompiledTrigger, definition: Definition
    ) -> None:
        self._room = room
        self._builder = builder
        self._trigger = trigger
        self._definition = definition

    def perform(self, event: str) -> tuple[Fired, RefusedStatement | None]:
        """Try rows until one fires the trigger."""
        if "INITIALLY DEFERRED" in self._trigger.parts.timing.upper():
            raise NotBuilt("the trigger is deferred to the end of the transaction")
        table = self._builder.table(self._trigger.table)
        row = self._builder.row(table)
        self._room.execute(f"CREATE SEQUENCE public.{_COUNT}")
        attempts = itertools.islice(self._attempts(event, table, row), MOST_ATTEMPTS)
        objections: list[str] = []
        tried = 0
        for before, statement in attempts:
            with self._room.undone():
                if before is not None and self._room.attempt(before + _SETTLED) is not None:
                    continue
                with self._room.undone():
                    plain = self._run(table, statement)
                if isinstance(plain, RefusedStatement):
                    objections.append(plain.message)  # the tables' own
                    continue
                self._install()
                done = self._run(table, statement)
                if self._room.rows(_COUNTS)[0][0]:
                    return _fired(event, plain, done), done if isinstance(
                        done, RefusedStatement
                    ) else None
                if isinstance(done, RefusedStatement):
                    # The condition itself fails, before it can be true or not.
                    return Fired(event, Outcome.ERROR, done.message, done.sqlstate), done
            tried += 1
        if not tried and objections:
            raise NotBuilt(f"PostgreSQL refuses the statement without the trigger: {objections[0]}")
        raise NotBuilt("no row was found that meets its condition")

    def _attempts(
        self, event: str, table: Table, row: Mapping[str, str]
    ) -> Iterator[tuple[str | None, str]]:
        """Statements that may fire the trigger, each with the one that prepares the table."""
        named = self._named(table)
        if event == "INSERT":
            for variant in table.variants(row, named):
                yield None, table.insert(variant)
        elif event == "UPDATE":
            for old, new in self._updates(table, row, named):
                yield table.insert(old), f"UPDATE {table.name} SET {new}"
        elif event == "DELETE":
            for variant in table.variants(row, named):
                yield table.insert(variant), f"DELETE FROM {table.name}"
        else:
            yield table.insert(row), f"TRUNCATE {table.name} CASCADE"

    def _updates(
        self, table: Table, row: Mapping[str, str], named: Mapping[str, tuple[str, ...]]
    ) -> Iterator[tuple[dict[str, str], str]]:
        """Rows, each with the assignments of an UPDATE; small differences come first."""
        changed = self._changed(table, row)
        yield dict(row), _assignments(changed or dict(itertools.islice(row.items(), 1)))
        unnamed = {name: value for name, value in changed.items() if name not in named}
        variants = list(itertools.islice(table.variants(row, named), _MOST_VARIANTS))
        pairs = sorted(
            itertools.product(range(len(variants)), repeat=2), key=lambda pair: (sum(pair), pair)
        )
        for first, second in pairs:
            old, new = variants[first], variants[second]
            different = {name: new[name] for name in named if new[name] != old[name]}
            if different:
                yield old, _assignments(different)
            if unnamed:
                yield old, _assignments({**unnamed, **different})

    def _changed(self, table: Table, row: Mapping[str, str]) -> dict[str, str]:
        """Another value for each column that can have one."""
        wanted = self._definition.update_of
        changed = {}
        for name, values in table.choices.items():
            others = [value for value in values if value != row[name]]
            if others and not table.columns[name].is_key and (not wanted or name in wanted):
                changed[name] = others[0]
        return changed or {name: row[name] for name in wanted if name in row}

    def _named(self, table: Table) -> dict[str, tuple[str, ...]]:
        """Values of the columns that the condition names, those of the condition first."""
        condition = self._trigger.parts.condition
        columns = {reference.column for reference in self._definition.references}
        found = {}
        for name in table.choices:
            if name in columns:
                known = named_values(table.columns[name], condition)
                found[name] = tuple(dict.fromkeys((*known, *table.choices[name])))
        return found

    def _install(self) -> None:
        parts = self._trigger.parts
        self._room.execute(install_sql(parts, self._trigger.hash))
        witness = replace(
            parts,
            pgid=_WITNESS,
            execute=f"{_WITNESS}()",
            declare="",
            func=f"PERFORM pg_catalog.nextval('public.{_COUNT}'); "
            "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;",
        )
        self._room.execute(install_sql(witness, ""))
        if parts.timing:
            # One that is deferrable has been deferred with the foreign keys.
            names = f"{quote_name(parts.pgid.lower())}, {_WITNESS}"
            self._room.execute(f"SET CONSTRAINTS {names} IMMEDIATE")

    def _run(self, table: Table, statement: str) -> _Done | RefusedStatement:
        before = self._written()
        count = f"SELECT pg_catalog.count(*) FROM {table.name}"
        there = self._room.rows(count)[0][0]
        rows = self._room.changes(statement)
        if isinstance(rows, RefusedStatement):
            return rows
        if rows < 0:  # PostgreSQL does not tell of TRUNCATE
            rows = there - self._room.rows(count)[0][0]
        written = {
            name: tuple(a - b for a, b in zip(counts, before.get(name, (0, 0, 0)), strict=True))
            for name, counts in self._written().items()
        }
        query = f"SELECT pg_catalog.to_jsonb(one) FROM {table.name} AS one LIMIT 10"
        return _Done(rows, [row[0] for row in self._room.rows(query)], written)

    def _written(self) -> dict[str, tuple[int, ...]]:
        return {name: tuple(counts) for name, *counts in self._room.rows(_WRITTEN)}


def _assignments(values: Mapping[str, str]) -> str:
    return ", ".join(f"{quote_name(name)} = {value}" for name, value in values.items())


def _fired(event: str, plain: _Done, done: _Done | RefusedStatement) -> Fired:
    if isinstance(done, RefusedStatement):
        outcome = Outcome.REFUSED if _is_raised(done) else Outcome.ERROR
        return Fired(event, outcome, done.message, done.sqlstate)
    columns: tuple[str, ...] = ()
    if len(plain.content) == len(done.content) == 1:
        before, after = plain.content[0], done.content[0]
        columns = tuple(name for name in after if after[name] != before.get(name))
    written = []
    for name, counts in sorted(done.written.items()):
        more = [a - b for a, b in zip(counts, plain.written.get(name, (0, 0, 0)), strict=True)]
        words = [f"{n} {word}" for n, word in zip(more, _WORDS, strict=True) if n > 0]
        if words:
            written.append((name, ", ".join(words)))
    return Fired(event, Outcome.DONE, rows=done.rows, columns=columns, written=tuple(written))


def _is_raised(refused: RefusedStatement) -> bool:
    return refused.sqlstate == _RAISED or refused.context.partition("\n")[0].endswith(" at RAISE")


def _fault(
    trigger: CompiledTrigger,
    one: Fired,
    refused: RefusedStatement | None,
    source: UnmodelledSource,
    schema: Schema,
) -> str | None:
    """What is certainly wrong with the trigger, in words."""
    if one.outcome is Outcome.DONE and _is_protection(trigger):
        # Of a whole statement, the function itself looks for rows that meet the condition.
        if "referencing" in trigger.parts.referencing.lower():
            return None
        return f"{one.event} is not refused"
    if one.outcome is not Outcome.ERROR or refused is None:
        return None
    if f"function {trigger.pgid.lower()}(" not in refused.context.replace('"', "").lower():
        return None  # the statement itself, and not the function
    if doubt(refused.sqlstate, refused.message, source) is not None:
        return None
    body = read_body(trigger.parts)
    if not isinstance(body, Body):
        return None
    if refused.sqlstate.startswith(_SYNTAX_AND_ACCESS):
        # SQL that is put together at run time may be right for other values.
        certain = schema.is_complete and all(execute.constant for execute in body.dynamic)
    else:
        certain = refused.sqlstate == _NOT_NULL and not body.dynamic and not _reads_rows(trigger)
    return f"{one.event} fails: {refused.message}" if certain else None


def _is_protection(trigger: CompiledTrigger) -> bool:
    package, _, name = trigger.class_name.rpartition(".")
    return name in _PROTECTS and package.partition(".")[0] == "pgtrigger"


def _reads_rows(trigger: CompiledTrigger) -> bool:
    """Whether values may come from rows or settings that a real database has."""
    parts = trigger.parts
    tokens = (*code_tokens(parts.declare), *code_tokens(parts.func))
    return any(token.text.lower() in ("from", "current_setting") for token in tokens)
