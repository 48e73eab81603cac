"""Which real callables may be called."""

from __future__ import annotations

import abc
import types
from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.library import lookup, packages
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects.kinds import is_user_class


def receiver_of(function: Any) -> tuple[Any, str]:
    """The object that a bound method belongs to, and the method's name."""
    receiver = getattr(function, "__self__", None)
    if receiver is None or isinstance(receiver, types.ModuleType):
        return None, ""
    return receiver, getattr(function, "__name__", "")


def is_allowed(vm: Machine, function: Any) -> bool:
    """Whether a real callable may be called."""
    receiver, name = receiver_of(function)
    if lookup.is_callable_listed(function) or identity(function) in vm.made:
        return True
    if name == "register" and type(receiver) is abc.ABCMeta:
        return is_user_class(vm, receiver)
    if receiver is not None and name:
        owner = receiver if isinstance(receiver, type) else type(receiver)
        if issubclass(owner, tuple) and hasattr(owner, "_fields"):  # a named tuple's own
            return name in ("_asdict", "_make", "_replace", "count", "index")
        return lookup.is_method_listed(owner, name)
    defined_in = getattr(function, "__objclass__", None)  # `str.upper`, called as a function
    if isinstance(defined_in, type):
        return lookup.is_method_listed(defined_in, function.__name__)
    if isinstance(function, types.BuiltinFunctionType):  # `str.maketrans`, which is static
        owner_name, _, method = function.__qualname__.rpartition(".")
        return method in lookup.methods_of(owner_name)
    if isinstance(function, types.FunctionType):  # `Trigger.get_func`, called as a function
        owner_name, _, method = function.__qualname__.rpartition(".")
        if function.__module__.startswith(packages.FIELD_MODULES) and owner_name.endswith("Field"):
            owner_name = "Field"
        elif not function.__module__.startswith(packages.STATIC_MODULES):
            return False
        return method in lookup.methods_of(owner_name)
    return not isinstance(function, type) and lookup.is_method_listed(type(function), "__call__")
