"""Stage migrations: trigger SQL that fails where it stands, or leaves triggers off or unsafe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from django.db.migrations import RunSQL
from msgspec import Struct
from pgtrigger.migrations import AddTrigger

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.flattening import on_database
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.migrations.replaying.moment import ReplayedState
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.function_scope import tables_out_of_sight
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_sql
from pgtrigger_codegen.sql.statements import (
    CreateFunction,
    CreateTriggerStatement,
    DropFunction,
    DropTriggerStatement,
    SetTriggerState,
    Statement,
    statement_facts,
)

Kind = Literal[
    "absent", "present", "no-function", "in-use", "disabled", "search-path", "out-of-sight"
]


class FaultySql(Struct, frozen=True):
    """Something that a `RunSQL` does.

    Attributes:
        index: The place among the migration's own operations.
        kind: `absent` for DROP of a trigger that is not there, `present` for CREATE of one that is,
            `no-function` for a function that no SQL makes, `in-use` for DROP of one that a trigger
            executes, `disabled` for triggers that nothing enables again, `search-path` for rights
            of the owner without a search path, `out-of-sight` for a table that a function's search
            path does not lead to.
        name: What it is about: a trigger, function or table.
        other: The table of the trigger, the trigger of the function, or the function.
    """

    migration: Key
    index: int
    kind: Kind
    name: str
    other: str = ""


class FaultySqlWatcher:
    """Watches a history for it."""

    def __init__(self) -> None:
        self._found: list[FaultySql] = []
        self._disabled: dict[QualifiedName, FaultySql] = {}
        self._made: set[str] = set()

    @property
    def found(self) -> tuple[FaultySql, ...]:
        """Less what later operations make good."""
        return (*self._found, *self._disabled.values())

    def before(self, moment: ReplayedState) -> None:
        for operation in on_database(moment.operation):
            if isinstance(operation, AddTrigger):
                self._made.add(str(getattr(operation.trigger, "pgid", "")))
            elif isinstance(operation, RunSQL):
                texts = list(sql_texts(operation.sql))
                if not any(isinstance(text, Unknown) for text in texts):
                    self._script(moment, [str(text) for text in texts])

    def after(self, moment: ReplayedState) -> None:
        """What an operation does is known before."""

    def _script(self, moment: ReplayedState, texts: Sequence[str]) -> None:
        present: dict[TriggerKey, QualifiedName] = {
            key: definition.calls for key, definition in moment.definitions.items()
        }
        for tree in _trees(texts):
            for statement in statement_facts(tree):
                for kind, name, other in self._faults(statement, tree, present, moment):
                    self._found.append(FaultySql(moment.migration, moment.index, kind, name, other))

    def _faults(
        self,
        statement: Statement,
        tree: Node,
        present: dict[TriggerKey, QualifiedName],
        moment: ReplayedState,
    ) -> Iterator[tuple[Kind, str, str]]:
        """What is wrong with a statement; afterwards `present` is what there is behind it."""
        match statement:
            case CreateTriggerStatement(table=table, name=name, replace=replace, calls=calls):
                key = in_search_path(table), name
                if key in present and not replace:
                    yield "present", name, str(table)
                if calls.name not in self._made:
                    yield "no-function", calls.name, name
                present[key] = calls
            case DropTriggerStatement(table=table, name=name):
                key = in_search_path(table), name
                if key not in present and not tree["DropStmt"].get("missing_ok"):
                    yield "absent", name, str(table)
                present.pop(key, None)
            case DropFunction(function=function, arguments=0, cascade=False):
                used = (key for key, calls in present.items() if calls.name == function.name)
                for _, name in used:
                    yield "in-use", function.name, name
            case SetTriggerState(table=table, name=None, state=state):
                self._disabled.pop(in_search_path(table), None)
                if state == "DISABLED":
                    fact = FaultySql(moment.migration, moment.index, "disabled", str(table))
                    self._disabled[in_search_path(table)] = fact
            case CreateFunction():
                self._made.add(statement.function.name)
                if statement.returns_trigger:
                    yield from _function_faults(statement, moment)


def _function_faults(
    function: CreateFunction, moment: ReplayedState
) -> Iterator[tuple[Kind, str, str]]:
    name = str(function.function)
    if '"security"' in function.options and '"search_path"' not in function.options:
        yield "search-path", name, ""
    for table in tables_out_of_sight(function):
        if table in moment.tables:
            yield "out-of-sight", table.name, name


def _trees(texts: Sequence[str]) -> Iterator[Node]:
    for text in texts:
        lower = text.lower()
        if "trigger" not in lower and "function" not in lower:
            continue
        try:
            yield from parse_sql(text)
        except SqlSyntaxError:
            continue
