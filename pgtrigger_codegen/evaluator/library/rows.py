"""Rows: the allowed uses of a library's modules and objects, as typed data.

A row must be pure, deterministic, and quick for the sizes that `limits` admits. A row is validated
when it is made, and against the real library by a test.
"""

from __future__ import annotations

import keyword

from msgspec import Struct


class ModuleRow(Struct, frozen=True):
    """A module of a library.

    Attributes:
        name: Its dotted name.
        calls: Names in it that are called for real; those that a version lacks are passed over.
        objects: Whether objects of the classes that it defines may be values.
        looked_up: Whether its names may be looked up: importing it has no effect on anything.
    """

    name: str
    calls: frozenset[str] = frozenset()
    objects: bool = False
    looked_up: bool = True


class ClassRow(Struct, frozen=True):
    """A class of a library, by its name: each base has a row of its own.

    Attributes:
        calls: Methods that are called for real, where this class defines them.
        keeps: Those that keep or hand over items without looking into them: an Unknown among the
            arguments stays in the container, and is found before any other real call.
        changes: Those that change their receiver.
    """

    name: str
    calls: frozenset[str]
    keeps: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()


class Option(Struct, frozen=True):
    """An attribute of `Model._meta` that interpreted code may read on a rendered model.

    Attributes:
        rendered: Whether a model has it that is rendered as far as its triggers need.
    """

    name: str
    rendered: bool = False


class LibraryTable(Struct, frozen=True):
    """All rows of one library."""

    modules: tuple[ModuleRow, ...]
    kinds: tuple[ClassRow, ...]
    options: tuple[Option, ...] = ()


def module(
    name: str, calls: str = "", *, objects: bool = False, looked_up: bool = True
) -> ModuleRow:
    """A row for a module.

    Args:
        calls: Names, with blanks between them.

    Raises:
        ValueError: A name is none, or is given twice.
    """
    for part in name.split("."):
        _check(part, name)
    return ModuleRow(name, _words(calls, name), objects, looked_up)


def modules(names: str) -> list[ModuleRow]:
    """Rows for modules of which names are looked up, and nothing is called."""
    return [module(name) for name in sorted(_distinct(names.split(), "modules"))]


def kind(name: str, calls: str, *, keeps: str = "", changes: str = "") -> ClassRow:
    """A row for a class.

    Args:
        calls: Names of methods, with blanks between them, as the others.

    Raises:
        ValueError: A name is none, is given twice, or is kept or changed by and not called.
    """
    _check(name, name)
    row = ClassRow(name, _words(calls, name), _words(keeps, name), _words(changes, name))
    if not row.keeps | row.changes <= row.calls:
        stray = ", ".join(sorted((row.keeps | row.changes) - row.calls))
        raise ValueError(f"{name}: {stray} is not among what is called")
    return row


def option(name: str, *, rendered: bool = False) -> Option:
    """A row for an attribute of `Model._meta`.

    Raises:
        ValueError: The name is none.
    """
    _check(name, "_meta")
    return Option(name, rendered)


def _words(text: str, row: str) -> frozenset[str]:
    names = _distinct(text.split(), row)
    for name in names:
        _check(name, row)
    return names


def _distinct(names: list[str], row: str) -> frozenset[str]:
    if len(found := frozenset(names)) < len(names):
        raise ValueError(f"{row}: a name is given twice")
    return found


def _check(name: str, row: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"{row}: `{name}` is no name")
