"""Models as plain facts, of which an earlier run has found out most."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from pgtrigger_codegen.models.facts import ModelFact, Models
from pgtrigger_codegen.records import dataclass


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """What the questions about all models need to know of one.

    Attributes:
        label: `app_label.ModelName`.
        home: The module whose import makes the model.
        table: The table that is the model's own, if its name is known.
        doubtful, baseless, through_proxy: Whether it is among what `Models` calls so.
    """

    label: str
    home: str | None
    table: str | None
    doubtful: bool
    baseless: bool
    through_proxy: bool


class Readable(Protocol):
    """Models that are read now."""

    def __getitem__(self, label: str) -> ModelFact: ...

    def entries(self) -> list[ModelEntry]:
        """What is known of all of them."""

    def described(self) -> dict[str, tuple[str | None, ModelFact | None]]:
        """Those that somebody has asked for."""

    def open(self, module: str) -> None:
        """Reads the models of one more module."""


class RecalledModels(Models):
    """Models of modules that were read again, and of others as they were."""

    def __init__(
        self,
        read: Readable,
        entries: Sequence[ModelEntry],
        facts: Mapping[str, tuple[str | None, ModelFact | None]],
    ) -> None:
        """Takes what is read now, and what still holds of what was known.

        Args:
            entries: Of all models, old and new.
            facts: Of those models that somebody has asked for, by label.
        """
        super().__init__()
        self._read = read
        self._entries = {entry.label: entry for entry in entries}
        self._facts = dict(facts)

    def __getitem__(self, label: str) -> ModelFact:
        if label in self._facts:
            fact = self._facts[label][1]
            if fact is None:
                raise KeyError(label)
            return fact
        entry = self._entries[label]
        if entry.home is not None:
            self._read.open(entry.home)
        return self._read[label]

    def __iter__(self) -> Iterator[str]:
        return (label for label in self._entries if self.get(label) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def entries(self) -> list[ModelEntry]:
        """What is known of all models, in order."""
        return list(self._entries.values())

    def described(self) -> dict[str, tuple[str | None, ModelFact | None]]:
        """The models that somebody has asked for, now or then."""
        return {**self._read.described(), **self._facts}

    @functools.cached_property
    def tables(self) -> Mapping[str, str]:
        return {
            entry.table: label for label, entry in self._entries.items() if entry.table is not None
        }

    @functools.cached_property
    def doubtful(self) -> frozenset[str]:
        return frozenset(label for label, entry in self._entries.items() if entry.doubtful)

    @functools.cached_property
    def baseless(self) -> tuple[str, ...]:
        return tuple(label for label, entry in self._entries.items() if entry.baseless)

    @functools.cached_property
    def through_proxies(self) -> tuple[str, ...]:
        return tuple(label for label, entry in self._entries.items() if entry.through_proxy)
