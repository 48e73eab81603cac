"""Looks up names: scopes outwards, then builtins."""

from __future__ import annotations

import builtins
from typing import Any

from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.imports.module_names import follow, hoist
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.raised import PythonRaise
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import External, Unknown
from pgtrigger_codegen.source.span import Span


def read_name(vm: Machine, name: str, scope: Scope, span: Span) -> Any:
    """The value of a name: scopes outwards, then builtins."""
    holder = scope.find(name)
    if holder is not None:
        return follow(vm, holder, name, span)
    if scope.binds_later(name):
        if vm.try_depth and vm.speculation is None:
            message = (
                f"cannot access local variable '{name}' where it is not associated with a value"
            )
            raise PythonRaise(UnboundLocalError(message), span)
        return Unknown(f"`{name}` is read before it is bound", span)
    if name in vm.special_builtins:
        return Special(name)
    if name == "__import__":
        return Special(name)
    if name == "__class__" and (owner := _class_around(scope)) is not None:
        return owner
    module_scope = scope.module_scope
    if (hoisted := hoist(vm, module_scope, name)) is not None:
        return hoisted
    if name.startswith("__") and name.endswith("__") and name not in _DUNDERS:
        return Unknown(f"`{name}` of a module is not evaluated", span)
    if hasattr(builtins, name):
        value = getattr(builtins, name)
        return (
            value
            if _is_usable_builtin(value)
            else External(f"`{name}` is not evaluated", span, dotted=name)
        )
    if module_scope.open_ended is not None:
        return Unknown(
            f"`{name}` may come from an import of `*` that could not be followed: "
            f"{module_scope.open_ended.reason}",
            span,
        )
    if vm.try_depth and "globals()" not in module_scope.module.text:
        raise PythonRaise(NameError(f"name '{name}' is not defined"), span)
    return Unknown(f"name `{name}` is not defined", span)


_DUNDERS = frozenset({"__build_class__", "__debug__"})
"""What Python has for every module: the others are of the module itself."""


def _class_around(scope: Scope | None) -> Any:
    """The class whose method the code stands in, as `__class__` says there."""
    while scope is not None:
        if scope.kind == "function" and scope.owner:
            return scope.owner[0]
        scope = scope.parent
    return None


def _is_usable_builtin(value: Any) -> bool:
    return lookup.is_callable_listed(value) or not callable(value)
