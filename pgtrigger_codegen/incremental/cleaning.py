"""`clean`: deletes the cache of a project, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.incremental import folder


def clean_project(root: Path) -> str:
    """Deletes the cache of a project; gives what there is to say.

    Raises:
        CodegenError: It cannot be deleted, or is not ours.
    """
    path = root / folder.NAME
    try:
        removed = folder.remove(root)
    except folder.NotOurs as error:
        raise CodegenError(
            f"{path} {error}: nothing was deleted",
            help="look where it came from, and delete it by hand",
        ) from error
    except OSError as error:
        raise CodegenError(
            f"the cache {path} cannot be deleted: {os.strerror(error.errno or 0)}",
            help="delete the folder by hand",
        ) from error
    if removed is None:
        return f"Deleted the cache in {path}; files that are not part of the cache stay there."
    return f"Deleted {path}." if removed else "There is no cache."
