"""Stage project: other settings modules, where the named one does not exist.

`settings/local.py` is often a file that git ignores; what it derives from lies beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pgtrigger_codegen.source.files import read_within

_MARKS = (b"INSTALLED_APPS", b"import *")
_MAX_NAMED = 6


def settings_near(module: str, roots: Iterable[Path]) -> list[str]:
    """Dotted names of settings modules in the package where the module should be, or above it."""
    roots = list(dict.fromkeys(roots))
    parts = module.split(".")[:-1]
    while parts:
        found = [
            ".".join((*parts, path.stem)).removesuffix(".__init__")
            for root in roots
            for path in sorted((root / Path(*parts)).glob("*.py"))
            if _is_like_settings(path)
        ]
        if found:
            return list(dict.fromkeys(found))[:_MAX_NAMED]
        parts.pop()
    return []


def _is_like_settings(path: Path) -> bool:
    try:
        data = read_within(path)
    except OSError:
        return False
    return any(mark in data for mark in _MARKS)
