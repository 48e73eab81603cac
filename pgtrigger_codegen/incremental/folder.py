"""The folder `.pgtrigger_codegen_cache` in a project's root.

Everything in it can be deleted at any time. Two runs at once cannot harm each other: a file
appears whole or not at all. Where nothing can be written, nothing is kept.

A project may come from anywhere, and so may what bears the folder's name. No symbolic link is
followed, nothing of another user's is read, no file is changed that we have not made, and the
content of a file counts only if this user's own run has signed it (`secret.py`).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import time
from collections.abc import Iterator
from hmac import compare_digest
from pathlib import Path

from pgtrigger_codegen.incremental import secret
from pgtrigger_codegen.source import reads

NAME = ".pgtrigger_codegen_cache"
LARGEST = 32 * 1024 * 1024
"""Bytes of a file: what is larger is neither kept nor read."""
MOST_FILES = 64
"""Results that are kept; half of them go when there are more."""

# https://bford.info/cachedir/
_TAG = b"""\
Signature: 8a477f597d28d172789f06886806bc55
# This folder was made by pgtrigger-codegen and can be deleted at any time.
"""
_MARKERS = {".gitignore": b"*\n", "CACHEDIR.TAG": _TAG}
_KEPT = re.compile(r"[0-9a-f]{32}")
_UNFINISHED = re.compile(r"\.new-[0-9a-f]{16}")
_ABANDONED_AFTER = 3600  # seconds
_SIGNATURE = 32
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class NotOurs(Exception):
    """The folder with the cache's name was not made by us; the text says why."""


def find(directory: Path) -> Path | None:
    """The root of the project that a folder is in, as far as it has a cache."""
    for folder in (directory, *directory.parents):
        try:
            if stat.S_ISDIR(os.lstat(folder / NAME).st_mode):
                return folder
        except (OSError, ValueError):
            pass
    return None


def read(root: Path, name: str) -> bytes | None:
    """The content of a file of a project's cache; None without one that we have written."""
    with reads.unrecorded(), contextlib.suppress(OSError, NotOurs), _opened(root) as folder:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(name, flags, dir_fd=folder), "rb") as file:
            found = os.fstat(file.fileno())
            if not _is_ours(found) or not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
                return None
            data = file.read(LARGEST + 1)
        key = secret.find(root)
        signature, content = data[:_SIGNATURE], data[_SIGNATURE:]
        if key is not None and compare_digest(signature, _signature(key, root, name, content)):
            return content
    return None


def write(root: Path, name: str, content: bytes) -> None:
    """Writes a file into the cache of a project, if that can be done and read again."""
    if len(content) > LARGEST - _SIGNATURE or os.open not in os.supports_dir_fd:
        return
    # A full disk, a project that is only to be read, another's folder, or no secret.
    with reads.unrecorded(), contextlib.suppress(OSError, NotOurs):
        key = secret.find_or_make(root)
        if key is None:
            return
        with contextlib.suppress(FileExistsError):
            os.mkdir(root / NAME, mode=0o700)
        with _opened(root) as folder:
            os.fchmod(folder, 0o700)
            for marker, text in _MARKERS.items():
                with contextlib.suppress(FileExistsError):
                    _write_new(folder, marker, text)
            replace_file(folder, name, _signature(key, root, name, content) + content)
            forget_oldest(folder, MOST_FILES)


def remove(root: Path) -> bool | None:
    """Deletes the cache of a project.

    Returns:
        Whether there was one; None when files that are not the cache's lie in it, and stay.

    Raises:
        NotOurs: What bears the name is a link, or another user's.
        OSError: It cannot be deleted.
    """
    try:
        with _opened(root) as folder:
            for name in os.listdir(folder):
                if name in _MARKERS or _KEPT.fullmatch(name) or _UNFINISHED.fullmatch(name):
                    _unlink(folder, name)
            if os.listdir(folder):
                return None
    except FileNotFoundError:
        return False
    os.rmdir(root / NAME)
    return True


@contextlib.contextmanager
def _opened(root: Path) -> Iterator[int]:
    """The folder, by a number that means the same folder whatever happens to the name."""
    if os.open not in os.supports_dir_fd:
        raise NotOurs("folders cannot be opened on this system")
    try:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        folder = os.open(root / NAME, flags)
    except OSError as error:
        if os.path.islink(root / NAME):
            raise NotOurs("is a symbolic link") from error
        raise
    try:
        if not _is_ours(os.fstat(folder)):
            raise NotOurs("belongs to another user")
        yield folder
    finally:
        os.close(folder)


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid()


def _signature(key: bytes, root: Path, name: str, content: bytes) -> bytes:
    """Of a content in its place: neither another file's nor another project's counts."""
    place = f"{root}\0{name}\0".encode(errors="surrogateescape")
    digest = hashlib.blake2b(place, key=key, digest_size=_SIGNATURE)
    digest.update(content)
    return digest.digest()


def _write_new(folder: int, name: str, content: bytes) -> None:
    flags = _NEW_FILE | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "wb") as file:
        file.write(content)


def replace_file(folder: int, name: str, content: bytes) -> None:
    """Puts a whole file in the place of the one with that name, if any.

    Raises:
        OSError: That cannot be done; then nothing has changed.
    """
    new = f".new-{os.urandom(8).hex()}"
    try:
        _write_new(folder, new, content)
        os.replace(new, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new, dir_fd=folder)
        raise


def forget_oldest(folder: int, most: int) -> None:
    """Deletes half of the files that are kept where there are more than so many.

    An editor or a hook asks about many files, each with a result of its own.
    """
    kept: list[tuple[int, str]] = []
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            changed = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime_ns
            if _KEPT.fullmatch(name):
                kept.append((changed, name))
            elif _UNFINISHED.fullmatch(name) and _is_abandoned(changed):
                _unlink(folder, name)
    if len(kept) > most:
        for _, name in sorted(kept)[: len(kept) - most // 2]:
            _unlink(folder, name)


def _unlink(folder: int, name: str) -> None:
    """Deletes a file, or a link itself; a folder of that name is none of ours."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=folder)


def _is_abandoned(changed: int) -> bool:
    return time.time() - changed / 1e9 > _ABANDONED_AFTER
