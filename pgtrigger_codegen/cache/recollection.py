"""What an earlier run has found out of a project's models and triggers, module by module.

After a file was edited, only the modules that lean on it are read again. All of this is plain data;
nothing of Django's, and nothing of the user's code, is ever kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pgtrigger_codegen.evaluator.assumption import Assumption
from pgtrigger_codegen.evaluator.import_order import Walked
from pgtrigger_codegen.models.facts import AbstractTriggers, LostTriggers, ModelFact
from pgtrigger_codegen.models.recalled import ModelEntry
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, UnresolvedTrigger

T = TypeVar("T")
Home = str | None
Homed = tuple[Home, T]
"""Something that was found out, after the module whose import makes it so."""


@dataclass(frozen=True)
class Found:
    """What modules of a project declare, each item with its module."""

    triggers: tuple[Homed[CompiledTrigger], ...]
    unresolved: tuple[Homed[UnresolvedTrigger], ...]
    foreign_triggers: tuple[Homed[CompiledTrigger], ...]
    foreign_unresolved: tuple[Homed[UnresolvedTrigger], ...]
    lost: tuple[Homed[LostTriggers], ...]
    abstract: tuple[Homed[AbstractTriggers], ...]
    inherited: tuple[Homed[Span], ...]
    assumptions: tuple[Homed[Assumption], ...]

    def only(self, wanted: Callable[[Home], bool]) -> Found:
        """What some of the modules declare."""
        return Found(*(tuple(_only(getattr(self, name), wanted)) for name in _PARTS))

    def with_more(self, other: Found) -> Found:
        """What these and other modules declare."""
        return Found(*((*getattr(self, name), *getattr(other, name)) for name in _PARTS))

    def homes(self) -> set[Home]:
        """The modules that declare anything."""
        return {home for name in _PARTS for home, _ in getattr(self, name)}


_PARTS = tuple(Found.__dataclass_fields__)


@dataclass(frozen=True)
class Recollection:
    """All that has to be kept for the next run.

    Attributes:
        walked: The order of imports.
        modules: By the path of a file that may be edited: the module that it holds.
        executed: Modules that were executed, packages from outside included.
        mentioning: Those whose text mentions django-pgtrigger, or what else makes them matter.
        used: By module: those that it leans on directly.
        missing: Labels of models that were looked for and not found, in lower case.
        entries: All models.
        facts: Models that somebody asked for.
        read_files: First-party files that were read.
    """

    walked: Walked
    modules: Mapping[str, str]
    executed: frozenset[str]
    mentioning: frozenset[str]
    used: Mapping[str, frozenset[str]]
    missing: frozenset[str]
    found: Found
    entries: tuple[ModelEntry, ...]
    facts: Mapping[str, tuple[Home, ModelFact | None]]
    read_files: frozenset[str]

    def leaning_on(self, changed: Iterable[str]) -> frozenset[str]:
        """The modules themselves, and all that lean on them, over any number of others."""
        users: dict[str, list[str]] = {}
        for user, used in self.used.items():
            for one in used:
                users.setdefault(one, []).append(user)
        reached: set[str] = set()
        pending = list(changed)
        while pending:
            module = pending.pop()
            if module not in reached:
                reached.add(module)
                pending.extend(users.get(module, ()))
        return frozenset(reached & self.executed)


def overlap(before: Collection[ModelEntry], after: Collection[ModelEntry]) -> bool:
    """Whether models of two sets of modules get in each other's way."""
    labels = {entry.label.lower() for entry in before}
    tables = {entry.table for entry in before if entry.table is not None}
    return any(entry.label.lower() in labels or entry.table in tables for entry in after)


def _only(items: Iterable[Homed[T]], wanted: Callable[[Home], bool]) -> Iterable[Homed[T]]:
    return ((home, item) for home, item in items if wanted(home))
