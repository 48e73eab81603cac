"""Stage project: places that name a settings module, in code and in the configuration of tools.

pytest-django and django-stubs need the settings module too; where there is no manage.py, as in
many libraries, their configuration is the only place that names it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from pgtrigger_codegen.project.config import is_dotted_name, read_toml, toml_table
from pgtrigger_codegen.source.files import read_within
from pgtrigger_codegen.source.paths import resolved

VARIABLE = "DJANGO_SETTINGS_MODULE"
CONFIGURATION = "DJANGO_CONFIGURATION"
"""Of django-configurations: the class in the settings module that holds the settings."""
_TABLES = {
    "pytest.ini": ("pytest",),
    ".pytest.ini": ("pytest",),
    "tox.ini": ("pytest",),
    "setup.cfg": ("tool:pytest", "mypy.plugins.django-stubs"),
    "mypy.ini": ("mypy.plugins.django-stubs",),
    ".mypy.ini": ("mypy.plugins.django-stubs",),
}


class Naming(Struct, frozen=True):
    """One place that names a settings module.

    Attributes:
        path: The file.
        line: Where it stands, None when only the file is known.
        module: The dotted name, None when it cannot be read.
        conditional: Whether it stands in a branch.
        environment: Name of the variable whose default this is.
        by_command: Whether a branch on `sys.argv` decides, taken as for `migrate`.
        configuration: The class of django-configurations that the same file names.
        search_path: Folders that the same configuration puts on `sys.path`.
    """

    path: Path
    line: int | None
    module: str | None
    conditional: bool = False
    environment: str | None = None
    by_command: bool = False
    configuration: str | None = None
    search_path: tuple[Path, ...] = ()

    def origin(self, root: Path) -> str:
        """The place as text: `manage.py:9`."""
        path = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        return f"{path.as_posix()}:{self.line}" if self.line else path.as_posix()


def read_test_configuration(folder: Path) -> Iterator[Naming]:
    """The settings modules that pytest-django's or django-stubs' configuration names."""
    for name in ("pytest.ini", ".pytest.ini"):
        yield from _read_ini(folder / name)
    yield from _read_pyproject(folder / "pyproject.toml")
    for name in ("tox.ini", "setup.cfg", "mypy.ini", ".mypy.ini"):
        yield from _read_ini(folder / name)


def _read_ini(path: Path) -> Iterator[Naming]:
    try:
        text = read_within(path).decode()
    except (OSError, UnicodeDecodeError):
        return  # absent, or not ours to report
    import configparser  # few projects have such a file

    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    try:
        parser.read_string(text)
    except configparser.Error:  # the tool that owns the file will report that
        return
    for table in _TABLES[path.name]:
        if parser.has_section(table):
            yield from _from_options(path, dict(parser.items(table)))


def _read_pyproject(path: Path) -> Iterator[Naming]:
    if not path.is_file():
        return
    document = read_toml(path)
    # `[tool.pytest]` itself since pytest 9, `[tool.pytest.ini_options]` before.
    for keys in (("pytest",), ("pytest", "ini_options"), ("django-stubs",)):
        options = toml_table(document, "tool", *keys)
        if isinstance(options, dict):
            yield from _from_options(path, options)


def _from_options(path: Path, options: Mapping[str, Any]) -> Iterator[Naming]:
    named = _option_in(options.get("addopts"), "--ds") or options.get(VARIABLE)
    named = named or options.get("django_settings_module")
    if not isinstance(named, str):
        return
    module = named.strip().strip("\"'")
    search_path = tuple(
        resolved(path.parent / folder) for folder in _words(options.get("pythonpath"))
    )
    if is_dotted_name(module):
        yield Naming(
            path,
            _line_of(path, module),
            module,
            configuration=_configuration_in(options),
            search_path=search_path,
        )


def _configuration_in(options: Mapping[str, Any]) -> str | None:
    named = _option_in(options.get("addopts"), "--dc") or options.get(CONFIGURATION)
    named = named.strip().strip("\"'") if isinstance(named, str) else ""
    return named if named.isidentifier() else None


def _option_in(addopts: object, option: str) -> str | None:
    """The value of an option of pytest-django, which wins over the variable."""
    words = iter(_words(addopts))
    for word in words:
        if word.startswith(f"{option}="):
            return word.removeprefix(f"{option}=")
        if word == option:
            return next(words, None)
    return None


def _words(value: object) -> list[str]:
    if isinstance(value, list):
        return [word for word in value if isinstance(word, str)]
    try:
        return shlex.split(value) if isinstance(value, str) else []
    except ValueError:  # an unclosed quote
        return []


def _line_of(path: Path, module: str) -> int | None:
    lines = read_within(path).decode().splitlines()
    return next((number for number, line in enumerate(lines, 1) if module in line), None)
