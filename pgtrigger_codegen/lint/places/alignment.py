"""Finds the text of a literal again in the text that was made of it.

On the way from a literal to a body lie `textwrap.dedent`, `str.format`, concatenation. Lines and
what stands between placeholders survive these, in their order. Where such a piece fits in more
than one way it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from pgtrigger_codegen.source.literals import Char, Run

_FORMAT_FIELD = re.compile(r"(?<!\{)(?:\{\{)*(\{[^{}]*\})")
_PERCENT_FIELD = re.compile(r"%\(\w+\)[sdrif]|%[sdrif]")


class Piece(Struct, frozen=True):
    """Characters of a literal that stand in the text from `start` on."""

    start: int
    chars: Sequence[Char]

    @property
    def end(self) -> int:
        return self.start + len(self.chars)


class Alignment(Struct, frozen=True):
    """The certain pieces of one literal.

    Attributes:
        size: How many characters of the text the whole literal accounts for.
    """

    pieces: tuple[Piece, ...]
    size: int

    def piece_at(self, offset: int) -> Piece | None:
        """The piece that the character of the text belongs to."""
        return next((one for one in self.pieces if one.start <= offset < one.end), None)


def align(runs: Sequence[Run], text: str) -> Alignment | None:
    """Finds a literal in a text, as it is or as a template; None when it is not there."""
    for variant in (_plain, _format_template, _percent_template):
        segments = [segment for run in variant(runs) for segment in _lines(run)]
        if segments and (found := _align(segments, text)) is not None:
            return found
    return None


def _align(segments: list[Run], text: str) -> Alignment | None:
    texts = ["".join(char.text for char in segment) for segment in segments]
    first, last = _leftmost(texts, text), _rightmost(texts, text)
    if first is None or last is None:
        return None
    pieces = tuple(
        Piece(start, segment)
        for start, other, segment in zip(first, last, segments, strict=True)
        if start == other
    )
    return Alignment(pieces, sum(map(len, texts)))


def _leftmost(segments: list[str], text: str) -> list[int] | None:
    found, position = [], 0
    for segment in segments:
        start = text.find(segment, position)
        if start < 0:
            return None
        found.append(start)
        position = start + len(segment)
    return found


def _rightmost(segments: list[str], text: str) -> list[int] | None:
    found, position = [], len(text)
    for segment in reversed(segments):
        start = text.rfind(segment, 0, position)
        if start < 0:
            return None
        found.append(start)
        position = start
    return found[::-1]


def _lines(run: Run) -> Iterator[Run]:
    """The lines of a run without the whitespace around them."""
    line: Run = []
    for char in [*run, Char("\n", 0, 0, 0)]:
        if char.text != "\n":
            line.append(char)
            continue
        while line and line[0].text.isspace():
            line = line[1:]
        while line and line[-1].text.isspace():
            line.pop()
        if line:
            yield line
        line = []


def _plain(runs: Sequence[Run]) -> Iterator[Run]:
    yield from runs


def _format_template(runs: Sequence[Run]) -> Iterator[Run]:
    for run in runs:
        for part in _split(run, _FORMAT_FIELD, 1):
            yield _single_braces(part)


def _percent_template(runs: Sequence[Run]) -> Iterator[Run]:
    for run in runs:
        yield from _split(run, _PERCENT_FIELD, 0)


def _split(run: Run, field: re.Pattern[str], group: int) -> Iterator[Run]:
    text = "".join(char.text for char in run)
    position = 0
    for match in field.finditer(text):
        yield run[position : match.start(group)]
        position = match.end(group)
    yield run[position:]


def _single_braces(run: Run) -> Run:
    kept: Run = []
    doubled = False
    for char in run:
        doubled = not doubled and bool(kept) and char.text in "{}" and kept[-1].text == char.text
        if not doubled:
            kept.append(char)
    return kept
