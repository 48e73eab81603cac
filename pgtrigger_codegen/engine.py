"""The interface for the slow work; each implementation gives the same results.

The pipeline asks an engine for the two stages that take nearly all the time. `COLD` does them here
and now. `incremental` may know parts of the result from an earlier run, or have another process at
work; its tests compare it with `COLD`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

    from pgtrigger_codegen.migrations.planning.history import Replayed
    from pgtrigger_codegen.migrations.reading.reader import MigrationReader
    from pgtrigger_codegen.models.reading import ModelReader
    from pgtrigger_codegen.triggers.declared import Declared

T = TypeVar("T")


class Engine(Protocol):
    """Does the work of an analysis, and of one only."""

    def begin(self, root: Path) -> None:
        """Takes note of the folder of the project, before any of its modules is read."""

    def declare(self, reader: ModelReader) -> Declared:
        """What the modules of a project declare."""

    def replay(self, reader: MigrationReader, app_labels: Collection[str]) -> Replayed:
        """What the migrations of apps leave behind, and those of all that they depend on.

        Raises:
            MigrationsError: The migrations go in a circle.
        """

    def share(
        self, work: Sequence[Callable[[], T]], decode: Callable[[bytes], T], size: int
    ) -> list[T]:
        """The results of pieces of work that do not depend on each other, in their order.

        Args:
            decode: Reads a result, plain facts, that msgspec has written as MessagePack.
            size: How many triggers the work is about.
        """


class Cold:
    """Does everything in this process, from what is on disk."""

    def begin(self, root: Path) -> None:
        """Nothing is known that could be of use."""

    def declare(self, reader: ModelReader) -> Declared:
        """What the modules of a project declare."""
        from pgtrigger_codegen.triggers.declared import declare

        return declare(reader)

    def replay(self, reader: MigrationReader, app_labels: Collection[str]) -> Replayed:
        """What the migrations of apps leave behind, and those of all that they depend on."""
        from pgtrigger_codegen.migrations.planning.history import replay_apps

        return replay_apps(reader, app_labels)

    def share(
        self, work: Sequence[Callable[[], T]], decode: Callable[[bytes], T], size: int
    ) -> list[T]:
        """The results of pieces of work that do not depend on each other, in their order."""
        return [do() for do in work]


COLD = Cold()
