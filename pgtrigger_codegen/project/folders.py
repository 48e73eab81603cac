"""Stage project: walking a project's folders without its caches, builds and environments."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from pgtrigger_codegen.source.walking import walk

# Deep enough for `services/shop/backend/src/manage.py`, shallow enough for a home folder.
_MAX_DEPTH = 5
_SKIPPED = frozenset(
    {"__pycache__", "node_modules", "site-packages", "dist-packages", "build", "dist"}
)


class Exclusion:
    """The `exclude` globs of the configuration.

    A glob matches a path relative to the root (`*` passes slashes) or one of the folders above
    it; one without a slash matches any single part of the path.
    """

    def __init__(self, root: Path, patterns: Iterable[str] = ()) -> None:
        self._root = root
        self._patterns = tuple(_normal(pattern) for pattern in patterns)

    def excludes(self, path: Path) -> bool:
        if not self._patterns or not path.is_relative_to(self._root):
            return False
        parts = path.relative_to(self._root).parts
        ways = ["/".join(parts[: index + 1]) for index in range(len(parts))]
        return any(
            fnmatchcase(way, pattern) or ("/" not in pattern and fnmatchcase(part, pattern))
            for pattern in self._patterns
            for way, part in zip(ways, parts, strict=True)
        )


def nearest_files(
    root: Path, names: Iterable[str], accept: Callable[[Path], bool], exclusion: Exclusion
) -> list[Path]:
    """Files of these names at the least depth under the root at which one is accepted."""
    names = tuple(names)
    level = [root]
    for _ in range(_MAX_DEPTH):
        found = [
            folder / name
            for folder in level
            for name in names
            if is_there(folder / name) and (folder / name).is_file() and accept(folder / name)
        ]
        if found:
            return found
        level = [inside for folder in level for inside in subfolders(folder, exclusion)]
    return []


def subfolders(folder: Path, exclusion: Exclusion) -> Iterator[Path]:
    """Folders in it that can hold source of the project, sorted by name."""
    for path in _folders_in(folder):
        name = path.name
        if name.startswith(".") or name in _SKIPPED or name.endswith(".egg-info"):
            continue
        if not is_environment(path) and not exclusion.excludes(path):
            yield path


def python_files(root: Path, left_out: Callable[[str], bool] | None = None) -> Iterator[str]:
    """The Python files below a folder, as paths in text, sorted.

    A path is an object only where one is wanted: most files of a project are only looked into.

    Args:
        left_out: Says which folders are not entered either.
    """
    for folder, folders, files in walk(root):
        if "pyvenv.cfg" in files or "conda-meta" in folders:
            folders.clear()
            continue
        folders[:] = sorted(
            name
            for name in folders
            if not (name.startswith(".") or name in _SKIPPED)
            and not (left_out is not None and left_out(f"{folder}{os.sep}{name}"))
        )
        yield from (f"{folder}{os.sep}{name}" for name in sorted(files) if name.endswith(".py"))


def is_environment(folder: Path) -> bool:
    """Whether the folder is a virtual environment (of venv, virtualenv, uv or conda)."""
    return is_there(folder / "pyvenv.cfg") or is_there(folder / "conda-meta")


def is_there(path: Path) -> bool:
    """Whether there is anything at a path; not where nobody may look.

    The certificate (`certificate/`) says that the folder cannot be listed.
    """
    try:
        return path.exists()
    except PermissionError:
        return False


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            # Symbolic links could lead round in circles, or out of the project.
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [folder / name for name in sorted(names)]


def _normal(pattern: str) -> str:
    return pattern.removeprefix("./").removeprefix("**/").removesuffix("/**").rstrip("/")
