"""Where the console script begins: a result that is remembered, or the command line.

What is imported here is imported before it is known whether anything needs to be done.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pgtrigger_codegen.cache.inputs import digests_taken_once, look_again
from pgtrigger_codegen.cache.results import Question, Result, arguments_of, recall, remember
from pgtrigger_codegen.cli.reuse import ReusableFor, waiting_for_root
from pgtrigger_codegen.source import reads

NO_CACHE = "--no-cache"


def run() -> None:
    """The console script: a crash exits with 2, after its traceback."""
    # Nearly all that is made is needed to the end; looking for garbage took a third of the time.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        # Names and paths of a project may hold what a terminal's encoding has no place for.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = arguments_of(sys.argv[1:])
    if NO_CACHE in arguments or _writes_to_console():
        _run_command()
    question = Question(Path.cwd(), arguments, _streams(), os.environ)
    with digests_taken_once():
        if (result := recall(question)) is not None:
            _repeat(result)
        with reads.recorded() as read, waiting_for_root() as reusable, _copied() as output:
            code = _exit_code()
        _keep(question, Result(code, tuple(output)), read, reusable)
    sys.exit(code)


def _run_command() -> None:
    sys.exit(_exit_code())


def _exit_code() -> int:
    """Runs the command line."""
    from pgtrigger_codegen.cli.main import main

    try:
        main(prog_name="pgtrigger-codegen")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:  # noqa: BLE001  (any crash: its traceback, and the contract's exit code)
        sys.excepthook(*sys.exc_info())
        return 2
    finally:
        # All that is left goes with the process: Python need not look through it once more.
        gc.freeze()
    return 0


def _keep(question: Question, result: Result, read: reads.Reads, reusable: ReusableFor) -> None:
    look_again()
    if reusable.root is not None:
        remember(question, result, read, reusable.root)
        if reusable.memory is not None:
            reusable.memory.write(reusable.root)


def _repeat(result: Result) -> None:
    """Prints what was printed then, and ends as it ended."""
    for stream, text in result.output:
        file = sys.stdout if stream == 1 else sys.stderr
        file.flush()
        file.buffer.write(text)
        file.buffer.flush()
    sys.exit(result.exit_code)


def _streams() -> str:
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
