"""Stage certificate: declarations in files that Django does not import as it starts.

They declare nothing as things stand, and a rule says so (PGT107). But mostly an import is missing:
so a trigger of that name is neither removed nor pruned as long as its declaration is written down.
Where a name is no literal, that goes for all triggers of the app. All files of the project have to
be searched, which is done only when a trigger seems to be gone.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from pgtrigger_codegen.certificate.gaps import Concern, Gap
from pgtrigger_codegen.project.folders import python_files
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.source.registrations import registrations
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import GapKind
from pgtrigger_codegen.triggers.compiled import Cause

_MARK, _OTHER_MARK = b"pgtrigger", b"pghistory"
# What helpers make is assigned to `triggers`, in a file that need not name the library.
_WIDE_MARK = b"triggers"
_NAME = re.compile(r"\bname\s*=\s*[\"'](\w+)[\"']")
_TESTS = ("tests", "test")


def unreached_triggers(
    project: Project, read: Collection[Path], concerns: Callable[[Span], Concern]
) -> Iterator[Gap]:
    """The triggers in files that were not read.

    Args:
        read: The files that were.
        concerns: Says of a place what may be hidden there where no name says so.
    """
    known = {str(path) for path in read}

    def left_out(folder: str) -> bool:
        return folder.rpartition(os.sep)[2] in _TESTS or project.holds_migrations(folder)

    found = (path for root in project.first_party_roots for path in python_files(root, left_out))
    for path in dict.fromkeys(found):
        if path in known or path.rpartition(os.sep)[2].startswith(("test", "conftest")):
            continue
        try:
            content = read_bytes(path)
        except OSError:
            continue
        is_certain = _MARK in content or _OTHER_MARK in content
        if is_certain or _WIDE_MARK in content:
            text = content.decode(errors="replace")
            if is_certain:
                yield from _of_names(path, text)
            for line in _without_names(text, certain=is_certain):
                span = Span(path, line, 1, line, 1)
                yield _gap("triggers are", concerns(span), span)


def _of_names(path: str, text: str) -> Iterator[Gap]:
    for match in _NAME.finditer(text):
        name, line = match[1], text.count("\n", 0, match.start()) + 1
        span = Span(path, line, 1, line, 1)
        yield _gap(f"trigger `{name}` is", Concern("trigger", name), span)


def _without_names(text: str, *, certain: bool) -> Iterator[int]:
    """The lines where triggers are declared under names that are no literals.

    Args:
        certain: Whether the text names a library, so that literals were looked for already.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        if certain:
            yield 1
        return
    for found in registrations(tree):
        if not (certain and found.is_named):
            yield found.place.lineno


def _gap(what: str, concerns: Concern, span: Span) -> Gap:
    reason = f"{what} declared in a file that Django does not import as it starts"
    return Gap(GapKind.UNREACHED_SITE, reason, concerns, span, Cause.NOT_IMPORTED, blocks=False)
