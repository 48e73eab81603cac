"""Namespaces as values: what `globals()` gives, or `vars()` and `__dict__` of a module."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.scope import Scope

NAMESPACE = "globals()"


SOME_NAMES = "names"
"""A dictionary of which it is known which names it may have: those, with values nobody knows."""


def namespace(scope: Scope) -> Special:
    """The names of a module or of the body of a class, as a value."""
    return Special(NAMESPACE, scope)


def namespace_behind(value: Any) -> Scope | None:
    """The scope whose names a value gives, or gives methods of; None if it does neither."""
    if type(value) is Special and value.name.startswith(NAMESPACE):
        scope: Scope = value.receiver
        return scope
    return None
