"""The number of objects within a value, counted before it is compared or hashed."""

from __future__ import annotations

import dataclasses
import enum
import functools
import sys
import types
from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pgtrigger_codegen.evaluator.limits.totals import LimitPassed
from pgtrigger_codegen.evaluator.limits.work import CHARACTERS_A_STEP, ITEMS_A_STEP, WORK

MOST = 200_000
"""What a value may weigh that is compared, hashed or copied with all that it holds."""

_MAY_HASH_ALIKE = frozenset({int, Decimal, Fraction})
"""Their hash is a remainder: in a set of numbers with one remainder each is compared with all."""

_ALIKE_A_STEP = 400

SCALARS = frozenset({str, int, bool, float, bytes, type(None)})


def weigh(*values: Any) -> int:
    """Counts the parts of values as work; what is held twice is compared twice, and counts twice.

    Raises:
        LimitPassed: There are too many.
    """
    weight, alike, pending = 0, 0, [*values]
    while pending:
        value = pending.pop()
        kind = type(value)
        if kind is str or kind is bytes:
            weight += len(value) * ITEMS_A_STEP // CHARACTERS_A_STEP
        elif kind in _MAY_HASH_ALIKE:
            alike += kind is not int or value.bit_length() >= sys.hash_info.hash_bits
        elif kind not in SCALARS and _compares_parts(kind):
            found = parts(value, shown=False)
            weight += len(found)
            if weight > MOST:
                WORK.items(weight)
                raise LimitPassed("values of such a size are not compared")
            pending.extend(found)
    WORK.items(weight)
    WORK.steps += alike * alike // _ALIKE_A_STEP
    return weight


def _compares_parts(kind: type) -> bool:
    """What is only equal to itself is compared at once, whatever it holds."""
    equality: object = kind.__eq__
    return equality is not object.__eq__


# Where the real `Q` is from: a project may have a class of that name.
_CONDITIONS = ("django.db.models.", "pgtrigger.")


def parts(value: Any, *, shown: bool) -> Sequence[Any]:
    """What a value holds.

    Args:
        shown: Whether only that counts which is part of its text.
    """
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset | deque):
        return list(value)
    if type(value).__name__ == "Q" and type(value).__module__.startswith(_CONDITIONS):
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
        names = [field.name for field in dataclasses.fields(value) if field.repr or not shown]
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
