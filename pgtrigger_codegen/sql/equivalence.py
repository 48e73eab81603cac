"""Stage sql: whether two pieces of SQL install the same trigger.

Another version of Django, django-pgtrigger or psycopg formats the same trigger in another
way, and then its hash changes as well. That alone must not cause a migration, so triggers
are compared as the parser sees them, and function bodies token by token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from pgtrigger_codegen.sql.lexer import Kind, code_tokens
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.statements import (
    CommentOnTrigger,
    CreateFunction,
    CreateTrigger,
    Do,
    DropColumn,
    DropFunction,
    DropTable,
    DropTrigger,
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


@dataclass(frozen=True, slots=True)
class TriggerDefinition:
    """A trigger as some SQL leaves it.

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


@dataclass(frozen=True, slots=True)
class InstalledTriggers:
    """What a history of statements leaves behind; empty at its beginning.

    Attributes:
        triggers: By table and name.
        functions: Functions without parameters, canonical.
    """

    triggers: Mapping[TriggerKey, TriggerDefinition] = field(default_factory=dict)
    functions: Mapping[QualifiedName, str] = field(default_factory=dict)

    def after(self, statements: Iterable[Statement]) -> InstalledTriggers:
        """What is there once the statements have run as well."""
        triggers, functions = dict(self.triggers), dict(self.functions)
        for statement in statements:
            _apply(statement, triggers, functions)
        return InstalledTriggers(triggers, functions)


def canonical_function(function: CreateFunction) -> str:
    """A function as text that is the same for any formatting of the same body."""
    body = "" if function.body is None else canonical_body(function.body)
    return f"{function.language} {function.options}\n{body}"


def canonical_body(body: str) -> str:
    """A PL/pgSQL body's tokens, without comments, with words in lower case.

    Tokens and not trees: libpg_query's PL/pgSQL trees leave out parts of a body, and a
    change in those would go unnoticed. So a redundant parenthesis in a body is a difference.
    """
    return "\n".join(
        token.text.lower() if token.kind is Kind.WORD else token.text for token in code_tokens(body)
    )


Triggers = dict[TriggerKey, TriggerDefinition]
Functions = dict[QualifiedName, str]


def _apply(statement: Statement, triggers: Triggers, functions: Functions) -> None:
    match statement:
        case CreateFunction() | DropFunction():
            _apply_to_functions(statement, triggers, functions)
        case CreateTrigger():
            _create(statement, triggers, functions)
        case DropTrigger() | CommentOnTrigger() | RenameTrigger():
            _apply_to_trigger(statement, triggers)
        case DropTable() | RenameTable() | MoveTable():
            _apply_to_table(statement, triggers)
        case SetTriggerState() | Do() | Other():
            pass
        case RenameColumn() | DropColumn() | RetypeColumn():
            pass  # what becomes of the triggers is for whoever knows their text
        case _:
            assert_never(statement)


def _apply_to_functions(
    statement: CreateFunction | DropFunction, triggers: Triggers, functions: Functions
) -> None:
    name = statement.function
    if statement.arguments:
        return
    if isinstance(statement, DropFunction):
        functions.pop(name, None)
        # With CASCADE; without it PostgreSQL refuses while triggers call the function.
        for key in [key for key, trigger in triggers.items() if trigger.calls == name]:
            del triggers[key]
    else:
        functions[name] = canonical_function(statement)
        for key, trigger in triggers.items():
            if trigger.calls == name:
                triggers[key] = replace(trigger, function=functions[name])


def _create(statement: CreateTrigger, triggers: Triggers, functions: Functions) -> None:
    key = (statement.table, statement.name)
    before = triggers.get(key)
    triggers[key] = TriggerDefinition(
        table=statement.table,
        pgid=statement.name,
        definition=statement.definition,
        is_constraint=statement.is_constraint,
        calls=statement.calls,
        function=functions.get(statement.calls),
        # CREATE OR REPLACE TRIGGER keeps the comment.
        hash=before.hash if before else None,
    )


def _apply_to_trigger(
    statement: DropTrigger | CommentOnTrigger | RenameTrigger, triggers: Triggers
) -> None:
    key = (statement.table, statement.name)
    trigger = triggers.get(key)
    if trigger is None:
        return
    match statement:
        case DropTrigger():
            del triggers[key]
        case CommentOnTrigger(text=text):
            triggers[key] = replace(trigger, hash=text)
        case RenameTrigger(new_name=new_name):
            del triggers[key]
            triggers[statement.table, new_name] = replace(trigger, pgid=new_name)
        case _:
            assert_never(statement)


def _apply_to_table(statement: DropTable | RenameTable | MoveTable, triggers: Triggers) -> None:
    table = statement.table
    for key in [key for key in triggers if key[0] == statement.table]:
        trigger = triggers.pop(key)
        match statement:
            case DropTable():
                continue
            case RenameTable(new_name=new_name):
                table = statement.table._replace(name=new_name)
            case MoveTable(schema=schema):
                table = statement.table._replace(schema=schema)
        triggers[table, trigger.pgid] = replace(trigger, table=table)
