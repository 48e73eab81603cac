"""Triggers that fire each other without end, as far as that is certain.

A trigger's statement fires the triggers of the table that it writes to. Where such steps lead back
to a trigger, nothing on the way depends on a condition, and the row that is written to last is the
one that it began with, PostgreSQL goes on until its stack is full. What stops it in practice is a
condition of any kind, a row that is not found, or another trigger that raises or drops the write:
wherever there may be one, there is no cycle here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from pgtrigger_codegen.lint.facts.bodies import BodyTrigger
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.history import replayed
from pgtrigger_codegen.migrations.changes.autodetector import trigger_key
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.sql.accesses import OF_THE_ROW_ALONE
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_writes import RowColumn, Write, writes
from pgtrigger_codegen.sql.definition import Definition, Event
from pgtrigger_codegen.sql.names import QualifiedName, called_function, table_name
from pgtrigger_codegen.sql.render import uses_own_function


class CycleStep(Struct, frozen=True):
    """A trigger, fired by an event, and the statement by which it fires the next."""

    trigger: BodyTrigger
    body: Body
    event: Event
    write: Write


Cycle = tuple[CycleStep, ...]


def cycles(context: LintContext) -> Iterator[Cycle]:
    """The cycles of a project's triggers, each once and beginning with its first URI."""
    seen: set[frozenset[str]] = set()
    graph = _Graph(context)
    for cycle in graph.cycles():
        members = frozenset(step.trigger.uri for step in cycle)
        if members not in seen and _goes_on(cycle, graph.changed(cycle)):
            seen.add(members)
            yield cycle


# Longer ones are nobody's, and looking for them in a large project would take its time.
_MAX_STEPS = 8
_MAX_VISITS = 1_000

# What a function may do that keeps triggers from firing.
_GUARD = re.compile(
    r"pg_trigger_depth|set_config|current_setting|session_replication_role"
    r"|\b(ALTER|ASSERT|CALL)\b|\bSET\s+(LOCAL|SESSION)\b",
    re.IGNORECASE,
)
_RAISE = re.compile(r"\b(RAISE|PERFORM|EXECUTE|CALL|ASSERT)\b", re.IGNORECASE)


class _Member(Struct, frozen=True):
    trigger: BodyTrigger
    body: Body

    def fires(self, write: Write) -> bool:
        """Whether its event is that of the statement, whatever its condition says."""
        definition = self.body.definition
        return write.event in definition.events and _names_columns(definition, write)

    def may_stop(self, event: Event) -> bool:
        """Whether it may keep the row from being written, or end it all."""
        if _RAISE.search(self.trigger.func):
            return True
        returned = {item.value for item in self.body.returns if event in item.state}
        return self.body.decides_write and not returned <= {"OLD" if event == "DELETE" else "NEW"}

    @property
    def may_be_stopped(self) -> bool:
        """Whether a condition or something in the function may end a cycle."""
        definition = self.body.definition
        conditional = definition.has_condition and definition.constant is not True
        return conditional or bool(self.body.dynamic or _GUARD.search(self.trigger.func))


_Changed = Mapping[QualifiedName, frozenset[str | None]]
"""By table, the columns that have another value each time; None for all."""


class _Graph:
    def __init__(self, context: LintContext) -> None:
        self._analysis = context.analysis
        self._by_table: dict[QualifiedName, list[_Member]] = {}
        for trigger, body in context.bodies():
            table = in_search_path(table_name(trigger.table))
            self._by_table.setdefault(table, []).append(_Member(trigger, body))
        self._writes: dict[str, tuple[Write, ...]] = {}
        self._unread = {unresolved.model for unresolved in context.analysis.unresolved}
        self._doubtful = frozenset(_doubtful_tables(context))
        self._visits = 0

    def cycles(self) -> Iterator[Cycle]:
        members = (member for found in self._by_table.values() for member in found)
        for member in sorted(members, key=lambda one: one.trigger.uri):
            for event in member.body.definition.events:
                self._visits = 0
                yield from self._back_to(member, event, member, event, ())

    def changed(self, cycle: Cycle) -> _Changed:
        """What statements of the cycle set, and what triggers of its tables assign to NEW."""
        changed: dict[QualifiedName, frozenset[str | None]] = {}
        for step in cycle:
            table = in_search_path(step.write.table)
            columns = changed.get(table, frozenset()) | step.write.columns
            for member in self._by_table[table]:
                uses = member.body.uses
                columns |= {use.column for use in uses if use.row == "NEW" and use.written}
            changed[table] = columns
        return changed

    def _back_to(
        self, first: _Member, first_event: Event, member: _Member, event: Event, steps: Cycle
    ) -> Iterator[Cycle]:
        self._visits += 1
        if self._visits > _MAX_VISITS or len(steps) == _MAX_STEPS or member.may_be_stopped:
            return
        for write in self._writes_of(member):
            if event not in write.events:
                continue
            step = CycleStep(member.trigger, member.body, event, write)
            passed = {member.trigger.uri, *(one.trigger.uri for one in steps)}
            for target in self._fired(write):
                uri = target.trigger.uri
                if target is first and write.event == first_event:
                    yield (*steps, step)
                elif uri > first.trigger.uri and uri not in passed:
                    yield from self._back_to(
                        first, first_event, target, write.event, (*steps, step)
                    )

    def _writes_of(self, member: _Member) -> tuple[Write, ...]:
        uri = member.trigger.uri
        if uri not in self._writes:
            self._writes[uri] = tuple(writes(member.body))
        return self._writes[uri]

    def _fired(self, write: Write) -> Iterator[_Member]:
        """The triggers that a statement fires for certain, if it finds a row."""
        table = in_search_path(write.table)
        present = [one for one in self._by_table.get(table, ()) if one.fires(write)]
        for member in present:
            definition = member.body.definition
            gone = write.event == "DELETE" and definition.is_row_level
            if (gone and definition.timing != "BEFORE") or self._is_doubtful(member, table):
                continue
            others = (one for one in present if one is not member)
            if not any(one.may_stop(write.event) for one in others):
                yield member

    def _is_doubtful(self, member: _Member, table: QualifiedName) -> bool:
        """Whether the table may have triggers that are not known here, which may stop anything."""
        declared = member.trigger.declared
        unread = declared is not None and declared.concrete_model in self._unread
        return unread or table in self._doubtful


