"""The interpreter's own values, which real code must not get."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.values.callables import ContextManager, Opaque, Special
from pgtrigger_codegen.evaluator.values.imported import LibraryModule, SourceModule
from pgtrigger_codegen.evaluator.values.models import (
    FieldDescriptor,
    ModelClass,
    ModelOptions,
    ModelReference,
    Registrar,
    ReverseAccessor,
    SettingsObject,
    ThroughModel,
)

# By what Python calls the class of what they stand for; None: of the thing itself.
_OWN_KINDS: dict[type, str | None] = {
    ContextManager: "_GeneratorContextManager",
    FieldDescriptor: "DeferredAttribute",
    LibraryModule: "module",
    ModelClass: "ModelBase",
    ModelOptions: "Options",
    ModelReference: "ModelBase",
    Opaque: None,
    Registrar: "function",
    ReverseAccessor: "ReverseManyToOneDescriptor",
    SettingsObject: "LazySettings",
    SourceModule: "module",
    Special: "function",
    ThroughModel: "ModelBase",
}

OWN_NAMES = frozenset(kind.__name__ for kind in _OWN_KINDS)
"""What exceptions of Python's call them."""


def is_own_kind(value: Any) -> bool:
    """Whether a value is of the interpreter's own making, and so not for real code."""
    return type(value) in _OWN_KINDS


def type_name(value: Any) -> str:
    """What Python calls the class of a value, whatever stands for the value here."""
    known = _OWN_KINDS.get(type(value), type(value).__name__)
    return type(value.real).__name__ if known is None else known
