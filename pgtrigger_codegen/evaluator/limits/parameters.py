"""Names of the parameters of C functions that affect the cost of a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
    "Decimal": "value",
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
