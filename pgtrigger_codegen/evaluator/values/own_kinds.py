"""Which values are of the interpreter's own making, and so not for real code."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.values.callables import Opaque, Special
from pgtrigger_codegen.evaluator.values.imported import LibraryModule, SourceModule
from pgtrigger_codegen.evaluator.values.models import (
    FieldDescriptor,
    ModelClass,
    ModelOptions,
    ModelReference,
    Registrar,
    SettingsObject,
    ThroughModel,
)

_OWN_KINDS = frozenset(
    {
        FieldDescriptor,
        LibraryModule,
        ModelClass,
        ModelOptions,
        ModelReference,
        Opaque,
        Registrar,
        SettingsObject,
        SourceModule,
        Special,
        ThroughModel,
    }
)


def is_own_kind(value: Any) -> bool:
    """Whether a value is of the interpreter's own making, and so not for real code."""
    return type(value) in _OWN_KINDS
