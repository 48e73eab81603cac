"""The cost of a real call in steps, beyond the check of its arguments."""

from __future__ import annotations

import collections
import copy
import dataclasses
import functools
import itertools
import operator
import typing
from collections import deque
from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.limits.weight import SCALARS, weigh
from pgtrigger_codegen.evaluator.limits.work import WORK


def _ids(*functions: Any) -> frozenset[int]:
    return frozenset(map(identity, functions))


def count_call(function: Any, receiver: Any, name: str, args: tuple[Any, ...]) -> None:
    """Counts what a call reads, copies, compares and hashes.

    Raises:
        LimitPassed: It would compare or hash too much.
    """
    if receiver is not None and name:
        _count_method(receiver, name, args)
    elif identity(function) in _HASH_OR_COMPARE or type(function) is functools._lru_cache_wrapper:
        _weigh_compared(*args)
    elif identity(function) in _COPY_DEEPLY:
        WORK.steps += weigh(*args)
    elif identity(function) in _EXECUTE:
        WORK.steps += _STEPS_TO_EXECUTE
    elif getattr(function, "__module__", "") == "sqlparse" and args and isinstance(args[0], str):
        WORK.steps += len(args[0]) * _STEPS_FOR_SQL
    elif getattr(function, "__module__", "") == "re" and args:
        WORK.steps += len(args[0]) if isinstance(args[0], str | bytes) else 0  # it is compiled
    if identity(function) in _SORT and args:
        _count_sorting(args[0])


def _count_method(receiver: Any, name: str, args: tuple[Any, ...]) -> None:
    WORK.text(receiver)
    if not isinstance(receiver, _CONTAINERS):
        return
    if name == "insert":
        WORK.items(len(receiver) // _ITEMS_MOVED_AT_ONCE)
    elif name in _COPY:
        WORK.items(len(receiver))
        for arg in args:
            WORK.sized(arg)
    if name in _COMPARE_ITEMS:
        _weigh_compared(receiver, *args)
    elif name not in _STORE:
        _weigh_compared(*args)
    if name == "sort":
        _count_sorting(receiver)


def _weigh_compared(*values: Any) -> None:
    for value in values:
        if type(value) not in SCALARS:
            weigh(value)


def _count_sorting(values: Any) -> None:
    if isinstance(values, _CONTAINERS):
        comparisons = len(values) * len(values).bit_length()
        plain = not values or type(next(iter(values))) in SCALARS
        WORK.items(comparisons // (_PLAIN_COMPARISONS if plain else 1))


_NAMEDTUPLE = collections.namedtuple  # noqa: PYI024  (the project calls it)
_CONTAINERS = (list, dict, set, frozenset, tuple, deque)
_SORT = _ids(sorted)
_HASH_OR_COMPARE = _ids(
    collections.Counter,
    collections.OrderedDict,
    dict,
    frozenset,
    itertools.groupby,
    max,
    min,
    operator.contains,
    operator.eq,
    operator.ge,
    operator.getitem,
    operator.gt,
    operator.le,
    operator.lt,
    operator.ne,
    set,
    sorted,
)
_COPY_DEEPLY = _ids(copy.deepcopy, dataclasses.asdict, dataclasses.astuple)
# They write Python and execute it.
_EXECUTE = _ids(_NAMEDTUPLE, dataclasses.dataclass, typing.NamedTuple)
_STEPS_TO_EXECUTE = 300
_STEPS_FOR_SQL = 4
"""For each character: so slow is nothing else here."""
_ITEMS_MOVED_AT_ONCE = 16
_PLAIN_COMPARISONS = 16
_COMPARE_ITEMS = frozenset("__contains__ count index remove sort".split())
_COPY = frozenset("__add__ clear copy extend extendleft fromkeys reverse rotate update".split())
_STORE = frozenset(
    """
    __iter__ __len__ append appendleft clear copy extend extendleft insert items keys values
    """.split()
)
