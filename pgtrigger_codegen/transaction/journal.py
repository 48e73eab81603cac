"""Stage cli: a record of the files being written, from which the next run undoes a killed run.

It lies in the project's root only while files are being renamed. It is also the lock that keeps two
runs from writing at once. A record can come with a stranger's repository: only what a run of ours
can have written is undone, and nothing outside of the project.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from msgspec import Struct

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.source.files import read_regular
from pgtrigger_codegen.source.paths import resolved

NAME = ".pgtrigger-codegen-writing.json"
# What commands write several of: source, and the names of last migrations.
_SUFFIXES = frozenset({".py", ".txt"})
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.pgtrigger-codegen~")
MOST_BYTES = 64 * 1024 * 1024


class JournalEntry(Struct, frozen=True):
    """A file before and after; None where there is none.

    Attributes:
        mode: The permissions that it had.
    """

    path: Path
    before: bytes | None
    after: bytes | None
    mode: int | None = None


class Journal:
    """The record of one run; it is deleted when all files are written, or none."""

    def __init__(self, root: Path, handle: int | None) -> None:
        self._root = root
        self._handle = handle
        self._entries: Sequence[JournalEntry] = ()
        self._is_half_undone = False

    @classmethod
    def begin(cls, roots: Sequence[Path], *, needed: bool) -> Journal:
        """Opens a new record, after what a killed run has left is undone.

        Args:
            roots: Folders that the record may lie in, the best first.
            needed: Whether nothing may be written without one.

        Raises:
            CodegenError: Another run is writing, or a record cannot be made.
        """
        failure: OSError | None = None
        for root in roots:
            undo_killed_run(root)
            try:
                return cls(root, _new_record(root))
            except OSError as error:  # a folder that is only to be read
                failure = failure or error
        if failure is None or not needed:
            return cls(roots[0], None)
        raise CodegenError(
            f"{roots[0]} cannot be written: {failure.strerror}",
            help="make the folder writable; no file was changed",
        ) from failure

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._handle is not None:
            if not self._is_half_undone:
                with suppress(OSError):
                    (self._root / NAME).unlink()
            os.close(self._handle)

    def note(self, entries: Sequence[JournalEntry]) -> None:
        """Notes what is about to be written."""
        self._entries = entries
        # One rename is done or not done: there is nothing to undo.
        if self._handle is None or len(entries) < 2:
            return
        inside = [entry for entry in entries if entry.path.is_relative_to(self._root)]
        text = json.dumps({"files": [_as_json(entry, self._root) for entry in inside]})
        with os.fdopen(self._handle, "wb", closefd=False) as file:
            file.write(text.encode())
            file.flush()
            os.fsync(self._handle)

    def undo(self) -> None:
        """Brings back what was there before."""
        self._is_half_undone = True
        _undo(self._entries)
        self._is_half_undone = False


def undo_killed_run(directory: Path) -> Path | None:
    """Undoes what a killed run has half written in the project that a folder is in.

    Returns:
        The project's root where there was something to undo.

    Raises:
        CodegenError: Another run is writing now, or the record is not one of ours.
    """
    root = _root_with_record(resolved(directory))
    if root is None:
        return None
    try:
        handle = os.open(root / NAME, os.O_RDWR | _NO_FOLLOW)
    except OSError as error:
        raise _not_ours(root, error.strerror or "it cannot be opened") from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
            raise _not_ours(root, "it is not a file")
        if not _locked(handle):
            raise _busy(root)
        entries = _read(root, os.read(handle, found.st_size))
        is_undone = _undo_if_half_written(entries)
        for folder in {root, *(entry.path.parent for entry in entries)}:
            remove_leftovers(folder)
        (root / NAME).unlink()
    except OSError as error:
        raise CodegenError(
            f"an earlier run was killed while it wrote files, and {error.filename} cannot be "
            f"restored: {error.strerror}",
            help="make the file and its folder writable, and run the command again",
        ) from error
    finally:
        os.close(handle)
    return root if is_undone else None


def _new_record(root: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_FOLLOW
    try:
        handle = os.open(root / NAME, flags, 0o600)
    except FileExistsError as error:
        raise _busy(root) from error
    if not _locked(handle):
        os.close(handle)
        raise _busy(root)
    return handle


def remove_leftovers(folder: Path) -> None:
    """Removes what a killed run has prepared in a folder.

    For whoever holds the record: no other run writes then.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        left = [
            Path(entry.path)
            for entry in entries
            if _TEMPORARY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
        ]
        for path in left:
            path.unlink()


