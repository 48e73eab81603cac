"""Stage migrations: orders operations so that each finds what it needs.

A trigger's name is its function's as well, and there is one function of a name in a schema,
whatever the tables. So a name has to be free before another trigger takes it: when models swap
their names, no order does, and one of the triggers waits under a temporary name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from pgtrigger_codegen.migrations.changes.operations import (
    CreateTrigger,
    DropTrigger,
    ReplaceTrigger,
    Trigger,
    TriggerOperation,
)


def in_order_of_need(operations: Iterable[TriggerOperation]) -> list[TriggerOperation]:
    """The operations, each after those that free the name which it takes; else as they are."""
    left, done = list(operations), []
    while left:
        ready = next((operation for operation in left if not _waits(operation, left)), None)
        if ready is None:
            ready, later = _by_temporary_name(_of_circle(left))
            left.append(later)
            left.remove(_whole(ready, later))
        else:
            left.remove(ready)
        done.append(ready)
    return done


def _waits(operation: TriggerOperation, left: Iterable[TriggerOperation]) -> bool:
    taken = _takes(operation)
    return taken is not None and any(
        other is not operation and _frees(other) == taken for other in left
    )


def _takes(operation: TriggerOperation) -> str | None:
    """The name that the operation needs to be free."""
    match operation:
        case CreateTrigger(new=new):
            return new.parts.pgid.lower()
        case ReplaceTrigger(old=old, new=new) if old.parts.pgid.lower() != new.parts.pgid.lower():
            return new.parts.pgid.lower()
        case _:
            return None


def _frees(operation: TriggerOperation) -> str | None:
    match operation:
        case DropTrigger(old=old):
            return old.parts.pgid.lower()
        case ReplaceTrigger(old=old, new=new) if old.parts.pgid.lower() != new.parts.pgid.lower():
            return old.parts.pgid.lower()
        case _:
            return None


def _of_circle(left: Iterable[TriggerOperation]) -> ReplaceTrigger:
    """A renaming of the circle in which all that is left waits for each other."""
    return next(
        operation
        for operation in _waited_for(left)
        if isinstance(operation, ReplaceTrigger) and _frees(operation)
    )


def _waited_for(left: Iterable[TriggerOperation]) -> Iterator[TriggerOperation]:
    """Operations from the first on, each waiting for the next; they come round to a circle."""
    listed = list(left)
    by_freed = {name: operation for operation in listed if (name := _frees(operation))}
    operation = listed[0]
    for _ in listed:
        operation = by_freed[str(_takes(operation))]
    for _ in listed:
        yield operation
        operation = by_freed[str(_takes(operation))]


def _by_temporary_name(operation: ReplaceTrigger) -> tuple[ReplaceTrigger, ReplaceTrigger]:
    waiting = _waiting(operation.old)
    return (
        ReplaceTrigger(operation.old, waiting, temporary=True),
        ReplaceTrigger(waiting, operation.new, temporary=True),
    )


def _whole(first: ReplaceTrigger, then: ReplaceTrigger) -> ReplaceTrigger:
    return ReplaceTrigger(first.old, then.new)


def _waiting(trigger: Trigger) -> Trigger:
    """The trigger under a name that no other one has."""
    pgid = trigger.parts.pgid
    digest = hashlib.sha1(f"{trigger.parts.table}:{pgid}".encode(), usedforsecurity=False)
    name = f"pgtrigger_codegen_{digest.hexdigest()[:10]}"
    execute = trigger.parts.execute.replace(pgid, name)
    return replace(trigger, parts=replace(trigger.parts, pgid=name, execute=execute))
