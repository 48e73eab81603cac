"""Stage project: the folders in which the project's dependencies are installed.

The project's virtual environment is only looked at, its interpreter never runs. Our own
environment comes last, so that Django itself always resolves.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.errors import ConfigError
from pgtrigger_codegen.project.config import TABLE, Config
from pgtrigger_codegen.source.files import read_regular
from pgtrigger_codegen.source.paths import resolved

_USUAL_NAMES = (".venv", "venv", "env")
_PATTERNS = (
    "lib/python3.*/site-packages",
    "lib64/python3.*/site-packages",
    "lib/python3.*/dist-packages",
    "lib/python3/dist-packages",
    "Lib/site-packages",
)
_VERSION = re.compile(r"(\d+)\.(\d+)")


class Environment(Struct, frozen=True):
    """An installed Python.

    Attributes:
        prefix: Its folder.
        site_packages: At least one folder.
        python_version: Major and minor, where known.
    """

    prefix: Path
    site_packages: tuple[Path, ...]
    python_version: tuple[int, int] | None
    notices: tuple[str, ...] = ()


def find_environment(
    config: Config, environ: Mapping[str, str], folders: Iterable[Path]
) -> tuple[Environment | None, tuple[str, ...]]:
    """The project's environment, and what the user should know of the search.

    In order: `python` of the configuration; `VIRTUAL_ENV`; `.venv`, `venv`, `env` in the
    folders. `VIRTUAL_ENV` does not count when it is the environment we run in: pre-commit sets
    it so for its hooks, and ours is searched last anyway.

    Raises:
        ConfigError: The configured `python` is no environment.
    """
    if config.python is not None:
        environment = _configured(config.python, config.path)
        return environment, environment.notices
    notices: list[str] = []
    active = environ.get("VIRTUAL_ENV")
    if active and resolved(Path(active)) != resolved(Path(sys.prefix)):
        found = read_environment(Path(active))
        if found is not None:
            return found, found.notices
        notices.append(f"VIRTUAL_ENV is {active}, which is not a Python environment; not searched")
    for folder in folders:
        for name in _USUAL_NAMES:
            if (folder / name / "pyvenv.cfg").is_file():
                found = read_environment(folder / name)
                if found is not None:
                    return found, (*notices, *found.notices)
    return None, tuple(notices)


def read_environment(prefix: Path) -> Environment | None:
    """The environment whose folder this is, None when nothing can be installed in it."""
    settings = _read_pyvenv_cfg(prefix / "pyvenv.cfg")
    version = _version(settings.get("version") or settings.get("version_info") or "")
    folders = [folder for pattern in _PATTERNS for folder in sorted(prefix.glob(pattern))]
    if version is not None:
        folders = [folder for folder in folders if _version_of(folder) in (version, None)]
    unique = tuple(dict.fromkeys(resolved(folder) for folder in folders))
    if not unique:
        return None
    if version is None:
        versions = {_version_of(folder) for folder in unique} - {None}
        version = versions.pop() if len(versions) == 1 else None
    notices: tuple[str, ...] = ()
    if settings.get("include-system-site-packages", "").lower() == "true":
        notices = (
            (
                f"{prefix} also uses the packages of the system's Python, which are not searched; "
                f"install what the project needs into the environment"
            ),
        )
    return Environment(prefix, unique, version, notices)


def own_site_packages() -> tuple[Path, ...]:
    """Where the running interpreter has its packages, Django's folder among them."""
    paths = sysconfig.get_paths()
    folders = [Path(paths["purelib"]), Path(paths["platlib"])]
    # Looking up the spec of a top-level package does not import it.
    spec = importlib.util.find_spec("django")
    if spec is not None and spec.origin is not None:
        folders.append(Path(spec.origin).parent.parent)
    return tuple(dict.fromkeys(resolved(folder) for folder in folders if folder.is_dir()))


def _configured(python: Path, source: Path | None) -> Environment:
    """The environment that `python` names by its folder or by its interpreter."""
    prefix = python.absolute()
    if not prefix.is_dir():
        # Not resolved: an environment's interpreter is a link into another environment.
        prefix = prefix.parent.parent if prefix.parent.name in ("bin", "Scripts") else prefix.parent
    if not python.exists():
        raise ConfigError(
            f"{source}: `python` in [tool.{TABLE}] names {python}, which does not exist",
            help="create the virtual environment, or name another one or its interpreter",
        )
    environment = read_environment(prefix)
    if environment is None:
        raise ConfigError(
            f"{source}: `python` in [tool.{TABLE}] names {python}, which has no site-packages",
            help="name the folder of a virtual environment, or the interpreter in its bin folder",
        )
    return environment


def _read_pyvenv_cfg(path: Path) -> dict[str, str]:
    try:
        # An environment is where it is, and may be a link as a whole.
        text = read_regular(resolved(path)).data.decode(errors="replace")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines())
    return {key.strip().lower(): value.strip() for key, sign, value in pairs if sign}


def _version_of(site_packages: Path) -> tuple[int, int] | None:
    return _version(site_packages.parent.name)


def _version(text: str) -> tuple[int, int] | None:
    match = _VERSION.search(text)
    return (int(match[1]), int(match[2])) if match else None
