"""The border between values of interpreted code and real code.

Inward: nothing real becomes a value unless it is plain data, of interpreted code's own making, or
listed. The rest is `Opaque`, wherever it comes from: a module, an attribute, the result of a call,
an argument that real code hands to an interpreted function.

Outward: real code is given no callable that would do something unchecked when it calls it, and no
function of the user's. It gets a real function, and its call comes back to the interpreter. So
neither an operator nor a descriptor, a sort key or a default factory calls anything that
interpreted code could not call itself. The way back leads to the same value.
"""

from __future__ import annotations

import abc
import datetime as dt
import functools
import io
import itertools
import operator
import sys
import types
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.library import lookup, packages
from pgtrigger_codegen.evaluator.limits import totals
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects import files
from pgtrigger_codegen.evaluator.python.objects.admission import is_allowed
from pgtrigger_codegen.evaluator.python.objects.kinds import describe, is_user_class
from pgtrigger_codegen.evaluator.values.callables import (
    BEHIND,
    USER_FUNCTIONS,
    BoundMethod,
    Function,
    Opaque,
    Special,
    interpreted,
)
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.raised import PythonRaise, UnknownRaise
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class, class_behind, has_face
from pgtrigger_codegen.source.span import Span

_PLAIN = frozenset(
    {
        type(None), type(...), type(NotImplemented), bool, int, float, complex, str, bytes,
        bytearray, range, slice, Decimal, Fraction, dt.date, dt.datetime, dt.time, dt.timedelta,
        dt.timezone, uuid.UUID,
    }
)  # fmt: skip
_DEEPEST = 20

# Callables: each is listed, or opaque.
CALLABLES = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodWrapperType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
)
# Types that call what they are given, or look into it: the interpreter does that.
_CALLING_TYPES = frozenset(
    map(
        id,
        (
            filter, functools.partial, itertools.accumulate, itertools.dropwhile,
            itertools.filterfalse, itertools.groupby, itertools.starmap, itertools.takewhile, map,
            operator.attrgetter, operator.itemgetter, operator.methodcaller,
        ),
    )
)  # fmt: skip

# Objects of builtin types that lead out of the world, or are no business of a declaration.
SEALED = (
    types.ModuleType,
    types.CodeType,
    types.FrameType,
    types.TracebackType,
    types.CellType,
    types.CoroutineType,
    types.AsyncGeneratorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)


def inward(vm: Machine, value: Any, depth: int = 0) -> Any:
    """A real value as one of interpreted code; `Opaque` in the place of what is not listed."""
    kind = type(value)
    if kind in _PLAIN or kind is Class or is_user_class(vm, kind):
        return value
    if kind in _CONTAINERS:
        return _items_inward(vm, value, depth)
    if kind in USER_FUNCTIONS or isinstance(value, Unknown) or is_own_kind(value):
        return value
    if kind is CallBack:
        return value.value
    if isinstance(value, CALLABLES) or kind is functools._lru_cache_wrapper:
        return _callable_inward(vm, value, kind)
    if value is type:
        return _TYPE
    if (known := vm.domain.inward(vm, value)) is not NotImplemented:
        return known
    if isinstance(value, type):
        return _class_inward(vm, value)
    if isinstance(value, types.ModuleType):
        return vm.module_value(value.__name__, _NOWHERE)
    return value if _is_admitted(kind) else opaque(vm, value)


def _callable_inward(vm: Machine, value: Any, kind: type) -> Any:
    if kind is types.FunctionType and (behind := vars(value).get(BEHIND)) is not None:
        return behind
    if kind is types.MethodType and (function := interpreted(value)) is not None:
        receiver: Any = value.__self__
        if isinstance(receiver, type):
            receiver = class_behind(receiver)
        return BoundMethod(function, receiver)
    listed = identity(value) not in _MAKING_CLASSES and is_listed(vm, value)
    return value if listed else opaque(vm, value)


