"""The kind of a value: plain, of an interpreted class, or neither."""

from __future__ import annotations

import abc
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.library.kinds import is_query, is_rendered_model
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.values.callables import (
    BoundMethod,
    ContextManager,
    Function,
    Opaque,
    Special,
    interpreted,
)
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
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class, as_type


def poison(container: Any, unknown: Unknown, *, keep: bool = False) -> None:
    """Makes a container's contents unknown: it changed in a way that cannot be followed.

    Args:
        keep: Whether the change could only add items at the end of a list.
    """
    spread = Unknown(unknown.reason, unknown.span, unknown.notes, spread=True)
    # Not by the methods of a class of the user's.
    if isinstance(container, list):
        list.__setitem__(container, slice(None), [*container, spread] if keep else [spread])
    elif isinstance(container, dict):
        kind = OrderedDict if isinstance(container, OrderedDict) else dict  # it keeps a second list
        kind.clear(container)
        kind.__setitem__(container, spread, spread)
    elif isinstance(container, deque):
        deque.clear(container)
        deque.append(container, spread)
    elif isinstance(container, set):
        set.clear(container)
        set.add(container, spread)


def is_plain(value: Any) -> bool:
    """Whether operators and iteration on the value are Python's, or the user's, own."""
    return not is_own_kind(value) and not is_rendered_model(value) and not is_query(value)


def is_user_class(vm: Machine, value: Any) -> bool:
    """Whether a value is a class of interpreted code."""
    if type(value) is Class:
        return True
    return isinstance(value, type) and (value in vm.user_classes or lookup.MARK in vars(value))


def is_user_object(vm: Machine, value: Any) -> bool:
    """Whether a value is an instance of a class of interpreted code."""
    return is_user_class(vm, type(value))


def is_only_of_users(vm: Machine, value: Any) -> bool:
    """Whether a value is a class of interpreted code, and so is all that it derives from."""
    value = as_type(value)
    return isinstance(value, type) and all(
        cls is object or is_user_class(vm, cls) for cls in value.__mro__
    )


def is_users_metaclass(vm: Machine, value: Any) -> bool:
    """Whether a value is a metaclass of interpreted code, and is in the end one of Python's own."""
    return (
        isinstance(value, type)
        and is_user_class(vm, value)
        and all(
            base in (abc.ABCMeta, object, type) or is_user_class(vm, base) for base in value.__mro__
        )
    )


def method_of_users(vm: Machine, metaclass: type, name: str) -> Function | Unknown | None:
    """What a metaclass of interpreted code binds to a name, if it is a function; None if Python's.

    Returns:
        `Unknown` for what is bound there and is no function.
    """
    for cls in metaclass.__mro__:
        if name in vars(cls):
            break
    if not is_user_class(vm, cls):
        return None
    found = vars(cls)[name]
    function = interpreted(found.__func__ if isinstance(found, staticmethod) else found)
    called_alike = not isinstance(found, staticmethod) or name == "__new__"
    reason = f"a metaclass whose `{name}` is no function is not evaluated"
    return function if function is not None and called_alike else Unknown(reason)


def describe(value: Any) -> str:
    """A value in words, for messages."""
    value = as_type(value)
    if (words := _IN_WORDS.get(type(value))) is not None:
        return words(value)
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | types.MethodType):
        module = getattr(value, "__module__", None)
        owner = getattr(value, "__self__", None)
        # `repr` would ask the object that a method is bound to, and a query set runs its query.
        name: str = getattr(value, "__qualname__", "") or "a callable"
        if owner is not None and not isinstance(owner, types.ModuleType):
            cls = owner if isinstance(owner, type) else type(owner)
            module = cls.__module__
            if issubclass(cls, Path):  # which newer Pythons keep elsewhere
                module, name = "pathlib", f"Path.{value.__name__}"
        return name if module in (None, "builtins") else f"{module}.{name}"
    kind = type(value)
    if kind.__module__.startswith("pgtrigger_codegen."):  # it has no name in the user's world
        return "what is not known in full"
    return f"a value of class `{kind.__name__}`"


def _model_in_words(model: ModelClass) -> str:
    known = any(is_rendered_model(cls) for cls in model.mro())
    return f"the {'model' if known else 'class'} `{model.name}`"


def _function_in_words(function: Function) -> str:
    return f"{function.dunders['__module__']}.{function.dunders['__qualname__']}"


_IN_WORDS: dict[type, Callable[[Any], str]] = {
    BoundMethod: lambda value: _function_in_words(value.function),
    ContextManager: lambda value: f"the context manager `{value.name}`",
    FieldDescriptor: lambda value: f"the field `{value.model.name}.{value.name}`",
    Function: _function_in_words,
    ReverseAccessor: lambda value: f"the relation `{value.model.name}.{value.name}`",
    LibraryModule: lambda value: f"the module `{value.name}`",
    ModelClass: _model_in_words,
    ModelOptions: lambda value: f"the options of {describe(value.model)}",
    ModelReference: lambda value: f"the model `{value.label}`",
    Opaque: lambda value: value.dotted,
    Registrar: lambda value: "a registration",
    SettingsObject: lambda value: "the settings",
    SourceModule: lambda value: f"the module `{value.name}`",
    Special: lambda value: value.name,
    ThroughModel: lambda value: f"the through model of `{value.owner.name}.{value.field_name}`",
}


def names_of(value: Any) -> Collection[str]:
    """The names in an object's own `__dict__`, or in a class's."""
    if type(value) is Class:
        return value.namespace
    found = getattr(value, "__dict__", None)
    return found if isinstance(found, dict | types.MappingProxyType) else ()


def is_purely_user(vm: Machine, target: Any) -> bool:
    """Whether only interpreted code has to do with a class, or an object, of its own."""
    target = as_type(target)
    cls = target if isinstance(target, type) else type(target)
    subclasses: list[type] = type.__subclasses__(target) if isinstance(target, type) else []
    if any(not is_purely_user(vm, subclass) for subclass in subclasses):
        return False
    return all(
        base is object or is_user_class(vm, base) or base.__name__ == "Migration"
        for base in cls.__mro__
    )
