"""Files as they are on disk, or with the changes of an editor or a fix.

An editor lints a buffer that is not saved, and `lint --diff` shows what fixes come to without
writing them. Every stage must then see the same text, rules that read a file again included, so
the other text is not passed along but holds for all that runs inside `overlaid`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from pgtrigger_codegen.source import reads
from pgtrigger_codegen.source.edited import about_to_read
from pgtrigger_codegen.source.files import (
    MOST_BYTES,
    FileRefusedError,
    read_regular,
    read_within,
)

_OVERLAY: ContextVar[Mapping[str, bytes] | None] = ContextVar("overlay", default=None)


def read_bytes(path: str | Path, most: int = MOST_BYTES) -> bytes:
    """The content of a file, in place of which another one may hold.

    Raises:
        OSError: It cannot be read, or is no regular file of the project.
    """
    about_to_read(str(path))
    overlay = _OVERLAY.get()
    if overlay and (content := overlay.get(str(path))) is not None:
        reads.note_overlaid(str(path))
        return content
    try:
        return read_regular(path, most).data
    except FileRefusedError:
        if not os.path.islink(path):
            raise
    return read_within(Path(path), most=most)


def overlaid_names(folder: str) -> frozenset[str]:
    """Names of the files of a folder for which another content holds: some may be new."""
    overlay = _OVERLAY.get() or {}
    return frozenset(Path(path).name for path in overlay if str(Path(path).parent) == folder)


def overlaid_paths() -> frozenset[str]:
    """The files for which another content holds here."""
    return frozenset(_OVERLAY.get() or {})


def overlay_anew(files: Mapping[str, bytes]) -> None:
    """From here on, these files have these contents, and no others have another than on disk."""
    _OVERLAY.set(dict(files))


@contextmanager
def overlaid(files: Mapping[str, bytes]) -> Iterator[None]:
    """Inside of it, these files (absolute paths) have these contents, besides those outside."""
    token = _OVERLAY.set({**(_OVERLAY.get() or {}), **files})
    try:
        yield
    finally:
        _OVERLAY.reset(token)
