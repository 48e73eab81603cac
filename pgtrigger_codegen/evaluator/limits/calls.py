"""Limits on calls of listed functions and classes, by their arguments."""

from __future__ import annotations

import itertools
import json
import math
import operator
import os.path
import textwrap
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from typing import Any

from pgtrigger_codegen.evaluator.limits.operators import check_binary, check_format
from pgtrigger_codegen.evaluator.limits.sizes import (
    BITS,
    COPIED,
    ITEMS,
    check_size,
    checked,
    longest,
    number,
)
from pgtrigger_codegen.evaluator.limits.totals import LimitPassed

_REPEATED = 64

# Functions that are operators by another name.
_SYMBOLS: dict[Callable[..., Any], str] = {
    pow: "**",
    operator.add: "+",
    operator.concat: "+",
    operator.mod: "%",
    operator.mul: "*",
    operator.pow: "**",
}


def check_call(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Refuses a call of a listed callable with arguments that are too large."""
    if function is sum and len(args) > 1:
        _check_sum(args[0])
    if function in (bytes, bytearray) and args:
        check_size(number(args[0]))
    if (symbol := _SYMBOLS.get(function)) is not None and len(args) >= 2:
        check_binary(symbol, args[0], args[1])
    if function is round and len(args) > 1 and isinstance(args[1], int):
        check_size(abs(args[1]))
    _check_library_call(function, args, kwargs)
    if function is itertools.islice:
        check_size(max((arg for arg in args[1:] if isinstance(arg, int)), default=0))
    if function is textwrap.indent and len(args) > 1 and isinstance(args[0], str):
        check_size(len(args[0]) + (args[0].count("\n") + 1) * longest(args[1:]))
    if function is Decimal and args:
        _check_digits(args[0])
    if function is Fraction and any(isinstance(arg, str) and "e" in arg.lower() for arg in args):
        raise LimitPassed("a fraction with an exponent is not evaluated")
    if function in (int, round, math.floor, math.ceil, math.trunc) and args:
        checked(args[0])
    _check_combinations(function, args, kwargs)
    if function is format and len(args) > 1 and isinstance(args[1], str):
        check_format(args[1])


def _check_digits(number: Any) -> None:
    """A decimal number has all digits that it is made of: a text's, or those of a tuple."""
    digits = number[1] if isinstance(number, tuple | list) and len(number) == 3 else number
    if isinstance(digits, str | tuple | list) and len(digits) > BITS:
        raise LimitPassed("a number of such a size is not evaluated")


def _check_sum(items: Any) -> None:
    """`sum(lists, [])` copies what is summed so far for each of them."""
    if isinstance(items, list | tuple):
        total = sum(len(item) for item in items if isinstance(item, list | tuple))
        check_size(total)
        if total * len(items) > COPIED:
            raise LimitPassed(f"a sum of {len(items)} lists is not evaluated")


def _check_combinations(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    name = getattr(function, "__name__", "")
    if name in ("permutations", "combinations", "combinations_with_replacement", "product"):
        total = 1
        for arg in args:
            total *= max(len(arg), 1) if hasattr(arg, "__len__") else 1
        if name != "product" and args and hasattr(args[0], "__len__"):
            length = args[1] if len(args) > 1 and isinstance(args[1], int) else len(args[0])
            total = max(len(args[0]), 1) ** min(max(length, 0), 64)
        if isinstance(repeat := kwargs.get("repeat"), int):
            check_size(len(args) * repeat)
            total = total ** max(repeat, 0) if repeat < _REPEATED or total < 2 else ITEMS + 1
        check_size(total)


def _check_library_call(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    if function is json.dumps and kwargs:
        check_size(kwargs["indent"] if isinstance(kwargs.get("indent"), int) else 0)
    if function is os.path.join or (isinstance(function, type) and issubclass(function, PurePath)):
        check_size(sum(len(str(arg)) for arg in args))
    if getattr(function, "__module__", "") == "sqlparse":
        # It takes some ten times as long for a character as anything else here.
        check_size(len(args[0]) * 10 if args and isinstance(args[0], str) else ITEMS + 1)
