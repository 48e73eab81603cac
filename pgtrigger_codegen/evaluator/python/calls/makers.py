"""Library functions that make classes and functions: their arguments and results.

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
from typing import Any, ClassVar

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.protocols.domain import Maker
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.objects.kinds import describe, is_user_class
from pgtrigger_codegen.evaluator.values.callables import BoundMethod, Function, Special
from pgtrigger_codegen.evaluator.values.imported import LibraryModule
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class
from pgtrigger_codegen.source.span import Span

_NAMEDTUPLE = collections.namedtuple  # noqa: PYI024  (the project calls it)
_MAKER_METHODS = frozenset({"from_queryset"})
_PLAIN = Maker()
_WITH_NAMES = Maker(takes_names=True)
_LISTED: dict[Any, Maker] = {
    _NAMEDTUPLE: _WITH_NAMES,
    dataclasses.dataclass: Maker(changes_class=True, is_decorator=True),
    enum.unique: Maker(made_is_called=False, changes_class=True),
    functools.cache: _PLAIN,
    functools.lru_cache: Maker(is_decorator=True),
    functools.total_ordering: Maker(changes_class=True),
    typing.runtime_checkable: Maker(changes_class=True),
    typing.NamedTuple: _WITH_NAMES,
    typing.NewType: _PLAIN,
    typing.TypedDict: _WITH_NAMES,
}
MAKERS = {identity(function): maker for function, maker in _LISTED.items()}
"""By identity: what a project's callable says of itself is not asked."""


def decorator(
    vm: Machine, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Special | None:
    """`dataclass(frozen=True)` and its like: the decorator, to be called with a class."""
    maker = vm.makers.get(identity(function))
    if maker is None or not maker.is_decorator or (args and _is_decorated(args[0])):
        return None
    return Special("decorator", (function, args, kwargs))


def check(
    vm: Machine, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> None:
    """Refuses to hand a maker what could become code, or a class that is not the project's.

    Raises:
        Refusal: Before anything is made.
    """
    maker = vm.makers.get(identity(function))
    if maker is None:
        return
    if maker.changes_class and args:
        cls = args[0]
        if not is_user_class(vm, cls):
            described = describe(cls)
            raise Refusal(Unknown(f"{described} is changed by a decorator here", span))
    if function is dataclasses.dataclass and args:
        _check_dataclass(vm, args[0], span)
        vm.dataclasses.add(args[0])
    elif maker.takes_names:
        for value in (*args, *kwargs.values()):
            _check_names(value, span)
        for name in kwargs:
            _check_name(name, span)
    if maker.check is not None:
        maker.check(args, span)


@contextlib.contextmanager
def known_module(vm: Machine, function: Any, args: tuple[Any, ...], span: Span) -> Iterator[None]:
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


def _typing_names(vm: Machine, annotations: Any, module: str, span: Span) -> dict[str, Any]:
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


def note_made(vm: Machine, function: Any, result: Any) -> Any:
    """What a maker has made may be called."""
    name = getattr(function, "__name__", "")
    maker = vm.makers.get(identity(function))
    made = (maker is not None and maker.made_is_called) or (
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


def _check_dataclass(vm: Machine, cls: type, span: Span) -> None:
    for base in cls.__mro__:
        own = base in vm.dataclasses or lookup.is_callable_listed(base)
        if "__dataclass_fields__" in vars(base) and not own:
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
        raise Refusal(Unknown(f"{shown} is not a valid name of an attribute", span))
    if name.startswith("__") and name.endswith("__"):
        raise Refusal(Unknown(f"`{name}` is not a valid name of an attribute", span))


_DECORATED = (type, Class, Function, BoundMethod, types.FunctionType, types.MethodType)


def _is_decorated(value: Any) -> bool:
    return isinstance(value, _DECORATED) or (is_own_kind(value) or isinstance(value, Unknown))


def _decorate(vm: Machine, call: SpecialCall) -> Any:
    function, args, kwargs = call.special.receiver
    if function is functools.lru_cache:
        return vm.apply(functools.lru_cache, call.args, {}, call.span, call.scope)
    return vm.apply(function, (*call.args, *args), kwargs, call.span, call.scope)


HANDLERS: dict[str, Handler] = {"decorator": _decorate}
