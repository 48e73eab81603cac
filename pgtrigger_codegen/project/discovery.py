"""Stage project: finds the parts of a project: root, roots, settings module, packages.

All of it is found by looking at files; nothing of the project runs. What the settings *say* is
read by the evaluator in the next step.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.errors import ConfigError, ProjectError
from pgtrigger_codegen.project.ambiguity import several_projects, several_settings
from pgtrigger_codegen.project.config import TABLE, Config, is_dotted_name
from pgtrigger_codegen.project.entry_points import read_entry_point
from pgtrigger_codegen.project.folders import Exclusion, is_there, nearest_files, subfolders
from pgtrigger_codegen.project.path_edits import read_path_edits
from pgtrigger_codegen.project.settings_candidates import settings_near
from pgtrigger_codegen.project.settings_name import (
    CONFIGURATION,
    VARIABLE,
    Naming,
    read_test_configuration,
)
from pgtrigger_codegen.project.site_packages import find_environment, own_site_packages
from pgtrigger_codegen.source.boundary import Boundary
from pgtrigger_codegen.source.files import read_within
from pgtrigger_codegen.source.finder import ModuleFinder
from pgtrigger_codegen.source.paths import resolved

_ENTRY_POINTS = ("wsgi.py", "asgi.py")
_ROOT_MARKERS = ("pyproject.toml", "manage.py", "setup.cfg", "setup.py", "pytest.ini", ".git")
_PROJECT_MARKERS = ("pyproject.toml", "manage.py", "setup.py")


class Layout(Struct, frozen=True):
    """The places of a project's parts.

    Attributes:
        root: The folder that paths in the output are relative to.
        source_roots: First-party folders in the order of the project's `sys.path`.
        settings_module: Dotted name, None for a library without settings.
        settings_origin: What named it (`manage.py:9`), None without settings.
        configuration: The class in it that holds the settings, where django-configurations does.
        site_packages: Folders of the project's environment, then of our own.
        python_version: Of the project's environment, where known.
        notices: What the user should know of how all this was found.
        has_environment: Whether the project's own environment is known (which may be the one
            that we run in), so that what is not found is not installed.
    """

    root: Path
    source_roots: tuple[Path, ...]
    settings_module: str | None
    settings_origin: str | None
    site_packages: tuple[Path, ...]
    python_version: tuple[int, int] | None = None
    notices: tuple[str, ...] = ()
    has_environment: bool = False
    configuration: str | None = None

    def finder(self) -> ModuleFinder:
        """A new finder over the layout's folders."""
        boundary = Boundary.of(self.root, self.site_packages)
        return ModuleFinder(self.source_roots, self.site_packages, boundary)


