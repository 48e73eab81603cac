"""Modules of a project beside packages that it uses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.source.finder import ModuleFinder


def loaded(folder: Path, files: Mapping[str, str], *, is_eager: bool = False) -> ModuleLoader:
    """Writes files: those of the project into `own`, those of packages into `lib`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    finder = ModuleFinder([folder / "own"], [folder / "lib"])
    return ModuleLoader(finder, complete=True, is_eager=is_eager)
