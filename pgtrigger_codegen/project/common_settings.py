"""Stage project: of settings that are split into several files, the one that the others share.

`settings/local.py` and `settings/production.py` begin with `from .base import *`. What each of them
is to have belongs into the file that says which apps there are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from pgtrigger_codegen.source.encoding import decode
from pgtrigger_codegen.source.finder import ModuleFinder, ModuleLocation
from pgtrigger_codegen.source.overlay import read_bytes

_APPS = "INSTALLED_APPS"


def common_settings(module: str, finder: ModuleFinder) -> Path | None:
    """The file that the settings module takes `INSTALLED_APPS` from: its own, or a shared one.

    Args:
        module: Dotted name of the settings module.

    Returns:
        None where no file is found that assigns the name; a name that is only added to does not
        count.
    """
    return _assigning(module, finder, set())


def _assigning(module: str, finder: ModuleFinder, seen: set[str]) -> Path | None:
    location = finder.find(module)
    if module in seen or location is None or location.path is None or not location.first_party:
        return None
    seen.add(module)
    try:
        tree = ast.parse(decode(read_bytes(location.path))[0])
    except (OSError, SyntaxError, ValueError):
        return None
    if any(map(_assigns_apps, tree.body)):
        return location.path
    found = (_assigning(name, finder, seen) for name in _taken_over(tree, location))
    return next((path for path in found if path is not None), None)


def _assigns_apps(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(targets=targets):
            return any(isinstance(one, ast.Name) and one.id == _APPS for one in targets)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return name == _APPS
    return False


def _taken_over(tree: ast.Module, location: ModuleLocation) -> Iterator[str]:
    """Modules of which all names are imported, the last one first."""
    for statement in reversed(tree.body):
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            parts = location.name.split(".")
            level = statement.level - (1 if location.is_package else 0)
            base = parts[: len(parts) - level] if statement.level else []
            yield ".".join((*base, *filter(None, [statement.module])))
