"""The fix that adds a dependency to a migration, laid out as those that it has."""

from __future__ import annotations

import ast
import json

from pgtrigger_codegen.lint.diagnostic import Applicability, Edit, Fix
from pgtrigger_codegen.lint.facts.history import class_list
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span


def dependency_fix(module: Module, on: Key) -> Fix | None:
    """None where the dependencies are not a plain list in the migration's class."""
    listed = class_list(module, "dependencies")
    if listed is None:
        return None
    edit = _edit(module, listed, f"({json.dumps(on[0])}, {json.dumps(on[1])})")
    return Fix(f"Depend on {'.'.join(on)}", Applicability.SAFE, (edit,))


def _edit(module: Module, listed: ast.List, dependency: str) -> Edit:
    whole = module.span(listed)
    if not listed.elts:
        inside = (whole.line, whole.column + 1)
        return Edit(Span(whole.path, *inside, *inside), dependency)
    last = module.span(listed.elts[-1])
    line = module.lines[last.line - 1]
    alone = not line[: last.column - 1].strip()
    separator = f",\n{line[: last.column - 1]}" if alone else ", "
    place = (last.end_line, last.end_column)
    return Edit(Span(whole.path, *place, *place), f"{separator}{dependency}")
