"""Facts about the files of installed packages, for all projects of one user.

Kept is where the bodies of functions stand (`source/deferred.py`): bodies that nobody looks at need
not be parsed. A fact counts for a file with exactly the content that it was found in; content that
has to be read anyway is compared, and no time of a file is trusted.

The facts lie beside the secret, in the user's own cache folder, and are signed with that. No
repository can fill or change them, and none can name another folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from hmac import compare_digest
from pathlib import Path

import msgspec

from pgtrigger_codegen import __version__
from pgtrigger_codegen.incremental import secret
from pgtrigger_codegen.incremental.folder import forget_oldest, replace_file
from pgtrigger_codegen.source import deferred, reads
from pgtrigger_codegen.source.deferred import Place

NAME = "packages"
TURNED_OFF = "PGTRIGGER_CODEGEN_NO_PACKAGE_FACTS"
"""The environment variable with which nothing is kept or read here."""
MOST_PACKAGES = 400
LARGEST = 1024 * 1024
"""Bytes of what is kept of one package: what is larger is not read, nor kept."""

_SIGNATURE = 32
_MOST_PER_PACKAGE = 10_000
"""Files of all releases of a package. When there are more, those of this run stay."""

_Facts = dict[str, list[Place]]
_DECODER = msgspec.json.Decoder(dict[str, list[tuple[int, int, int, int]]])


class PackageFacts:
    """What one run knows of packages, from earlier ones.

    Args:
        root: The project's folder. Nothing that lies in it is read.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        with reads.unrecorded():
            self._key = secret.find(root)
        self._known: dict[str, _Facts] = {}
        self._used: dict[str, _Facts] = {}
        self._new: set[str] = set()

    def places(self, name: str, data: bytes) -> Sequence[Place] | None:
        """The places of bodies in the file of a module with this content; None where not known."""
        package, content = name.partition(".")[0], _digest(data)
        if package not in self._known:
            self._known[package] = self._read(package)
        found = self._known[package].get(content)
        if found is not None:
            self._used.setdefault(package, {})[content] = found
        return found

    def found(self, name: str, data: bytes, places: Sequence[Place]) -> None:
        """Takes the places in a file."""
        package = name.partition(".")[0]
        self._used.setdefault(package, {})[_digest(data)] = list(places)
        self._new.add(package)

    def write(self) -> None:
        """Keeps what is new, beside what other runs have kept meanwhile."""
        if not self._new:
            return
        # A full disk, a folder that is only to be read or that others can write, or no secret.
        with reads.unrecorded(), contextlib.suppress(OSError):
            self._key = secret.find_or_make(self._root)
            if self._key is None:
                return
            with _opened(make=True) as folder:
                for package in sorted(self._new):
                    self._write(folder, package)
                forget_oldest(folder, MOST_PACKAGES)

    def _write(self, folder: int, package: str) -> None:
        used = self._used[package]
        facts = {**self._read_in(folder, package), **used}
        content = b""
        for kept in (facts, used):
            content = msgspec.json.encode(kept)
            if len(kept) <= _MOST_PER_PACKAGE and len(content) <= LARGEST - _SIGNATURE:
                break
        else:
            return
        name = _file_name(package)
        assert self._key is not None, "nothing is written without"
        replace_file(folder, name, _signature(self._key, name, content) + content)

    def _read(self, package: str) -> _Facts:
        if self._key is None:
            return {}
        with reads.unrecorded(), contextlib.suppress(OSError), _opened(make=False) as folder:
            return self._read_in(folder, package)
        return {}

    def _read_in(self, folder: int, package: str) -> _Facts:
        name = _file_name(package)
        data = _content(folder, name)
        signature, content = data[:_SIGNATURE], data[_SIGNATURE:]
        if self._key is None or not compare_digest(signature, _signature(self._key, name, content)):
            return {}
        try:
            facts = _DECODER.decode(content)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            return {}
        return {file: [Place(*place) for place in places] for file, places in facts.items()}


def facts_for(root: Path) -> PackageFacts | None:
    """What is known of packages where a project is read; None where that is turned off.

    On Windows, too, where nobody can say whose a file is.
    """
    if os.environ.get(TURNED_OFF) or os.open not in os.supports_dir_fd:
        return None
    return PackageFacts(root)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _file_name(package: str) -> str:
    """Another for each release of ours and of Python: both say where something stands."""
    parts = repr((__version__, _own_code(), sys.version, package))
    return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()


def _own_code() -> str:
    """Of the code that finds the places: a checkout changes without a version."""
    return str(reads.stamp(deferred.__file__))


def _signature(key: bytes, name: str, content: bytes) -> bytes:
    digest = hashlib.blake2b(f"{NAME}\0{name}\0".encode(), key=key, digest_size=_SIGNATURE)
    digest.update(content)
    return digest.digest()


@contextlib.contextmanager
def _opened(*, make: bool) -> Iterator[int]:
    """The folder, by a number that means the same folder whatever happens to the name.

    Raises:
        OSError: It is not there, or others can write it.
    """
    with secret.opened_folder(make=make) as around:
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(NAME, mode=0o700, dir_fd=around)
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        folder = os.open(NAME, flags, dir_fd=around)
    try:
        found = os.fstat(folder)
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise PermissionError(f"{NAME} is open to others")
        yield folder
    finally:
        os.close(folder)


def _content(folder: int, name: str) -> bytes:
    """The bytes of a file; none where it is not ours alone."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        opened = os.open(name, flags, dir_fd=folder)
    except OSError:
        return b""
    with os.fdopen(opened, "rb") as file:
        found = os.fstat(opened)
        is_ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
        if not is_ours or found.st_mode & 0o077 or found.st_size > LARGEST:
            return b""
        return file.read(LARGEST + 1)
