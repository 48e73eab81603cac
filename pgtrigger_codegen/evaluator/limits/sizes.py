"""How large a value may be. A call in C cannot be interrupted, so sizes are checked before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pgtrigger_codegen.evaluator.limits.totals import LimitPassed
from pgtrigger_codegen.evaluator.limits.work import CHARACTERS_A_STEP, ITEMS_A_STEP, WORK

ITEMS = 100_000
"""Items of a sequence, bytes or characters of a string."""

BITS = 10_000
"""Bits of an integer, digits of a decimal number."""

NODES = 10_000
"""Conditions and operations that a condition or a list of operations is made of."""

COPIED = 10_000_000
"""Items or characters that one call in C may copy, or several results hold together."""


def check_size(size: int) -> None:
    """Refuses a value of so many items, bytes or characters."""
    if size > ITEMS:
        raise LimitPassed(f"a value of {size} items is not evaluated")


def checked(value: Any) -> Any:
    """A result, unless it is larger than what may go into the next operation."""
    if isinstance(value, _RESULTS):
        size = len(value)
        WORK.steps += size // (CHARACTERS_A_STEP if isinstance(value, str) else ITEMS_A_STEP)
        check_size(size)
    elif isinstance(value, int):
        bits = value.bit_length()
        WORK.steps += bits // _BITS_A_STEP
        check_bits(bits)
    elif isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) > BITS:
        raise LimitPassed("a number of such a size is not evaluated")
    elif type(value).__name__ == "Q":
        check_nodes([value])
    elif isinstance(value, Fraction):
        check_bits(max(value.numerator.bit_length(), value.denominator.bit_length()))
    return value


def check_bits(bits: int) -> None:
    if bits > BITS:
        raise LimitPassed(f"a number of {bits} bits is not evaluated")


def check_nodes(values: list[Any]) -> None:
    """Refuses conditions and operations that hold each other: what reads them reads each anew."""
    count = 0
    while values:
        value = values.pop()
        inner: Any = ()
        if type(value).__module__.startswith(("django.db.models.", "pgtrigger.")):
            inner = vars(value).get("children") or vars(value).get("operations") or ()
        count += len(inner)
        if count > NODES:
            raise LimitPassed(f"a condition of more than {NODES} parts is not evaluated")
        values.extend(inner)
    WORK.items(count)


def bounded(iterable: Any) -> Iterator[Any]:
    """The items of any iterable, at most `ITEMS` of them.

    Raises:
        LimitPassed: There are more.
    """
    if isinstance(iterable, range) and len(iterable) > ITEMS:
        raise LimitPassed(f"a range of {len(iterable)} items is not evaluated")
    size = 0
    for count, item in enumerate(iterable):
        if not count % ITEMS_A_STEP:
            WORK.steps += 1
        if isinstance(item, _SIZED):
            size += len(item)
            WORK.items(len(item))
            if size > COPIED:
                raise LimitPassed(f"values of more than {COPIED} items are not evaluated")
        if count >= ITEMS:
            raise LimitPassed(f"more than {ITEMS} items are not evaluated")
        yield item


def longest(values: Iterable[Any]) -> int:
    return max((len(value) for value in values if isinstance(value, str | bytes)), default=20)


def number(value: Any) -> int:
    """A size that is given to a call, 0 where it is no number."""
    if isinstance(value, int):
        return value
    if hasattr(type(value), "__index__"):
        raise LimitPassed("a size that an object tells is not evaluated")
    return 0


_BITS_A_STEP = 250
_RESULTS = (str, bytes, list, tuple, dict, set, frozenset)
_SIZED = (str, bytes, list, tuple)