def outward(vm: Machine, value: Any, span: Span, depth: int = 0) -> Any:
    """A value for real code: what it could call is a call of the interpreter's."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in USER_FUNCTIONS:
        return function_outward(vm, value)
    if kind in _CONTAINERS and depth < _DEEPEST:
        return _items_outward(vm, value, span, depth)
    if vm.spoiled and (unknown := vm.spoiled.of(value)) is not None:
        raise Refusal(unknown)
    if kind is Class:
        face = value.opened()
        return value if depth else face  # a list is shared: what it holds stays as it is
    if has_face(kind):
        class_behind(kind).opened()
    return call_back(vm, value, span) if is_raw(vm, value) else value


def is_raw(vm: Machine, value: Any) -> bool:
    """Whether a value is a real callable that would do something unchecked when it is called."""
    kind = type(value)
    if isinstance(value, type):
        return identity(value) in _CALLING_TYPES
    if kind is types.FunctionType:
        return BEHIND not in vars(value)
    if isinstance(value, CALLABLES):
        return interpreted(value) is None
    if is_user_class(vm, kind) or not callable(value) or isinstance(value, _HARMLESS):
        return False
    return not (is_own_kind(value) or kind.__module__.startswith(packages.HARMLESS_OBJECTS))


def call_back(vm: Machine, value: Any, span: Span) -> Any:
    """A function for real code to call, which the interpreter answers."""
    if type(value) in USER_FUNCTIONS:
        return function_outward(vm, value)
    if identity(value) not in vm.call_backs:
        made: Any = CallBack(value, _answer(vm, value, span))
        if hasattr(type(value), "__get__") and not isinstance(value, types.MethodType):
            made = _answer(vm, value, span)  # a function, which binds as the real one does
            vars(made)[BEHIND] = value
        vm.call_backs[identity(value)] = made
    return vm.call_backs[identity(value)]


def function_outward(vm: Machine, value: Function | BoundMethod) -> Any:
    """What real code has of a function of the user's: a function, which binds as such."""
    if isinstance(value, BoundMethod):
        return types.MethodType(function_outward(vm, value.function), value.receiver)
    if value.real is None:
        value.real = _real_function(vm, value)
    return value.real


def _real_function(vm: Machine, function: Function) -> types.FunctionType:
    def real(*args: Any, **kwargs: Any) -> Any:
        return vm.call_from_real_code(function, args, kwargs)

    for name, value in function.dunders.items():
        setattr(real, name, value)
    span = function.module.span(function.node)
    vars(real).update((name, outward(vm, item, span)) for name, item in function.names.items())
    vars(real)[BEHIND] = function
    assert isinstance(real, types.FunctionType)
    return real


