"""Stage migrations: the SQL of a migration → the statements that may concern triggers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.replaying.recovery import split_statements
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.sql.statements import Do, Statement, read_script, read_statements

# What cannot change a trigger need not be parsed.
_RELEVANT = re.compile(r"trigger|function|rename|drop|alter", re.IGNORECASE)
# What a block does depends on what it finds; ours only disable and enable.
_MAKES_TRIGGERS = re.compile(
    r"\b(create\s+(or\s+replace\s+)?(constraint\s+)?|drop\s+)trigger\b", re.IGNORECASE
)


def statements(sql: str) -> Iterator[tuple[str, Statement] | Unknown]:
    """Yield each statement with its text, and what does not parse as `Unknown`."""
    if not _RELEVANT.search(sql):
        return
    try:
        script = read_script(sql)
    except SqlSyntaxError:
        yield from _readable_statements(sql)
        return
    for text, found in script:
        for statement in found:
            yield text, normalised(statement)
            if isinstance(statement, Do) and _MAKES_TRIGGERS.search(statement.body):
                yield Unknown("a DO block that makes or drops triggers, which is not followed")


def normalised(statement: Statement) -> Statement:
    """The same with tables and functions named without `public`."""
    names: dict[str, Any] = {
        name: in_search_path(value)
        for name in statement.__struct_fields__
        if isinstance(value := getattr(statement, name), QualifiedName)
    }
    return replace(statement, **names) if names else statement


def _readable_statements(sql: str) -> Iterator[tuple[str, Statement] | Unknown]:
    """What can be read of a script in which some statement does not parse."""
    for text in split_statements(sql):
        try:
            yield from ((text, normalised(statement)) for statement in read_statements(text))
        except SqlSyntaxError as error:
            yield Unknown(f"SQL that does not parse: {error.message}")
