"""Checks whether the inputs of a result are unchanged.

Compared are contents, not times: a checkout changes the one and not the other, and a program can
set the time of a change. Only where the system says that a file was not touched at all is it not
read again: the time of the last touch (`ctime`) is one that no program can set. Besides what a run
has opened and listed, the names of all files in the project count, since a file that was looked for
and was not there has not been opened.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen import __version__
from pgtrigger_codegen.incremental.folder import NAME
from pgtrigger_codegen.source.files import Content, FileRefusedError, read_regular
from pgtrigger_codegen.source.reads import Reads, stamp

# What a run asks its environment for.
VARIABLES = (
    "COLORTERM", "COLUMNS", "FORCE_COLOR", "GITHUB_ACTIONS", "NO_COLOR", "PYTHONIOENCODING",
    "PYTHONPATH", "PYTHONUTF8", "TERM", "VIRTUAL_ENV",
)  # fmt: skip

# Looked for in the folders above the project too.
MARKERS = (
    ".git", ".hg", "manage.py", "pyproject.toml", "pytest.ini", "requirements.txt", "setup.cfg",
    "setup.py", "tox.ini",
)  # fmt: skip

_MOST_BYTES = 64 * 1024 * 1024  # more than any reader takes
_NOT_ENTERED = frozenset({"node_modules", "__pycache__", NAME})


class Fingerprint(Struct, frozen=True):
    """The inputs of a result: while they are the same, the result is.

    Attributes:
        tools: Digest of Python, our own code, and the packages beside it.
        root: The project's folder.
        tree: Digest of the names of all files in it.
        above: Files in the folders above it that say where a project begins.
        files: By path: digest of the content; None for files that were not there.
        folders: By path: digest of the names in it; None for those that were not there.
        untouched: By path: what the system says of a file for as long as nobody touches it.
    """

    tools: str
    root: str
    tree: str
    above: tuple[str, ...]
    files: Mapping[str, str | None]
    folders: Mapping[str, str | None]
    untouched: Mapping[str, str]

    def to_json(self) -> bytes:
        """One line."""
        found = (self.tools, self.root, self.tree, self.above)
        return json.dumps((*found, self.files, self.folders, self.untouched)).encode()


def from_json(data: bytes) -> Fingerprint | None:
    """What `to_json` gave; None for anything else."""
    try:
        tools, root, tree, above, files, folders, untouched = json.loads(data)
        texts = (tools, root, tree, *above, *untouched.values())
        digests = (*files.values(), *folders.values())
    except (AttributeError, RecursionError, TypeError, ValueError):
        return None
    if not all(type(text) is str for text in texts):
        return None
    if not all(digest is None or type(digest) is str for digest in digests):
        return None
    return Fingerprint(tools, root, tree, tuple(above), files, folders, untouched)


def fingerprint(read: Reads, root: Path, began: float | None = None) -> Fingerprint | None:
    """What has to be the same; None when something changed while it was read, or was written.

    Args:
        read: What the run has read.
        root: The project's folder.
        began: Before the run read anything, in seconds of `time.time`; at the latest when this
            process began, unless it is given.
    """
    if read.effect is not None:
        return None
    files: dict[str, str | None] = {}
    untouched: dict[str, str] = {}
    for path, then in sorted(read.files.items()):
        now, files[path] = seen(path)
        if now != then:
            return None
        if (touch := _touch(path, before=_began if began is None else began)) is not None:
            untouched[path] = touch
    return Fingerprint(
        tools=tools(),
        root=str(root),
        tree=_tree_digest(str(root)),
        above=_markers_above(root),
        files=files,
        folders={path: _folder_digest(path) for path in sorted(read.folders)},
        untouched=untouched,
    )


def holds(known: Fingerprint, root: Path) -> bool:
    """Whether all is as it was when the fingerprint was taken, of the project that lies there.

    The original of a copy may be as it was while the copy is not.
    """
    return (
        known.root == str(root)
        and known.tools == tools()
        and known.above == _markers_above(root)
        and known.tree == _tree_digest(known.root)
        and all(_folder_digest(path) == digest for path, digest in known.folders.items())
        and all(_is_same(path, known) for path in known.files)
    )


def _is_same(path: str, known: Fingerprint) -> bool:
    touch = known.untouched.get(path)
    return (touch is not None and _touch(path) == touch) or seen(path)[1] == known.files[path]


def _touch(path: str, before: float | None = None) -> str | None:
    """What the system says of a file, which changes with every touch; None where it does not say.

    Args:
        before: A file that was touched later may have had another content when it was read.
    """
    if sys.platform == "win32":  # where that time is the one of the file's creation
        return None
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    if before is not None and found.st_ctime > before - _COARSEST_CLOCK:
        return None
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


_COARSEST_CLOCK = 2.0
"""Seconds within which a file system may give two touches one time."""
_began = time.time()
"""When the process began, and so before it read anything."""


def tools() -> str:
    """Who computes: Python, our own code, and the packages beside it."""
    if _taken is None:
        return _tools_digest()
    _, digest = _taken.setdefault("", (None, None))
    if digest is None:
        digest = _tools_digest()
        _taken[""] = (None, digest)
    return digest


def _tools_digest() -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in (__version__, sys.version, sys.platform):
        digest.update(part.encode())
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for path in sorted(_code(own)):  # a checkout changes without a version
        digest.update(f"{path} {stamp(path)}".encode())
    for folder in dict.fromkeys(sys.path):  # names of installed packages come with versions
        if os.path.basename(folder) in ("site-packages", "dist-packages"):
            digest.update((_folder_digest(folder) or "").encode())
    return digest.hexdigest()


def _code(folder: str) -> Iterable[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir() and entry.name != "__pycache__":
                yield from _code(entry.path)
            elif entry.name.endswith((".py", ".pyi", ".toml")):  # stubs are code that is evaluated
                yield entry.path


@contextmanager
def digests_taken_once() -> Iterator[None]:
    """Inside of it, a file is read once for all that is asked about it, unless it is touched.

    For one run of a command, which takes less time than anybody needs to fake a file's time.
    """
    global _taken  # noqa: PLW0603  (asked by functions of this module alone)
    before, _taken = _taken, {}
    look_again()
    try:
        yield
    finally:
        _taken = before


def seen(path: str) -> tuple[tuple[int, int] | None, str | None]:
    """Time and size of a file, and the digest of the content that it had then."""
    if _taken is None:
        return _look(path)
    if path not in _looked_at:
        known = _taken.get(path)
        if known is None or known[0] != stamp(path):
            known = _look(path)
        _taken[path] = known
        _looked_at.add(path)
    return _taken[path]


def _look(path: str) -> tuple[tuple[int, int] | None, str | None]:
    try:
        content = _content(path)
    except OSError:
        return stamp(path), None
    digest = hashlib.blake2b(content.data, digest_size=16).hexdigest()
    return content.stamp if stamp(path) == content.stamp else _CHANGING, digest


_CHANGING = (-1, -1)
"""In place of time and size: the file changed while it was looked at, and goes with no content."""

_looked_at: set[str] = set()
_taken: dict[str, tuple[tuple[int, int] | None, str | None]] | None = None


def _content(path: str) -> Content:
    try:
        return read_regular(path, _MOST_BYTES)
    except FileRefusedError:
        if not os.path.islink(path):
            raise
    return read_regular(os.path.realpath(path), _MOST_BYTES)


def _folder_digest(path: str) -> str | None:
    """Of the names in a folder."""
    try:
        with os.scandir(path) as entries:
            names = sorted(_described(entry) for entry in entries if entry.name not in _NOT_ENTERED)
    except OSError:
        return None
    digest = hashlib.blake2b(digest_size=16)
    digest.update("\0".join(names).encode(errors="surrogateescape"))
    return digest.hexdigest()


def look_again() -> None:
    """From here on, files and their names are as they are now, not as they were before."""
    _trees.clear()
    _looked_at.clear()


def _tree_digest(root: str) -> str:
    """Of the names in a folder and in all below it; environments are not entered."""
    if _taken is None:
        return _new_tree_digest(root)
    if root not in _trees:
        _trees[root] = _new_tree_digest(root)
    return _trees[root]


_trees: dict[str, str] = {}


def _new_tree_digest(root: str) -> str:
    digest = hashlib.blake2b(digest_size=16)
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        digest.update(f"\0\0{folder}".encode(errors="surrogateescape"))
        for entry in found:
            if entry.name not in _NOT_ENTERED:
                digest.update(f"\0{_described(entry)}".encode(errors="surrogateescape"))
        if any(entry.name == "pyvenv.cfg" for entry in found):
            continue
        pending += [
            entry.path
            for entry in found
            if entry.name not in _NOT_ENTERED
            and (not entry.name.startswith(".") or entry.name == ".venv")
            and entry.is_dir(follow_symlinks=False)
        ]
    return digest.hexdigest()


def _described(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return f"{entry.name}>{os.readlink(entry.path)}"
    return f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name


def _markers_above(root: Path) -> tuple[str, ...]:
    return tuple(
        os.path.join(folder, name)
        for folder in root.parents
        for name in MARKERS
        if os.path.lexists(os.path.join(folder, name))
    )