class CallBack:
    """A callable of interpreted code in the hands of real code."""

    __slots__ = ("_answer", "value")

    def __init__(self, value: Any, answer: Callable[..., Any]) -> None:
        self.value = value
        self._answer = answer

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._answer(*args, **kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> CallBack:
        return self


def opaque(vm: Machine, value: Any) -> Opaque | Special:
    """What stands for something real that no table lists: always the same for the same."""
    if (stand_in := _MAKING_CLASSES.get(identity(value))) is not None:
        return stand_in
    if identity(value) not in vm.opaques:
        vm.opaques[identity(value)] = Opaque(describe(value), value)
    return vm.opaques[identity(value)]


def as_instance(value: Any) -> Any:
    """A value for Python to say which class it is of: a function, for one of the user's."""
    if isinstance(value, Function):
        return as_instance
    if type(value) is Class:
        return value.face
    return _METHOD if isinstance(value, BoundMethod) else value


def unwrapped(value: Any) -> Any:
    """The real class for `isinstance`, `except` and bases: behind an opaque one, or a face."""
    if isinstance(value, Opaque):
        return value.real
    if type(value) is Class:
        return value.face
    if type(value) is tuple:
        return tuple(unwrapped(item) for item in value)
    return value


def _answer(vm: Machine, value: Any, span: Span) -> Callable[..., Any]:
    def answer(*args: Any, **kwargs: Any) -> Any:
        vm.begin_call_from_outside()
        WORK.steps += totals.STEPS_OF_A_CALL
        vm.step_at(span)
        given = tuple(inward(vm, arg) for arg in args)
        named = {name: inward(vm, arg) for name, arg in kwargs.items()}
        try:
            with vm.catching():
                result = vm.apply(value, given, named, span)
        except PythonRaise as error:
            if isinstance(error.error, UnknownRaise):
                raise Refusal(vm.invalid(error.error, error.span or span, error.frame)) from None
            raise vm.leave_by(error, span) from None
        if (unknown := first_unknown(result)) is not None:
            raise Refusal(unknown)
        return outward(vm, vm.domain.rendered(vm, result), span)

    return answer


def _items_inward(vm: Machine, value: Any, depth: int) -> Any:
    if depth >= _DEEPEST:
        return Unknown("the value is nested too deeply")
    WORK.items(len(value))
    if type(value) is dict:
        pairs = [(key, inward(vm, key, depth + 1)) for key in value]
        items = [(item, inward(vm, item, depth + 1)) for item in value.values()]
        if all(a is b for a, b in _chained(pairs, items)):
            return value
        return {key: item for (_, key), (_, item) in zip(pairs, items, strict=True)}
    if type(value) in (set, frozenset):
        members = [(item, inward(vm, item, depth + 1)) for item in value]
        return value if all(a is b for a, b in members) else type(value)(b for _, b in members)
    made = [inward(vm, item, depth + 1) for item in value]
    if all(a is b for a, b in zip(value, made, strict=True)):
        return value
    return made if type(value) is list else tuple(made)


def _chained(*groups: list[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    for group in groups:
        yield from group


def _items_outward(vm: Machine, value: Any, span: Span, depth: int) -> Any:
    WORK.items(len(value))
    if type(value) is dict:
        values = [outward(vm, item, span, depth + 1) for item in value.values()]
        if all(a is b for a, b in zip(value.values(), values, strict=True)):
            return value
        return dict(zip(value, values, strict=True))
    if type(value) in (set, frozenset):
        return value
    made = [outward(vm, item, span, depth + 1) for item in value]
    if all(a is b for a, b in zip(value, made, strict=True)):
        return value
    return made if type(value) is list else tuple(made)


def _class_inward(vm: Machine, cls: type) -> Any:
    if (behind := class_behind(cls)) is not cls:
        return behind
    known = is_user_class(vm, cls) or lookup.is_callable_listed(cls) or identity(cls) in vm.made
    return cls if known else opaque(vm, cls)


def is_listed(vm: Machine, value: Any) -> bool:
    """Whether a real callable may be called."""
    return interpreted(value) is not None or files.is_file_method(value) or is_allowed(vm, value)


def _may_be_value(kind: type) -> bool:
    """Whether objects of a library's class may be values."""
    if issubclass(kind, SEALED):
        return False
    if kind is io.StringIO or issubclass(kind, BaseException):
        return True
    module = str(kind.__module__)
    if lookup.has_objects(module) and module.partition(".")[0] in sys.stdlib_module_names:
        return True
    inner = f"{module}."
    return (
        inner.startswith(packages.OBJECTS_BELOW) and not inner.startswith(packages.NOT_BELOW)
    ) or lookup.is_package_of_trigger_library(module)


_HARMLESS = (Unknown, CallBack, classmethod, functools._lru_cache_wrapper, staticmethod)
# Some classes hold the interpreter that made them: not all are remembered for ever.
_is_admitted: Callable[[type], bool] = functools.lru_cache(maxsize=1024)(_may_be_value)
_CONTAINERS = frozenset({list, tuple, dict, set, frozenset})
_NOWHERE = Span("", 1, 1, 1, 1)
_METHOD = types.MethodType(as_instance, None.__class__)
_TYPE = Special("type")
_MAKING_CLASSES = {
    identity(type.__new__): Special("type.__new__"),
    identity(abc.ABCMeta.__new__): Special("type.__new__", abc.ABCMeta.__new__),
}
