"""Stage source: all folders below one, however deep they nest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def walk(top: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """What `os.walk` yields, top down: that of Python 3.11 calls itself for each level.

    Folders that are taken out of the list of folders are not entered; links are not followed.
    """
    pending = [str(top)]
    while pending:
        folder = pending.pop()
        folders: list[str] = []
        files: list[str] = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    (folders if entry.is_dir() else files).append(entry.name)
        except OSError:
            continue  # deeper than a path can be long, or not for us to read
        yield folder, folders, files
        below = [os.path.join(folder, name) for name in reversed(folders)]
        pending += [path for path in below if not os.path.islink(path)]
