"""The secret that signs cache files, as proof that this user wrote them on this machine.

A cache lies in the project's folder, and a project may come from anywhere, its cache included.
The secret lies in the user's own cache folder. Whoever can write into that can do anything in the
user's name anyway.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_FOLDER = "pgtrigger-codegen"
_NAME = "cache.key"
_SIZE = 32


def find(root: Path) -> bytes | None:
    """The key for the cache of a project; None without a secret.

    Args:
        root: The project's folder. A secret that lies in it might have come with it.
    """
    return _find(root, make=False)


def find_or_make(root: Path) -> bytes | None:
    """The same, with a new secret where there is none; None where it cannot be."""
    return _find(root, make=True)


def _find(root: Path, *, make: bool) -> bytes | None:
    base = _user_cache(os.environ)
    if base is None:
        return None
    try:
        if _is_inside(os.path.join(base, _FOLDER), root):
            return None
        folder = _open_folder(base, make=make)
    except (OSError, ValueError):
        return None
    try:
        return _read(folder) or (_made(folder) if make else None)
    except OSError:
        return None
    finally:
        os.close(folder)


@contextlib.contextmanager
def opened_folder(*, make: bool) -> Iterator[int]:
    """The folder that the secret lies in, by a number.

    Args:
        make: Whether it is made where it is not there.

    Raises:
        OSError: It is not there, or cannot be opened; others can write it.
    """
    base = _user_cache(os.environ)
    if base is None:
        raise FileNotFoundError("the user has no folder for caches")
    folder = _open_folder(base, make=make)
    try:
        yield folder
    finally:
        os.close(folder)


def _user_cache(environment: Mapping[str, str]) -> str | None:
    """https://specifications.freedesktop.org/basedir-spec/latest/ and its like on macOS."""
    given = environment.get("XDG_CACHE_HOME", "")
    if os.path.isabs(given):
        return given
    home = os.path.expanduser("~")
    parts = ("Library", "Caches") if sys.platform == "darwin" else (".cache",)
    return os.path.join(home, *parts) if os.path.isabs(home) else None


def _is_inside(path: str, root: Path) -> bool:
    real_root = os.path.realpath(root)
    return os.path.commonpath([real_root, os.path.realpath(path)]) == real_root


def _open_folder(base: str, *, make: bool) -> int:
    path = os.path.join(base, _FOLDER)
    if make:
        os.makedirs(base, mode=0o700, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, mode=0o700)
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    found = os.fstat(folder)
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        os.close(folder)
        raise PermissionError(f"{path} can be written by others")
    return folder


def _read(folder: int) -> bytes | None:
    """The key, None where there is no whole secret."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        file = os.open(_NAME, flags, dir_fd=folder)
    except FileNotFoundError:
        return None
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise PermissionError(f"{_NAME} is not ours")
        if found.st_mode & 0o077:
            raise PermissionError(f"{_NAME} can be read by others")
        secret = os.read(file, _SIZE + 1)
    finally:
        os.close(file)
    return _key(secret, found) if len(secret) == _SIZE else None


def _made(folder: int) -> bytes | None:
    """A new secret's key; None when another process makes one at the same time."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_NAME, dir_fd=folder)  # the beginning of one, after a full disk or a crash
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        file = os.open(_NAME, flags, 0o600, dir_fd=folder)
    except FileExistsError:
        return None
    try:
        os.write(file, os.urandom(_SIZE))
    finally:
        os.close(file)
    return _read(folder)


def _key(secret: bytes, found: os.stat_result) -> bytes:
    """What is used for signing: no copy of the secret's file leads to it.

    Nobody can choose when an inode was last changed. So even a secret that came along with a
    home folder is of no use to whoever has packed that.
    """
    place = f"{found.st_dev} {found.st_ino} {found.st_ctime_ns}"
    return hashlib.blake2b(place.encode(), key=secret, digest_size=32).digest()
