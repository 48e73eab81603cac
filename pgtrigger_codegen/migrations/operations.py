"""Stage migrations: what a migration does to triggers.

Each operation knows what was there and what will be, so that its reverse is derived and never
written. Reversing twice gives the operation back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pgtrigger_codegen.sql import render
from pgtrigger_codegen.triggers.compiled import TriggerParts


@dataclass(frozen=True, slots=True)
class Trigger:
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


@dataclass(frozen=True, slots=True)
class CreateTrigger:
    """A trigger that was not there."""

    new: Trigger
    kind: Literal["add"] = "add"

    @property
    def trigger(self) -> Trigger:
        return self.new

    def reverse(self) -> DropTrigger:
        return DropTrigger(self.new)

    def to_sql(self) -> str:
        return render.create_trigger(self.new.parts, self.new.hash)


@dataclass(frozen=True, slots=True)
class DropTrigger:
    """A trigger that goes, and its function with it."""

    old: Trigger
    kind: Literal["remove"] = "remove"

    @property
    def trigger(self) -> Trigger:
        return self.old

    def reverse(self) -> CreateTrigger:
        return CreateTrigger(self.old)

    def to_sql(self) -> str:
        return render.drop_trigger(self.old.parts)


@dataclass(frozen=True, slots=True)
class AlterTriggerFunction:
    """Another body, under the same definition: no lock on the table."""

    old: Trigger
    new: Trigger
    kind: Literal["alter"] = "alter"

    @property
    def trigger(self) -> Trigger:
        return self.new

    def reverse(self) -> AlterTriggerFunction:
        return AlterTriggerFunction(self.new, self.old)

    def to_sql(self) -> str:
        return render.alter_function(self.new.parts, self.new.hash)


@dataclass(frozen=True, slots=True)
class ReplaceTrigger:
    """Another definition of the same trigger."""

    old: Trigger
    new: Trigger
    kind: Literal["alter"] = "alter"

    @property
    def trigger(self) -> Trigger:
        return self.new

    def reverse(self) -> ReplaceTrigger:
        return ReplaceTrigger(self.new, self.old)

    def to_sql(self) -> str:
        return render.replace_trigger(self.old.parts, self.new.parts, self.new.hash)


TriggerOperation = CreateTrigger | DropTrigger | AlterTriggerFunction | ReplaceTrigger


def describe(operation: TriggerOperation) -> str:
    """One line for people."""
    match operation:
        case CreateTrigger():
            return f"Add trigger {operation.new.uri}"
        case DropTrigger():
            return f"Remove trigger {operation.old.uri}"
        case AlterTriggerFunction():
            return f"Change the function of trigger {operation.new.uri}"
        case ReplaceTrigger():
            return f"Change trigger {operation.new.uri}"


def name_fragment(operation: TriggerOperation) -> str:
    """The operation's part in the name of a migration file."""
    trigger = operation.trigger
    subject = f"{trigger.model_name}_{trigger.name}".lower()
    return subject if operation.kind == "add" else f"{operation.kind}_{subject}"