def temporary_beside(path: Path) -> Path:
    """A name that nobody can foresee, and that is neither a module's nor a migration's."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.pgtrigger-codegen~")


def _root_with_record(directory: Path) -> Path | None:
    for folder in (directory, *directory.parents):
        if (folder / NAME).exists() or (folder / NAME).is_symlink():
            return folder
        if (folder / ".git").exists():
            return None
    return None


def _read(root: Path, content: bytes) -> list[JournalEntry]:
    """The entries; none where the run was killed before it changed anything."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return []
    listed = document.get("files") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise _not_ours(root, "it lists no files")
    return [_entry(root, item) for item in listed]


def _entry(root: Path, item: Any) -> JournalEntry:
    match item:
        case {
            "path": str(path),
            "before": str() | None as before,
            "after": str() | None as after,
            "mode": int() | None as mode,
        }:
            pass
        case _:
            raise _not_ours(root, "it lists entries that are not files")
    file = root / path
    parts = Path(path).parts
    plain = (
        "\0" not in path
        and not Path(path).is_absolute()
        and all(not part.startswith(".") for part in parts)
    )
    try:
        real = resolved(file.parent) == root / Path(path).parent and not file.is_symlink()
        old, new = (None if text is None else base64.b64decode(text) for text in (before, after))
    except (OSError, ValueError, RuntimeError) as error:
        raise _not_ours(root, str(error)) from error
    if not plain or not real or file.suffix not in _SUFFIXES:
        raise _not_ours(root, f"no command writes {path}")
    return JournalEntry(file, old, new, mode)


def _as_json(entry: JournalEntry, root: Path) -> dict[str, str | int | None]:
    return {
        "path": entry.path.relative_to(root).as_posix(),
        "before": None if entry.before is None else base64.b64encode(entry.before).decode(),
        "after": None if entry.after is None else base64.b64encode(entry.after).decode(),
        "mode": entry.mode,
    }


def _undo_if_half_written(entries: Sequence[JournalEntry]) -> bool:
    """Undoes it where some files are as they were and others as they should become.

    Where somebody has edited one since, all stay as they are.
    """
    contents = [_content(entry.path) for entry in entries]
    pairs = list(zip(entries, contents, strict=True))
    if any(content not in (entry.before, entry.after) for entry, content in pairs):
        return False
    if all(content == entry.after for entry, content in pairs):
        return False
    if all(content == entry.before for entry, content in pairs):
        return False
    _undo(entries)
    return True


def _undo(entries: Iterable[JournalEntry]) -> None:
    for entry in entries:
        content = _content(entry.path)
        if content == entry.before or content != entry.after:
            continue
        if entry.before is None:
            entry.path.unlink(missing_ok=True)
        else:
            _restore(entry.path, entry.before, entry.mode)


def _restore(path: Path, content: bytes, mode: int | None) -> None:
    temporary = temporary_beside(path)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.chmod(0o600 if mode is None else mode & 0o777)
    temporary.replace(path)


def _content(path: Path) -> bytes | None:
    with suppress(FileNotFoundError, NotADirectoryError):
        return read_regular(path, MOST_BYTES).data
    return None


def _locked(handle: int) -> bool:
    """Takes the lock of an open record; it is given back when the process ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows: a record without an end is then that of a killed run
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _busy(root: Path) -> CodegenError:
    return CodegenError(
        f"another run is writing files of {root}", help="wait for it to end, and run this again"
    )


def _not_ours(root: Path, reason: str) -> CodegenError:
    return CodegenError(
        f"{root / NAME} is not what a killed run of pgtrigger-codegen leaves: {reason}",
        help="delete the file, and check the work tree with `git status`",
    )
