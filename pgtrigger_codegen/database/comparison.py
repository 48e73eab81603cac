"""Stage database: compares an installed trigger with its declaration.

The comment holds a hash, which anyone can write and anything can lose; it decides nothing here.
Definition and function are compared as the parser sees them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.database.catalog import CatalogTrigger
from pgtrigger_codegen.database.lookalike import Lookalikes, Printed, RefusedTrigger, Unavailable
from pgtrigger_codegen.database.names import on_table
from pgtrigger_codegen.database.normal_form import without_casts, without_function
from pgtrigger_codegen.sql import layout
from pgtrigger_codegen.sql.equivalence import canonical_function
from pgtrigger_codegen.sql.names import called_function
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.sql.render import trigger_function, trigger_statement, uses_own_function
from pgtrigger_codegen.sql.statements import CreateFunction, CreateTriggerStatement, read_statements
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, TriggerParts


class Comparison(Struct, frozen=True):
    """An installed trigger beside its declaration.

    Attributes:
        same_definition: Whether CREATE TRIGGER means the same, the function called included.
        same_body: Whether the function does.
        refused: Why PostgreSQL would not install the declared trigger on this table.
        approximate: Why definitions could only be compared without their casts.
        installed, declared: Both as text, for people to compare; empty where both are the same.
    """

    same_definition: bool
    same_body: bool
    refused: str | None = None
    approximate: str | None = None
    installed: str = ""
    declared: str = ""

    def diff(self) -> str:
        """A unified diff from what is installed to what is declared."""
        return "\n".join(
            difflib.unified_diff(
                self.installed.splitlines(),
                self.declared.splitlines(),
                "installed",
                "declared",
                n=3,
                lineterm="",
            )
        )


def compare(
    trigger: CompiledTrigger, installed: CatalogTrigger, lookalikes: Lookalikes
) -> Comparison:
    """Compare definition and function."""
    parts = trigger.parts
    refused = approximate = shown = None
    there = without_function(_definition(installed.definition))
    try:
        here = _declared_definition(parts)
        same = here == there
    except SqlSyntaxError as error:
        here, same, refused = "", False, error.message
    if here and not same:
        match lookalikes.ask(parts, installed.table):
            case Printed(definition):
                same = without_function(_definition(definition)) == there
                shown = definition
            case RefusedTrigger(message):
                refused = message
            case Unavailable(message):
                approximate = message
                same = without_casts(here) == without_casts(there)
    found = Comparison(
        same_definition=same and _calls_the_same(trigger, installed),
        same_body=_same_body(parts, installed),
        refused=refused,
        approximate=approximate,
    )
    if found.same_definition and found.same_body:
        return found
    declared = installed.definition if found.same_definition else shown
    return replace(
        found,
        installed=_text(installed.definition, installed.function.definition),
        declared=_text(
            _on_real_table(declared, installed)
            if declared
            else trigger_statement(on_table(parts, installed.table)),
            trigger_function(parts) or None,
        ),
    )


@lru_cache(maxsize=1024)
def _declared_definition(parts: TriggerParts) -> str:
    """What the source declares; the same for all tenants, so that it is parsed once."""
    return without_function(_definition(trigger_statement(replace(parts, table=_ANY_TABLE))))


# Tables are compared by their oids; what a model writes for one need not even parse.
_ANY_TABLE = '"any"'


def _definition(sql: str) -> str:
    (statement,) = read_statements(sql)
    assert isinstance(statement, CreateTriggerStatement)
    return statement.definition


def _calls_the_same(trigger: CompiledTrigger, installed: CatalogTrigger) -> bool:
    """By name: tenants may have a function in each schema, or share one."""
    called = called_function(trigger.parts.execute)
    return called.name == installed.function.name and called.schema in {
        None,
        installed.function.schema,
    }


def _same_body(parts: TriggerParts, installed: CatalogTrigger) -> bool:
    if not uses_own_function(parts):
        return True
    if installed.function.definition is None:
        return False
    return _declared_function(parts) == _canonical(installed.function.definition)


@lru_cache(maxsize=1024)
def _declared_function(parts: TriggerParts) -> str:
    return _canonical(trigger_function(parts))


def _canonical(create_function: str) -> str:
    (statement,) = read_statements(create_function)
    assert isinstance(statement, CreateFunction)
    return canonical_function(statement)


_LOOKALIKE = re.compile(r" ON pg_temp(?:_\d+)?\.\w+ ")
_TEMPORARY_FUNCTION = re.compile(r"(EXECUTE FUNCTION )pg_temp(?:_\d+)?\.(\S+)$")


def _on_real_table(definition: str, installed: CatalogTrigger) -> str:
    """What was printed for the look-alike, as it would read on the table itself."""
    table = re.search(r" ON (\S+) ", installed.definition)
    name = table.group() if table else " ON … "
    moved = _LOOKALIKE.sub(lambda _: name, definition, count=1)
    return _TEMPORARY_FUNCTION.sub(r"\1\2", moved)


def _text(definition: str, function: str | None) -> str:
    """Definition and body, laid out alike on both sides of a diff."""
    return "\n".join([*_clauses(definition), *_body(function)])


_CLAUSES = frozenset({"ON", "FOR", "WHEN", "REFERENCING", "EXECUTE", "DEFERRABLE", "NOT"})


def _clauses(definition: str) -> Iterator[str]:
    """One line for each clause of CREATE TRIGGER."""
    line: list[str] = []
    depth = 0
    for word in layout.one_line(definition.rstrip().rstrip(";")).split(" "):
        if depth == 0 and line and word.partition("(")[0] in _CLAUSES and len(line) > 1:
            yield " ".join(line)
            line = []
        depth += word.count("(") - word.count(")")
        line.append(word)
    if line:
        yield " ".join(line)


def _body(function: str | None) -> Iterator[str]:
    """One line for each statement of the function's body."""
    if function is None:
        return
    (statement,) = read_statements(function)
    if not isinstance(statement, CreateFunction) or statement.body is None:
        return
    yield from ("", *layout.block(layout.one_line(statement.body)).splitlines())
