"""Asking the rows: which module is looked up, which callable is called for real."""

from __future__ import annotations

import functools
import importlib
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any

from pgtrigger_codegen.confinement.wall import trusted
from pgtrigger_codegen.evaluator.library import rows

MARK = "__interpreted_class__"
"""In the namespace of each class of interpreted code: real code meets some before they are done."""


def load(name: str) -> types.ModuleType | None:
    """The real module of that name, if it is listed and exists."""
    if name not in rows.MODULES:
        return None
    if (loaded := sys.modules.get(name)) is not None:
        return loaded
    try:
        with trusted():  # it is listed, by us or by a provider
            return importlib.import_module(name)
    except ImportError:
        return None


def admit(modules: Iterable[str], callables: Mapping[str, str], methods: Mapping[str, str]) -> None:
    """Lists what a provider vouches for, by the same tables and rules as above."""
    rows.MODULES.update(modules)
    for module, names in callables.items():
        rows.CALLABLES[module] = names
        _indexed.discard(module)
    _trigger_libraries.update(module.partition(".")[0] for module in modules)
    for cls, names in methods.items():
        if names not in rows.METHODS.get(cls, ""):
            rows.METHODS[cls] = f"{rows.METHODS.get(cls, '')} {names}"


def is_package_of_library(name: str) -> bool:
    """Whether listed modules live below this name (`django.contrib` lies above some)."""
    return any(module.startswith(name + ".") for module in rows.MODULES)


def is_package_of_trigger_library(name: str) -> bool:
    """Whether a module is django-pgtrigger's, or of a library that a provider vouches for."""
    return name.partition(".")[0] in _trigger_libraries


def is_callable_listed(value: Any) -> bool:
    """Whether this very object may be called for real."""
    key = id(value)
    if key in _listed_ids:
        return True
    _index_loaded_modules()
    return key in _listed_ids


def is_method_listed(owner: type, name: str) -> bool:
    """Whether a method may be called for real, by the class in the MRO that defines it."""
    if name in _words(rows.METHODS, "Field") and _is_field(owner):
        return True  # each kind of field may have its own
    return any(
        name in _words(rows.METHODS, cls.__name__)
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
    return name in _words(rows.INERT_METHODS, type(receiver).__name__)


def is_mutator(receiver: object, name: str) -> bool:
    """Whether the method changes its receiver."""
    return any(name in _words(rows.MUTATORS, cls.__name__) for cls in type(receiver).__mro__)


_trigger_libraries = {"pgtrigger"}


_listed_ids: dict[int, Any] = {}


_indexed: set[str] = set()


def _index_loaded_modules() -> None:
    for module_name, names in rows.CALLABLES.items():
        if module_name in _indexed or module_name not in sys.modules:
            continue
        _indexed.add(module_name)
        module = sys.modules[module_name]
        for name in names.split():
            if (value := getattr(module, name, None)) is not None:
                _listed_ids[id(value)] = value  # kept alive, so that the id stays its own


@functools.cache
def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _words(table: dict[str, str], key: str) -> frozenset[str]:
    return _word_set(table.get(key, ""))
