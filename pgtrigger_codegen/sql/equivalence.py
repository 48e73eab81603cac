"""Stage sql: whether two pieces of SQL install the same trigger.

Another version of Django, django-pgtrigger or psycopg formats the same trigger in another
way, and then its hash changes as well. That alone must not cause a migration, so triggers
are compared as the parser sees them, and function bodies token by token.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.sql.lexer import Kind, code_tokens
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.statements import (
    CommentOnTrigger,
    CreateFunction,
    CreateTriggerStatement,
    Do,
    DropColumn,
    DropFunction,
    DropTable,
    DropTriggerStatement,
    MoveTable,
    Other,
    RenameColumn,
    RenameTable,
    RenameTrigger,
    RetypeColumn,
    SetTriggerState,
    Statement,
    read_statements,
)

TriggerKey = tuple[QualifiedName, str]
"""A trigger's table and name."""


class TriggerDefinition(Struct, frozen=True):
    """A trigger in the form that some SQL leaves.

    Attributes:
        pgid: The trigger's name.
        definition: All of CREATE TRIGGER but name and table, canonical.
        calls: The function that it executes.
        function: That function, canonical; None where the SQL does not define it.
        hash: The trigger's comment.
    """

    table: QualifiedName
    pgid: str
    definition: str
    is_constraint: bool
    calls: QualifiedName
    function: str | None = None
    hash: str | None = None


def same_definition(a: TriggerDefinition, b: TriggerDefinition) -> bool:
    """Whether CREATE TRIGGER means the same in both."""
    return (a.table, a.pgid, a.definition) == (b.table, b.pgid, b.definition)


def same_function(a: TriggerDefinition, b: TriggerDefinition) -> bool:
    """Whether the triggers' functions mean the same.

    A function that the trigger never calls does not count: it is not among its facts.
    """
    return a.calls == b.calls and a.function == b.function


def definitions(sql: str) -> list[TriggerDefinition]:
    """The triggers that a script leaves behind, in the order it creates them.

    Raises:
        SqlSyntaxError: The script does not parse.
    """
    return list(InstalledTriggers().after(read_statements(sql)).triggers.values())


