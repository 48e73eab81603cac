"""The history, replayed in another process while this one reads the models.

Models and migrations are read independently of each other, and take about as long. What comes
back through a pipe is plain facts (`facts.py`).
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

from pgtrigger_codegen.cache.facts import (
    DecodingError,
    EncodingError,
    decode_history,
    decode_reads,
    encode_history,
    encode_reads,
)
from pgtrigger_codegen.confinement import wall
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.migrations.planning.history import Replayed, reading_again, replay_apps
from pgtrigger_codegen.migrations.reading.reader import MigrationReader
from pgtrigger_codegen.source import reads

WORTH_IT = 40
"""Migration files from which on a second process gains more time than starting it takes."""

Keep = Callable[[bytes, reads.Reads], None]
"""Is given replayed migrations, encoded, and what they were made from."""


class RecalledHistory:
    """A replay of an earlier run, of migrations that are still the same."""

    def __init__(self, replayed: Replayed, reader: MigrationReader) -> None:
        self._result = replace(replayed, graph=reading_again(replayed.graph, reader))

    def take(self) -> Replayed | None:
        """The outcome."""
        return self._result


class BackgroundHistory:
    """A replay under way in a process of its own.

    Where that process fails, for whatever reason, the replay has to be done in this one.
    """

    def __init__(
        self, reader: MigrationReader, work: Callable[[], Replayed], keep: Keep | None = None
    ) -> None:
        self._reader = reader
        self._keep = keep
        self._pid, self._pipe = _fork(lambda: _answer(work()))
        self._result: Replayed | None = None
        atexit.register(self.stop)

    def take(self) -> Replayed | None:
        """The outcome, waited for; None when there is none."""
        if self._pid:
            data = _read(self._pipe)
            os.waitpid(self._pid, 0)
            self._pid = 0
            line, _, content = data.partition(b"\n")
            if content:
                self._take(decode_reads(line), content)
        return self._result

    def _take(self, read: reads.Reads, content: bytes) -> None:
        try:
            replayed = decode_history(content)
        except DecodingError:
            return
        self._result = replace(replayed, graph=reading_again(replayed.graph, self._reader))
        here = reads.current()
        if here is not None:
            here.merge(read)
            if self._keep is not None:
                self._keep(content, read)

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
    *,
    watched: bool,
    keep: Keep | None = None,
) -> BackgroundHistory | None:
    """Begins to replay the apps' migrations; None where it would not pay or cannot be.

    Args:
        watched: Whether somebody wants to know of single operations.
        keep: Is given the outcome.
    """
    files = sum(len(reader.names(app_label)) for app_label in app_labels)
    if files < WORTH_IT or not hasattr(os, "fork") or (os.cpu_count() or 1) < 2:
        return None
    return BackgroundHistory(reader, lambda: replay_apps(reader, app_labels, watched=watched), keep)


def _answer(replayed: Replayed) -> bytes:
    read = reads.current() or reads.Reads()
    return encode_reads(read) + b"\n" + encode_history(replayed)


def _fork(work: Callable[[], bytes]) -> tuple[int, int]:
    """Does the work in a copy of this process: its id, and where its answer can be read."""
    readable, writable = os.pipe()
    with warnings.catch_warnings(), wall.trusted():
        # The only other thread there can be waits to show that this takes long.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        os.close(writable)
        return pid, readable
    status = 1
    try:
        os.close(readable)
        answer = work()
        wall.check()
        _send(writable, answer)
        status = 0
    except (CodegenError, EncodingError, OSError):
        pass  # the other process finds no answer, and comes upon the reason itself
    finally:
        os._exit(status)  # nothing of what the other process is to do at its end


def _send(pipe: int, answer: bytes) -> None:
    with wall.trusted(), os.fdopen(pipe, "wb") as file:
        file.write(answer)


def _read(pipe: int) -> bytes:
    with os.fdopen(pipe, "rb") as file:
        return file.read()
