"""Notes every file that a run opens and every folder that it lists, whoever does so.

A result can be used again exactly as long as all that it was made from is still the same. Python
itself reports what is opened (https://docs.python.org/3/library/audit_events.html), so nothing is
forgotten by whoever writes the next function that reads a file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct, field

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_LISTINGS = frozenset({"os.listdir", "os.scandir"})
_EFFECTS = frozenset({"subprocess.Popen", "socket.connect", "os.rename", "os.remove", "os.mkdir"})
# To look at the calling frame is an event too, which must not lead here again.
_EVENTS = _LISTINGS | _EFFECTS | {"open"}
# Python's own: compiled modules, and windows into the system rather than files.
_IGNORED_FOLDERS = ("/dev/", "/proc/", "/sys/")


class Reads(Struct):
    """Paths as they were given.

    Attributes:
        files: Absolute paths of files, with time and size when they were first opened; None
            for those that were not there.
        folders: Absolute paths of folders that were listed.
        effect: Something that the run did besides reading: then its result is no result.
        overlaid: Paths of files for which another content held than is on disk.
    """

    files: dict[str, tuple[int, int] | None] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    effect: str | None = None
    overlaid: set[str] = field(default_factory=set)

    def merge(self, other: Reads) -> None:
        """Adds what another process has read."""
        self.files = {**other.files, **self.files}
        self.folders |= other.folders
        self.effect = self.effect or other.effect
        self.overlaid |= other.overlaid


@contextmanager
def recorded() -> Iterator[Reads]:
    """Gives what is read until the end of the block, in it or in another process."""
    global _current, _hooked  # noqa: PLW0603  (Python calls one function for all)
    if not _hooked:
        sys.addaudithook(_on_event)  # there is no way to take one off again
        _hooked = True
    before, _current = _current, Reads()
    try:
        yield _current
    finally:
        _current = before


@contextmanager
def noted() -> Iterator[Reads]:
    """Gives what has been read, of the whole run where that is recorded already."""
    if _current is not None:
        yield _current
        return
    with recorded() as read:
        yield read


@contextmanager
def unrecorded() -> Iterator[None]:
    """For what is read only to save work, and does not matter to the result."""
    global _current  # noqa: PLW0603
    before, _current = _current, None
    try:
        yield
    finally:
        _current = before


def stop() -> Reads | None:
    """Notes nothing from here on, and gives what has been read until now."""
    global _current
    read, _current = _current, None
    return read


def current() -> Reads | None:
    """What has been read so far, when somebody wants to know."""
    return _current


def note_overlaid(path: str) -> None:
    """Notes that a file was read for which another content holds than is on disk."""
    if _current is not None:
        _current.overlaid.add(path)


def stamp(path: str) -> tuple[int, int] | None:
    """Time of the last change (nanoseconds) and size; None where there is no file."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size


_current: Reads | None = None
_hooked = False


def _on_event(event: str, args: tuple[object, ...]) -> None:
    reads = _current
    if reads is None or event not in _EVENTS or _is_import():
        return
    if event == "open":
        _note_file(reads, *args)
    elif event in _LISTINGS:
        path = _absolute(args[0] if args[0] is not None else ".")
        if path is not None:
            reads.folders.add(path)
    else:
        reads.effect = reads.effect or event


def _is_import() -> bool:
    """Whether Python looks for a module of ours or of a library: their versions count instead.

    It lists every folder on its own path, and what else is there is nobody's business.
    """
    return sys._getframe(2).f_code.co_filename.startswith(("<frozen importlib", "<frozen zip"))


def _note_file(reads: Reads, given: object, mode: object, flags: object) -> None:
    path = _absolute(given)
    if path is None or path.startswith(_IGNORED_FOLDERS) or "__pycache__" in path:
        return
    writes = flags & _WRITING if isinstance(flags, int) else 0
    if isinstance(mode, str):
        writes = any(letter in mode for letter in "wax+")
    if writes:
        reads.effect = reads.effect or f"writes {path}"
    elif path not in reads.files:
        reads.files[path] = stamp(path)


def _absolute(path: object) -> str | None:
    """None for what is no path: an open file's number."""
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    return os.path.abspath(path) if isinstance(path, str | os.PathLike) else None
