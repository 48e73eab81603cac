"""What git says of a file: a migration that is committed may have run somewhere else."""

from __future__ import annotations

import subprocess
from pathlib import Path


def is_committed(path: Path) -> bool | None:
    """Whether the file is part of the last commit; None outside of a repository."""
    try:
        inside = _git(path, "rev-parse", "--is-inside-work-tree")
    except FileNotFoundError:
        return None
    if inside.returncode != 0:
        return None
    return bool(_git(path, "ls-tree", "--name-only", "HEAD", "--", path.name).stdout.strip())


def _git(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  (nothing of it is the user's text but the path)
        ["git", "-c", "core.fsmonitor=false", "-C", str(path.parent), *arguments],  # noqa: S607  (the user's)
        capture_output=True,
        text=True,
        check=False,
    )