def discover(
    directory: Path,
    config: Config,
    *,
    settings_override: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Layout:
    """Find the project that the directory is, or is part of.

    Args:
        settings_override: A settings module from the command line; wins over everything.
        environ: The process environment, of which only `VIRTUAL_ENV` is looked at.

    Raises:
        ConfigError: The configuration names what does not exist, or the project names
            several settings modules.
        ProjectError: No such directory, or the settings module is not on the source roots.
    """
    if not directory.is_dir():
        raise ProjectError(
            f"{directory} is not a folder", help="give the project's folder with -C DIR"
        )
    search = _Search(find_root(directory, config), config)
    choice = search.choose_settings(settings_override)
    roots = search.source_roots(choice)
    environment, notices = find_environment(
        config,
        os.environ if environ is None else environ,
        tuple(dict.fromkeys((search.root, *roots))),
    )
    site_packages = (*(environment.site_packages if environment else ()), *own_site_packages())
    layout = Layout(
        root=search.root,
        source_roots=roots,
        settings_module=choice.module,
        settings_origin=choice.origin,
        site_packages=tuple(dict.fromkeys(site_packages)),
        python_version=environment.python_version if environment else None,
        notices=(*_root_notice(directory, search.root), *search.notices, *notices),
        has_environment=environment is not None,
        configuration=choice.configuration(config),
    )
    search.check_settings(layout)
    return layout


def find_root(directory: Path, config: Config) -> Path:
    """The project's folder.

    The directory itself when a project begins there (a marker file in it, or a manage.py
    somewhere below); else the nearest folder above with a marker; else the directory.
    """
    directory = resolved(directory)
    exclusion = Exclusion(directory, config.exclude)
    if _has_any(directory, _ROOT_MARKERS) or nearest_files(
        directory, ["manage.py"], _is_manage_py, exclusion
    ):
        return directory
    for folder in directory.parents:
        if _has_any(folder, _ROOT_MARKERS):
            return folder
    return directory


def find_app_packages(layout: Layout, config: Config) -> list[str]:
    """Dotted names of the packages that count as installed apps of a library without settings.

    Each package with `models.py`, `models/` or `migrations/`, in tests too. Folders in which
    another project begins (an example with its own manage.py) are not entered.
    """
    exclusion = Exclusion(layout.root, config.exclude)
    finder = layout.finder()
    names: set[str] = set()
    for root in layout.source_roots:
        for folder in _packages(root, set(layout.source_roots), exclusion):
            name = ".".join(folder.relative_to(root).parts)
            location = finder.find(name)
            if location is not None and location.search_paths == (folder,):
                names.add(name)
    return sorted(names)


class _Choice(Struct, frozen=True):
    """The settings module that was chosen, and the place that named it."""

    module: str | None
    origin: str | None
    naming: Naming | None = None

    def configuration(self, config: Config) -> str | None:
        """The class of django-configurations that is pinned, or named beside the module."""
        named = self.naming.configuration if self.naming is not None else None
        return config.env.get(CONFIGURATION, named)


class _Search:
    """One search through a project; collects notices on its way."""

    def __init__(self, root: Path, config: Config) -> None:
        self.root = root
        self.config = config
        self.notices: list[str] = []
        self.exclusion = Exclusion(root, config.exclude)
        self.manage_files = nearest_files(root, ["manage.py"], self._is_manage_py, self.exclusion)

    def choose_settings(self, override: str | None) -> _Choice:
        config = self.config
        if override is not None:
            return _Choice(_checked_override(override), "--settings")
        if config.settings is not None:
            return _Choice(config.settings, f"{_display(config.path, self.root)} (settings)")
        if VARIABLE in config.env:
            return _Choice(config.env[VARIABLE], f"{_display(config.path, self.root)} (env)")
        if config.apps:
            return _Choice(None, None)
        naming = (
            self._agreed(self.manage_files)
            or self._agreed(self._nearest("wsgi.py"))
            or self._agreed(self._nearest("asgi.py"))
            or next(read_test_configuration(self.root), None)
        )
        if naming is not None:
            return _Choice(naming.module, naming.origin(self.root), naming)
        self.notices.append(
            "no settings module was found (in pyproject.toml, manage.py, wsgi.py, asgi.py, "
            "pytest's configuration): each package with models or migrations counts as an "
            "installed app, and settings have Django's defaults"
        )
        return _Choice(None, None)

    def source_roots(self, choice: _Choice) -> tuple[Path, ...]:
        for folder in self.config.source_roots:
            if not folder.is_dir():
                raise ConfigError(
                    f"{self.config.path}: `source-roots` in [tool.{TABLE}] names {folder}, "
                    f"which is not a folder",
                    help="the paths start from the folder of that pyproject.toml",
                )
        source = self.root / "src"
        naming = choice.naming
        if naming is not None and naming.module and naming.path.name in _ENTRY_POINTS:
            others = self._nearest(naming.path.name)
            self._one_project(
                naming.module, {file.parent: _roots_around(file, self.root) for file in others}
            )
        roots = [
            *self._manage_folders(choice.module),
            *self.config.source_roots,
            *(choice.naming.search_path if choice.naming else ()),
            *_roots_of_entry_point(choice.naming, self.root),
            *([] if (source / "__init__.py").exists() else [source]),
            self.root,
        ]
        existing = (resolved(folder) for folder in roots if folder.is_dir())
        return self._with_path_edits(tuple(dict.fromkeys(existing)), choice)

    def _with_path_edits(self, roots: tuple[Path, ...], choice: _Choice) -> tuple[Path, ...]:
        """Add what manage.py and the settings put on `sys.path`, within the project."""
        files = [*self.manage_files]
        if choice.naming is not None and choice.naming.path.suffix == ".py":
            files.append(choice.naming.path)
        for file in files:
            roots = self._with_edits_of(file, roots)
        # The settings module may lie in a folder that manage.py adds.
        finder = ModuleFinder(roots, boundary=Boundary.of(self.root))
        location = finder.find(choice.module) if choice.module else None
        if location is not None and location.path is not None and not location.refused:
            roots = self._with_edits_of(location.path, roots)
        return roots

    def _with_edits_of(self, file: Path, roots: tuple[Path, ...]) -> tuple[Path, ...]:
        edits = (
            folder
            for folder in read_path_edits(file)
            if folder.is_dir() and folder.is_relative_to(self.root)
        )
        return tuple(dict.fromkeys((*roots, *edits)))

    def check_settings(self, layout: Layout) -> None:
        module = layout.settings_module
        if module is None:
            return
        location = layout.finder().find(module)
        if location is None:
            searched = ", ".join(_display(folder, self.root) for folder in layout.source_roots)
            raise ProjectError(
                f"the settings module {module}, named by {layout.settings_origin}, was not "
                f"found; searched {searched} and the environment's packages",
                help=self._where_settings_may_be(module),
            )
        if location.path is None:
            raise ProjectError(
                f"the settings module {module}, named by {layout.settings_origin}, has no "
                f"source file: it is a folder without __init__.py, or compiled code",
                help=f"name a module inside it ({module}.base), or add the file",
            )

    def _nearest(self, name: str) -> list[Path]:
        return nearest_files(self.root, [name], self._names_settings, self.exclusion)

    def _is_manage_py(self, path: Path) -> bool:
        return self._is_read(path) and _is_manage_py(path)

    def _names_settings(self, path: Path) -> bool:
        return self._is_read(path) and VARIABLE.encode() in _content(path)

    def _is_read(self, path: Path) -> bool:
        """Whether a file can be read; says so where it cannot."""
        try:
            read_within(path)
        except OSError as error:
            where = _display(path, self.root)
            self.notices.append(f"{where} is not read: {error.strerror or error}")
            return False
        return True

    def _agreed(self, files: list[Path]) -> Naming | None:
        """What the files name; an error when they name several modules."""
        namings = [naming for path in files for naming in self._read(path)]
        readable = [naming for naming in namings if naming.module is not None]
        for naming in namings:
            if naming.module is None:
                self.notices.append(
                    f"{naming.origin(self.root)} names the settings module in a way that "
                    f"cannot be read; if it matters, write settings = "
                    f'"…" in [tool.{TABLE}] of pyproject.toml'
                )
        if len({naming.module for naming in readable}) > 1:
            raise several_settings(readable, self.root)
        if readable and readable[0].environment is not None:
            first = readable[0]
            self.notices.append(
                f"{first.origin(self.root)} takes the settings module from the environment "
                f"variable {first.environment}; its default {first.module} is used (pin it "
                f"in [tool.{TABLE}.env])"
            )
        if readable and readable[0].by_command:
            first = readable[0]
            self.notices.append(
                f"{first.origin(self.root)} names the settings module in a branch on sys.argv; "
                f"{first.module} is taken, as for migrate"
            )
        return readable[0] if readable else None

    def _read(self, path: Path) -> list[Naming]:
        try:
            return read_entry_point(path, self.config.env)
        except SyntaxError as error:
            where = _display(path, self.root)
            self.notices.append(f"{where} does not parse ({error.msg}); not searched for settings")
            return []

    def _manage_folders(self, module: str | None) -> list[Path]:
        """Folders that manage.py puts first on `sys.path`; of several, those with the module.

        Raises:
            ConfigError: They lead to several modules of that name, and so to several projects.
        """
        folders = [path.parent for path in self.manage_files]
        if len(folders) < 2 or module is None:
            return folders
        with_module = self._one_project(module, {folder: [folder] for folder in folders})
        return [folder for folder in folders if folder in with_module]

    def _one_project(self, module: str, roots: Mapping[Path, list[Path]]) -> set[Path]:
        """Of the folders of entry points, those whose `sys.path` leads to the settings module."""
        projects: dict[Path, set[Path]] = {}
        for folder, search_path in roots.items():
            location = ModuleFinder(search_path).find(module)
            if location is not None and location.path is not None:
                projects.setdefault(location.path, set()).add(folder)
        if len(projects) > 1:
            named = {file: own for file, own in projects.items() if own & set(self._configured())}
            if len(named) != 1:
                folders = sorted(set().union(*projects.values()))
                raise several_projects(module, sorted(projects), folders, self.root)
            projects = named
        return set().union(*projects.values())

    def _configured(self) -> list[Path]:
        return [resolved(folder) for folder in self.config.source_roots]

    def _where_settings_may_be(self, module: str) -> str:
        path = Path(*module.split("."))
        tails = (path.with_suffix(".py"), path / "__init__.py")
        for tail in tails:
            found = nearest_files(self.root, [str(tail)], lambda _: True, self.exclusion)
            if len(found) == 1:
                folder = found[0].parents[len(tail.parts) - 1]
                text = _display(folder, self.root)
                return (
                    f'{text}/{tail.as_posix()} exists: add source-roots = ["{text}"]'
                    f" to [tool.{TABLE}] in pyproject.toml"
                )
        roots = [path.parent for path in self.manage_files]
        others = settings_near(module, [*roots, self.root, *self._configured()])
        if others:
            lines = " or ".join(f'settings = "{other}"' for other in others)
            return (
                "git may ignore that file, or the name may be wrong: write the line of another "
                f"settings module below [tool.{TABLE}] in pyproject.toml ({lines})"
            )
        return (
            f"correct the name, or list the folder that holds {module.partition('.')[0]} under "
            f"source-roots in [tool.{TABLE}] of pyproject.toml"
        )


def _packages(root: Path, other_roots: set[Path], exclusion: Exclusion) -> Iterator[Path]:
    """Folders under a root that hold models or migrations."""
    for folder in subfolders(root, exclusion):
        if (
            folder in other_roots
            or not folder.name.isidentifier()
            or folder.name in ("migrations", "models")
            or _has_any(folder, _PROJECT_MARKERS)
        ):
            continue
        if is_there(folder / "__init__.py") and _has_any(
            folder, ("models.py", "models/__init__.py", "migrations/__init__.py")
        ):
            yield folder
        yield from _packages(folder, other_roots, exclusion)


def _roots_of_entry_point(naming: Naming | None, root: Path) -> list[Path]:
    """The folder that makes `shop/wsgi.py` importable as `shop.wsgi`."""
    if naming is None or naming.path.name not in _ENTRY_POINTS:
        return []
    return _roots_around(naming.path, root)


def _roots_around(entry_point: Path, root: Path) -> list[Path]:
    folder = entry_point.parent
    while (folder / "__init__.py").is_file() and folder != root:
        folder = folder.parent
    # Without an `__init__.py` either could be meant: `wsgi` or, by PEP 420, `shop.wsgi`.
    both = folder == entry_point.parent and folder != root
    return [folder, folder.parent] if both else [folder]


def other_project(path: Path, layout_roots: Collection[Path], root: Path) -> Path | None:
    """The folder of another project within this one that a file belongs to, by its manage.py."""
    for folder in path.parents:
        if folder in layout_roots or not folder.is_relative_to(root) or folder == root:
            return None
        manage = folder / "manage.py"
        if manage.is_file() and _is_manage_py(manage):
            return folder
    return None


def _checked_override(name: str) -> str:
    if is_dotted_name(name):
        return name
    raise ConfigError(
        f'--settings "{name}" is not a dotted Python name', help='write it as in "shop.settings"'
    )


def _root_notice(directory: Path, root: Path) -> tuple[str, ...]:
    if resolved(directory) == root:
        return ()
    marker = next(name for name in _ROOT_MARKERS if (root / name).exists())
    return (f"the project's root is {root}, which holds {marker}",)


def _has_any(folder: Path, names: tuple[str, ...]) -> bool:
    return any(is_there(folder / name) for name in names)


def _is_manage_py(path: Path) -> bool:
    data = _content(path)
    return VARIABLE.encode() in data or b"execute_from_command_line" in data


def _content(path: Path) -> bytes:
    try:
        return read_within(path)
    except OSError:
        return b""


def _display(path: Path | None, root: Path) -> str:
    if path is None:
        return "the configuration"
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
