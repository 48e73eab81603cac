"""Finds the line that sets a setting: the analysis knows only values."""

from __future__ import annotations

import ast
import os
from pathlib import Path

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.project_files import text_of
from pgtrigger_codegen.source.span import Span


def setting_place(analysis: Analysis, name: str) -> Span | None:
    """The last assignment of a setting: in the settings module, else in what it may import.

    The place where the settings begin when no assignment is found; None without settings.
    """
    start = analysis.project.settings.span
    if start is None:
        return None
    settings = Path(start.path)
    package = f"{settings.parent}{os.sep}"
    others = sorted(
        path
        for path in analysis.read_files
        if str(path).startswith(package) and path != settings and "models" not in path.parts
    )
    for path in (settings, *others):
        found = _assignment(path, name)
        if found is not None:
            return found
    return start


def _assignment(path: Path, name: str) -> Span | None:
    text = text_of(path)
    if name not in text:
        return None
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    places = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
    ]
    if not places:
        return None
    last = max(places, key=lambda node: node.lineno)
    line = text.splitlines()[last.lineno - 1]
    column = len(line.encode()[: last.col_offset].decode()) + 1
    return Span(str(path), last.lineno, column, last.lineno, column + len(name))
