"""Output for terminals only: colours, widths and progress."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from pgtrigger_codegen.confinement.wall import trusted


def wants_colour(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether to print colours.

    `NO_COLOR` and `FORCE_COLOR` decide when they are not empty (https://no-color.org,
    https://force-color.org), the former over the latter; else a terminal gets colours.
    """
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def cells(text: str) -> int:
    """How many columns a text takes: wide characters take two, combining ones none."""
    from rich.cells import cell_len  # only where there is something to show

    return cell_len(text)


@contextmanager
def progress(delay: float = 1.0) -> Iterator[Callable[[str], None]]:
    """Gives a function that says what is going on, on standard error if that is a terminal.

    The line appears when the run takes long, and is gone when it ends.

    Args:
        delay: Seconds; a run that is shorter says nothing.
    """
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console

    # What is going on is no part of a result, which may be kept for the next time.
    status = Console(file=getattr(sys.stderr, "copied", sys.stderr)).status("")
    lock = threading.Lock()
    ended = False

    def begin() -> None:
        with lock, trusted():
            if not ended:
                status.start()

    timer = threading.Timer(delay, begin)
    timer.daemon = True
    timer.start()
    try:
        yield lambda text: status.update(f"{text}…")
    finally:
        timer.cancel()
        with lock:
            ended = True
            status.stop()
