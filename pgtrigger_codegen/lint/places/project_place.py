"""A place for findings that have none of their own."""

from __future__ import annotations

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.source.span import Span


def place_of_project(analysis: Analysis) -> Span:
    """Where to report what has no place of its own: the settings, or where they are named."""
    root = analysis.project.root
    for name in ("pyproject.toml", "manage.py", "setup.cfg"):
        if (root / name).is_file():
            return Span(str(root / name), 1, 1, 1, 1)
    return analysis.project.settings.span or Span(str(root), 1, 1, 1, 1)
