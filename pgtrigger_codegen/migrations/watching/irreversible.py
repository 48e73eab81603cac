"""Stage migrations: trigger SQL that a migration cannot take back."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.migrations import RunSQL
from msgspec import Struct

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.flattening import on_database
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.migrations.replaying.moment import ReplayedState
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.sql.statements import (
    CreateFunction,
    CreateTriggerStatement,
    DropFunction,
    DropTriggerStatement,
    RenameTrigger,
    Statement,
    read_statements,
)


class Irreversible(Struct, frozen=True):
    """A `RunSQL` about a trigger that has no reverse.

    Attributes:
        index: The place among the migration's own operations.
        what: What it does, in words.
        drops_instead: What the reverse drops in place of what the operation makes; None where
            there is no reverse.
    """

    migration: Key
    index: int
    what: str
    drops_instead: str | None = None


class IrreversibleSql:
    """Watches a history for them."""

    def __init__(self) -> None:
        self.found: list[Irreversible] = []

    def before(self, moment: ReplayedState) -> None:
        for operation in on_database(moment.operation):
            if isinstance(operation, RunSQL) and not operation.reversible:
                what = next(_about_triggers(operation.sql), None)
                if what:
                    self.found.append(Irreversible(moment.migration, moment.index, what))
            elif isinstance(operation, RunSQL) and operation.reverse_sql != RunSQL.noop:
                for what, other in _mistaken(operation):
                    self.found.append(Irreversible(moment.migration, moment.index, what, other))

    def after(self, moment: ReplayedState) -> None:
        """What an operation does is known before."""


def _about_triggers(sql: object) -> Iterator[str]:
    yield from filter(None, map(_what, _statements(sql)))


def _statements(sql: object) -> Iterator[Statement]:
    for text in sql_texts(sql):
        if isinstance(text, Unknown):
            continue
        try:
            yield from read_statements(text)
        except SqlSyntaxError:
            continue


def _mistaken(operation: RunSQL) -> Iterator[tuple[str, str]]:
    """A trigger that is made and not dropped by the reverse, which drops one that is not made."""
    forwards, backwards = [*_statements(operation.sql)], [*_statements(operation.reverse_sql)]
    made = {one.name for one in forwards if isinstance(one, CreateTriggerStatement)}
    had = {one.name for one in forwards if isinstance(one, DropTriggerStatement)}
    dropped = {one.name for one in backwards if isinstance(one, DropTriggerStatement)}
    others = [one for one in backwards if not isinstance(one, DropTriggerStatement)]
    if all(isinstance(one, DropFunction) and not one.cascade for one in others):
        left, instead = sorted(made - dropped), sorted(dropped - made - had)
        for trigger, other in zip(left, instead, strict=False):
            yield f"creates trigger `{trigger}`", other


def _what(statement: Statement) -> str | None:
    match statement:
        case CreateTriggerStatement(name=name):
            return f"creates trigger `{name}`"
        case DropTriggerStatement(name=name):
            return f"drops trigger `{name}`"
        case RenameTrigger(name=name):
            return f"renames trigger `{name}`"
        case CreateFunction(returns_trigger=True, function=function):
            return f"creates trigger function `{function}`"
        case _:
            return None
