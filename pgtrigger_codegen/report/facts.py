"""The report as values; how they are printed is for the modules beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.source.place import Place
from pgtrigger_codegen.sql.locks import BLOCKS, stronger

ChangeKind = Literal["add", "alter", "rename", "remove", "rewrite"]
"""`rewrite`: written again and the same in the end, as around a change of its table."""

WORDS: Mapping[ChangeKind, str] = {
    "add": "added",
    "alter": "changed",
    "rename": "renamed",
    "remove": "removed",
    "rewrite": "written again",
}


class Finding(Struct, frozen=True):
    """A finding of `lint` that was not there before."""

    code: str
    severity: str
    message: str
    place: Place
    help: str | None


class SqlStep(Struct, frozen=True):
    """A statement.

    Attributes:
        does: In a few words.
        mode: The lock, as `pg_locks` names it; None for none, or where it is not known.
        table: What is locked.
        is_known: Whether the lock is known.
    """

    does: str
    mode: str | None = None
    table: str | None = None
    is_known: bool = True

    @property
    def blocks(self) -> str | None:
        """What waits for the lock until the migration ends; None where that is not known."""
        if not self.is_known:
            return None
        return BLOCKS[self.mode] if self.mode else "nothing"


class Operation(Struct, frozen=True):
    """An operation of a migration that is not released, about one trigger or its table.

    Attributes:
        migration: None while no migration is written.
        name: How to speak of the migration: `orders.0003_rename`, or a file that is to be written.
        kind: The class of the operation.
        is_reversible: Whether Django can take it back; None where that is not known.
    """

    migration: Key | None
    name: str
    place: Place | None
    kind: str
    steps: tuple[SqlStep, ...]
    is_reversible: bool | None


class TriggerChange(Struct, frozen=True):
    """What becomes of one trigger.

    Attributes:
        uri: Table and name in the database for a trigger without a URI.
        old_uri: Before a renaming.
        place: Of the declaration.
        reasons: What is different.
        diff: A unified diff of its SQL, without heading.
        is_written: Whether migrations make the change.
        is_new_table: Whether the table comes with it, so that nobody waits for it.
        is_left_behind: Whether databases keep it: the migrations that made it are gone, and so no
            migration removes it.
        error: Why no migration can be written.
        advice: What to do, most important first.
    """

    uri: str
    kind: ChangeKind
    table: str
    old_uri: str | None
    place: Place | None
    reasons: tuple[str, ...]
    diff: tuple[str, ...]
    operations: tuple[Operation, ...]
    is_written: bool
    is_new_table: bool
    is_left_behind: bool = False
    findings: tuple[Finding, ...] = ()
    error: str | None = None
    advice: tuple[str, ...] = ()

    @property
    def waits(self) -> str | None:
        """What has to wait while the migrations run; None where that is not known."""
        steps = [step for operation in self.operations for step in operation.steps]
        if not all(step.is_known for step in steps) or not self.operations:
            return None
        if self.is_new_table:
            return "nothing"
        mode = stronger(step.mode for step in steps)
        stopped = BLOCKS[mode] if mode else "nothing"
        return stopped if stopped in ("writes", "reads and writes") else "nothing"

    @property
    def reverses(self) -> bool | None:
        """Whether the migrations can be taken back; None where that is not known."""
        answers = [operation.is_reversible for operation in self.operations]
        if not answers:
            return None
        return False if False in answers else None if None in answers else True


class NotRead(Struct, frozen=True):
    """A place that was not read, and what may be hidden there.

    Attributes:
        is_new: Whether it was not there before.
    """

    reason: str
    hides: str
    place: Place | None
    is_new: bool


class Report(Struct, frozen=True):
    """What is different from what is released.

    Attributes:
        since: What is compared with, for a sentence; None where there is nothing to compare with.
        findings: New ones that belong to no trigger above.
        unresolved: Triggers that could not be compiled, with the reason.
        incomplete: Whether triggers may be missing of which nothing is known.
    """

    since: str | None
    changes: tuple[TriggerChange, ...]
    findings: tuple[Finding, ...]
    not_read: tuple[NotRead, ...]
    unresolved: tuple[NotRead, ...]
    incomplete: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing for a reviewer to look at."""
        news = [item for item in (*self.not_read, *self.unresolved) if item.is_new]
        return not (self.changes or self.findings or news)
