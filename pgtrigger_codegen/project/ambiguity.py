"""Stage project: errors where several settings modules, or several projects, could be meant."""

from __future__ import annotations

from pathlib import Path

from pgtrigger_codegen.errors import ConfigError
from pgtrigger_codegen.project.config import TABLE
from pgtrigger_codegen.project.settings_name import Naming


class SeveralSettingsError(ConfigError):
    """Several settings modules of one project could be meant.

    Attributes:
        modules: Their dotted names.
    """

    modules: tuple[str, ...] = ()


class SeveralProjectsError(ConfigError):
    """There are several projects.

    Attributes:
        folders: Those of their manage.py, or of the settings modules.
    """

    folders: tuple[Path, ...] = ()


def several_settings(namings: list[Naming], root: Path) -> ConfigError:
    """What to raise where places name different modules."""
    places = ", ".join(
        dict.fromkeys(f"{naming.origin(root)} names {naming.module}" for naming in namings)
    )
    modules = tuple(dict.fromkeys(naming.module for naming in namings if naming.module))
    lines = " or ".join(f'settings = "{module}"' for module in modules)
    problem = f"several settings modules could be meant: {places}"
    help = (
        f"write the line of the right one below [tool.{TABLE}] in pyproject.toml ({lines}), "
        f"or run with -C in the folder of one manage.py"
    )
    folders = tuple(
        dict.fromkeys(one.path.parent for one in namings if one.path.name == "manage.py")
    )
    if len(folders) > 1:
        several = SeveralProjectsError(problem, help=help)
        several.folders = folders
        return several
    error = SeveralSettingsError(problem, help=help)
    error.modules = modules
    return error


def several_projects(
    module: str, files: list[Path], folders: list[Path], root: Path
) -> ConfigError:
    """What to raise where one name leads to several files.

    Args:
        module: The name of the settings module.
        files: Those that it can mean.
        folders: Those from which it means them.
    """
    places = ", ".join(_displayed(file, root) for file in files)
    error = SeveralProjectsError(
        f"several projects have a settings module {module}: {places}",
        help="run with -C in the folder of one project, once for each (in pre-commit: a hook for "
        "each, with `entry: pgtrigger-codegen -C FOLDER lint --`), or list the folder of one under "
        f"source-roots in [tool.{TABLE}]",
    )
    error.folders = tuple(folders)
    return error


def _displayed(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
