"""Imports of modules whose names are not known, as `pkgutil.iter_modules` and globs give them.

Whatever they declare is not seen. So a module in the same folder that has to do with
django-pgtrigger and was not read makes such an import a registration that is not known: else
triggers would be missing without a word, and taken for removed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pgtrigger_codegen.evaluator.protocols.events import ImportedUnknown
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.source.walking import walk

REASON = "imports modules by names that are not known"
_OTHERS = frozenset({"migrations", "tests", "management", "node_modules", "site-packages"})


def note_unknown_import(vm: Machine, imported: ImportedUnknown) -> None:
    """Notes an import that may bring triggers."""
    module, unknown, span = imported.module, imported.unknown, imported.span
    if not module.first_party:
        return
    folders = {module.path.parent}
    if vm.in_hook:  # `ready()` imports what belongs to any app
        found = map(vm.loader.find, vm.host.app_names)
        folders |= {item.path.parent for item in found if item and item.first_party and item.path}
    read = {str(item.path) for item in vm.loader.loaded()}
    if any(path not in read for folder in folders for path in _mentioning(folder)):
        why = Unknown(f"{REASON}: {unknown.reason}", span, unknown.notes)
        vm.findings.note_registration(why, why, module, span, hook=vm.in_hook)


def _mentioning(folder: Path) -> Iterator[str]:
    """The Python files below a folder that mention django-pgtrigger."""
    for root, folders, files in walk(folder):
        folders[:] = [name for name in folders if name not in _OTHERS and name[0] not in "._"]
        for name in files:
            path = f"{root}{os.sep}{name}"
            if name.endswith(".py") and not name.startswith("test") and _mentions(path):
                yield path


def _mentions(path: str) -> bool:
    try:
        return b"pgtrigger" in read_bytes(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # it may
