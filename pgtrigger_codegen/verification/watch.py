"""Ends a session from outside when it takes too long, or takes too much.

The session's own time-outs are settings, which whatever runs in it can change.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from pgtrigger_codegen.verification.administration import RawConnection

_WATCHED_EVERY = 0.5  # seconds
_MOST_BYTES = 2 * 1024**3
_MOST_MEMORY = 512 * 1024**2


class Watch:
    """Watches one session.

    Attributes:
        reason: Why the session was ended, None where it was not.
    """

    def __init__(self, connection: RawConnection, pid: int, database: str, seconds: int) -> None:
        self._connection = connection
        self._pid = pid
        self._database = database
        self._seconds = seconds
        self._deadline: float | None = None
        self._memory = 0
        self._ended = threading.Event()
        self.reason: str | None = None
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """A step, which is watched to its end, whatever smaller steps it has."""
        before = self._memory, self._deadline
        self._memory = _memory()
        self._deadline = time.monotonic() + self._seconds
        try:
            yield
        finally:
            self._memory, self._deadline = before

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join()

    def _watch(self) -> None:
        with contextlib.suppress(psycopg.Error):
            while not self._ended.wait(_WATCHED_EVERY):
                self.reason = self._too_long() or self._too_large() or self._too_much()
                if self.reason is not None:
                    self._connection.execute(
                        "SELECT pg_catalog.pg_terminate_backend(%s)", [self._pid]
                    )
                    return

    def _too_long(self) -> str | None:
        deadline = self._deadline
        if deadline is None or time.monotonic() < deadline:
            return None
        return f"a step took longer than {self._seconds} seconds"

    def _too_much(self) -> str | None:
        """A result is kept in memory until its last row is there."""
        if self._deadline is None or _memory() - self._memory < _MOST_MEMORY:
            return None
        return f"a result is larger than {_MOST_MEMORY // 1024**2} MB"

    def _too_large(self) -> str | None:
        if self._deadline is None:
            return None
        query = "SELECT pg_catalog.pg_database_size(%s::pg_catalog.text)"
        row = self._connection.execute(query, [self._database]).fetchone()
        if row is None or row[0] < _MOST_BYTES:
            return None
        return f"its database grew beyond {_MOST_BYTES // 1024**3} GB"


def _memory() -> int:
    """The most that this process has used of memory so far, in bytes."""
    try:
        import resource
    except ImportError:  # there is none on Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
