"""Stage project: the tool's own configuration, `[tool.pgtrigger-codegen]` in pyproject.toml.

Everything here is optional: a usual Django project is found without it. What it holds is what
cannot be read from the source (which of two settings modules, which virtual environment), and
the pins that make a run repeatable on every machine.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from pgtrigger_codegen.errors import ConfigError
from pgtrigger_codegen.project.toml_values import TomlTable, kind, mapping, string, strings
from pgtrigger_codegen.source.files import read_within
from pgtrigger_codegen.source.paths import resolved

TABLE = "pgtrigger-codegen"


class Config(Struct, frozen=True):
    """The user's configuration; the defaults are those of a project without a table.

    Attributes:
        path: The pyproject.toml that holds the table, None without one.
        settings: Dotted name of the settings module.
        apps: Entries as in `INSTALLED_APPS`, for a library without settings, and where those of
            the settings cannot be read.
        source_roots: Folders that are on the project's `sys.path`, absolute.
        exclude: Globs of paths that are not searched, relative to the project root.
        python: A virtual environment or an interpreter, absolute, symbolic links kept.
        env: Names and values that `os.environ` is taken to have.
        databases: Aliases of the databases to look at.
        lint: The table `[tool.pgtrigger-codegen.lint]`, as it is.
    """

    path: Path | None = None
    settings: str | None = None
    apps: tuple[str, ...] = ()
    source_roots: tuple[Path, ...] = ()
    exclude: tuple[str, ...] = ()
    python: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    databases: tuple[str, ...] = ()
    lint: Mapping[str, Any] = field(default_factory=dict)


def load_config(directory: Path) -> Config:
    """Read the table of the nearest pyproject.toml, from the directory upwards, that has one.

    The search ends at the folder that holds `.git`: a file outside the repository would make
    a hook's result depend on the machine.

    Raises:
        ConfigError: The file is not TOML, or the table has an unknown key or a wrong value.
    """
    directory = resolved(directory)
    for folder in (directory, *directory.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            table = toml_table(read_toml(path), "tool", TABLE)
            if table is not None:
                return parse_config(table, path)
        if (folder / ".git").exists():
            break
    return Config()


def read_config(path: Path) -> Config:
    """Read the table of one file, wherever that lies.

    Raises:
        ConfigError: There is no such file or table, the file is not TOML, or the table has an
            unknown key or a wrong value.
    """
    table = toml_table(read_toml(path), "tool", TABLE)
    if table is None:
        raise ConfigError(
            f"{path} has no table [tool.{TABLE}]",
            help=f"write the keys below a line that reads [tool.{TABLE}]",
        )
    return parse_config(table, path)


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        ConfigError: It cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(read_within(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} is not valid TOML: {error}", help="correct the file and run again"
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}",
            help="make it a readable file of the project",
        ) from error


def toml_table(document: Mapping[str, Any], *keys: str) -> object:
    """What stands under the keys, one inside the other; None when nothing does."""
    value: object = document
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def parse_config(table: object, path: Path) -> Config:
    """Check the table and make it a `Config`.

    Args:
        table: What stands under `[tool.pgtrigger-codegen]`.
        path: The file it stands in, which relative paths start from.
    """
    where = TomlTable(path, ("tool", TABLE))
    if not isinstance(table, dict):
        raise ConfigError(
            f"{path}: tool.{TABLE} must be a table, not {kind(table)}",
            help=f"write the keys below a line that reads [tool.{TABLE}]",
        )
    values: dict[str, Any] = {}
    for key, value in table.items():
        reader = _READERS.get(key)
        if reader is None:
            raise where.unknown(key, _READERS)
        values[key.replace("-", "_")] = reader(where, key, value)
    return Config(path=path, **values)


def _dotted(where: TomlTable, key: str, value: object) -> str:
    text = string(where, key, value)
    _check_dotted(where, key, text)
    return text


def _dotted_names(where: TomlTable, key: str, value: object) -> tuple[str, ...]:
    names = strings(where, key, value)
    for name in names:
        _check_dotted(where, key, name)
    return names


def _check_dotted(where: TomlTable, key: str, text: str) -> None:
    if is_dotted_name(text):
        return
    guess = text.replace("\\", "/").removesuffix(".py").strip("./ ").replace("/", ".")
    help = f'write "{guess}"' if is_dotted_name(guess) else 'write it as in "shop.settings"'
    raise where.wrong(key, f'must hold dotted Python names; "{text}" is not one', help)


def is_dotted_name(text: str) -> bool:
    """Whether the text can be the name of a module."""
    return all(part.isidentifier() for part in text.split("."))


def _paths(where: TomlTable, key: str, value: object) -> tuple[Path, ...]:
    return tuple(resolved(where.folder(key, text)) for text in strings(where, key, value))


def _path(where: TomlTable, key: str, value: object) -> Path:
    return where.folder(key, string(where, key, value))


def _environment(where: TomlTable, key: str, value: object) -> Mapping[str, str]:
    for name, text in mapping(where, key, value).items():
        if not isinstance(text, str):
            raise where.inner(key).wrong(
                name,
                f"must be a string, not {kind(text)}",
                f'environment variables are text: write {name} = "{_as_text(text)}"',
            )
    return dict(mapping(where, key, value))


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else "…"


_READERS: Mapping[str, Callable[[TomlTable, str, object], object]] = {
    "settings": _dotted,
    "apps": _dotted_names,
    "source-roots": _paths,
    "exclude": strings,
    "python": _path,
    "env": _environment,
    "databases": strings,
    "lint": mapping,
}
