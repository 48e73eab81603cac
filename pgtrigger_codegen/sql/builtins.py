"""Stage sql: PostgreSQL's functions, operators, casts, types and settings, as a server lists them.

`builtin_catalogue.txt` is generated from servers; its header names their versions. The file is read
when the first question comes. Types have PostgreSQL's internal names (`int4`, `varchar`), and those
of arrays end in `[]`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

Kind = Literal["function", "aggregate", "ordered-set aggregate", "window function"]


class Signature(NamedTuple):
    """The argument types and the result type of a function or an operator.

    Attributes:
        optional: How many of the last arguments have defaults.
        variadic: Whether the last argument can be given several times.
    """

    result: str
    arguments: tuple[str, ...]
    optional: int = 0
    variadic: bool = False
    kind: Kind = "function"

    def expanded(self, count: int) -> tuple[str, ...] | None:
        """The types of that many arguments; None where it cannot have as many."""
        if self.variadic and count >= len(self.arguments):
            last = self.arguments[-1].removesuffix("[]")
            return (*self.arguments[:-1], *([last] * (count - len(self.arguments) + 1)))
        if len(self.arguments) - self.optional <= count <= len(self.arguments):
            return self.arguments[:count]
        return None


def functions(name: str) -> tuple[Signature, ...]:
    """The functions of that name; none for a name that is not known."""
    return _signatures("function", name)


def operators(name: str) -> tuple[Signature, ...]:
    """The operators of that name; a prefix operator has an empty left argument.

    Among them are those that extensions bring for built-in types: they may be installed.
    """
    return (*_signatures("operator", name), *_signatures("extension-operator", name))


def is_type(name: str) -> bool:
    """Whether a type of that name is built in."""
    return name.removesuffix("[]") in _catalogue()["type"]


def category(type_name: str) -> str:
    """PostgreSQL's category of a type: `S` for texts, `N` for numbers, `A` for arrays."""
    return "A" if type_name.endswith("[]") else _catalogue()["type"].get(type_name, "U")


def cast_context(source: str, target: str) -> str:
    """When a cast is applied: `i` always, `a` in assignments, `e` when asked for, else empty."""
    words = _catalogue()["cast"].get(source, "").split(" ")
    return dict(zip(words[::2], words[1::2], strict=False)).get(target, "")


def extension_of(function: str) -> str | None:
    """The extension that brings a function of that name, of those that come with PostgreSQL."""
    return _providers().get(function)


@functools.cache
def settings() -> tuple[str, ...]:
    """The names of the server's settings, in small letters; those of extensions have a point."""
    return (*_catalogue()["setting"], *_HIDDEN_SETTINGS)


@functools.cache
def called_by_name() -> tuple[str, ...]:
    """The functions that people call, and those that are part of the grammar (COALESCE)."""
    named = (key.partition(" ") for key in _catalogue()["function"])
    return (*(name for name, _, kind in named if kind != "i"), *_OF_GRAMMAR)


@functools.cache
def types_by_name() -> tuple[str, ...]:
    """The types of values, by all the names that people write."""
    kinds = _catalogue()["type"].items()
    return (*(name for name, kind in kinds if kind not in "PXZ"), *_TYPES_OF_GRAMMAR)


_TYPES_OF_GRAMMAR = ("bigint", "boolean", "character", "decimal", "integer", "real", "smallint")
_FILE = Path(__file__).with_name("builtin_catalogue.txt")
# A server lists them nowhere; the last two have another name today.
_HIDDEN_SETTINGS = (
    "is_superuser",
    "role",
    "seed",
    "session_authorization",
    "sort_mem",
    "vacuum_mem",
)
_OF_GRAMMAR = ("coalesce", "greatest", "least", "nullif", "exists", "current_timestamp")
_KINDS: Mapping[str, Kind] = {
    "a": "aggregate",
    "o": "ordered-set aggregate",
    "w": "window function",
}
_WRITTEN = re.compile(r"(?P<result>[^(]+)\((?P<arguments>[^/)]*)(/(?P<optional>\d+))?\)(?P<v>v?)")


@functools.cache
def _catalogue() -> Mapping[str, Mapping[str, str]]:
    """By section: the rest of the line by its name (with the kind, for a function)."""
    sections: dict[str, dict[str, str]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        section, _, rest = line.partition(" ")
        name, _, content = rest.partition(" ")
        if section == "function":
            kind, _, content = content.partition(" ")
            name = f"{name} {kind}"
        sections.setdefault(section, {})[name] = content
    return sections


@functools.cache
def _signatures(section: str, name: str) -> tuple[Signature, ...]:
    entries = _catalogue()[section]
    if section != "function":
        return tuple(_signature(word, "") for word in entries.get(name, "").split())
    return tuple(
        _signature(word, kind)
        for kind in ("f", "i", "a", "o", "w")
        for word in entries.get(f"{name} {kind}", "").split()
    )


def _signature(word: str, kind: str) -> Signature:
    match = _WRITTEN.fullmatch(word)
    assert match is not None
    arguments: Sequence[str] = match["arguments"].split(",") if match["arguments"] else ()
    return Signature(
        match["result"],
        tuple(arguments),
        int(match["optional"] or 0),
        bool(match["v"]),
        _KINDS.get(kind, "function"),
    )


@functools.cache
def _providers() -> Mapping[str, str]:
    return {
        name: extension
        for extension, names in _catalogue()["extension-function"].items()
        for name in names.split(" ")
    }
