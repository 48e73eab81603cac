"""Stage source: reading a file, and nothing but a file.

A path in a stranger's repository can lead to a device that never ends, to a pipe that waits for
ever, or to what the system knows of this process. So each file is opened without waiting and
without following a link at its end, and is looked at before it is read.
"""

from __future__ import annotations

import os
import stat

from pgtrigger_codegen.records import dataclass

# The largest module of Django has 0.1 MiB, the largest of public packages about 2.
MOST_BYTES = 4 * 1024 * 1024
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


class FileRefusedError(OSError):
    """A file that is there, and is not read.

    Attributes:
        strerror: Why, as a sentence without its subject.
    """

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(None, reason, os.fspath(path))
        self.strerror = reason
        self.filename = os.fspath(path)

    def __str__(self) -> str:
        return f"{self.strerror}: {self.filename!r}"


@dataclass(frozen=True, slots=True)
class Content:
    """A regular file's bytes and permissions."""

    data: bytes
    mode: int


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
            raise FileRefusedError(path, "it is a symbolic link") from error
        raise
    with os.fdopen(handle, "rb", buffering=0) as file:
        found = os.fstat(handle)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(21, "Is a directory", os.fspath(path))
        if not stat.S_ISREG(found.st_mode):
            raise FileRefusedError(path, "it is not a regular file")
        if found.st_size > most:
            raise FileRefusedError(path, f"it is larger than {_in_words(most)}")
        # What `/proc` shows has no size: it ends where it ends.
        data = bytearray()
        while len(data) <= most and (part := file.read(most + 1 - len(data))):
            data += part
        if len(data) > most:
            raise FileRefusedError(path, f"it is larger than {_in_words(most)}")
        return Content(bytes(data), stat.S_IMODE(found.st_mode) & 0o777)


def _in_words(size: int) -> str:
    return f"{size // (1024 * 1024)} MiB"
