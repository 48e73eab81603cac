"""Stage source: the limits of a project, which its symbolic links must not leave.

A repository carries links. One that is called `models.py` and leads to `/proc/self/environ` would
put the secrets of a build into its log; through one that leads to `~/.profile` that file would be
overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.source.paths import resolved


class Boundary(Struct, frozen=True):
    """The files and folders that belong to a project.

    Attributes:
        root: The work tree of git that the project is in, else its own folder; resolved.
        environments: Folders of installed packages, resolved; they are read and never written.
    """

    root: str
    environments: tuple[str, ...] = ()

    @classmethod
    def of(cls, project: Path, environments: Iterable[Path] = ()) -> Boundary:
        """The boundary of the project in that folder."""
        folder = resolved(project)
        return cls(
            str(work_tree_of(folder) or folder),
            tuple(os.path.realpath(one) for one in environments),
        )

    def may_read(self, real: str) -> bool:
        """Whether a link in the project may lead to that path, which is resolved."""
        if is_of_system(real):
            return False
        return is_under(real, self.root) or any(is_under(real, one) for one in self.environments)

    def refusal_to_write(self, path: Path) -> str | None:
        """Why a file is not to be written; None where nothing speaks against it."""
        real = os.path.realpath(path)
        if ".git" in real.split(os.sep):
            return "it is part of git's own files"
        if is_under(os.path.abspath(path), self.root) and not is_under(real, self.root):
            return f"a link in the project leads to {real}, out of the project"
        return None


def work_tree_of(folder: Path) -> Path | None:
    """The work tree of git that a folder is in, None without one."""
    real = resolved(folder)
    for candidate in (real, *real.parents):
        if os.path.lexists(candidate / ".git"):
            return candidate
    return None


def is_of_system(real: str) -> bool:
    """Whether a path is a device, or a window into the system or into a process."""
    return any(is_under(real, folder) for folder in ("/dev", "/proc", "/sys"))


def is_under(path: str, folder: str) -> bool:
    """Whether a path is a folder, or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
