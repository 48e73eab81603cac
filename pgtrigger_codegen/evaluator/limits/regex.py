"""Which regular expressions may run: the engine cannot be stopped once it backtracks.

The bound is on the worst case, from the pattern's own tree: each repetition can try as many
lengths as the subject is long, and one repetition inside another multiplies without end.
"""

from __future__ import annotations

import math
import re
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from pgtrigger_codegen.evaluator.limits.totals import LimitPassed
from pgtrigger_codegen.evaluator.limits.work import WORK

_COST = 10**9
_COST_OF_A_STEP = 10**4
"""Few searches come near their worst case."""
_PATTERN_OF_A_STEP = 2
"""Characters of a pattern that are parsed in the time of a step."""
_RESULT = 10**7
_SMALL = 8
"""Repetitions of at most so many are counted as their number, larger ones as unbounded."""

_SEARCHES = frozenset("findall finditer search split sub subn".split())
FUNCTIONS = {getattr(re, name): name for name in (*_SEARCHES, "match", "fullmatch")}


def check_regex(name: str, pattern: Any, subject: Any, flags: int = 0) -> None:
    """Refuses a search that could take too long.

    Args:
        name: The function of `re`.
        pattern: Text or a compiled pattern.

    Raises:
        LimitPassed: Before anything is searched.
    """
    if isinstance(pattern, re.Pattern):
        pattern, flags = pattern.pattern, pattern.flags
    if not isinstance(pattern, str | bytes) or not isinstance(subject, str | bytes):
        return
    WORK.steps += len(pattern) // _PATTERN_OF_A_STEP
    try:
        tree = _parser.parse(pattern, flags & ~re.DEBUG)
    except (re.error, RecursionError, OverflowError, ValueError):
        return  # compiling it for real says what is wrong
    size = len(subject) + 1
    unbounded, choices = _count(tree, repeated=False)
    cost = size**unbounded // math.factorial(unbounded) * choices
    if cost * (size if name in _SEARCHES else 1) > _COST:
        raise LimitPassed("a regular expression that could take very long is not evaluated")
    WORK.steps += cost * (size if name in _SEARCHES else 1) // _COST_OF_A_STEP


def check_replacement(replacement: Any, subject: Any) -> None:
    """Refuses `sub` where the result could be too large: each position may be replaced.

    Raises:
        LimitPassed: Before anything is replaced.
    """
    both = isinstance(replacement, str | bytes) and isinstance(subject, str | bytes)
    if both and len(replacement) * (len(subject) + 1) > _RESULT:
        raise LimitPassed("a replacement in so long a text is not evaluated")


def _count(items: Any, *, repeated: bool) -> tuple[int, int]:
    """How many unbounded repetitions a pattern has, and the product of its bounded choices."""
    unbounded, choices = 0, 1
    for operation, argument in items:
        unbounded += _refers_to_long_group(items, operation, argument)
        inner: list[Any] = []
        times = 1
        match str(operation):
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                low, high, body = argument
                large = high > _SMALL
                if repeated and low != high:
                    _refuse()
                if large:
                    unbounded += 1
                else:
                    choices *= int(high) - int(low) + 1
                    times = int(high)
                found = _count(body, repeated=repeated or large)
                unbounded += found[0] * times
                choices *= found[1] ** times
            case "SUBPATTERN":
                inner = [argument[-1]]
            case "BRANCH":
                if repeated:
                    _refuse()
                inner = argument[1]
                choices *= len(inner)
            case "ASSERT" | "ASSERT_NOT":
                inner = [argument[1]]
            case "ATOMIC_GROUP":
                inner = [argument]
            case "GROUPREF_EXISTS":
                inner = [part for part in argument[1:] if part is not None]
        for body in inner:
            found = _count(body, repeated=repeated)
            unbounded += found[0]
            choices *= found[1]
    return unbounded, min(choices, _COST * 2)


def _refers_to_long_group(items: Any, operation: Any, argument: Any) -> bool:
    """Whether it is a reference to a group that may be long: all of its text is compared."""
    return str(operation) == "GROUPREF" and items.state.groupwidths[argument][1] > _SMALL


def _refuse() -> None:
    raise LimitPassed("a regular expression with nested repetitions is not evaluated")
