"""Stage migrations: the difference that an operation makes, for people to read.

Definition and body are shown as the SQL that would be written; the reasons say which of
django-pgtrigger's arguments made the difference, and which migration moved the ground.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from pgtrigger_codegen.migrations.changes.autodetector import operation_keys
from pgtrigger_codegen.migrations.changes.operations import (
    CreateTrigger,
    DropTrigger,
    RecordHash,
    Trigger,
    TriggerOperation,
)
from pgtrigger_codegen.migrations.replaying.state import Contest, Disturbance, in_search_path
from pgtrigger_codegen.sql.equivalence import TriggerKey
from pgtrigger_codegen.sql.lexer import code_tokens, folded_name
from pgtrigger_codegen.sql.names import table_name
from pgtrigger_codegen.sql.render import trigger_function, trigger_statement


class Difference(Struct, frozen=True):
    """One trigger, as migrations leave it and as the source declares it.

    Attributes:
        uri: Of the source, or of the migrations when the source has it no more.
        reasons: What changed, the nearest cause first.
        lines: A unified diff without its heading.
    """

    uri: str
    kind: str
    reasons: tuple[str, ...]
    lines: tuple[str, ...]


def difference(
    operation: TriggerOperation,
    disturbances: Iterable[Disturbance],
    contests: Mapping[TriggerKey, Contest] = MappingProxyType({}),
) -> Difference:
    """What the operation is for.

    Args:
        disturbances: Changes of tables after which no migration has written a trigger anew.
        contests: Triggers whose form depends on the order in which a database ran migrations.
    """
    old = None if isinstance(operation, CreateTrigger) else operation.replaced
    new = None if isinstance(operation, DropTrigger) else operation.trigger
    causes = tuple(
        f"migration {'.'.join(found.migration)} {found.what}"
        for found in disturbances
        if old and found.trigger.definition.pgid == old.parts.pgid.lower()
    )
    contested = sorted(operation_keys(operation) & {*contests}, key=str)
    causes += tuple(contests[key].what for key in contested)
    reasons = _with_causes(tuple(_reasons(operation, old, new)), causes)
    return Difference(
        operation.trigger.uri, operation.kind, reasons, tuple(sql_lines(_sql(old), _sql(new)))
    )


def _with_causes(reasons: tuple[str, ...], causes: tuple[str, ...]) -> tuple[str, ...]:
    """What changed and why on one line, where there is one of each."""
    if len(reasons) == len(causes) == 1:
        return (f"{reasons[0]}: {causes[0]}",)
    return (*reasons, *causes)


def _reasons(
    operation: TriggerOperation, old: Trigger | None, new: Trigger | None
) -> Iterator[str]:
    if old is None:
        yield "no migration creates it"
    elif new is None:
        yield "the source no longer declares it"
    elif isinstance(operation, RecordHash):
        yield f"only the recorded hash differs: {old.hash or 'none'} → {new.hash}"
    else:
        yield from _changed_parts(old, new)


def _changed_parts(old: Trigger, new: Trigger) -> Iterator[str]:
    if old.uri != new.uri:
        yield f"renamed from {old.uri}"
    if in_search_path(table_name(old.parts.table)) != in_search_path(table_name(new.parts.table)):
        yield f"table changed: {old.parts.table} → {new.parts.table}"
    for name, word in _WORDS.items():
        before, after = _plain(getattr(old.parts, name)), _plain(getattr(new.parts, name))
        if before != after:
            values = f": {before or 'none'} → {after or 'none'}" if name in _SHORT else ""
            renamed = _renamed_column(before, after)
            why = f": column {renamed[0]!r} renamed to {renamed[1]!r}" if renamed else ""
            yield f"{word} changed{why}{values}"


def _renamed_column(before: str, after: str) -> tuple[str, str] | None:
    """A column's old and new name, where nothing else has changed."""
    old, new = list(code_tokens(before)), list(code_tokens(after))
    if len(old) != len(new):
        return None
    changed = [index for index, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1]]
    names = {(folded_name(old[index]), folded_name(new[index])) for index in changed}
    rows = {"".join(token.text.upper() for token in old[index - 2 : index]) for index in changed}
    if len(names) == 1 and rows <= {"OLD.", "NEW."}:
        return names.pop()
    return None


_WORDS = {
    "when": "time",
    "operation": "event",
    "level": "level",
    "timing": "timing",
    "condition": "condition",
    "referencing": "transition tables",
    "declare": "declarations",
    "func": "function",
    "ignore_func_name": "ignore function",
}
_SHORT = frozenset({"when", "operation", "level", "timing", "condition", "referencing"})


def _plain(text: str) -> str:
    return " ".join(text.split())


def sql_lines(before: str, after: str) -> list[str]:
    """A unified diff of two texts without its heading; all lines where one is empty."""
    context = 3 if before and after else 10_000
    old, new = before.splitlines(), after.splitlines()
    return list(difflib.unified_diff(old, new, "", "", "", "", context, ""))[2:]


def _sql(trigger: Trigger | None) -> str:
    if trigger is None:
        return ""
    statements = (trigger_function(trigger.parts), trigger_statement(trigger.parts))
    return "\n\n".join(statement for statement in statements if statement)
