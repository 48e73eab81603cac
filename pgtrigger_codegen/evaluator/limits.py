"""How much an evaluation may cost: passing a limit makes the value `Unknown`, never a hang.

A call in C cannot be interrupted, so sizes are checked before each real call and operator.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
import operator
import os.path
import re
import string
import textwrap
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from typing import Any

STEPS = 100_000
"""Statements and expressions that one top-level statement may cost."""

STEPS_OF_A_RUN = 10_000_000
"""What all statements of a run may cost together: some ten times what a large project takes."""

STEPS_OF_A_CALL = 9
"""What a call from real code back to the interpreter costs besides."""

DEPTH = 60
"""Nested calls of interpreted functions."""

ITEMS = 100_000
"""Items of a sequence, bytes or characters of a string."""

BITS = 10_000
"""Bits of an integer."""

NODES = 10_000
"""Conditions and operations that a condition or a list of operations is made of."""

COPIED = 100_000_000
"""Items or characters that one call in C may copy, or several results hold together."""


# Functions that are operators by another name.
_SYMBOLS: dict[Callable[..., Any], str] = {
    pow: "**",
    operator.add: "+",
    operator.concat: "+",
    operator.mod: "%",
    operator.mul: "*",
    operator.pow: "**",
}


class LimitPassed(Exception):
    """An operation would cost more than is allowed; its text says what."""


def check_binary(symbol: str, left: Any, right: Any) -> None:
    """Refuses an operator whose result would be too large.

    Raises:
        LimitPassed: Before anything is computed.
    """
    numbers = isinstance(left, int) and isinstance(right, int)
    if symbol == "*":
        _check_bits(left.bit_length() + right.bit_length() if numbers else 0)
        check_size(max(_repeated(left, right), _repeated(right, left)))
    elif symbol == "+":
        if isinstance(left, str | bytes | list | tuple) and hasattr(right, "__len__"):
            check_size(len(left) + len(right))
    elif symbol == "**":
        if numbers:
            _check_bits(left.bit_length() * max(abs(right), 1))
        elif not (isinstance(left, float) and isinstance(right, float | int)):
            raise LimitPassed("a power of such operands is not evaluated")
    elif symbol in ("&", "|"):
        _check_nodes([left, right])
    elif symbol == "<<":
        _check_bits(left.bit_length() + max(right, 0) if numbers else 0)
    elif symbol == "%" and isinstance(left, str | bytes):
        items = right if isinstance(right, tuple) else [right]
        if isinstance(right, dict):
            items = list(right.values())
        marks = left.count("%") if isinstance(left, str) else left.count(b"%")
        check_size(len(left) + marks * _longest(items))
        check_format(left if isinstance(left, str) else left.decode("latin-1"))
        if re.search(r"%[-+ #0\d.]*\*", str(left)):
            raise LimitPassed("a width taken from the arguments is not evaluated")


def check_format(template: str) -> None:
    """Refuses a format with a width or precision of more than four digits."""
    if re.search(r"\d{5,}", template):
        raise LimitPassed("a format with such a width is not evaluated")


def positional(
    function: Any, receiver: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Any, ...]:
    """Arguments in the order of the parameters, as far as they have an effect on the cost.

    No signature is asked for: Python compiles those of functions in C from their text.
    """
    table = _FUNCTION_PARAMETERS if receiver is None else _METHOD_PARAMETERS
    given = list(args)
    for name in table.get(getattr(function, "__name__", ""), "").split()[len(args) :]:
        if name not in kwargs:
            break
        given.append(kwargs[name])
    return tuple(given)


_FUNCTION_PARAMETERS = {
    "Fraction": "numerator denominator",
    "accumulate": "iterable func",
    "combinations": "iterable r",
    "combinations_with_replacement": "iterable r",
    "findall": "pattern string flags",
    "finditer": "pattern string flags",
    "fullmatch": "pattern string flags",
    "indent": "text prefix",
    "match": "pattern string flags",
    "permutations": "iterable r",
    "pow": "base exp mod",
    "round": "number ndigits",
    "search": "pattern string flags",
    "split": "pattern string",
    "sub": "pattern repl string",
    "subn": "pattern repl string",
    "sum": "iterable start",
}
_METHOD_PARAMETERS = {
    "expand": "template",
    "expandtabs": "tabsize",
    "findall": "string",
    "finditer": "string",
    "fullmatch": "string",
    "match": "string",
    "search": "string",
    "split": "string",
    "strftime": "format",
    "sub": "repl string",
    "subn": "repl string",
    "to_bytes": "length",
}


def check_method(receiver: Any, name: str, args: tuple[Any, ...]) -> None:
    """Refuses a method call whose result could be too large."""
    if name in ("__format__", "strftime") and args and isinstance(args[0], str):
        check_format(args[0])
    elif name == "to_bytes" and isinstance(receiver, int):
        check_size(_number(args[0]) if args else 0)
    elif isinstance(receiver, str | bytes):
        _check_text_method(receiver, name, args)
    elif name in ("extend", "extendleft") and isinstance(receiver, list | deque):
        check_size(len(receiver) + len(args[0]) if args and hasattr(args[0], "__len__") else 0)
    elif isinstance(receiver, dt.datetime) and name == "astimezone":
        if receiver.tzinfo is None or not args:
            raise LimitPassed("the time zone of the machine is not known")
    elif isinstance(receiver, string.Template):
        check_size(len(receiver.template) + receiver.template.count("$") * _longest(args))


def check_call(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Refuses a call of a listed callable with arguments that are too large."""
    if function is sum and len(args) > 1:
        _check_sum(args[0])
    if function in (bytes, bytearray) and args:
        check_size(_number(args[0]))
    if (symbol := _SYMBOLS.get(function)) is not None and len(args) >= 2:
        check_binary(symbol, args[0], args[1])
    if function is round and len(args) > 1 and isinstance(args[1], int):
        check_size(abs(args[1]))
    _check_library_call(function, args, kwargs)
    if function is itertools.islice:
        check_size(max((arg for arg in args[1:] if isinstance(arg, int)), default=0))
    if function is textwrap.indent and len(args) > 1 and isinstance(args[0], str):
        check_size(len(args[0]) + (args[0].count("\n") + 1) * _longest(args[1:]))
    if function is Fraction and any(isinstance(arg, str) and "e" in arg.lower() for arg in args):
        raise LimitPassed("a fraction with an exponent is not evaluated")
    if function in (int, round, math.floor, math.ceil, math.trunc) and args:
        checked(args[0])
    _check_combinations(function, args, kwargs)
    if function is format and len(args) > 1 and isinstance(args[1], str):
        check_format(args[1])


