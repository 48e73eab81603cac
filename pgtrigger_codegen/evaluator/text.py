"""Which values have a text, and an order, that does not depend on the process."""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
from collections import deque
from collections.abc import Iterable
from typing import Any

from pgtrigger_codegen.evaluator.values import Opaque, Unknown, first_unknown
from pgtrigger_codegen.source.span import Span

RUN_TO_RUN = "the order of a set's items differs from run to run"
_MAX_DEPTH = 20
_MAX_SIZE = 200_000
_SCALARS = frozenset({str, int, bool, float, type(None)})
_FUNCTIONS = types.FunctionType | types.MethodType | types.BuiltinFunctionType


def has_no_order(value: set[Any] | frozenset[Any]) -> bool:
    """Whether the iteration order of a set depends on the hash seed of the process."""
    return len(value) > 1 and any(not isinstance(item, int | float) for item in value)


def as_text(value: Any, span: Span) -> Unknown | None:
    """Refuses a value whose `str()` or `format()` is an address, a translation or unknown.

    Returns:
        None when the value may be turned into text.
    """
    return _as_text(value, span, 0, [_MAX_SIZE])


def is_too_large(value: Any) -> bool:
    """Whether a comparison of it could take long: what is held twice is compared twice."""
    left, values = _MAX_SIZE, [value]
    while values:
        value = values.pop()
        # What is only equal to itself is compared at once, whatever it holds.
        equality: object = type(value).__eq__
        if type(value) not in _SCALARS and equality is not object.__eq__:
            parts = list(_parts(value))
            left -= len(parts)
            if left < 0:
                return True
            values.extend(parts)
    return False


def _as_text(value: Any, span: Span, depth: int, left: list[int]) -> Unknown | None:
    left[0] -= len(value) if type(value) is str and depth else 1
    if left[0] < 0:
        return Unknown("the text of such a value would be too long", span)
    if value is None or type(value) in _SCALARS:
        return None
    if depth > _MAX_DEPTH:
        return Unknown("the value is nested too deeply", span)
    if (unknown := first_unknown(value)) is not None:
        return unknown.with_note("used here", span)
    if (reason := _reason(value)) is not None:
        return Unknown(reason, span)
    for part in _parts(value):
        if (refused := _as_text(part, span, depth + 1, left)) is not None:
            return refused
    return None


def _reason(value: Any) -> str | None:
    from django.utils.functional import Promise

    if isinstance(value, Promise):
        return "a lazy translation depends on the active language"
    if isinstance(value, set | frozenset) and has_no_order(value):
        return RUN_TO_RUN
    if isinstance(value, _FUNCTIONS) or hasattr(type(value), "__next__"):
        return "a function has no text of its own"
    if isinstance(value, Opaque):
        return f"`{value.dotted}` has no text of its own"
    cls: Any = type(value)
    if any(base.__name__ == "QuerySet" for base in cls.__mro__):
        return "a query is not made"
    if cls.__str__ is object.__str__ and cls.__repr__ is object.__repr__:
        return f"an object of class `{cls.__name__}` has no text of its own"
    if cls.__module__ == "pgtrigger_codegen.evaluator.values":
        return f"a {cls.__name__} has no text of its own"
    return None


def _parts(value: Any) -> Iterable[Any]:
    """What the text of a value is made of."""
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset | deque):
        return list(value)
    if type(value).__name__ == "Q":
        return list(value.children)
    if isinstance(value, BaseException):
        return value.args
    if isinstance(value, enum.Enum):
        return [value.value]
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, staticmethod | classmethod):
        return [value.__func__]
    if isinstance(value, types.SimpleNamespace):
        return list(vars(value).values())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.repr]
        return [_stored(value, name) for name in names]
    return ()


def _stored(value: Any, name: str) -> Any:
    """What an object holds, in a dictionary or in a slot."""
    if name in getattr(value, "__dict__", ()):
        return vars(value)[name]
    slot = getattr(type(value), name, None)
    if not isinstance(slot, types.MemberDescriptorType):
        return None
    try:
        return slot.__get__(value)
    except AttributeError:
        return None
