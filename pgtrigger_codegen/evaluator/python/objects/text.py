"""Values whose text and order do not depend on the process."""

from __future__ import annotations

import types
from typing import Any

from pgtrigger_codegen.evaluator.library.kinds import is_lazy_text
from pgtrigger_codegen.evaluator.limits.weight import SCALARS, parts
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.python.objects.kinds import describe
from pgtrigger_codegen.evaluator.values.callables import BoundMethod, Function, Opaque
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class
from pgtrigger_codegen.source.span import Span

RUN_TO_RUN = "the order of a set's items differs from run to run"
_MAX_DEPTH = 20
_MAX_SIZE = 200_000
_PARTS_A_STEP = 4
_FUNCTIONS = (
    Function,
    BoundMethod,
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
)


def has_no_order(value: set[Any] | frozenset[Any]) -> bool:
    """Whether the iteration order of a set depends on the hash seed of the process."""
    return len(value) > 1 and any(not isinstance(item, int | float) for item in value)


def as_text(value: Any, span: Span) -> Unknown | None:
    """Refuses a value whose `str()` or `format()` is an address, a translation or unknown.

    Returns:
        None when the value may be turned into text.
    """
    if type(value) in SCALARS:
        return None
    room = _Room()
    refused = _as_text(value, span, 0, room)
    WORK.steps += room.parts // _PARTS_A_STEP
    return refused


class _Room:
    """How long a text may become yet, and how many parts of the value were looked at."""

    __slots__ = ("left", "parts")

    def __init__(self) -> None:
        self.left = _MAX_SIZE
        self.parts = 0


def _as_text(value: Any, span: Span, depth: int, room: _Room) -> Unknown | None:
    room.parts += 1
    room.left -= len(value) if type(value) is str and depth else 1
    if room.left < 0:
        return Unknown("the text of such a value would be too long", span)
    if type(value) in SCALARS:
        return None
    if depth > _MAX_DEPTH:
        return Unknown("the value is nested too deeply", span)
    if (unknown := first_unknown(value)) is not None:
        return unknown.with_note("used here", span)
    if (reason := _reason(value)) is not None:
        return Unknown(reason, span)
    for part in parts(value, shown=True):
        if (refused := _as_text(part, span, depth + 1, room)) is not None:
            return refused
    return None


def _reason(value: Any) -> str | None:
    if type(value) is Class:
        return None
    if is_lazy_text(value):
        return "a translation depends on the active language"
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
    if cls.__module__.startswith("pgtrigger_codegen.evaluator.values."):
        return f"{describe(value)} has no text of its own"
    return None
