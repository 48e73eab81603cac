"""Limits on operators, by their operands."""

from __future__ import annotations

import re
from collections import deque
from fractions import Fraction
from typing import Any

from pgtrigger_codegen.evaluator.limits.sizes import (
    check_bits,
    check_nodes,
    check_size,
    longest,
    number,
)
from pgtrigger_codegen.evaluator.limits.totals import LimitPassed


def check_binary(symbol: str, left: Any, right: Any) -> None:
    """Refuses an operator whose result would be too large.

    Raises:
        LimitPassed: Before anything is computed.
    """
    numbers = isinstance(left, int) and isinstance(right, int)
    if symbol == "*":
        check_bits(left.bit_length() + right.bit_length() if numbers else 0)
        check_size(max(_repeated(left, right), _repeated(right, left)))
    elif symbol == "+":
        if isinstance(left, str | bytes | list | tuple) and hasattr(right, "__len__"):
            check_size(len(left) + len(right))
    elif symbol == "**":
        if numbers:
            check_bits(left.bit_length() * max(abs(right), 1))
        elif isinstance(left, Fraction) or isinstance(right, Fraction):
            raise LimitPassed("a power of such operands is not evaluated")
    elif symbol in ("&", "|"):
        check_nodes([left, right])
    elif symbol == "<<":
        check_bits(left.bit_length() + max(right, 0) if numbers else 0)
    elif symbol == "%" and isinstance(left, str | bytes):
        items = right if isinstance(right, tuple) else [right]
        if isinstance(right, dict):
            items = list(right.values())
        marks = left.count("%") if isinstance(left, str) else left.count(b"%")
        check_size(len(left) + marks * longest(items))
        check_format(left if isinstance(left, str) else left.decode("latin-1"))
        if re.search(r"%[-+ #0\d.]*\*", str(left)):
            raise LimitPassed("a width taken from the arguments is not evaluated")


def check_format(template: str) -> None:
    """Refuses a format with a width or precision of more than four digits."""
    if re.search(r"\d{5,}", template):
        raise LimitPassed("a format with such a width is not evaluated")


def _repeated(sequence: Any, factor: Any) -> int:
    if isinstance(sequence, str | bytes | list | tuple | deque):
        return len(sequence) * max(number(factor), 0)
    return 0
