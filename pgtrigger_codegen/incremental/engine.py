"""An engine that takes the history from an earlier run, or has another process replay it."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from pgtrigger_codegen.engine import COLD
from pgtrigger_codegen.incremental import sharing, worker
from pgtrigger_codegen.incremental.session import use_package_facts
from pgtrigger_codegen.migrations.planning.history import Replayed, reading_again
from pgtrigger_codegen.migrations.reading.loading import migration_loader
from pgtrigger_codegen.migrations.reading.reader import MigrationReader
from pgtrigger_codegen.models.reading import ModelReader
from pgtrigger_codegen.triggers.declared import Declared

if TYPE_CHECKING:
    from pgtrigger_codegen.incremental.memory import Memory

T = TypeVar("T")


class Incremental:
    """Replays the migrations in another process, or takes the history from an earlier run.

    Models and migrations are read independently of each other, and take about as long.

    Attributes:
        memory: What is kept between runs; None where nothing may be.
        worth_it: Migration files from which on another process replays them, if not as many as
            usual.
        replays: Whether the migrations will be asked for.
    """

    def __init__(
        self, memory: Memory | None = None, worth_it: int | None = None, *, replays: bool = True
    ) -> None:
        self.memory = memory
        self.worth_it = worth_it
        self.replays = replays
        self._known: Replayed | None = None
        self._worker: worker.Worker | None = None

    def begin(self, root: Path) -> None:
        """Lets facts about packages be used that earlier runs found."""
        if self.memory is not None:
            use_package_facts(root)

    def declare(self, reader: ModelReader) -> Declared:
        """What the modules of a project declare."""
        project = reader.project
        if not self.replays:
            return COLD.declare(reader)
        if self.memory is not None:
            self.memory.recall_sql(project.root)
            self._known = self.memory.history(project.root)
        if self._known is None:
            load = migration_loader(reader.interpreter, project.apps)
            own = sorted(label for label, app in project.apps.items() if app.first_party)
            self._worker = worker.start(MigrationReader(project.apps, load), own, self.worth_it)
            if self._worker is not None:
                atexit.register(self._worker.stop)  # when nobody asks for the outcome
        return COLD.declare(reader)

    def replay(self, reader: MigrationReader, app_labels: Collection[str]) -> Replayed:
        """What the migrations of apps leave behind, and those of all that they depend on."""
        found = self._known or self._taken()
        read = {app_label for app_label, _ in found.graph.parents} if found else set()
        if found is None or any(label not in read and reader.names(label) for label in app_labels):
            # It fails with a reason, there is nothing to gain, or triggers need other apps too.
            return COLD.replay(reader, app_labels)
        return replace(found, graph=reading_again(found.graph, reader))

    def share(
        self, work: Sequence[Callable[[], T]], decode: Callable[[bytes], T], size: int
    ) -> list[T]:
        """The results of pieces of work that do not depend on each other."""
        return sharing.share(work, decode, size, self.worth_it)

    def _taken(self) -> Replayed | None:
        answer = self._worker.take() if self._worker is not None else None
        if answer is None:
            return None
        if self.memory is not None:
            self.memory.keep_history(answer.encoded, answer.read)
        return answer.replayed
