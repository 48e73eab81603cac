"""Fixes to a fixed point: analyse, check, fix, until nothing is left to fix. Nothing is written.

Between the rounds the fixed texts stand for the files on disk, so a run that only shows what
fixes come to goes exactly as far as one that applies them.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.fixes.applying import apply_fixes
from pgtrigger_codegen.lint.places.source_text import SourceText, read_source
from pgtrigger_codegen.source.overlay import overlaid

# Each round can make room for the next one; rules that undo each other must not go on for ever.
_MAX_ROUNDS = 10


class Fixed(Struct, frozen=True):
    """The state after the fixes.

    Attributes:
        diagnostics: What is left.
        applied: The findings that were fixed.
        before: The changed files as they are, by path.
        after: The same files as they shall be.
    """

    analysis: Analysis
    diagnostics: tuple[Diagnostic, ...]
    applied: tuple[Diagnostic, ...] = ()
    before: Mapping[str, SourceText] = field(default_factory=dict)
    after: Mapping[str, SourceText] = field(default_factory=dict)


def fix_all(
    analyze: Callable[[], Analysis],
    check: Callable[[Analysis], Sequence[Diagnostic]],
    *,
    unsafe: bool,
    only: str | None = None,
) -> Fixed:
    """Applies fixes until there are no more.

    Args:
        check: Gives the findings that are to be fixed or reported.
        unsafe: Whether unsafe fixes are applied too.
        only: Path of the one file that may be changed; None means all that are the project's.
    """
    analysis = analyze()
    found = check(analysis)
    after: dict[str, SourceText] = {}
    applied: list[Diagnostic] = []
    for _ in range(_MAX_ROUNDS):
        with overlaid(_contents(after)):
            own = functools.partial(is_own, analysis)
            writable = own if only is None else functools.partial(operator.eq, only)
            fixed = apply_fixes(found, read_source, unsafe=unsafe, writable=writable)
        if not fixed.applied:
            break
        after |= fixed.texts
        applied += fixed.applied
        with overlaid(_contents(after)):
            analysis = analyze()
            found = check(analysis)
    before = {path: read_source(path) for path in after}
    return Fixed(analysis, tuple(found), tuple(applied), before, after)


def is_own(analysis: Analysis, path: str) -> bool:
    """Whether a file is the project's: source that was read, or a migration of the project."""
    file = Path(path)
    if file in analysis.read_files:
        return True
    folders = (app.migrations_dir for app in analysis.project.apps.values())
    if not any(folder is not None and file.is_relative_to(folder) for folder in folders):
        return False
    roots = (analysis.project.root, *analysis.project.first_party_roots)
    installed = {"site-packages", "dist-packages"}.intersection(file.parts)
    return not installed and any(file.is_relative_to(root) for root in roots)


def _contents(texts: Mapping[str, SourceText]) -> dict[str, bytes]:
    return {path: source.encode() for path, source in texts.items()}
