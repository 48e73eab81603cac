"""The border between values of interpreted code and real code.

Inward: nothing real becomes a value unless it is plain data, of interpreted code's own making, or
listed. The rest is `Opaque`, wherever it comes from: a module, an attribute, the result of a call,
an argument that real code hands to an interpreted function.

Outward: real code is given no callable that would do something unchecked when it calls it. It gets
a wrapper, and its call comes back to the interpreter. So neither an operator nor a descriptor, a
sort key or a default factory calls anything that interpreted code could not call itself.
"""

from __future__ import annotations

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

from pgtrigger_codegen.evaluator.library import lookup, rows
from pgtrigger_codegen.evaluator.library.lookup import MARK
from pgtrigger_codegen.evaluator.limits import totals
from pgtrigger_codegen.evaluator.limits.sizes import check_size
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects import files
from pgtrigger_codegen.evaluator.python.objects.admission import is_allowed
from pgtrigger_codegen.evaluator.python.objects.kinds import describe, is_purely_user
from pgtrigger_codegen.evaluator.values.callables import Opaque, Special, interpreted
from pgtrigger_codegen.evaluator.values.models import UNKNOWN_ATTRIBUTES
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.raised import PythonRaise, UnknownRaise
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
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
_SEALED = (
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

_DUNDERS = frozenset("__class__ __doc__ __module__ __name__ __qualname__".split())
_DUNDERS_OF_CLASSES = frozenset(
    """
    __annotations__ __args__ __base__ __bases__ __match_args__ __members__ __mro__ __origin__
    """.split()
)
_DUNDERS_OF_FUNCTIONS = frozenset(
    "__annotations__ __func__ __isabstractmethod__ __self__ __wrapped__".split()
)
# Names of a class through which it would be another class, or its generated methods other code.
_FIXED = frozenset(
    """
    __annotate__ __annotate_func__ __bases__ __base__ __class__ __code__ __dataclass_fields__
    __dataclass_params__ __dict__ __mro__ __subclasses__
    """.split()
)


def inward(vm: Machine, value: Any, depth: int = 0) -> Any:
    """A real value as one of interpreted code; `Opaque` in the place of what is not listed."""
    kind = type(value)
    if kind in _PLAIN or kind in vm.user_classes or MARK in vars(kind):
        return value
    if kind in _CONTAINERS:
        return _items_inward(vm, value, depth)
    if isinstance(value, Unknown) or is_own_kind(value):
        return value
    if kind is CallBack:
        return value.value
    if isinstance(value, CALLABLES) or kind is functools._lru_cache_wrapper:
        if kind is types.FunctionType and (raw := vars(value).get(_RAW)) is not None:
            return raw
        return value if _is_listed(vm, value) else opaque(vm, value)
    if value is type:
        return _TYPE
    if (known := vm.domain.inward(vm, value)) is not NotImplemented:
        return known
    if isinstance(value, type):
        return _class_inward(vm, value)
    if isinstance(value, types.ModuleType):
        return vm.module_value(value.__name__, _NOWHERE)
    return value if _is_admitted(kind) else opaque(vm, value)


def outward(vm: Machine, value: Any, span: Span, depth: int = 0) -> Any:
    """A value for real code: what it could call is a call of the interpreter's."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in _CONTAINERS and depth < _DEEPEST:
        return _items_outward(vm, value, span, depth)
    return call_back(vm, value, span) if is_raw(vm, value) else value


def is_raw(vm: Machine, value: Any) -> bool:
    """Whether a value is a real callable that would do something unchecked when it is called."""
    kind = type(value)
    if isinstance(value, type):
        return id(value) in _CALLING_TYPES
    if kind is types.FunctionType:
        return interpreted(value) is None and _RAW not in vars(value)
    if isinstance(value, CALLABLES):
        return interpreted(value) is None
    if kind in vm.user_classes or not callable(value) or isinstance(value, _HARMLESS):
        return False
    return not (is_own_kind(value) or kind.__module__.startswith(rows.HARMLESS_OBJECTS))


def call_back(vm: Machine, value: Any, span: Span) -> Any:
    """A function for real code to call, which the interpreter answers."""
    if id(value) not in vm.call_backs:
        made: Any = CallBack(value, _answer(vm, value, span))
        if hasattr(type(value), "__get__") and not isinstance(value, types.MethodType):
            made = _answer(vm, value, span)  # a function, which binds as the real one does
            vars(made)[_RAW] = value
        vm.call_backs[id(value)] = made
    return vm.call_backs[id(value)]


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


def opaque(vm: Machine, value: Any) -> Opaque:
    """What stands for something real that no table lists: always the same for the same."""
    if id(value) not in vm.opaques:
        vm.opaques[id(value)] = Opaque(describe(value), value)
    return vm.opaques[id(value)]


def unwrapped(value: Any) -> Any:
    """The real class behind an opaque one, for `isinstance`, `except` and the bases of a class."""
    if isinstance(value, Opaque):
        return value.real
    if type(value) is tuple:
        return tuple(unwrapped(item) for item in value)
    return value


def is_dunder(name: str) -> bool:
    """Whether a name is one of Python's own."""
    return name.startswith("__") and name.endswith("__")


def may_read(vm: Machine, value: Any, name: str, found: Any) -> bool:
    """Whether an attribute of a real value may be a value of interpreted code.

    Python's own names lead from every object to the interpreter's globals. So of these only the
    ones are read that are listed, that the user's classes define, or that are listed callables.
    """
    if isinstance(value, (types.GeneratorType, *_SEALED)):
        return False
    if not is_dunder(name) or name in _DUNDERS:
        return True
    if name in _FIXED:
        return name in ("__base__", "__bases__", "__mro__") and isinstance(value, type)
    if isinstance(value, type):
        if name in _DUNDERS_OF_CLASSES or _is_users(vm, value, name):
            return True
    elif name in _DUNDERS_OF_CLASSES & {"__args__", "__origin__"}:
        return True
    if isinstance(value, (*CALLABLES, staticmethod, classmethod, functools._lru_cache_wrapper)):
        return name in _DUNDERS_OF_FUNCTIONS
    own = getattr(value, "__dict__", ())  # of `super()` in a `__new__`, a descriptor
    if _is_users(vm, type(value), name) or (isinstance(own, dict) and name in own):
        return True
    return isinstance(found, CALLABLES) and _is_listed(vm, found)


def may_define(name: str) -> bool:
    """Whether interpreted code may bind one of Python's own names on a class or a function."""
    return name not in _FIXED and name not in ("__interpreted__", MARK, _RAW)


def member(vm: Machine, name: str, value: Any, span: Span, *, real_code_reads: bool) -> Any:
    """A value for the namespace of a real class.

    Python calls what is bound to its own names, and a library calls what a class overrides: none
    of these is a real callable, except slots of C (`object.__repr__`), which check their `self`.
    """
    if isinstance(value, types.WrapperDescriptorType) or name == "__annotations__":
        return value
    if is_dunder(name) or real_code_reads:
        value = outward(vm, value, span)
    if name in _SIZES and hasattr(type(value), "__get__"):
        return _size(value)
    return value


def _size(value: Any) -> Callable[[Any], Any]:
    """A method that tells a size: real code takes memory for as much, before it has any item."""

    def size(self: Any) -> Any:
        told = value.__get__(self, type(self))()
        if isinstance(told, int):
            check_size(told)
        return told

    vars(size).update(getattr(value, "__dict__", {}))  # it stays what it is to the interpreter
    return size


def set_by_object(value: Any, name: str) -> Special | None:
    """`object.__setattr__`, or what `super().__setattr__` comes to when no class overrides it."""
    if value is object:
        return Special(f"object.{name}")
    if type(value) is not super:
        return None
    bound = getattr(value, name)
    plain = isinstance(bound, types.MethodWrapperType)
    return Special(f"object.{name}", (bound.__self__,)) if plain else None


def namespace_of(vm: Machine, value: Any) -> Any:
    """`value.__dict__`: the real one of an object that only interpreted code has to do with."""
    if isinstance(value, type):
        if value not in vm.user_classes:
            return None
    elif type(value) is types.SimpleNamespace or is_purely_user(vm, value):
        return vars(value)
    elif type(value) not in vm.user_classes:
        return None
    hidden = {MARK, "__dict__", "__weakref__", UNKNOWN_ATTRIBUTES}
    return types.MappingProxyType(
        {name: inward(vm, item) for name, item in vars(value).items() if name not in hidden}
    )


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
                raise Refusal(vm.invalid(error.error, error.span or span)) from None
            raise error.error from None
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
    known = (
        cls in vm.user_classes
        or MARK in vars(cls)
        or lookup.is_callable_listed(cls)
        or id(cls) in vm.made
    )
    return cls if known else opaque(vm, cls)


def _is_listed(vm: Machine, value: Any) -> bool:
    return interpreted(value) is not None or files.is_file_method(value) or is_allowed(vm, value)


def _is_users(vm: Machine, cls: type, name: str) -> bool:
    """Whether a class of interpreted code binds a name itself."""
    return any(base in vm.user_classes and name in vars(base) for base in cls.__mro__)


def _is_admitted(kind: type) -> bool:
    """Whether objects of a library's class may be values."""
    if kind not in _admitted:
        _admitted[kind] = _may_be_value(kind)
    return _admitted[kind]


def _may_be_value(kind: type) -> bool:
    if issubclass(kind, _SEALED):
        return False
    if kind is io.StringIO or issubclass(kind, BaseException):
        return True
    module = str(kind.__module__)
    if module in rows.OBJECTS_OF and module.partition(".")[0] in sys.stdlib_module_names:
        return True
    inner = f"{module}."
    return (
        inner.startswith(rows.OBJECTS_BELOW) and not inner.startswith(rows.NOT_BELOW)
    ) or lookup.is_package_of_trigger_library(module)


_HARMLESS = (Unknown, CallBack, classmethod, functools._lru_cache_wrapper, staticmethod)
_admitted: dict[type, bool] = {}
_CONTAINERS = frozenset({list, tuple, dict, set, frozenset})
_NOWHERE = Span("", 1, 1, 1, 1)
_RAW = "__raw__"
_SIZES = frozenset({"__len__", "__length_hint__"})
_TYPE = Special("type")
