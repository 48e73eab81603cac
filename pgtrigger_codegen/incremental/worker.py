"""The history, replayed in another process while this one reads the models.

What comes back through a pipe is plain facts (`facts.py`). No operation crosses: who needs one
reads its migration again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import warnings
from collections.abc import Callable, Sequence

from msgspec import Struct

from pgtrigger_codegen.confinement import wall
from pgtrigger_codegen.crashes import any_met
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.incremental.facts import (
    DecodingError,
    EncodingError,
    decode_history,
    decode_reads,
    encode_history,
    encode_reads,
)
from pgtrigger_codegen.migrations.planning.history import Replayed, replay_apps
from pgtrigger_codegen.migrations.reading.reader import MigrationReader
from pgtrigger_codegen.source import reads

WORTH_IT = 40
"""Migration files from which on a second process gains more time than starting it takes."""


class Answer(Struct, frozen=True):
    """The results of the other process.

    Attributes:
        replayed: Without operations.
        encoded: The same as it came, to be kept.
        read: What it was made from.
    """

    replayed: Replayed
    encoded: bytes
    read: reads.Reads


class Worker:
    """A replay under way in a process of its own.

    Where that process fails, for whatever reason, the replay has to be done in this one.
    """

    def __init__(self, work: Callable[[], Replayed]) -> None:
        self._pid, self._pipe = fork(lambda: _answer(work()))

    def take(self) -> Answer | None:
        """The outcome, waited for; None when there is none, or it was taken before."""
        if not self._pid:
            return None
        data = read_all(self._pipe)
        os.waitpid(self._pid, 0)
        self._pid = 0
        line, _, content = data.partition(b"\n")
        if not content:
            return None
        try:
            read, replayed = decode_reads(line), decode_history(content)
        except DecodingError:
            return None
        if (here := reads.current()) is not None:
            here.merge(read)
        return Answer(replayed, content, read)

    def stop(self) -> None:
        """Ends the process, when nobody asked for the outcome."""
        if self._pid:
            os.close(self._pipe)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0


def start(
    reader: MigrationReader, app_labels: Sequence[str], worth_it: int | None = None
) -> Worker | None:
    """Begins to replay the apps' migrations; None where it would not pay or cannot be.

    Args:
        worth_it: The least number of migration files, unless it is `WORTH_IT`.
    """
    files = sum(len(reader.names(app_label)) for app_label in app_labels)
    if (
        files < (WORTH_IT if worth_it is None else worth_it)
        or not hasattr(os, "fork")
        or (os.cpu_count() or 1) < 2
    ):
        return None
    return Worker(lambda: replay_apps(reader, app_labels))


def _answer(replayed: Replayed) -> bytes:
    read = reads.current() or reads.Reads()
    return encode_reads(read) + b"\n" + encode_history(replayed)


def fork(work: Callable[[], bytes]) -> tuple[int, int]:
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
        if any_met():  # this run says so, which the other process has to find out itself
            os._exit(status)
        _send(writable, answer)
        status = 0
    except (CodegenError, EncodingError, OSError):
        pass  # the other process finds no answer, and comes upon the reason itself
    finally:
        os._exit(status)  # nothing of what the other process is to do at its end


def _send(pipe: int, answer: bytes) -> None:
    with wall.trusted(), os.fdopen(pipe, "wb") as file:
        file.write(answer)


def read_all(pipe: int) -> bytes:
    """All that the other process says."""
    with os.fdopen(pipe, "rb") as file:
        return file.read()
