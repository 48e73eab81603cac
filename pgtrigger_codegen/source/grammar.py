"""The grammar that a file is read with, and the fallback for newer syntax."""

from __future__ import annotations

import sys

OURS = "{}.{}".format(*sys.version_info)
"""The version of the Python that runs us."""

# The newest one whose constructs are known here; LibCST reads them under every Python.
_NEWEST = (3, 14)


def newer_python_hint(project: tuple[int, int] | None) -> str | None:
    """How to read a file that only a newer Python can parse.

    Args:
        project: The version of the project's Python, where it is known.

    Returns:
        None where another Python would read the file no better.
    """
    ours = sys.version_info[:2]
    if (project or _NEWEST) <= ours:
        return None
    if project is None:
        theirs, condition = "that one", f"If the project's Python is newer than {OURS}, "
    else:
        theirs = "Python {}.{}".format(*project)
        condition = f"The project has {theirs}, and {OURS} runs pgtrigger-codegen: "
    return (
        f"{condition}install and run it with {theirs} (in pre-commit, set the hook's "
        "`language_version`)"
    )
