"""Which attributes of real objects may be read, and which names interpreted code may bind."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from pgtrigger_codegen.evaluator.library.lookup import MARK
from pgtrigger_codegen.evaluator.limits.sizes import check_size
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects.kinds import (
    is_purely_user,
    is_user_class,
    is_user_object,
    names_of,
)
from pgtrigger_codegen.evaluator.python.objects.membrane import (
    CALLABLES,
    SEALED,
    inward,
    is_listed,
    outward,
)
from pgtrigger_codegen.evaluator.values.callables import BEHIND, Function, Special
from pgtrigger_codegen.evaluator.values.classes import mro_of, own_names
from pgtrigger_codegen.evaluator.values.models import UNKNOWN_ATTRIBUTES
from pgtrigger_codegen.evaluator.values.user_classes import FACE
from pgtrigger_codegen.source.span import Span

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


def is_dunder(name: str) -> bool:
    """Whether a name is one of Python's own."""
    return name.startswith("__") and name.endswith("__")


def may_read(vm: Machine, value: Any, name: str, found: Any) -> bool:
    """Whether an attribute of a real value may be a value of interpreted code.

    Python's own names lead from every object to the interpreter's globals. So of these only the
    ones are read that are listed, that the user's classes define, or that are listed callables.
    """
    if isinstance(value, (types.GeneratorType, *SEALED)):
        return False
    if not is_dunder(name) or name in _DUNDERS:
        return True
    if name == "__cause__" and isinstance(value, BaseException):
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
    if _is_users(vm, type(value), name) or name in names_of(value):
        return True
    return isinstance(found, CALLABLES) and is_listed(vm, found)


def may_define(name: str) -> bool:
    """Whether interpreted code may bind one of Python's own names on a class or a function."""
    return name not in _FIXED and name not in (MARK, BEHIND, FACE)


def member(vm: Machine, name: str, value: Any, span: Span, *, real_code_reads: bool) -> Any:
    """A value for the namespace of a real class.

    Python calls what is bound to its own names, a library calls what a class overrides, and both
    ask what a function is: so a real class has real functions, whose calls come back. None of these
    is another real callable, except slots of C (`object.__repr__`), which check their `self`.
    """
    if isinstance(value, types.WrapperDescriptorType) or name == "__annotations__":
        return value
    if is_dunder(name) or real_code_reads or isinstance(value, Function):
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


def by_metaclass(value: Any, name: str) -> Special | None:
    """What `super().__init__` in a metaclass comes to in `type`, and `__prepare__` of one."""
    found = getattr(value, name, None)
    if isinstance(found, types.BuiltinFunctionType):
        return Special("type.__prepare__") if name == "__prepare__" else None
    if type(value) is not super or not isinstance(found, types.MethodWrapperType):
        return None
    wrapper: Any = found
    return Special(f"type.{name}", (wrapper.__self__,)) if wrapper.__objclass__ is type else None


def namespace_of(vm: Machine, value: Any) -> Any:
    """`value.__dict__`: the real one of an object that only interpreted code has to do with."""
    if isinstance(value, type):
        if value is not object and not is_user_class(vm, value):
            return None
    elif type(value) is types.SimpleNamespace or is_purely_user(vm, value):
        return vars(value)
    elif not is_user_object(vm, value):
        return None
    hidden = {MARK, "__dict__", "__weakref__", UNKNOWN_ATTRIBUTES}
    names = own_names(value) or vars(value)
    return types.MappingProxyType(
        {name: inward(vm, item) for name, item in names.items() if name not in hidden}
    )


def _is_users(vm: Machine, cls: type, name: str) -> bool:
    """Whether a class of interpreted code binds a name itself."""
    return any(is_user_class(vm, base) and name in own_names(base) for base in mro_of(cls))


_SIZES = frozenset({"__len__", "__length_hint__"})