def _doubtful_tables(context: LintContext) -> Iterator[QualifiedName]:
    """Tables with triggers of packages, and with triggers whose function is not known."""
    of_others = [one for one in context.analysis.triggers if not uses_own_function(one.parts)]
    for trigger in (*of_others, *context.analysis.foreign_triggers):
        if called_function(trigger.parts.execute).name not in OF_THE_ROW_ALONE:
            yield in_search_path(table_name(trigger.table))
    state = replayed(context.analysis)
    declared = {trigger_key(trigger) for trigger in context.analysis.triggers}
    for key, installed in state.triggers.items() if state else ():
        if key not in declared and installed.function_sql is None:
            yield key[0]


def _names_columns(definition: Definition, write: Write) -> bool:
    if write.event != "UPDATE" or not definition.is_update_of:
        return True
    return not write.columns.isdisjoint(definition.update_of)


def _goes_on(cycle: Cycle, changed: _Changed) -> bool:
    """Whether the cycle comes back to the row that it began with, seen from some of its steps."""
    if all(step.write.event == "INSERT" and step.write.rows is not None for step in cycle):
        return True
    return any(
        _comes_back((*cycle[start:], *cycle[:start]), changed) for start in range(len(cycle))
    )


class _Current(Struct):
    """The row that a trigger is fired for.

    Attributes:
        name: None where nothing is known of columns that are not listed.
        values: By column, what it has: a column of a row that was met before.
    """

    name: str | None = None
    values: dict[str, tuple[str, str]] = field(default_factory=dict)

    def value(self, column: str, changed: frozenset[str | None]) -> tuple[str, str] | None:
        if column in changed or None in changed:
            return None
        own = (self.name, column) if self.name else None
        return self.values.get(column, own)


def _comes_back(steps: Sequence[CycleStep], changed: _Changed) -> bool:
    first = steps[0]
    if first.body.definition.is_row_level and first.event == "INSERT":
        return False  # another row each time; seen from another step it may be the same
    current = _Current("first" if first.body.definition.is_row_level else None)
    for number, step in enumerate(steps):
        target = steps[(number + 1) % len(steps)]
        if not target.body.definition.is_row_level:
            current = _Current()  # fired whether there are rows or not
            continue
        values = _values(step, current, changed)
        if values is None:
            return False
        if target is first:
            return all(value == ("first", column) for column, value in values.items())
        current = _Current(None if step.write.event == "INSERT" else f"row {number}", values)
    return True


def _values(
    step: CycleStep, current: _Current, changed: _Changed
) -> dict[str, tuple[str, str]] | None:
    """What the rows that a statement writes to have; None when there may be none."""
    write = step.write
    own = changed.get(in_search_path(table_name(step.trigger.table)), frozenset())
    written = changed.get(in_search_path(write.table), frozenset())
    if write.rows is None:
        return None
    found: dict[str, tuple[str, str]] = {}
    for column, source in write.rows.items():
        value = current.value(source.column, own) if _has(step, source) else None
        if value is not None and column not in written:
            found[column] = value
        elif write.event != "INSERT":
            return None
    return found


def _has(step: CycleStep, source: RowColumn) -> bool:
    """Whether the event has that row."""
    return step.event != ("DELETE" if source.row == "NEW" else "INSERT")
