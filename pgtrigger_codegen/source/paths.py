"""Stage source: paths with their symbolic links followed."""

from __future__ import annotations

import os
from pathlib import Path


def resolved(path: Path) -> Path:
    """A path with its symbolic links followed.

    `Path.resolve` ends in a `RuntimeError` where links lead round in a circle, before Python 3.13.
    What is given here for such a path exists as little as the path does.
    """
    return Path(os.path.realpath(path))
