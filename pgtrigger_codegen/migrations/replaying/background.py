"""Stage migrations: the history, replayed in another process while this one reads the models.

Models and migrations are read independently of each other, and take about as long. What comes
back is facts: no operation and nothing of Django's crosses. Whoever needs an operation reads its
migration again, which happens only where something is to be written.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import signal
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.evaluator.values import Unknown
from pgtrigger_codegen.migrations.reading.graph import MigrationGraph, build_graph
from pgtrigger_codegen.migrations.reading.reader import EvaluatedMigration, Key, MigrationReader
from pgtrigger_codegen.migrations.replaying.moment import Watcher
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.migrations.replaying.state import MigrationState
from pgtrigger_codegen.source import reads

WORTH_IT = 40
"""Migration files from which on a second process gains more time than starting it takes."""


@dataclass(frozen=True)
class Replayed:
    """The migrations that would run, and what they leave behind.

    Attributes:
        watcher: What watched, as it is after the last operation.
    """

    graph: MigrationGraph
    state: MigrationState
    watcher: Watcher | None = None


class RecalledHistory:
    """A replay of an earlier run, of migrations that are still the same."""

    def __init__(self, replayed: Replayed, reader: MigrationReader) -> None:
        self._result = _with_migrations(replayed, reader)

    def take(self) -> Replayed | None:
        """The outcome."""
        return self._result


class BackgroundHistory:
    """A replay under way in a process of its own.

    Where that process fails, for whatever reason, the replay has to be done in this one.
    """

    def __init__(
        self,
        reader: MigrationReader,
        work: Callable[[], Replayed],
        keep: Callable[[Replayed, reads.Reads], None] | None = None,
    ) -> None:
        self._reader = reader
        self._keep = keep
        self._pid, self._pipe = _fork(lambda: pickle.dumps((_facts(work()), reads.current())))
        self._result: Replayed | None = None
        atexit.register(self.stop)

    def take(self) -> Replayed | None:
        """The outcome, waited for; None when there is none."""
        if self._pid:
            data = _read(self._pipe)
            os.waitpid(self._pid, 0)
            self._pid = 0
            if data:
                replayed, read = pickle.loads(data)  # noqa: S301  (our own)
                self._result = _with_migrations(replayed, self._reader)
                here = reads.current()
                if here is not None and read is not None:
                    here.merge(read)
                    if self._keep is not None:
                        self._keep(replayed, read)
        return self._result

    def stop(self) -> None:
        """Ends the process, when nobody asked for the outcome."""
        if self._pid:
            os.close(self._pipe)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0


def start(
    reader: MigrationReader,
    app_labels: Sequence[str],
    watcher: Watcher | None = None,
    keep: Callable[[Replayed, reads.Reads], None] | None = None,
) -> BackgroundHistory | None:
    """Begins to replay the apps' migrations; None where it would not pay or cannot be.

    Args:
        keep: Is given the outcome, without the operations, and what it was made from.
    """
    files = sum(len(reader.names(app_label)) for app_label in app_labels)
    if files < WORTH_IT or not hasattr(os, "fork") or (os.cpu_count() or 1) < 2:
        return None

    def work() -> Replayed:
        graph = build_graph(reader, app_labels)
        return Replayed(graph, replay(graph, watcher), watcher)

    return BackgroundHistory(reader, work, keep)


def _facts(replayed: Replayed) -> Replayed:
    """What can cross: not the operations."""
    return replace(replayed, graph=replace(replayed.graph, migrations={}))


def _with_migrations(replayed: Replayed, reader: MigrationReader) -> Replayed:
    migrations = _Migrations(reader, replayed.graph.parents)
    return replace(replayed, graph=replace(replayed.graph, migrations=migrations))


class _Migrations(Mapping[Key, EvaluatedMigration]):
    """The migrations of a graph, each read when somebody asks for it."""

    def __init__(self, reader: MigrationReader, keys: Mapping[Key, object]) -> None:
        self._reader = reader
        self._keys = keys

    def __getitem__(self, key: Key) -> EvaluatedMigration:
        if key not in self._keys:
            raise KeyError(key)
        found = self._reader.read(key)
        if isinstance(found, Unknown):
            return EvaluatedMigration(key[1], self._reader.path(key), operations=found)
        return found

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def _fork(work: Callable[[], bytes]) -> tuple[int, int]:
    """Does the work in a copy of this process: its id, and where its answer can be read."""
    readable, writable = os.pipe()
    with warnings.catch_warnings():
        # The only other thread there can be waits to show that this takes long.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        os.close(writable)
        return pid, readable
    status = 1
    try:
        os.close(readable)
        with os.fdopen(writable, "wb") as pipe:
            pipe.write(work())
        status = 0
    except (CodegenError, pickle.PicklingError, TypeError, AttributeError, OSError):
        pass  # the other process finds no answer, and comes upon the reason itself
    finally:
        os._exit(status)  # nothing of what the other process is to do at its end


def _read(pipe: int) -> bytes:
    with os.fdopen(pipe, "rb") as file:
        return file.read()
