"""The items of every kind of iterable, all at once or one by one, within limits."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

from pgtrigger_codegen.evaluator.limits.sizes import bounded
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.python.objects.kinds import describe, is_plain
from pgtrigger_codegen.evaluator.python.objects.text import RUN_TO_RUN, has_no_order
from pgtrigger_codegen.evaluator.python.objects.unknowns import spread, used
from pgtrigger_codegen.evaluator.values.unknown import Raised, Unknown, first_unknown
from pgtrigger_codegen.source.span import Span


def iterate(vm: Machine, value: Any, span: Span, *, ordered: bool = True) -> list[Any] | Unknown:
    """All items of an iterable, within limits.

    Args:
        ordered: Whether the order of the items matters to the caller.
    """
    if isinstance(value, Unknown):
        return used(value, span)
    if vm.spoiled and isinstance(value, Iterator) and (unknown := vm.spoiled.of(value)):
        return unknown
    if isinstance(value, list | tuple):
        WORK.items(len(value))
        for item in value:
            if isinstance(item, Unknown) and item.spread:
                return used(item, span)
        return list(value)
    if isinstance(value, dict) and any(isinstance(key, Unknown) for key in value):
        return first_unknown(value) or Unknown("keys are not known", span)
    if isinstance(value, set | frozenset) and ordered and has_no_order(value):
        return Unknown(RUN_TO_RUN, span)
    if not is_plain(value):
        return Unknown(f"{describe(value)} is not iterated", span)
    result = vm.attempt(span, lambda: list(bounded(value)))
    return result if isinstance(result, Unknown) else _inward(vm, value, result)


def _inward(vm: Machine, source: Any, items: list[Any]) -> list[Any]:
    """Items of interpreted code's own containers are values already."""
    if type(source) in _OWN:
        return items
    return [membrane.inward(vm, item) for item in items]


def each(vm: Machine, value: Any, span: Span) -> Iterator[Any] | Unknown:
    """The items of an iterable for a loop, which may end before they do."""
    if vm.spoiled and isinstance(value, Iterator) and (unknown := vm.spoiled.of(value)):
        return unknown
    if isinstance(value, types.GeneratorType):
        return bounded(value)
    if isinstance(value, list | tuple):
        WORK.items(len(value))
        return iter(list(value))  # an item may stand for any number of them
    if isinstance(value, Iterator) and is_plain(value):
        return bounded(_resumed(vm, value, span))
    items = iterate(vm, value, span)
    return items if isinstance(items, Unknown) else iter(items)


def _resumed(vm: Machine, iterator: Iterator[Any], span: Span) -> Iterator[Any]:
    while (item := vm.attempt(span, next, iterator, _END)) is not _END:
        if isinstance(item, Unknown):
            if isinstance(item, Raised) and vm.frame is None:
                vm.may_have_ended(item)
            yield spread(item)
            return
        yield membrane.inward(vm, item)


_END = object()
_OWN = frozenset({dict, frozenset, range, set, types.GeneratorType})
