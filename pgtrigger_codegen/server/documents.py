"""The files that an editor has open, and which of them are ours to look at.

A path comes from outside: only files of the workspace count, whatever a URI leads to.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct
from pygls import uris

from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.source.boundary import is_under
from pgtrigger_codegen.source.encoding import decode
from pgtrigger_codegen.source.files import FileRefusedError, read_regular
from pgtrigger_codegen.source.paths import resolved

_SUFFIXES = frozenset({".py", ".pyi", ".sql"})


class Document(Struct, frozen=True):
    """An open file as the editor shows it.

    Attributes:
        path: Absolute, with symbolic links followed.
    """

    uri: str
    path: str
    version: int
    text: str

    def content(self) -> bytes:
        """What would be on disk if it were saved."""
        data = self.text.encode("utf-8", "surrogatepass")
        try:
            _, encoding = decode(data)
        except SyntaxError:
            return data
        return data if encoding.startswith("utf-8") else self.text.encode(encoding, "replace")


def path_of(uri: str) -> str | None:
    """The path that a URI leads to, with symbolic links followed; None where it is no file's."""
    try:
        parts = urlsplit(uri)
        if parts.scheme != "file" or (os.name != "nt" and parts.netloc not in ("", "localhost")):
            return None
        path = uris.to_fs_path(uri)
        if not path or "\0" in path or not Path(path).is_absolute():
            return None
        return str(resolved(Path(path)))
    except (OSError, ValueError):
        return None


class Workspace:
    """The folders that the user has opened, and the files in them that are open.

    Attributes:
        folders: Paths with symbolic links followed, and the editor's own names for them.
        documents: The open files, by path.
    """

    def __init__(self) -> None:
        self.folders: dict[str, str] = {}
        self.documents: dict[str, Document] = {}

    def add_folder(self, uri: str) -> None:
        path = path_of(uri)
        if path is not None and Path(path).is_dir():
            self.folders[path] = uris.to_fs_path(uri) or path

    def remove_folder(self, uri: str) -> None:
        self.folders.pop(path_of(uri) or "", None)

    def folder_of(self, path: str) -> str | None:
        """The innermost folder of the workspace that a path lies in."""
        return max(
            (folder for folder in self.folders if is_under(path, folder)), key=len, default=None
        )

    def put(self, uri: str, version: int, text: str) -> Document | None:
        """Takes the text of an open file; None where it is not one to look at."""
        path = path_of(uri)
        if path is None or Path(path).suffix not in _SUFFIXES or self.folder_of(path) is None:
            return None
        document = Document(uri, path, version, text)
        self.documents[path] = document
        return document

    def uri_of(self, path: str) -> str | None:
        """The editor's URI of a file; None where it lies outside of the workspace."""
        if (document := self.documents.get(path)) is not None:
            return document.uri
        folder = self.folder_of(path)
        if folder is None:
            return None
        uri: str | None = uris.from_fs_path(self.folders[folder] + path[len(folder) :])
        return uri

    def text(self, path: str) -> SourceText | None:
        """What the editor shows of a file or would show; None where it cannot be read."""
        if (document := self.documents.get(path)) is not None:
            return SourceText(document.text)
        try:
            return SourceText(*decode(read_regular(path).data))
        except (OSError, SyntaxError):
            return None


def unsaved(documents: Iterable[Document]) -> Mapping[str, bytes]:
    """The contents that differ from those on disk, by path."""
    found = {}
    for document in documents:
        content = document.content()
        try:
            on_disk = read_regular(document.path).data
        except FileRefusedError:
            continue
        except OSError:
            on_disk = None
        if content != on_disk:
            found[document.path] = content
    return found
