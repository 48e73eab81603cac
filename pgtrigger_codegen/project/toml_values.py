"""Stage project: values of the configuration, checked; errors name the key and its line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from pgtrigger_codegen.errors import ConfigError
from pgtrigger_codegen.project.toml_lines import key_line
from pgtrigger_codegen.source.misspelling import meant


class TomlTable(Struct, frozen=True):
    """A table of a TOML file, for messages and relative paths.

    Attributes:
        keys: Its name: `("tool", "pgtrigger-codegen")`.
    """

    path: Path
    keys: tuple[str, ...]

    def __str__(self) -> str:
        return f"[{'.'.join(self.keys)}]"

    def inner(self, key: str) -> TomlTable:
        """The table under a key."""
        return TomlTable(self.path, (*self.keys, key))

    def place(self, *key: str) -> str:
        """`path:line` of a key."""
        line = key_line(self.path, (*self.keys, *key))
        return f"{self.path}:{line}" if line else str(self.path)

    def wrong(self, key: str, problem: str, help: str) -> ConfigError:
        """What to raise when the value of a key cannot be used."""
        return ConfigError(f"{self.place(key)}: `{key}` in {self} {problem}", help=help)

    def unknown(self, key: str, known: Iterable[str]) -> ConfigError:
        """What to raise when there is no such key."""
        names = sorted(known)
        close = meant(key, names)
        return ConfigError(
            f"{self.place(key)}: unknown key `{key}` in {self}",
            help=f"did you mean `{close}`?" if close else f"the keys are: {', '.join(names)}",
        )

    def folder(self, key: str, text: str) -> Path:
        """A path that starts from the file's folder.

        Raises:
            ConfigError: No file can have that path.
        """
        if "\0" in text:
            raise self.wrong(key, "must be a path, and holds a NUL", "write the path of a file")
        # No resolve(): the interpreter of a virtual environment is a symbolic link whose
        # target lies in another environment.
        try:
            return self.path.parent / Path(text).expanduser()
        except RuntimeError as error:
            user = text.partition("/")[0]
            reason = f'must be a path; "{user}" is the home of nobody here'
            raise self.wrong(key, reason, "write the path from the file's folder") from error


def string(table: TomlTable, key: str, value: object) -> str:
    """A string that is not empty."""
    if not isinstance(value, str):
        help = f'write {written(key)} = "…"'
        raise table.wrong(key, f"must be a string, not {kind(value)}", help)
    if not value.strip():
        raise table.wrong(key, "is empty", "give it a value or remove the line")
    return value


def strings(table: TomlTable, key: str, value: object) -> tuple[str, ...]:
    """A list of strings that are not empty."""
    if isinstance(value, str):
        raise table.wrong(
            key, "must be a list of strings, not a string", f'write {written(key)} = ["{value}"]'
        )
    if not isinstance(value, list):
        raise table.wrong(
            key, f"must be a list of strings, not {kind(value)}", f'write {written(key)} = ["…"]'
        )
    for index, item in enumerate(value):
        if not isinstance(item, str) or not item.strip():
            what = "an empty string" if isinstance(item, str) else kind(item)
            raise table.wrong(
                key,
                f"must be a list of strings; item {index + 1} is {what}",
                "correct or remove that item",
            )
    return tuple(value)


def mapping(table: TomlTable, key: str, value: object) -> Mapping[str, Any]:
    """A table."""
    if not isinstance(value, dict):
        raise table.wrong(
            key, f"must be a table, not {kind(value)}", f"write it below {table.inner(key)}"
        )
    return value


def written(key: str) -> str:
    """A key as TOML writes it."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def kind(value: object) -> str:
    """What TOML calls the type of a value."""
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"
