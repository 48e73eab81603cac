"""Stage migrations: trigger SQL that a migration cannot take back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.migrations import RunSQL

from pgtrigger_codegen.evaluator.values import Unknown
from pgtrigger_codegen.migrations.sql_texts import sql_texts
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.sql.statements import (
    CreateFunction,
    CreateTrigger,
    DropTrigger,
    RenameTrigger,
    Statement,
    read_statements,
)


def irreversible_trigger_sql(operations: Iterable[Any]) -> Iterator[tuple[int, str]]:
    """The `RunSQL` operations about triggers without a reverse: their index, and what they do."""
    for index, operation in enumerate(operations):
        if isinstance(operation, RunSQL) and not operation.reversible:
            what = next(_about_triggers(operation.sql), None)
            if what:
                yield index, what


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
