"""`--add-ignores`: a comment for each finding, so that it is silent until somebody cares."""

from __future__ import annotations

import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from msgspec import Struct

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Edit
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.lint.places.statements import Statements
from pgtrigger_codegen.lint.rules.unused_suppression import UnusedSuppression
from pgtrigger_codegen.lint.suppression import SuppressionComment, parsed, read_suppressions, tokens
from pgtrigger_codegen.source.span import Span


class AddedIgnores(Struct, frozen=True):
    """Files with comments added.

    Attributes:
        texts: The changed files by path.
        added: The findings that are now silent.
        left: Those that no comment can silence: their file does not parse, or is not ours, or
            they are about a comment that silences nothing, which is to be removed.
    """

    texts: dict[str, SourceText]
    added: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]


def add_ignores(
    findings: Iterable[Diagnostic],
    read: Callable[[str], SourceText],
    writable: Callable[[str], bool],
    reason: str = "",
) -> AddedIgnores:
    """Adds comments to the lines, or codes to comments that are there.

    Args:
        read: Gives the text of a file by its path.
        writable: Whether a file, by its path, may be changed.
        reason: What new comments say besides; one that is there keeps its own.
    """
    by_path: dict[str, list[Diagnostic]] = {}
    left: list[Diagnostic] = []
    for finding in findings:
        if finding.code == UnusedSuppression.code:
            left.append(finding)
        else:
            by_path.setdefault(finding.span.path, []).append(finding)
    texts: dict[str, SourceText] = {}
    added: list[Diagnostic] = []
    for path, found in by_path.items():
        file = _File(path, read(path)) if writable(path) else None
        places = {one: file.place(one) if file else None for one in found}
        silent = {one: place for one, place in places.items() if place is not None}
        left += [one for one in found if one not in silent]
        if file and silent:
            edits = _edits(path, silent, file.lines, reason.strip())
            texts[path] = file.source.apply(edits)
            added += silent
    return AddedIgnores(texts, tuple(added), tuple(left))


def ignores_one_by_one(
    findings: Iterable[Diagnostic],
    read: Callable[[str], SourceText],
    writable: Callable[[str], bool],
) -> dict[Diagnostic, Edit]:
    """For each finding what silences that one alone; nothing for those that no comment can.

    Args:
        read: Gives the text of a file by its path.
        writable: Whether a file, by its path, may be changed.
    """
    files: dict[str, _File] = {}
    found: dict[Diagnostic, Edit] = {}
    for finding in findings:
        path = finding.span.path
        if finding.code == UnusedSuppression.code or not writable(path):
            continue
        if path not in files:
            files[path] = _File(path, read(path))
        place = files[path].place(finding)
        if place is not None:
            (found[finding],) = _edits(path, {finding: place}, files[path].lines, "")
    return found


class _File:
    """Where comments can go in a file."""

    def __init__(self, path: str, source: SourceText) -> None:
        text = source.plain
        module = parsed(path, text)
        self.source = source
        self.lines = source.lines
        self._parses = module is not None
        self._statements = Statements(module)
        self._comments = read_suppressions(path, source).comments
        self._unfit = {*_lines_that_go_on(text), *_backslashes(self.lines)}

    def place(self, finding: Diagnostic) -> SuppressionComment | int | None:
        """The comment to add a code to, or else the line to add a comment to."""
        if not self._parses:
            return None
        lines = self._statements.lines(finding.span.line)
        for comment in self._comments:
            if comment.span.line in lines and comment.selectors and not comment.whole_file:
                return comment
        # Best where the finding begins, else where it or its statement ends.
        wanted = (finding.span.line, finding.span.end_line, *reversed(lines))
        fitting = (line for line in wanted if line in lines and line not in self._unfit)
        return next((line for line in fitting if line <= len(self.lines)), None)


def _edits(
    path: str, places: dict[Diagnostic, SuppressionComment | int], lines: Sequence[str], reason: str
) -> Iterator[Edit]:
    codes: dict[SuppressionComment | int, list[str]] = {}
    for finding, place in places.items():
        listed = codes.setdefault(place, [])
        if finding.code not in listed:
            listed.append(finding.code)
    for place, new in codes.items():
        if isinstance(place, int):
            end = len(lines[place - 1]) + 1
            comment = f"  # pgtrigger-codegen: ignore[{', '.join(new)}]{reason and f' {reason}'}"
            yield Edit(Span(path, place, end, place, end), comment)
        elif place.list_span is not None:
            present = [selector.text for selector in place.selectors]
            yield Edit(place.list_span, ", ".join(chain(present, new)))


def _lines_that_go_on(text: str) -> Iterator[int]:
    """Lines whose end lies within a string, where a comment would be text."""
    open_strings: list[int] = []
    for token in tokens(text):
        name = tokenize.tok_name[token.type]
        if name.endswith("STRING_START"):  # an f-string, from Python 3.12 on
            open_strings.append(token.start[0])
        elif name.endswith("STRING_END") and open_strings:
            yield from range(open_strings.pop(), token.end[0])
        elif token.type == tokenize.STRING:
            yield from range(token.start[0], token.end[0])


def _backslashes(lines: Sequence[str]) -> Iterator[int]:
    return (number for number, line in enumerate(lines, 1) if line.endswith("\\"))
