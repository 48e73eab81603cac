"""Stage migrations: a `RunSQL` on one trigger as a step from one form to another.

Only an operation of which everything is understood can be written anew: it makes one trigger out
of what was there, its reverse makes that again, and it does nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from django.db.migrations import operations
from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.migrations.replaying.sql_statements import normalised
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger
from pgtrigger_codegen.sql.equivalence import (
    InstalledTriggers,
    TriggerDefinition,
    canonical_function,
)
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.sql.render import ADOPTION_SETTING, STATE_SETTING, Style, ignore_function
from pgtrigger_codegen.sql.statements import (
    CommentOnTrigger,
    CreateFunction,
    CreateTriggerStatement,
    Do,
    DropFunction,
    DropTriggerStatement,
    Other,
    Statement,
    read_script,
    read_statements,
)


class OperationPlace(Struct, frozen=True, order=True):
    """Where an operation stands: its migration, and which of its operations it is."""

    migration: Key
    index: int


class TriggerStep(Struct, frozen=True):
    """The change of a trigger by one operation, or by several that are to be merged.

    Attributes:
        before, after: None where there is no trigger.
        style: How its SQL is written.
        slot: Where the trigger's state waits between a drop and a later creation.
        brings: Names of the ignore functions that its SQL creates as well.
        origins: The operations in the files that it stands for.
        adopted_in: The migration that keeps the trigger disabled, where it is there already.
    """

    place: OperationPlace
    before: InstalledTrigger | None
    after: InstalledTrigger | None
    style: Style
    slot: str | None
    brings: tuple[str, ...]
    origins: tuple[OperationPlace, ...]
    adopted_in: Key | None = None

    @property
    def name(self) -> str:
        """How to speak of its trigger."""
        trigger = self.after or self.before
        assert trigger is not None
        return trigger.name


def read_step(
    place: OperationPlace,
    operation: operations.RunSQL,
    before: InstalledTrigger | None,
    after: InstalledTrigger | None,
) -> TriggerStep | str:
    """The step that an operation is, or why it is none that could be written anew.

    Args:
        before, after: The trigger that the operation changes, by the replay.
    """
    if operation.state_operations or operation.elidable:
        return "it has state_operations or is elidable"
    if not _is_ours(before) or not _is_ours(after):
        return "operations other than RunSQL change the trigger, or its SQL has an unusual form"
    forwards, backwards = _script(operation.sql), _script(operation.reverse_sql)
    if isinstance(forwards, str):
        return forwards
    if isinstance(backwards, str):
        return f"its reverse: {backwards}"
    for script in (forwards, backwards):
        for text, statement in script:
            if not _concerns(text, statement, [item for item in (before, after) if item]):
                return "its SQL does more than change this trigger"
    brings = tuple(_ignore_functions(forwards))
    if not _leads_to(forwards, before, after) or not _leads_to(backwards, after, before):
        return "its reverse_sql does not undo its sql, or leaves a function behind"
    return TriggerStep(
        place, before, after, _style(forwards, before), _slot(forwards), brings, (place,)
    )


def is_ignore_function(operation: object) -> str | None:
    """The name of the ignore function that an operation makes, as ours do, and nothing else."""
    if not isinstance(operation, operations.RunSQL) or operation.state_operations:
        return None
    if operation.hints:
        return None  # made for the databases of one model; it stays where it is
    script = _script(operation.sql)
    if isinstance(script, str) or len(script) != 1 or operation.reverse_sql:
        return None
    return next(_ignore_functions(script), None)


def adoption_body(operation: object) -> str | None:
    """What an operation runs that notes or restores the states of triggers taken over."""
    if not isinstance(operation, operations.RunSQL) or operation.state_operations:
        return None
    script = _script(operation.sql)
    match [] if isinstance(script, str) else [item for _, item in script]:
        case [*_, Do(body=body)] if f"'{ADOPTION_SETTING}'" in body:
            return body
    return None


Script = list[tuple[str, Statement]]

_LOCK_TIMEOUT = re.compile(r"\s*SET\s+LOCAL\s+lock_timeout\s*=\s*'([^']*)'\s*;?\s*", re.IGNORECASE)
_SLOT = re.compile(r"pgtrigger_codegen\.(pgtrigger_[\w-]+)")


def _is_ours(trigger: InstalledTrigger | None) -> bool:
    return trigger is None or (trigger.by == "runsql" and trigger.parts() is not None)


def _script(sql: object) -> Script | str:
    if sql is None:
        return "there is none"
    script: Script = []
    for text in sql_texts(sql):
        if isinstance(text, Unknown):
            return text.reason
        try:
            found = read_script(text)
        except SqlSyntaxError as error:
            return f"its SQL does not parse: {error.message}"
        script += [(part, normalised(item)) for part, items in found for item in items]
    return script


def _concerns(text: str, statement: Statement, triggers: Collection[InstalledTrigger]) -> bool:
    """Whether a statement is about the triggers, and of a kind that we write."""
    calls = {trigger.definition.calls for trigger in triggers}
    match statement:
        case CreateFunction(arguments=0) | DropFunction():
            return statement.function in calls
        case CreateFunction():
            return _ignore_function_name(statement) is not None
        case CreateTriggerStatement() | DropTriggerStatement() | CommentOnTrigger():
            return (statement.table, statement.name) in {trigger.key for trigger in triggers}
        case Do(body=body):
            return f"'{STATE_SETTING}'" in body or _SLOT.search(body) is not None
        case Other(kind="VariableSetStmt"):
            return _LOCK_TIMEOUT.fullmatch(text) is not None
        case _:
            return False


def _ignore_functions(script: Script) -> Iterator[str]:
    for _, statement in script:
        if isinstance(statement, CreateFunction) and statement.arguments:
            name = _ignore_function_name(statement)
            if name:
                yield name


def _ignore_function_name(statement: CreateFunction) -> str | None:
    """The name to render the function with, where it is the one that we would render."""
    schema, name = statement.function
    written = f"{schema}.{name}" if schema else name
    try:
        (ours,) = read_statements(ignore_function(written))
    except SqlSyntaxError:
        return None
    assert isinstance(ours, CreateFunction)
    same = canonical_function(ours) == canonical_function(statement)
    named = normalised(ours) == replace(statement, body=ours.body)
    return written if same and named else None


def _leads_to(script: Script, start: InstalledTrigger | None, end: InstalledTrigger | None) -> bool:
    """Whether the statements make exactly one of the other, functions included."""
    found = _installed(start).after(statement for _, statement in script)
    wanted = _installed(end)
    return (found.triggers, dict(found.functions)) == (wanted.triggers, dict(wanted.functions))


def _installed(trigger: InstalledTrigger | None) -> InstalledTriggers:
    if trigger is None:
        return InstalledTriggers()
    definition: TriggerDefinition = trigger.definition
    functions: dict[QualifiedName, str] = {}
    if definition.function is not None:
        functions[definition.calls] = definition.function
    return InstalledTriggers({trigger.key: definition}, functions)


def _style(script: Script, before: InstalledTrigger | None) -> Style:
    created = [item for _, item in script if isinstance(item, CreateTriggerStatement)]
    timeouts = [match[1] for text, _ in script if (match := _LOCK_TIMEOUT.fullmatch(text))]
    adopts = before is None and any(
        isinstance(item, Do) and f"'{STATE_SETTING}'" in item.body for _, item in script
    )
    return Style(
        or_replace=all(item.replace or item.is_constraint for item in created),
        lock_timeout=timeouts[0] if timeouts else None,
        adopt=adopts,
    )


def _slot(script: Iterable[tuple[str, Statement]]) -> str | None:
    for _, statement in script:
        if isinstance(statement, Do) and (match := _SLOT.search(statement.body)):
            return match[1]
    return None


def merged(first: TriggerStep, second: TriggerStep, place: OperationPlace) -> TriggerStep:
    """The two as one, at the place of one of them."""
    one, other = first.style, second.style
    style = replace(
        other,
        or_replace=one.or_replace and other.or_replace,
        lock_timeout=other.lock_timeout or one.lock_timeout,
        adopt=one.adopt,
    )
    # A drop that waits for its creation, and a creation that a drop waits for, stay that.
    slot = None
    if second.after is None:
        slot = second.slot
    elif first.before is None:
        slot = first.slot
    return TriggerStep(
        place,
        first.before,
        second.after,
        style,
        slot,
        (),
        (*first.origins, *second.origins),
        first.adopted_in,
    )
