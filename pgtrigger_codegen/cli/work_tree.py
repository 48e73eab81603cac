"""Checks whether git could undo a command's changes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.project.git import repository_of


def require_clean(root: Path, files: Iterable[Path]) -> None:
    """Refuse where files are to be changed that git does not hold as they are.

    Raises:
        CodegenError: There is work that is not committed, or no git repository.
    """
    paths = sorted(files)
    if not paths:
        return
    repository = repository_of(root)
    if repository is None:
        raise CodegenError(
            "the project is not in a git repository, so this could not be undone",
            help="commit the project to git, or pass --allow-dirty",
        )
    dirty = list(dict.fromkeys([*repository.changed(root), *repository.untracked(paths)]))
    if dirty:
        shown = ", ".join(dirty[:3]) + (f" and {len(dirty) - 3} more" if len(dirty) > 3 else "")
        raise CodegenError(
            f"the work tree has changes that are not committed: {shown}",
            help="commit them first, so that you can review and undo this command's changes "
            "separately; or pass --allow-dirty",
        )
