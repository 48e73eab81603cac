"""Whether version control could undo what a command is about to write."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from pgtrigger_codegen.errors import CodegenError


def require_clean(root: Path, files: Iterable[Path]) -> None:
    """Refuse where files are to be changed that git does not hold as they are.

    Raises:
        CodegenError: There is work that is not committed, or no git repository.
    """
    paths = sorted(files)
    if not paths:
        return
    try:
        changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".")
        untracked = _git(root, "ls-files", "--others", "--", *(str(path) for path in paths))
    except (OSError, subprocess.CalledProcessError) as error:
        raise CodegenError(
            "the project is not under version control by git, so that nothing could undo this",
            help="put it under version control, or pass --allow-dirty",
        ) from error
    dirty = [line[3:] for line in changed.splitlines()] + untracked.splitlines()
    if dirty:
        shown = ", ".join(dirty[:3]) + (f" and {len(dirty) - 3} more" if len(dirty) > 3 else "")
        raise CodegenError(
            f"the work tree has changes that are not committed: {shown}",
            help="commit them first, so that this can be reviewed and undone on its own; "
            "or pass --allow-dirty",
        )


def _git(root: Path, *arguments: str) -> str:
    # No hook or monitor of the repository's configuration runs for a question.
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(root), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  (paths are git's to judge)
    return result.stdout
