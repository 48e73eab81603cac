"""Applies fixes to texts, and returns the new texts. Nothing is written here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.lint.diagnostic import Applicability, Diagnostic, Edit, Fix
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.source.module import SourceSyntaxError, parse_module
from pgtrigger_codegen.source.span import Span


class FixedFiles(Struct, frozen=True):
    """The result of applying fixes.

    Attributes:
        texts: The changed files by path.
        applied: The findings whose fixes are in them.
    """

    texts: dict[str, SourceText]
    applied: tuple[Diagnostic, ...]


def may_apply(fix: Fix | None, *, unsafe: bool) -> bool:
    """Whether a fix is to be applied when the user asks for fixes (for unsafe ones too)."""
    match fix:
        case None:
            return False
        case Fix(applicability=Applicability.SAFE):
            return True
        case Fix(applicability=Applicability.UNSAFE):
            return unsafe
        case _:
            return False


def apply_fixes(
    diagnostics: Iterable[Diagnostic],
    read: Callable[[str], SourceText],
    *,
    unsafe: bool = False,
    writable: Callable[[str], bool] = lambda path: True,
) -> FixedFiles:
    """One round of fixes; after it the project is to be analysed again.

    A fix is left out when it touches a file that is not the project's own, when it overlaps
    one that was taken before it (the next round sees whether it is still needed), and when
    the file would not parse with it.

    Args:
        read: Gives the text of a file by its path.
        writable: Whether a file, by its path, may be changed.
    """
    original = functools.cache(read)
    edits: Mapping[str, tuple[Edit, ...]] = {}
    applied: list[Diagnostic] = []
    for finding in diagnostics:
        fix = finding.fix
        if fix is None or not may_apply(fix, unsafe=unsafe):
            continue
        if _is_made(edits, fix):  # it is that of another finding too
            applied.append(finding)
            continue
        merged = _merge(edits, fix)
        if merged is None:
            continue
        touched = {edit.span.path for edit in fix.edits}
        if all(writable(path) and _parses(path, original(path), merged[path]) for path in touched):
            edits = merged
            applied.append(finding)
    texts = {path: original(path).apply(changes) for path, changes in edits.items()}
    return FixedFiles(texts, tuple(applied))


def _merge(edits: Mapping[str, tuple[Edit, ...]], fix: Fix) -> dict[str, tuple[Edit, ...]] | None:
    """The edits and those of the fix, by path; None when two of them would meet."""
    merged = dict(edits)
    for edit in fix.edits:
        others = merged.get(edit.span.path, ())
        if any(_overlap(edit.span, other.span) for other in others):
            return None
        merged[edit.span.path] = (*others, edit)
    return merged


def _is_made(edits: Mapping[str, tuple[Edit, ...]], fix: Fix) -> bool:
    return all(edit in edits.get(edit.span.path, ()) for edit in fix.edits)


def _overlap(one: Span, other: Span) -> bool:
    """Whether two spans of a file share text, or begin at one place (so order would matter)."""
    first, second = sorted((one, other))
    starts_alike = (first.line, first.column) == (second.line, second.column)
    return starts_alike or (second.line, second.column) < (first.end_line, first.end_column)


def _parses(path: str, source: SourceText, edits: Iterable[Edit]) -> bool:
    try:
        parse_module("fixed", Path(path), source.apply(edits).plain)
    except SourceSyntaxError:
        return False
    return True
