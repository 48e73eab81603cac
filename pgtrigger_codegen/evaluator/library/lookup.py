"""Looks up rows: which modules are read for real, and which callables are called for real."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.confinement.wall import trusted
from pgtrigger_codegen.evaluator.library.rows import ClassRow, ModuleRow, Option, kind, module
from pgtrigger_codegen.evaluator.library.tables import django, pgtrigger, standard

MARK = "__interpreted_class__"
"""In the namespace of each class of interpreted code: real code meets some before they are done."""


class Library:
    """All rows, those of providers among them.

    Attributes:
        modules: By dotted name.
        kinds: By the name of the class.
        options: By the name of the attribute.
        callables: By their ids: those of loaded modules that may be called for real. They are kept
            alive, so that each id stays its own.
        indexed: The names of the modules whose callables are known by now.
        trigger_libraries: The packages of django-pgtrigger and of what providers vouch for.
    """

    def __init__(self) -> None:
        tables = (standard.TABLE, django.TABLE, pgtrigger.TABLE)
        self.modules: dict[str, ModuleRow] = {}
        self.kinds: dict[str, ClassRow] = {}
        self.options: dict[str, Option] = {}
        for table in tables:
            _fill(self.modules, table.modules)
            _fill(self.kinds, table.kinds)
            _fill(self.options, table.options)
        self.callables: dict[int, Any] = {}
        self.indexed: set[str] = set()
        self.trigger_libraries = {"pgtrigger"}


def _fill(known: dict[str, Any], rows: Iterable[Any]) -> None:
    for row in rows:
        if row.name in known:
            raise ValueError(f"{row.name} has two rows")
        known[row.name] = row


LIBRARY = Library()
_NO_KIND = ClassRow("", frozenset())


def is_module_listed(name: str) -> bool:
    """Whether the names of a module may be looked up."""
    row = LIBRARY.modules.get(name)
    return row is not None and row.looked_up


def has_objects(name: str) -> bool:
    """Whether objects of the classes of a module may be values, by a row of its own."""
    row = LIBRARY.modules.get(name)
    return row is not None and row.objects


def option(name: str) -> Option | None:
    """The row of an attribute of `Model._meta`."""
    return LIBRARY.options.get(name)


def methods_of(name: str) -> frozenset[str]:
    """The methods that are called for real, of a class of that name."""
    return LIBRARY.kinds.get(name, _NO_KIND).calls


def load(name: str) -> types.ModuleType | None:
    """The real module of that name, if it is listed and exists."""
    if not is_module_listed(name):
        return None
    if (loaded := sys.modules.get(name)) is not None:
        return loaded
    try:
        with trusted():  # it is listed, by us or by a provider
            return importlib.import_module(name)
    except ImportError:
        return None


def admit(modules: Iterable[str], callables: Mapping[str, str], methods: Mapping[str, str]) -> None:
    """Lists what a provider vouches for, by the same tables and rules as above.

    Raises:
        ValueError: A row is not valid.
    """
    for name in modules:
        old = LIBRARY.modules.get(name, ModuleRow(name))
        LIBRARY.modules[name] = replace(old, looked_up=True)
    for name, calls in callables.items():
        row = module(name, calls)
        old = LIBRARY.modules.get(name, replace(row, looked_up=False))
        LIBRARY.modules[name] = replace(old, calls=row.calls)
        LIBRARY.indexed.discard(name)
    LIBRARY.trigger_libraries.update(module.partition(".")[0] for module in modules)
    for name, calls in methods.items():
        known = LIBRARY.kinds.get(name, _NO_KIND)
        LIBRARY.kinds[name] = replace(kind(name, calls), calls=known.calls | set(calls.split()))


def is_package_of_library(name: str) -> bool:
    """Whether listed modules live below this name (`django.contrib` lies above some)."""
    return any(
        row.looked_up and module.startswith(name + ".") for module, row in LIBRARY.modules.items()
    )


def is_package_of_trigger_library(name: str) -> bool:
    """Whether a module is django-pgtrigger's, or of a library that a provider vouches for."""
    return name.partition(".")[0] in LIBRARY.trigger_libraries


def is_callable_listed(value: Any) -> bool:
    """Whether this very object may be called for real."""
    key = identity(value)
    if key in LIBRARY.callables:
        return True
    _index_loaded_modules()
    return key in LIBRARY.callables


def is_method_listed(owner: type, name: str) -> bool:
    """Whether a method may be called for real, by the class in the MRO that defines it."""
    if name in methods_of("Field") and _is_field(owner):
        return True  # each kind of field may have its own
    return any(
        name in methods_of(cls.__name__)
        for cls in owner.__mro__
        if name in vars(cls) and MARK not in vars(cls)  # a class of the user's may bear any name
    )


def _is_field(owner: type) -> bool:
    return any(
        cls.__name__ == "Field" and cls.__module__ == "django.db.models.fields"
        for cls in owner.__mro__
    )


def is_inert(receiver: object, name: str) -> bool:
    """Whether the method only stores or hands over its arguments."""
    return name in LIBRARY.kinds.get(type(receiver).__name__, _NO_KIND).keeps


def is_mutator(receiver: object, name: str) -> bool:
    """Whether the method changes its receiver."""
    return any(
        name in LIBRARY.kinds.get(cls.__name__, _NO_KIND).changes for cls in type(receiver).__mro__
    )


def mutators_of(kind: type) -> frozenset[str]:
    """The methods of a type that change their receiver."""
    return frozenset(LIBRARY.kinds[kind.__name__].changes)


def _index_loaded_modules() -> None:
    for module_name, row in LIBRARY.modules.items():
        if module_name in LIBRARY.indexed or module_name not in sys.modules:
            continue
        LIBRARY.indexed.add(module_name)
        real = sys.modules[module_name]
        for name in row.calls:
            if (value := getattr(real, name, None)) is not None:
                LIBRARY.callables[identity(value)] = value
