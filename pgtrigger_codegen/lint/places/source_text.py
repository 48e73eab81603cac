"""A file's text as editors see it: with its encoding, its line ends, and places in it.

The analysis normalises line ends; a fix must leave those of the file as they are.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.lint.diagnostic import Edit
from pgtrigger_codegen.source.encoding import decode
from pgtrigger_codegen.source.overlay import read_bytes

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")


class SourceText(Struct, frozen=True, dict=True):
    """Decoded text, line ends untouched."""

    text: str
    encoding: str = "utf-8"

    @functools.cached_property
    def _starts(self) -> list[int]:
        """Where each line begins, and the end; most texts are only looked through for comments."""
        return [*(match.start() for match in _LINE.finditer(self.text)), len(self.text)]

    @property
    def lines(self) -> list[str]:
        """The lines without their ends; a text that ends in a line end has no empty last one."""
        bounds = zip(self._starts, self._starts[1:], strict=False)
        return [self.text[start:end].rstrip("\r\n") for start, end in bounds]

    @property
    def plain(self) -> str:
        """The text with line ends as the parser has them: line feeds."""
        return self.text.replace("\r\n", "\n").replace("\r", "\n")

    @property
    def newline(self) -> str:
        """The line end of the first line."""
        match = re.search(r"\r\n|\r|\n", self.text)
        return match.group() if match else "\n"

    def offset(self, line: int, column: int) -> int:
        """The index of a place (both numbers from 1); past the end means the end."""
        if line > len(self._starts):
            return len(self.text)
        return min(self._starts[line - 1] + column - 1, len(self.text))

    def apply(self, edits: Iterable[Edit]) -> SourceText:
        """The text with the edits made; they must not overlap."""
        text = self.text
        for start, end, content in sorted(map(self._replacement, edits), reverse=True):
            text = text[:start] + content.replace("\n", self.newline) + text[end:]
        return SourceText(text, self.encoding)

    def encode(self) -> bytes:
        """The bytes of the file."""
        return self.text.encode(self.encoding)

    def _replacement(self, edit: Edit) -> tuple[int, int, str]:
        span = edit.span
        start = self.offset(span.line, span.column)
        return start, self.offset(span.end_line, span.end_column), edit.content


def read_source(path: str | Path) -> SourceText:
    """Reads a file with the encoding it declares.

    Raises:
        OSError: It cannot be read.
        SyntaxError: Its encoding is unknown, or not the file's.
    """
    return SourceText(*decode(read_bytes(path)))


def lines_to_show(path: str | Path) -> list[str]:
    """The lines of a file, as far as they can be shown: none when it cannot be read."""
    try:
        return read_source(path).lines
    except SyntaxError:
        return SourceText(read_bytes(path).decode("utf-8", errors="replace")).lines
    except OSError:
        return []
