"""Changed files as a unified diff, which `patch` takes."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from io import StringIO

from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.source.escaping import one_line


def unified_diff(
    before: Mapping[str, SourceText],
    after: Mapping[str, SourceText],
    display_path: Callable[[str], str],
) -> str:
    """What changes, file by file in the order of their names; empty when nothing does."""
    return "".join(
        _file(before[path].text, after[path].text, display_path(path)) for path in sorted(after)
    )


def _file(before: str, after: str, path: str) -> str:
    # Not `splitlines`, to which a form feed within a line ends it.
    path = one_line(path)
    lines = difflib.unified_diff(list(StringIO(before)), list(StringIO(after)), path, path)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
