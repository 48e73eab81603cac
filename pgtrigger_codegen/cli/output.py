"""Stage cli: standard streams that escape control characters, so that a repository's text is
harmless.

Names, messages and source come from code that nobody has read yet. A terminal acts on some
characters, and a CI server on some lines: `::set-output …`, `##vso[…]`. Both are escaped here, at
the one place that all output passes, so that no command can forget it. The escapes are those of
JSON: within a JSON document the text is still the same.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.source.escaping import escaped, one_line

# What `click.style` makes of the colours in use: bold, red to cyan, and back.
_COLOUR = re.compile("(\x1b\\[(?:0|1|3[1-6])m)")
# Azure DevOps and TeamCity take these for commands wherever they stand, GitHub the first.
_BRACKET = re.compile(r"(##(?:vso|teamcity)?)\[", re.IGNORECASE)
# GitHub Actions does so at the beginning of a line, after spaces too.
_COLONS = re.compile(r"^(\s*):(?=:)")


class EscapingStream:
    """A standard stream; all but `write` is that of the stream behind it.

    Args:
        stream: The stream that is written to in the end.
        is_read_by_github: Whether GitHub Actions looks for commands in it.
    """

    # Without weak references: click's list of streams would keep each of them for ever.
    __slots__ = ("_begins_line", "_is_coloured", "_is_read_by_github", "_is_trusted", "_stream")

    def __init__(self, stream: TextIO, *, is_read_by_github: bool) -> None:
        self._stream = stream
        self._is_read_by_github = is_read_by_github
        self._begins_line = True
        self._is_trusted = False
        self._is_coloured = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def copied(self) -> TextIO:
        """The stream behind it, for what is no result and drives the terminal on purpose."""
        copied: TextIO = getattr(self._stream, "copied", self._stream)
        return copied

    @property
    def encoding(self) -> str:
        """As click sees it, which writes past a stream that knows ASCII alone."""
        encoding = self._stream.encoding or "utf-8"
        return "utf-8" if encoding.lower() in ("ascii", "us-ascii", "ansi_x3.4-1968") else encoding

    def write(self, text: str) -> int:
        """Writes a text, escaped."""
        self._stream.write(self._escaped(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    @contextmanager
    def trusting(self) -> Iterator[None]:
        """Within it, lines may be commands to a CI server."""
        self._is_trusted = True
        try:
            yield
        finally:
            self._is_trusted = False

    @contextmanager
    def colouring(self) -> Iterator[None]:
        """Within it, colours pass."""
        self._is_coloured = True
        try:
            yield
        finally:
            self._is_coloured = False

    def _escaped(self, text: str) -> str:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        parts = _COLOUR.split(text) if self._may_be_coloured() else [text]
        text = "".join(part if index % 2 else escaped(part) for index, part in enumerate(parts))
        return self._without_commands(text)

    def _without_commands(self, text: str) -> str:
        lines = _BRACKET.sub(r"\1\\u005b", text).split("\n")
        if self._is_read_by_github and not self._is_trusted and "::" in text:
            first = 0 if self._begins_line else 1
            lines[first:] = [_COLONS.sub(r"\1\\u003a", line) for line in lines[first:]]
        if text:
            self._begins_line = len(lines) > 1 and lines[-1] == ""
        return "\n".join(lines)

    def _may_be_coloured(self) -> bool:
        return self._is_coloured or self._stream.isatty() or bool(os.environ.get("FORCE_COLOR"))


@contextmanager
def escaping_streams(environ: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Within it, the standard streams escape what is written to them."""
    before = sys.stdout, sys.stderr
    on_github = environ.get("GITHUB_ACTIONS", "") not in ("", "false")
    streams = [_escaping(stream, is_read_by_github=on_github) for stream in before]
    sys.stdout, sys.stderr = streams
    try:
        yield
    finally:
        for stream in streams:
            if stream is not None:
                stream.flush()
        sys.stdout, sys.stderr = before


@contextmanager
def coloured(stream: TextIO, *, colour: bool | None) -> Iterator[None]:
    """Within it, colours pass that were asked for although there is no terminal."""
    if isinstance(stream, EscapingStream) and colour:
        with stream.colouring():
            yield
    else:
        yield


@contextmanager
def commands_to_github(stream: TextIO) -> Iterator[None]:
    """Within it, lines of the stream are commands, in which everything is escaped already."""
    if isinstance(stream, EscapingStream):
        with stream.trusting():
            yield
    else:
        yield


def _escaping(stream: Any, *, is_read_by_github: bool) -> Any:
    if stream is None or isinstance(stream, EscapingStream):
        return stream
    return EscapingStream(stream, is_read_by_github=is_read_by_github)


def require_unescaped(sql: str, what: str) -> None:
    """Refuses SQL that would not be the same any more when it is printed.

    Raises:
        CodegenError: A terminal or a CI server would act on a part of it.
    """
    on_github = os.environ.get("GITHUB_ACTIONS", "") not in ("", "false")
    has_commands = bool(_BRACKET.search(sql)) or (
        on_github and any(_COLONS.match(line) for line in sql.split("\n"))
    )
    if escaped(sql) != sql or has_commands:
        raise CodegenError(
            f"{one_line(what)} contains control characters of terminals or CI servers",
            help="use --output-format json, which escapes them",
        )
