"""Stage source: converts a file's text for reading, and back to its form on disk.

Positions count lines that end in a single newline; the file may have other ends, and a mark
at its beginning.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.source.overlay import read_bytes

_BOM = "\ufeff"


class OriginalText(Struct, frozen=True):
    """How a file of UTF-8 text is kept.

    Attributes:
        newline: The ends of its lines; of several kinds, that of the first line.
        bom: Whether it begins with a byte order mark.
    """

    newline: str = "\n"
    bom: bool = False

    @classmethod
    def read(cls, path: Path) -> OriginalText:
        """How the file is kept now."""
        data = read_bytes(path)
        first, _, _ = data.partition(b"\n")
        newline = "\r\n" if first.endswith(b"\r") else "\n"
        return cls(newline, data.startswith(_BOM.encode()))

    def with_text(self, text: str) -> str:
        """The text as it is to be written."""
        return (_BOM if self.bom else "") + text.removeprefix(_BOM).replace("\n", self.newline)
