"""Runs a command, or repeats its kept output and exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pgtrigger_codegen.incremental.inputs import digests_taken_once, look_again
from pgtrigger_codegen.incremental.results import Question, Result, recall, remember
from pgtrigger_codegen.incremental.session import Session, session
from pgtrigger_codegen.source import reads

NO_CACHE = "--no-cache"


def run_or_repeat(command: Callable[[], int], arguments: Sequence[str]) -> int:
    """Runs a command, unless it would print what it printed before; gives its exit code."""
    if NO_CACHE in arguments or _writes_to_console():
        return command()
    question = Question(Path.cwd(), tuple(arguments), streams(), os.environ)
    with digests_taken_once():
        if (result := recall(question)) is not None:
            return _repeat(result)
        with reads.recorded() as read, session() as running, _copied() as output:
            code = command()
        _keep(question, Result(code, tuple(output)), read, running)
    return code


def _keep(question: Question, result: Result, read: reads.Reads, running: Session) -> None:
    look_again()
    if running.packages is not None:
        running.packages.write()
    if running.root is not None:
        remember(question, result, read, running.root)
        if running.memory is not None:
            running.memory.write(running.root)


def _repeat(result: Result) -> int:
    """Prints what was printed then, and ends as it ended."""
    for stream, text in result.output:
        file = sys.stdout if stream == 1 else sys.stderr
        file.flush()
        file.buffer.write(text)
        file.buffer.flush()
    return result.exit_code


def streams() -> str:
    """What of the standard streams decides how results look."""
    parts = []
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        terminal = stream is not None and stream.isatty()
        parts.append(f"{getattr(stream, 'encoding', None)} {terminal}")
        if terminal and stream is not sys.stdin:
            parts.append(str(os.get_terminal_size(stream.fileno())))
    return " ".join(parts)


def _writes_to_console() -> bool:
    """Whether a stream cannot be copied: Windows' console, or none at all."""
    streams = (sys.stdout, sys.stderr)
    if any(not isinstance(stream, io.TextIOWrapper) for stream in streams):
        return True
    return os.name == "nt" and any(stream.isatty() for stream in streams)


class _Copy(io.RawIOBase):
    """Passes on what is written, and keeps it."""

    def __init__(
        self, number: int, stream: io.TextIOWrapper, kept: list[tuple[int, bytes]]
    ) -> None:
        self._number = number
        self._stream = stream
        self._kept = kept

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        text = bytes(data)  # type: ignore[call-overload]
        self._kept.append((self._number, text))
        self._stream.buffer.write(text)
        self._stream.buffer.flush()
        return len(text)

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()


class _CopyingStream(io.TextIOWrapper):
    """A standard stream whose text is kept.

    Attributes:
        copied: The stream that it passes everything on to.
    """

    copied: io.TextIOWrapper


@contextmanager
def _copied() -> Iterator[list[tuple[int, bytes]]]:
    """Gives what is printed until the end of the block."""
    kept: list[tuple[int, bytes]] = []
    before = sys.stdout, sys.stderr
    copies = []
    for number, stream in enumerate(before, start=1):
        assert isinstance(stream, io.TextIOWrapper)
        stream.flush()
        copy = _CopyingStream(
            io.BufferedWriter(_Copy(number, stream, kept)),
            encoding=stream.encoding,
            errors=stream.errors,
            line_buffering=True,
        )
        copy.copied = stream
        copies.append(copy)
    sys.stdout, sys.stderr = copies
    try:
        yield kept
    finally:
        for copy in copies:
            copy.flush()
        sys.stdout, sys.stderr = before
