"""The folder `.pgtrigger_codegen_cache` in a project's root.

Everything in it can be deleted at any time. Two runs at once cannot harm each other: a file
appears whole or not at all. Where nothing can be written, nothing is remembered.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from pgtrigger_codegen.source import reads

NAME = ".pgtrigger_codegen_cache"
_MOST_FILES = 64
# https://bford.info/cachedir/
_TAG = """\
Signature: 8a477f597d28d172789f06886806bc55
# This folder was made by pgtrigger-codegen and can be deleted at any time.
"""


def find(directory: Path) -> Path | None:
    """The cache of the project that a folder is in, as far as there is one."""
    for folder in (directory, *directory.parents):
        if (folder / NAME).is_dir():
            return folder / NAME
    return None


def write(root: Path, name: str, content: bytes) -> None:
    """Writes a file into the cache of a project."""
    import tempfile  # a result that is only repeated needs neither this nor the like

    folder = root / NAME
    with contextlib.suppress(OSError):  # a full disk, or a project that is only to be read
        _make(folder)
        handle, path = tempfile.mkstemp(dir=folder, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(path, folder / name)
        except OSError:
            os.unlink(path)
            raise
        _forget_oldest(folder)


def read(folder: Path, name: str) -> bytes | None:
    """The content of a file of the cache, None without one."""
    try:
        with reads.unrecorded():
            return (folder / name).read_bytes()
    except OSError:
        return None


def remove(root: Path) -> bool:
    """Deletes the cache of a project; whether there was one."""
    import shutil

    folder = root / NAME
    if not folder.is_dir():
        return False
    shutil.rmtree(folder)
    return True


def _make(folder: Path) -> None:
    if not (folder / "CACHEDIR.TAG").exists():
        folder.mkdir(exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        (folder / "CACHEDIR.TAG").write_text(_TAG, encoding="utf-8")


def _forget_oldest(folder: Path) -> None:
    """An editor or a hook asks about many files, each with a result of its own."""
    results = [path for path in folder.iterdir() if not path.name.startswith((".", "CACHEDIR"))]
    if len(results) > _MOST_FILES:
        by_age = sorted(results, key=lambda path: path.stat().st_mtime_ns)
        for path in by_age[: len(results) - _MOST_FILES // 2]:
            path.unlink(missing_ok=True)
