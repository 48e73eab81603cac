"""Library functions that make classes and functions: what they are given, and what they give.

Some write Python and execute it (`dataclasses.dataclass`, `namedtuple`): they are given names that
were checked, and the user's own classes. What a maker makes may be called, by being made by it: no
other result of a call becomes callable.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import enum
import functools
import keyword
import re
import sys
import types
import typing
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import SET
from django.utils.deconstruct import deconstructible
from django.utils.functional import lazy
from django.utils.text import format_lazy

from pgtrigger_codegen.evaluator.protocols.special_call import Handler, SpecialCall
from pgtrigger_codegen.evaluator.python.objects import attributes
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.imported import LibraryModule
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.python.machine import Interpreter

_NAMEDTUPLE = collections.namedtuple  # noqa: PYI024  (the project calls it)
# They change the class that they are given, which has to be one of the project's.
CHANGING_CLASSES = (dataclasses.dataclass, functools.total_ordering, enum.unique, deconstructible)
# Called without what they decorate, they give a decorator.
_DECORATORS = (dataclasses.dataclass, deconstructible, functools.lru_cache)
_MAKERS = (
    SET,
    _NAMEDTUPLE,
    dataclasses.dataclass,
    deconstructible,
    functools.cache,
    functools.lru_cache,
    functools.total_ordering,
    lazy,
    typing.NamedTuple,
    typing.NewType,
    typing.TypedDict,
)
_MAKER_METHODS = frozenset({"from_queryset"})
_TAKES_NAMES = (_NAMEDTUPLE, typing.NamedTuple, typing.TypedDict)


def decorator(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Special | None:
    """`dataclass(frozen=True)` and its like: the decorator, to be called with a class."""
    if not _is_one(function, _DECORATORS) or (args and _is_decorated(args[0])):
        return None
    return Special("decorator", (function, args, kwargs))


def check(
    vm: Interpreter, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> None:
    """Refuses to hand a maker what could become code, or a class that is not the project's.

    Raises:
        Refusal: Before anything is made.
    """
    if _is_one(function, CHANGING_CLASSES) and args:
        cls = args[0]
        if not isinstance(cls, type) or cls not in vm.user_classes:
            described = attributes.describe(cls)
            raise Refusal(Unknown(f"{described} is changed by a decorator here", span))
    if function is dataclasses.dataclass and args:
        _check_dataclass(vm, args[0], span)
        vm.dataclasses.add(args[0])
    elif _is_one(function, _TAKES_NAMES):
        for value in (*args, *kwargs.values()):
            _check_names(value, span)
        for name in kwargs:
            _check_name(name, span)
    elif function is format_lazy and any("." in str(arg) or "[" in str(arg) for arg in args[:1]):
        raise Refusal(Unknown("a lazy text that looks into its arguments is not evaluated", span))


@contextlib.contextmanager
def known_module(
    vm: Interpreter, function: Any, args: tuple[Any, ...], span: Span
) -> Iterator[None]:
    """`dataclass` looks annotations up in `sys.modules`, where the project's modules are not.

    A stand-in is there for the call. The names in it are those that tell `ClassVar`, `InitVar` and
    `KW_ONLY` from fields where annotations are text.
    """
    name = str(getattr(args[0], "__module__", "")) if args else ""
    if function is not dataclasses.dataclass or name in sys.modules:
        yield
        return
    stand_in = types.ModuleType(name)
    vars(stand_in).update(_typing_names(vm, vars(args[0]).get("__annotations__"), name, span))
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        del sys.modules[name]


def _typing_names(vm: Interpreter, annotations: Any, module: str, span: Span) -> dict[str, Any]:
    """The names that annotations which are text begin with, where they lead to what has meaning."""
    scope = vm.scopes.get(module)
    found: dict[str, Any] = {}
    if scope is None or not annotations:
        return found
    for text in annotations.values():
        if not isinstance(text, str):
            continue
        if (match := re.match(r"\s*(\w+)", text)) and match[1] in scope.names:
            value = vm.name(match[1], scope, span)
            if isinstance(value, LibraryModule) and value.name in ("typing", "dataclasses"):
                value = sys.modules[value.name]
            elif value not in (ClassVar, dataclasses.InitVar, dataclasses.KW_ONLY):
                continue
            found[match[1]] = value
    return found


def note_made(vm: Interpreter, function: Any, result: Any) -> Any:
    """What a maker has made may be called."""
    name = getattr(function, "__name__", "")
    made = _is_one(function, _MAKERS) or (
        isinstance(function, types.MethodType) and name in _MAKER_METHODS
    )
    if made and callable(result):
        vm.remember_made(result)
        if function is dataclasses.dataclass:  # with slots it is another class
            vm.dataclasses.add(result)
    elif isinstance(result, enum.EnumType) and isinstance(function, enum.EnumType):
        vm.remember_made(result)  # `Enum("Name", members)`
    return result


def check_annotations(namespace: dict[str, Any], span: Span) -> None:
    """Refuses a class whose annotations are not names: libraries make code of them.

    Raises:
        Refusal: They are not.
    """
    for name in ("__annotate__", "__annotate_func__", "__dataclass_fields__"):
        if name in namespace:
            raise Refusal(Unknown(f"a class that binds `{name}` is not evaluated", span))
    annotations = namespace.get("__annotations__", {})
    if type(annotations) is not dict:
        raise Refusal(Unknown("the annotations of a class are not known", span))
    for name in annotations:
        _check_name(name, span)


def _check_dataclass(vm: Interpreter, cls: type, span: Span) -> None:
    for base in cls.__mro__:
        if "__dataclass_fields__" in vars(base) and base not in vm.dataclasses:
            raise Refusal(Unknown("the fields of a data class are not known", span))
    check_annotations(dict(vars(cls)), span) if cls not in vm.dataclasses else None


def _check_names(value: Any, span: Span) -> None:
    """Texts, however deep they stand: names, or names with blanks and commas between them."""
    if isinstance(value, str):
        if type(value) is not str:
            raise Refusal(Unknown("a name that is a text of the user's class", span))
        for name in value.replace(",", " ").split():
            _check_name(name, span)
    elif type(value) in (list, tuple):
        for item in value:
            _check_names(item, span)
    elif type(value) is dict:
        for name, item in value.items():
            _check_name(name, span)
            _check_names(item, span)


def _check_name(name: object, span: Span) -> None:
    if type(name) is not str or not name.isidentifier() or keyword.iskeyword(name):
        shown = ascii(name) if type(name) is str else "a name"
        raise Refusal(Unknown(f"{shown} is no name for an attribute", span))
    if name.startswith("__") and name.endswith("__"):
        raise Refusal(Unknown(f"`{name}` is no name for an attribute", span))


def _is_one(function: Any, functions: tuple[Any, ...]) -> bool:
    return any(function is other for other in functions)


def _is_decorated(value: Any) -> bool:
    return isinstance(value, type | types.FunctionType | types.MethodType) or (
        attributes.is_own_kind(value) or isinstance(value, Unknown)
    )


def _decorate(vm: Interpreter, call: SpecialCall) -> Any:
    from pgtrigger_codegen.evaluator.python.calls.calls import call as call_value

    function, args, kwargs = call.special.receiver
    if function is functools.lru_cache:
        return call_value(vm, functools.lru_cache, call.args, {}, call.span, call.scope)
    return call_value(vm, function, (*call.args, *args), kwargs, call.span, call.scope)


HANDLERS: dict[str, Handler] = {"decorator": _decorate}
