"""Attributes of the user's functions and bound methods: each one that there is stands here."""

from __future__ import annotations

import types
from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Machine, Reader
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.values.callables import BEHIND, BoundMethod, Function
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unparsing import unparsed

NAMING = ("__module__", "__name__", "__qualname__", "__doc__")
"""What a function is called, which `functools.wraps` takes over."""
# Python's functions have these by themselves; the user's code may bind any other name.
_OF_FUNCTIONS = frozenset(dir(types.FunctionType)) - {*NAMING}
_OF_METHODS = frozenset({"__func__", "__self__"})


def has(value: Function | BoundMethod, name: str) -> bool:
    """Whether a function or a bound method has an attribute."""
    if isinstance(value, BoundMethod):
        return name in _OF_METHODS or has(value.function, name)
    return name in NAMING or name in _OF_FUNCTIONS or name in value.names or _is_noted(value, name)


def assign(
    vm: Machine, function: Function | BoundMethod, name: str, value: Any, span: Span
) -> None:
    """`function.name = value`.

    Raises:
        Refusal: What the assignment does is not followed, or a bound method is assigned to.
    """
    if isinstance(function, BoundMethod):
        error = AttributeError(f"'method' object has no attribute '{name}'")
        raise Refusal(vm.raised(error, span))
    if (unknown := first_unknown(value)) is not None:
        # Real code may read the attribute: it must never find an Unknown there.
        raise Refusal(unknown.with_note(f"assigned to `{name}`", span))
    if name in _OF_FUNCTIONS or name == BEHIND:
        raise Refusal(Unknown(f"an assignment to `{name}` of a function is not followed", span))
    if name in NAMING:
        if name in ("__name__", "__qualname__") and not isinstance(value, str):
            invalid = TypeError(f"{name} must be set to a string object")
            raise Refusal(vm.raised(invalid, span))
        function.dunders[name] = value
    else:
        function.names[name] = value
    if function.real is not None:
        setattr(function.real, name, membrane.outward(vm, value, span))


def delete(vm: Machine, function: Function, name: str, span: Span) -> None:
    """`del function.name`.

    Raises:
        Refusal: What the deletion does is not followed.
    """
    if name not in function.names:
        raise Refusal(Unknown(f"a deletion of `{name}` of a function is not followed", span))
    del function.names[name]
    if function.real is not None:
        vars(function.real).pop(name, None)


def _function_attribute(vm: Machine, function: Function, name: str, span: Span) -> Any:
    if name in NAMING:
        return function.dunders[name]
    if name in function.names:
        return function.names[name]
    if _is_noted(function, name):
        return membrane.inward(vm, vars(function.real)[name])
    match name:
        case "__class__":
            return membrane.inward(vm, types.FunctionType)
        case "__call__":
            return function
        case "__dict__":
            return types.MappingProxyType(function.names)
        case "__annotations__":
            return _annotations(function, span)
    return _not_listed(vm, function, name, "function", span)


def _method_attribute(vm: Machine, method: BoundMethod, name: str, span: Span) -> Any:
    match name:
        case "__self__":
            return method.receiver
        case "__func__":
            return method.function
        case "__call__":
            return method
        case "__class__":
            return membrane.inward(vm, types.MethodType)
    if has(method.function, name):
        return _function_attribute(vm, method.function, name, span)
    return _not_listed(vm, method.function, name, "method", span)


def _not_listed(vm: Machine, function: Function, name: str, kind: str, span: Span) -> Any:
    if name in _OF_FUNCTIONS:
        return Unknown(f"`{name}` of the function `{function.name}` is not evaluated", span)
    return vm.raised(AttributeError(f"'{kind}' object has no attribute '{name}'"), span)


def _is_noted(function: Function, name: str) -> bool:
    """Whether real code has set an attribute (`__isabstractmethod__`) on what it was given."""
    return function.real is not None and name in vars(function.real) and name != BEHIND


def _annotations(function: Function, span: Span) -> Any:
    """Annotations as text, where they are; Python would have evaluated others by now."""
    arguments = function.node.args
    every = [*arguments.posonlyargs, *arguments.args, arguments.vararg]
    every += [*arguments.kwonlyargs, arguments.kwarg]
    found = {arg.arg: arg.annotation for arg in every if arg is not None}
    found["return"] = getattr(function.node, "returns", None)
    written = {name: node for name, node in found.items() if node is not None}
    if written and not function.module.postpones_annotations:
        return Unknown(f"the annotations of `{function.name}` are not evaluated", span)
    return {name: unparsed(node) for name, node in written.items()}


READERS: dict[type, Reader] = {BoundMethod: _method_attribute, Function: _function_attribute}
