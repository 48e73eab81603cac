"""Stage migrations: trigger SQL that a migration cannot take back."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.migrations import RunSQL
from msgspec import Struct

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.flattening import on_database
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.migrations.replaying.moment import Moment
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.sql.statements import (
    CreateFunction,
    CreateTrigger,
    DropTrigger,
    RenameTrigger,
    Statement,
    read_statements,
)


class Irreversible(Struct, frozen=True):
    """A `RunSQL` about a trigger that has no reverse.

    Attributes:
        index: The place among the migration's own operations.
        what: What it does, in words.
    """

    migration: Key
    index: int
    what: str


class IrreversibleSql:
    """Watches a history for them."""

    def __init__(self) -> None:
        self.found: list[Irreversible] = []

    def before(self, moment: Moment) -> None:
        for operation in on_database(moment.operation):
            if isinstance(operation, RunSQL) and not operation.reversible:
                what = next(_about_triggers(operation.sql), None)
                if what:
                    self.found.append(Irreversible(moment.migration, moment.index, what))

    def after(self, moment: Moment) -> None:
        """What an operation does is known before."""


def _about_triggers(sql: object) -> Iterator[str]:
    for text in sql_texts(sql):
        if isinstance(text, Unknown):
            continue
        try:
            statements = read_statements(text)
        except SqlSyntaxError:
            continue
        yield from filter(None, map(_what, statements))


def _what(statement: Statement) -> str | None:
    match statement:
        case CreateTrigger(name=name):
            return f"creates trigger `{name}`"
        case DropTrigger(name=name):
            return f"drops trigger `{name}`"
        case RenameTrigger(name=name):
            return f"renames trigger `{name}`"
        case CreateFunction(returns_trigger=True, function=function):
            return f"creates trigger function `{function}`"
        case _:
            return None
