"""Which project a file belongs to: the folder that `-C` would be given."""

from __future__ import annotations

from pathlib import Path

from pgtrigger_codegen.errors import ConfigError
from pgtrigger_codegen.project.config import TABLE, read_toml, toml_table
from pgtrigger_codegen.project.folders import Exclusion, nearest_files


def project_folder(path: Path, workspace: Path) -> Path:
    """The folder of a file's project.

    The nearest folder with a table of ours in its `pyproject.toml`; where several `manage.py` are
    about as deep in the workspace, the nearest folder with one; else the workspace itself.

    Args:
        path: Of a file in the workspace.
    """
    above = [folder for folder in path.parents if folder.is_relative_to(workspace)]
    for folder in above:
        if _is_configured(folder / "pyproject.toml"):
            return folder
    manage_files = nearest_files(workspace, ["manage.py"], Path.is_file, Exclusion(workspace))
    if len(manage_files) > 1:
        folders = {file.parent for file in manage_files}
        return next((folder for folder in above if folder in folders), workspace)
    return workspace


def _is_configured(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        return toml_table(read_toml(path), "tool", TABLE) is not None
    except ConfigError:
        return True  # the run says what is wrong with it