def check_size(size: int) -> None:
    """Refuses a value of so many items, bytes or characters."""
    if size > ITEMS:
        raise LimitPassed(f"a value of {size} items is not evaluated")


def checked(value: Any) -> Any:
    """A result, unless it is larger than what may go into the next operation."""
    if isinstance(value, str | bytes | list | tuple | dict | set | frozenset):
        check_size(len(value))
    elif isinstance(value, int):
        _check_bits(value.bit_length())
    elif isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) > BITS:
        raise LimitPassed("a number of such a size is not evaluated")
    elif type(value).__name__ == "Q":
        _check_nodes([value])
    elif isinstance(value, Fraction):
        _check_bits(max(value.numerator.bit_length(), value.denominator.bit_length()))
    return value


def _check_nodes(values: list[Any]) -> None:
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


def _check_sum(items: Any) -> None:
    """`sum(lists, [])` copies what is summed so far for each of them."""
    if isinstance(items, list | tuple):
        total = sum(len(item) for item in items if isinstance(item, list | tuple))
        check_size(total)
        if total * len(items) > COPIED:
            raise LimitPassed(f"a sum of {len(items)} lists is not evaluated")


def _check_text_method(receiver: str | bytes, name: str, args: tuple[Any, ...]) -> None:
    if name in ("ljust", "rjust", "center", "zfill"):
        for arg in args[:1]:
            check_size(_number(arg))
    elif name == "expandtabs":
        tabs = receiver.count("\t") if isinstance(receiver, str) else receiver.count(b"\t")
        for arg in args[:1]:
            check_size(tabs * _number(arg))
    elif name == "__mod__" and args:
        check_binary("%", receiver, args[0])
    elif name == "replace" and len(args) >= 2 and isinstance(args[1], str | bytes):
        check_size((len(receiver) + 1) * (len(args[1]) + 1))
    elif name == "join" and args:
        sizes = [len(item) + len(receiver) for item in args[0] if isinstance(item, str | bytes)]
        check_size(sum(sizes))
    elif name == "translate":
        check_size(len(receiver) * 100)


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
            total **= max(repeat, 0)
        check_size(total)


def _check_library_call(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    if function is json.dumps and kwargs:
        check_size(kwargs["indent"] if isinstance(kwargs.get("indent"), int) else 0)
    if function is os.path.join or (isinstance(function, type) and issubclass(function, PurePath)):
        check_size(sum(len(str(arg)) for arg in args))
    if getattr(function, "__module__", "") == "sqlparse":
        # It takes some ten times as long for a character as anything else here.
        check_size(len(args[0]) * 10 if args and isinstance(args[0], str) else ITEMS + 1)


def bounded(iterable: Any) -> Iterator[Any]:
    """The items of any iterable, at most `ITEMS` of them.

    Raises:
        LimitPassed: There are more.
    """
    if isinstance(iterable, range) and len(iterable) > ITEMS:
        raise LimitPassed(f"a range of {len(iterable)} items is not evaluated")
    size = 0
    for count, item in enumerate(iterable):
        if isinstance(item, _SIZED):
            size += len(item)
            if size > COPIED:
                raise LimitPassed(f"values of more than {COPIED} items are not evaluated")
        if count >= ITEMS:
            raise LimitPassed(f"more than {ITEMS} items are not evaluated")
        yield item


_SIZED = (str, bytes, list, tuple)


def _longest(values: Iterable[Any]) -> int:
    return max((len(value) for value in values if isinstance(value, str | bytes)), default=20)


def _number(value: Any) -> int:
    """A size that is given to a call, 0 where it is no number."""
    if isinstance(value, int):
        return value
    if hasattr(type(value), "__index__"):
        raise LimitPassed("a size that an object tells is not evaluated")
    return 0


def _repeated(sequence: Any, factor: Any) -> int:
    if isinstance(sequence, str | bytes | list | tuple | deque):
        return len(sequence) * max(_number(factor), 0)
    return 0


def _check_bits(bits: int) -> None:
    if bits > BITS:
        raise LimitPassed(f"a number of {bits} bits is not evaluated")