class InstalledTriggers:
    """The triggers after a history of statements; empty at its beginning.

    A history of thousands of triggers has thousands of statements, so each costs only what it
    changes.

    Attributes:
        functions: Functions without parameters, canonical.
        changed: Triggers that were made, changed or dropped since somebody last cleared this.
    """

    def __init__(
        self,
        triggers: Mapping[TriggerKey, TriggerDefinition] | None = None,
        functions: Mapping[QualifiedName, str] | None = None,
    ) -> None:
        self.functions = dict(functions or {})
        self.changed: set[TriggerKey] = set()
        self._triggers: dict[TriggerKey, TriggerDefinition] = {}
        self._on_table: dict[QualifiedName, dict[TriggerKey, None]] = {}
        self._callers: dict[QualifiedName, dict[TriggerKey, None]] = {}
        self._view: Mapping[TriggerKey, TriggerDefinition] | None = None
        for key, trigger in (triggers or {}).items():
            self._put(key, trigger)

    @property
    def triggers(self) -> Mapping[TriggerKey, TriggerDefinition]:
        """All of them by table and name, as they are now: later statements do not change it."""
        if self._view is None:
            self._view = dict(self._triggers)
        return self._view

    def __contains__(self, key: TriggerKey) -> bool:
        return key in self._triggers

    def __iter__(self) -> Iterator[TriggerKey]:
        return iter(self._triggers)

    def __getitem__(self, key: TriggerKey) -> TriggerDefinition:
        return self._triggers[key]

    def on_table(self, table: QualifiedName | None) -> list[TriggerKey]:
        """The triggers on a table."""
        return list(self._on_table.get(table, ())) if table is not None else []

    def callers(self, function: QualifiedName) -> list[TriggerKey]:
        """The triggers that call a function."""
        return list(self._callers.get(function, ()))

    def after(self, statements: Iterable[Statement]) -> InstalledTriggers:
        """What is there once the statements have run as well."""
        other = InstalledTriggers(self._triggers, self.functions)
        other.apply(statements)
        return other

    def apply(self, statements: Iterable[Statement]) -> None:
        """Run statements."""
        for statement in statements:
            self._apply(statement)

    def move(self, old: QualifiedName, new: QualifiedName) -> None:
        """A table gets another name, and its triggers with it."""
        for key in self.on_table(old):
            self._put((new, key[1]), replace(self._take(key), table=new))

    def _apply(self, statement: Statement) -> None:
        match statement:
            case CreateFunction() | DropFunction():
                self._apply_to_functions(statement)
            case CreateTriggerStatement():
                self._create(statement)
            case DropTriggerStatement() | CommentOnTrigger() | RenameTrigger():
                self._apply_to_trigger(statement)
            case DropTable(table=table):
                for key in self.on_table(table):
                    self._take(key)
            case RenameTable(table=table, new_name=new_name):
                self.move(table, table._replace(name=new_name))
            case MoveTable(table=table, schema=schema):
                self.move(table, table._replace(schema=schema))
            case SetTriggerState() | Do() | Other():
                pass
            case RenameColumn() | DropColumn() | RetypeColumn():
                pass  # what becomes of the triggers is for whoever knows their text
            case _:
                assert_never(statement)

    def _apply_to_functions(self, statement: CreateFunction | DropFunction) -> None:
        name = statement.function
        if statement.arguments:
            return
        if isinstance(statement, DropFunction):
            self.functions.pop(name, None)
            # With CASCADE; without it PostgreSQL refuses while triggers call the function.
            for key in self.callers(name):
                self._take(key)
        else:
            self.functions[name] = canonical_function(statement)
            for key in self.callers(name):
                self._put(key, replace(self._triggers[key], function=self.functions[name]))

    def _create(self, statement: CreateTriggerStatement) -> None:
        key = (statement.table, statement.name)
        before = self._triggers.get(key)
        made = TriggerDefinition(
            table=statement.table,
            pgid=statement.name,
            definition=statement.definition,
            is_constraint=statement.is_constraint,
            calls=statement.calls,
            function=self.functions.get(statement.calls),
            # CREATE OR REPLACE TRIGGER keeps the comment.
            hash=before.hash if before else None,
        )
        self._put(key, made)

    def _apply_to_trigger(
        self, statement: DropTriggerStatement | CommentOnTrigger | RenameTrigger
    ) -> None:
        key = (statement.table, statement.name)
        trigger = self._triggers.get(key)
        if trigger is None:
            return
        match statement:
            case DropTriggerStatement():
                self._take(key)
            case CommentOnTrigger(text=text):
                self._put(key, replace(trigger, hash=text))
            case RenameTrigger(new_name=new_name):
                self._take(key)
                self._put((statement.table, new_name), replace(trigger, pgid=new_name))
            case _:
                assert_never(statement)

    def _put(self, key: TriggerKey, trigger: TriggerDefinition) -> None:
        before = self._triggers.get(key)
        if before is not None and before.calls != trigger.calls:
            del self._callers[before.calls][key]
        self._triggers[key] = trigger
        self._on_table.setdefault(key[0], {})[key] = None
        self._callers.setdefault(trigger.calls, {})[key] = None
        self.changed.add(key)
        self._view = None

    def _take(self, key: TriggerKey) -> TriggerDefinition:
        trigger = self._triggers.pop(key)
        del self._on_table[key[0]][key]
        del self._callers[trigger.calls][key]
        self.changed.add(key)
        self._view = None
        return trigger


def canonical_function(function: CreateFunction) -> str:
    """A function as text that is the same for any formatting of the same body."""
    body = "" if function.body is None else canonical_body(function.body)
    return f"{function.language} {function.options}\n{body}"


@functools.lru_cache(maxsize=4096)
def canonical_body(body: str) -> str:
    """A PL/pgSQL body's tokens, without comments, with words in lower case.

    Tokens and not trees: libpg_query's PL/pgSQL trees leave out parts of a body, and a
    change in those would go unnoticed. So a redundant parenthesis in a body is a difference.
    """
    return "\n".join(
        token.text.lower() if token.kind is Kind.WORD else token.text for token in code_tokens(body)
    )
