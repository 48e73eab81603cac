"""What can be reached from values: what code could change, call or bind that gets hold of them."""

from __future__ import annotations

import ast
import functools
import types
from collections import ChainMap, deque
from collections.abc import ItemsView, Iterable, Iterator, ValuesView
from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects.kinds import (
    is_purely_user,
    is_user_class,
    is_user_object,
)
from pgtrigger_codegen.evaluator.values.callables import BoundMethod, Function, interpreted
from pgtrigger_codegen.evaluator.values.classes import mro_of, own_names
from pgtrigger_codegen.evaluator.values.imported import SourceModule
from pgtrigger_codegen.evaluator.values.namespaces import namespace_behind
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.nodes import kept, walk

CHANGEABLE = (list, dict, set, deque)
"""Containers of which nothing is known once something else is in them."""
_HOLDING = (list, tuple, set, frozenset, deque, ItemsView, ValuesView)


def choices_of(vm: Machine, value: Any) -> tuple[Any, ...]:
    """What may be meant by a value that is not known in full."""
    return vm.choices[identity(value)][1] if identity(value) in vm.choices else ()


def changeable_in(vm: Machine, values: Iterable[Any]) -> Iterator[Any]:
    """Containers, objects of the project's own, and iterators, which go on when they are asked."""
    pending, seen = list(_parts(values)), set[int]()
    while pending:
        value = _receiver(pending.pop())
        if identity(value) in seen:
            continue
        seen.add(identity(value))
        held = _held_by(vm, value)
        if held is not None:
            pending += held
        if (
            isinstance(value, (*CHANGEABLE, Iterator))
            or type(value) is types.SimpleNamespace
            or _is_own_object(vm, value)
        ):
            yield value


def _receiver(value: Any) -> Any:
    """The object of a method that is to be called later: `found.append`."""
    if type(value) is BoundMethod:
        return value.receiver
    if isinstance(value, types.BuiltinMethodType):
        receiver = value.__self__
        if isinstance(receiver, CHANGEABLE) and lookup.is_mutator(receiver, value.__name__):
            return receiver
    return value


def _held_by(vm: Machine, value: Any) -> Iterable[Any] | None:
    """What a value holds that whoever has the value gets hold of as well."""
    if isinstance(value, Unknown):
        return choices_of(vm, value)
    if type(value) is Function:
        return (*value.defaults, *value.kw_defaults.values())
    if isinstance(value, dict):
        return list(dict.values(value))  # not by the methods of a class of the user's
    if isinstance(value, ChainMap):
        return list(value.maps)
    if isinstance(value, types.MappingProxyType):
        return list(value.values())
    if isinstance(value, _HOLDING):
        return list(value)
    if type(value) is types.SimpleNamespace or _is_own_object(vm, value):
        return list(getattr(value, "__dict__", {}).values())
    return None


def functions_in(vm: Machine, values: Iterable[Any]) -> Iterator[Function]:
    """Functions of the user's among values, methods of their objects, and what these call."""
    pending, seen = list(_parts(values)), set[int]()
    while pending:
        value = pending.pop()
        if isinstance(value, property):
            pending += [value.fget, value.fset]
        # By its type alone: an object of the user's would be asked by its `__getattr__`.
        wraps = isinstance(value, classmethod | staticmethod)
        function = interpreted(value.__func__ if wraps else value)
        if function is not None and identity(function.node) not in seen:
            seen.add(identity(function.node))
            yield function
            pending += _called_by(function)
        elif function is None and _is_own_object(vm, value):
            for cls in mro_of(type(value)):
                pending += own_names(cls).values() if is_user_class(vm, cls) else ()


def _called_by(function: Function) -> Iterator[Any]:
    """What a function calls by name."""
    for name in kept(function.node, "called_names", _called_names):
        holder = function.scope.find(name)
        if holder is not None:
            yield holder.names[name]


def _called_names(node: ast.AST) -> tuple[str, ...]:
    calls = (part.func for part in walk(node) if isinstance(part, ast.Call))
    return tuple(dict.fromkeys(called.id for called in calls if isinstance(called, ast.Name)))


def namespaces_in(vm: Machine, values: Iterable[Any]) -> Iterator[Scope]:
    """Namespaces among values, and those of modules of the project."""
    for value in values:
        if (scope := namespace_behind(value)) is not None:
            yield scope
        elif isinstance(value, SourceModule) and vm.loader.is_first_party(value.name):
            module = vm.module(value.name)
            if isinstance(module, Scope):
                yield module


def _parts(values: Iterable[Any]) -> Iterator[Any]:
    """Values, and what those were given that only wait to be called."""
    for value in values:
        yield value
        if isinstance(value, functools.partial):
            yield from _parts([value.func, *value.args, *value.keywords.values()])


def _is_own_object(vm: Machine, value: Any) -> bool:
    """Whether a value is an object of the project's own, of which no library knows."""
    return is_user_object(vm, value) and is_purely_user(vm, value)
