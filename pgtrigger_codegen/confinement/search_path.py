"""Stage cli: takes the project's folder off Python's own module search path.

`python -m` puts the current folder before all others, and `PYTHONPATH` can do the same. A project
that brings a file `click.py` would then be run instead of read, and a `*.dist-info` folder in it
could name a provider. So folders of the project leave `sys.path` before anything else is imported.

Only `sys` and `os` may be imported here: Python has loaded both before any code of ours. Even
`from __future__ import …` would look for a file of that name.
"""

import os
import sys

_PACKAGES = frozenset({"site-packages", "dist-packages"})


def leave_out_projects(arguments: list[str]) -> None:
    """Takes folders of the projects that a command line names out of `sys.path`.

    Args:
        arguments: The command line, of which `-C DIR` is looked at.
    """
    sys.path[:] = without_projects(sys.path, [os.curdir, *_directories(arguments)])


def without_projects(entries: list[str], projects: list[str]) -> list[str]:
    """The entries of a search path that have nothing to do with these folders.

    An entry goes when it is relative, when it is one of the folders, lies in one or holds one.
    Folders of installed packages stay, and Python's own.
    """
    roots = [os.path.realpath(folder) for folder in projects]
    return [entry for entry in entries if _stays(entry, roots)]


def _stays(entry: str, roots: list[str]) -> bool:
    if not os.path.isabs(entry):
        return False
    real = os.path.realpath(entry)
    if _PACKAGES.intersection(real.split(os.sep)) or _is_library(entry):
        return True
    return not any(_holds(root, real) or _holds(real, root) for root in roots)


def _is_library(entry: str) -> bool:
    """Whether it is the standard library, or a part of it (`python311.zip`, `lib-dynload`)."""
    library = os.path.dirname(os.__file__)
    return _holds(library, entry) or (
        os.path.dirname(entry) == os.path.dirname(library) and entry.endswith(".zip")
    )


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _directories(arguments: list[str]) -> list[str]:
    found = []
    for index, argument in enumerate(arguments):
        if argument == "-C":
            found += arguments[index + 1 : index + 2]
        elif argument.startswith("-C"):
            found.append(argument[2:])
    return found
