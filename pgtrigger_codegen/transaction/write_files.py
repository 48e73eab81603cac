"""Stage cli: writing several files so that either all of them are there or none.

Each file is written anew beside its target and then renamed over it, so that nobody ever sees half
of one. Before the first rename all files are complete, and a record of what was there before lies
in the project's root (`journal.py`): the next run undoes what a killed one left half done. A file
that was edited since it was read is not overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.source import reads
from pgtrigger_codegen.source.boundary import Boundary
from pgtrigger_codegen.source.files import read_regular
from pgtrigger_codegen.source.paths import resolved
from pgtrigger_codegen.transaction.journal import (
    MOST_BYTES,
    Journal,
    JournalEntry,
    remove_leftovers,
    temporary_beside,
)

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class Change(Struct, frozen=True):
    """The new content of a file.

    Attributes:
        content: None where the file is to be removed.
        is_new: Whether there must be no such file yet.
    """

    path: Path
    content: bytes | None
    is_new: bool = False


def write_files(root: Path, changes: Iterable[Change]) -> None:
    """Writes and removes files: all of them or none.

    Args:
        root: The project's folder, which links in it do not lead out of.

    Raises:
        CodegenError: A file could not be written, or has changed since this run read it;
            everything is as it was before.
    """
    boundary = Boundary.of(root)
    targets = [_Target.of(change, boundary) for change in changes]
    if targets:
        roots = list(dict.fromkeys([Path(boundary.root), resolved(root)]))
        with Journal.begin(roots, needed=len(targets) > 1) as journal:
            _replace_all(journal, targets)


class _Target:
    """A file on its way to its new content."""

    def __init__(self, change: Change, path: Path, before: bytes | None, mode: int | None) -> None:
        self.change = change
        self.path = path
        self.before = before
        self._mode = mode
        self._stamp = reads.stamp(str(path))
        self._temporary = temporary_beside(path)

    @classmethod
    def of(cls, change: Change, boundary: Boundary) -> _Target:
        """The file as it is now, which must be as it was read.

        Raises:
            CodegenError: It is not, or is not to be written.
        """
        path = change.path
        if (reason := boundary.refusal_to_write(path)) is not None:
            raise CodegenError(
                f"{path} is not written: {reason}", help="replace the link by a file of the project"
            )
        path = resolved(path)
        try:
            before, mode = _content(path)
        except OSError as error:
            raise _failure(path, error) from error
        target = cls(change, path, before, mode)
        target.check()
        return target

    @property
    def entry(self) -> JournalEntry:
        return JournalEntry(self.path, self.before, self.change.content, self._mode)

    def check(self) -> None:
        """Refuses a file that is not as it was when this run first read it.

        Raises:
            CodegenError: Somebody has edited, made or removed it.
        """
        now = reads.stamp(str(self.path))
        read = reads.current()
        for path in {str(self.change.path), str(self.path)}:
            if read is not None and path in read.files and read.files[path] != now:
                raise _edited(self.path)
        if now != self._stamp or (self.change.is_new and now is not None):
            raise _edited(self.path)

    def prepare(self) -> None:
        """Writes the new content beside the file."""
        content = self.change.content
        if self.before is not None and not os.access(self.path, os.W_OK):
            raise PermissionError(13, "Permission denied", str(self.path))
        if content is None:
            return
        mode = 0o666 if self._mode is None else 0o600
        handle = os.open(self._temporary, _NEW | _BINARY, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if self._mode is not None:
            self._take_over()

    def put_in_place(self) -> None:
        """Lets the new content take the place of the old."""
        if self.change.content is None:
            self.path.unlink(missing_ok=True)
        elif self.change.is_new:
            _move_to_new_name(self._temporary, self.path)
        else:
            self._temporary.replace(self.path)

    def clean_up(self) -> None:
        """Removes what was prepared and not used."""
        with suppress(OSError):
            self._temporary.unlink(missing_ok=True)

    def _take_over(self) -> None:
        """Gives the new file the mode of the old one, and its owner where that is allowed."""
        assert self._mode is not None
        if hasattr(os, "chown"):
            there = self.path.stat()
            with suppress(PermissionError):
                os.chown(self._temporary, there.st_uid, there.st_gid)
        self._temporary.chmod(self._mode)


def _replace_all(journal: Journal, targets: Sequence[_Target]) -> None:
    folders = list(dict.fromkeys(target.path.parent for target in targets))
    for folder in folders:
        remove_leftovers(folder)
    current = targets[0]
    try:
        journal.note([target.entry for target in targets])
        for current in targets:
            current.prepare()
        for current in targets:
            current.check()
        for current in targets:
            current.put_in_place()
        for folder in folders:
            _sync(folder)
    except OSError as error:
        journal.undo()
        raise _failure(current.path, error) from error
    except BaseException:
        journal.undo()
        raise
    finally:
        for target in targets:
            target.clean_up()


def _content(path: Path) -> tuple[bytes | None, int | None]:
    """The content and the mode of a file; None of one that is not there."""
    try:
        with reads.unrecorded():
            content = read_regular(path, MOST_BYTES)
    except FileNotFoundError:
        return None, None
    return content.data, content.mode


def _move_to_new_name(source: Path, target: Path) -> None:
    """Renames a file, unless there is one of the other name."""
    try:
        target.hardlink_to(source)
    except FileExistsError as error:
        raise _edited(target) from error
    except OSError:  # a file system without a second name for a file
        if target.exists() or target.is_symlink():
            raise _edited(target) from None
        source.replace(target)
    else:
        source.unlink()


def _sync(folder: Path) -> None:
    """Makes the new names last, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _edited(path: Path) -> CodegenError:
    return CodegenError(
        f"{path} was changed by somebody else while this command ran",
        help="run the command again; no file was changed",
    )


def _failure(path: Path, error: OSError) -> CodegenError:
    return CodegenError(
        f"{path} cannot be written: {error.strerror}",
        help="make its folder writable; no file was changed",
    )
