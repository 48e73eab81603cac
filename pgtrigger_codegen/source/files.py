"""Stage source: reads regular files, and nothing else.

A path in a stranger's repository can lead to a device that never ends, to a pipe that waits for
ever, or to what the system knows of this process. So each file is opened without waiting and
without following a link at its end, and is looked at before it is read.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.source.boundary import Boundary

# The largest module of Django has 0.1 MiB, the largest of public packages about 2.
MOST_BYTES = 4 * 1024 * 1024
LEADS_OUT = "a symbolic link leads out of the project"
NO_SOURCE = f"{LEADS_OUT}, or to what is no Python source"
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


class FileRefusedError(OSError):
    """An existing file that is not read.

    Attributes:
        strerror: Why.
    """

    strerror: str

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(None, reason, os.fspath(path))
        self.strerror = reason
        self.filename = os.fspath(path)

    def __str__(self) -> str:
        return f"{self.strerror}: {self.filename!r}"


class Content(Struct, frozen=True):
    """A regular file's bytes and permissions.

    Attributes:
        stamp: Time of the last change (nanoseconds) and size, as the file was opened.
    """

    data: bytes
    mode: int
    stamp: tuple[int, int]


def read_regular(path: str | os.PathLike[str], most: int = MOST_BYTES) -> Content:
    """Reads a file.

    Args:
        most: The largest number of bytes.

    Raises:
        FileRefusedError: It is no regular file, or too large.
        OSError: It cannot be read.
    """
    try:
        handle = os.open(path, _FLAGS)
    except OSError as error:
        if os.path.islink(path):
            raise FileRefusedError(path, "a symbolic link is not followed here") from error
        raise
    try:
        found = os.fstat(handle)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(21, "Is a directory", os.fspath(path))
        if not stat.S_ISREG(found.st_mode):
            raise FileRefusedError(path, "it is not a regular file")
        data = b"" if found.st_size > most else _read(handle, most, found.st_size)
    finally:
        os.close(handle)
    if max(found.st_size, len(data)) > most:
        raise FileRefusedError(path, f"it is larger than {most // (1024 * 1024)} MiB")
    stamp = found.st_mtime_ns, found.st_size
    return Content(data, stat.S_IMODE(found.st_mode) & 0o777, stamp)


def _read(handle: int, most: int, size: int) -> bytes:
    """All that is in an open file, and little more than the most, whatever size it gives out."""
    parts = []
    left = most + 1
    # Python makes room for as much as may be read, and a source file is small.
    wanted = max(size, _PIECE)
    while left > 0 and (part := os.read(handle, min(left, wanted))):
        parts.append(part)
        left -= len(part)
        wanted = _PIECE
    return b"".join(parts)


_PIECE = 8 * 1024


def read_within(path: Path, boundary: Boundary | None = None, most: int = MOST_BYTES) -> bytes:
    """Reads a file of a project, a link in which may lead to another file of the project.

    Args:
        boundary: What belongs to the project; else what the file's folder belongs to.
        most: The largest number of bytes.

    Raises:
        FileRefusedError: The path leads out of the project, or to no regular file.
        OSError: It cannot be read.
    """
    real = os.path.realpath(path)
    if real != os.path.abspath(path):
        boundary = boundary or Boundary.of(Path(os.path.abspath(path)).parent)
        if not boundary.may_read(real):
            raise FileRefusedError(path, LEADS_OUT)
    return read_regular(real, most).data
