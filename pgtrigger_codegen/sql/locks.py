"""Stage sql: the locks that statements about triggers take on tables, and what each lock stops.

All who speak of locks ask here: rules, reports, and `verify`, which reads real ones off a server.
https://www.postgresql.org/docs/current/explicit-locking.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

from msgspec import Struct

from pgtrigger_codegen.sql.lexer import Kind, code_tokens
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.render import Style, remember_states, replace_trigger, restore_states
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
)
from pgtrigger_codegen.triggers.compiled import TriggerParts

# From the weakest, in PostgreSQL's words for `pg_locks.mode`.
BLOCKS: Mapping[str, str] = {
    "AccessShareLock": "nothing",
    "RowShareLock": "nothing",
    "RowExclusiveLock": "nothing",
    "ShareUpdateExclusiveLock": "changes of the table's schema",
    "ShareLock": "writes",
    "ShareRowExclusiveLock": "writes",
    "ExclusiveLock": "writes, and SELECT … FOR UPDATE",
    "AccessExclusiveLock": "reads and writes",
}
"""What waits for each lock, all that a weaker lock stops included."""

_STRENGTH = {mode: number for number, mode in enumerate(BLOCKS)}
_SQL_NAMES = {
    "AccessShareLock": "ACCESS SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}


class StatementLock(Struct, frozen=True):
    """The lock that a statement takes and keeps until its transaction ends.

    Attributes:
        mode: None where it takes none.
        table: None where it is not known, or there is no lock.
    """

    mode: str | None = None
    table: QualifiedName | None = None

    @property
    def blocks(self) -> str:
        """What waits for it."""
        return BLOCKS[self.mode] if self.mode else "nothing"

    @property
    def sql_name(self) -> str:
        """The lock as PostgreSQL's documentation names it; `none` for none."""
        return _SQL_NAMES.get(self.mode, self.mode) if self.mode else "none"


NO_LOCK = StatementLock()


def stronger(modes: Iterable[str | None]) -> str | None:
    """The strongest of locks; None for none."""
    return max((mode for mode in modes if mode), key=_STRENGTH.__getitem__, default=None)


def lock_of(statement: Statement) -> StatementLock | None:
    """The lock that a statement takes; None where that is not known.

    A DROP … IF EXISTS counts as one that finds what it drops.
    """
    match statement:
        case CreateTriggerStatement(table=table) | SetTriggerState(table=table):
            return StatementLock("ShareRowExclusiveLock", table)
        case CommentOnTrigger(table=table):
            return StatementLock("AccessShareLock", table)
        case (
            DropTriggerStatement(table=table)
            | RenameTrigger(table=table)
            | DropTable(table=table)
            | RenameTable(table=table)
            | MoveTable(table=table)
            | RenameColumn(table=table)
            | DropColumn(table=table)
            | RetypeColumn(table=table)
        ):
            return StatementLock("AccessExclusiveLock", table)
        case CreateFunction() | DropFunction(cascade=False):
            return NO_LOCK
        case DropFunction():
            return StatementLock(
                "AccessExclusiveLock"
            )  # on the tables of all triggers that call it
        case Do(body=body):
            return NO_LOCK if keeps_states(body) else None
        case Other():
            return None
        case _:
            assert_never(statement)


def keeps_states(block: str) -> bool:
    """Whether the body of a DO block is one that we write to keep triggers as enabled as they were.

    It takes a lock only for a trigger that is not simply enabled, and then none that is stronger
    than those of the statements around it.
    """
    rows = max(block.count("TO_REGCLASS"), 1)
    samples = (*_samples(), remember_states([_SAMPLE] * rows))
    return _shape(block) in (_shape(body) for script in samples for body in _blocks(script))


_SAMPLE = TriggerParts(**dict.fromkeys(TriggerParts.__struct_fields__, "sample"))


def _samples() -> Iterator[str]:
    yield restore_states()
    for in_transaction in (True, False):
        yield replace_trigger(_SAMPLE, _SAMPLE, "", Style(in_transaction=in_transaction))


def _blocks(script: str) -> list[str]:
    """The bodies of the script's DO blocks."""
    return _BLOCK.findall(script)


_BLOCK = re.compile(r"^DO \$\$(.*?)^\$\$;", re.MULTILINE | re.DOTALL)


def _shape(block: str) -> tuple[str, ...]:
    """The code without its strings and names: only they differ between blocks that we write."""
    words: list[str] = []
    for token in code_tokens(block):
        is_name = token.kind is Kind.QUOTED_NAME or (
            token.kind is Kind.WORD and words[-1:] == ["TRIGGER"]
        )
        is_told = token.kind is Kind.STRING and tuple(words[-2:]) in _BEFORE_TOLD
        word = "'" if is_told else '"' if is_name else token.text
        if word == '"' and words[-2:] == ['"', "."]:
            words.pop()  # of a schema and a name, one name
        else:
            words.append(word)
    return tuple(words)


# Before the names of tables, triggers and settings; what else is a string is SQL that we execute.
_BEFORE_TOLD = frozenset(
    {
        ("TO_REGCLASS", "("),
        ("OID", ","),
        ("tgname", "="),
        ("SET_CONFIG", "("),
        ("CURRENT_SETTING", "("),
    }
)
