"""Stage migrations: the operations on triggers.

Each operation knows what was there and what will be, so that its reverse is derived and never
written. Reversing twice gives the operation back.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pgtrigger_codegen.sql import render
from pgtrigger_codegen.sql.render import DEFAULT_STYLE, Style
from pgtrigger_codegen.triggers.compiled import TriggerParts

Kind = Literal["add", "alter", "rename", "remove"]


class Trigger(Struct, frozen=True):
    """A trigger as an operation sees it.

    Attributes:
        name: The part of the URI behind the colon.
        model_name: The concrete model that owns the table, in lower case: what a router
            would be asked about, by django-pgtrigger too.
        declared_in: The file of the declaration, as the output shows it; empty for a trigger
            that is declared no more.
    """

    uri: str
    name: str
    model_name: str
    parts: TriggerParts
    hash: str
    declared_in: str = ""


class CreateTrigger(Struct, frozen=True):
    """Creates a new trigger.

    Attributes:
        lifted: The trigger in whose place it comes, which a `DropTrigger` of the same
            migration took away for a change of the table.
        function_only: Whether the trigger itself cannot come: the column or table is gone.
    """

    new: Trigger
    lifted: Trigger | None = None
    function_only: bool = False

    @property
    def kind(self) -> Kind:
        return "alter" if self.lifted else "add"

    @property
    def trigger(self) -> Trigger:
        return self.new

    @property
    def replaced(self) -> Trigger | None:
        return self.lifted

    def reverse(self) -> DropTrigger:
        return DropTrigger(self.new, self.lifted, self.function_only)

    def to_sql(self, style: Style = DEFAULT_STYLE) -> str:
        if self.function_only:
            return render.trigger_function(self.new.parts)
        if self.lifted:
            parts, lifted = self.new.parts, self.lifted.parts
            return render.lower_trigger(parts, self.new.hash, lifted, style)
        if style.adopt:
            return render.replace_trigger(self.new.parts, self.new.parts, self.new.hash, style)
        return render.create_trigger(self.new.parts, self.new.hash, style)


class DropTrigger(Struct, frozen=True):
    """Drops a trigger and its function.

    Attributes:
        lowered: The trigger that a `CreateTrigger` puts in its place once the table has changed.
        function_only: Whether the trigger itself is gone already, with a column or its table.
    """

    old: Trigger
    lowered: Trigger | None = None
    function_only: bool = False

    @property
    def kind(self) -> Kind:
        return "alter" if self.lowered else "remove"

    @property
    def trigger(self) -> Trigger:
        return self.old

    @property
    def replaced(self) -> Trigger | None:
        return self.old

    def reverse(self) -> CreateTrigger:
        return CreateTrigger(self.old, self.lowered, self.function_only)

    def to_sql(self, style: Style = DEFAULT_STYLE) -> str:
        del style  # nothing to choose
        if self.function_only:
            return render.drop_function(self.old.parts)
        if self.lowered:
            return render.lift_trigger(self.old.parts, self.lowered.parts)
        return render.drop_trigger(self.old.parts)


class _Successor(Struct, frozen=True):
    """A trigger in another's place."""

    old: Trigger
    new: Trigger

    @property
    def trigger(self) -> Trigger:
        return self.new

    @property
    def replaced(self) -> Trigger | None:
        return self.old


class AlterTriggerFunction(_Successor, frozen=True):
    """Replaces the body under the same definition: no lock on the table."""

    kind: Kind = "alter"

    def reverse(self) -> AlterTriggerFunction:
        return AlterTriggerFunction(self.new, self.old)

    def to_sql(self, style: Style = DEFAULT_STYLE) -> str:
        del style  # nothing to choose
        return render.alter_function(self.new.parts, self.new.hash)


class ReplaceTrigger(_Successor, frozen=True):
    """Replaces the definition of a trigger, or its name.

    Attributes:
        temporary: Whether one of the names is a temporary one, since two triggers swap theirs.
    """

    temporary: bool = False

    @property
    def kind(self) -> Kind:
        return "alter" if self.old.parts.pgid == self.new.parts.pgid else "rename"

    def reverse(self) -> ReplaceTrigger:
        return ReplaceTrigger(self.new, self.old, self.temporary)

    def to_sql(self, style: Style = DEFAULT_STYLE) -> str:
        return render.replace_trigger(self.old.parts, self.new.parts, self.new.hash, style)


class RecordHash(_Successor, frozen=True):
    """Records a new hash of django-pgtrigger for the same trigger."""

    kind: Kind = "alter"

    def reverse(self) -> RecordHash:
        return RecordHash(self.new, self.old)

    def to_sql(self, style: Style = DEFAULT_STYLE) -> str:
        del style  # nothing to choose
        return render.comment(self.new.parts, self.new.hash)


TriggerOperation = CreateTrigger | DropTrigger | AlterTriggerFunction | ReplaceTrigger | RecordHash


def describe(operation: TriggerOperation) -> str:
    """One line for people."""
    match operation:
        case CreateTrigger(function_only=True):
            return f"Create the function of trigger {operation.new.uri}"
        case CreateTrigger(lifted=None):
            return f"Add trigger {operation.new.uri}"
        case CreateTrigger():
            return f"Create trigger {operation.new.uri} again, after its table has changed"
        case DropTrigger(function_only=True):
            return (
                f"Drop the function of trigger {operation.old.uri}, which went with a column or "
                "its table"
            )
        case DropTrigger(lowered=None):
            return f"Remove trigger {operation.old.uri}"
        case DropTrigger():
            return f"Drop trigger {operation.old.uri} while its table changes"
        case AlterTriggerFunction():
            return f"Change the function of trigger {operation.new.uri}"
        case ReplaceTrigger(temporary=True) if operation.old.uri == operation.new.uri:
            return (
                f"Rename trigger {operation.old.uri} to a temporary name, until its new one is free"
            )
        case ReplaceTrigger(kind="rename"):
            return f"Rename trigger {operation.old.uri} to {operation.new.uri}"
        case ReplaceTrigger():
            return f"Change trigger {operation.new.uri}"
        case RecordHash():
            return f"Record the new hash of trigger {operation.new.uri}"


def name_fragment(operation: TriggerOperation) -> str:
    """The operation's part in the name of a migration file."""
    trigger = operation.trigger
    subject = f"{trigger.model_name}_{trigger.name}".lower()
    return subject if operation.kind == "add" else f"{operation.kind}_{subject}"
