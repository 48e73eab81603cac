"""Unknown values in use: in a condition, among items, in an operation."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.library.kinds import is_query
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.values.callables import Opaque
from pgtrigger_codegen.evaluator.values.unknown import External, Unknown, first_unknown
from pgtrigger_codegen.source.span import Span


def truth(vm: Machine, value: Any, span: Span) -> bool | Unknown:
    """`bool(value)`."""
    if isinstance(value, Unknown):
        return used(value, span)
    if isinstance(value, list | tuple | dict | set):
        WORK.items(len(value))
    if isinstance(value, list | tuple | dict | set) and any(
        isinstance(item, Unknown) and item.spread for item in value
    ):
        if any(not (isinstance(item, Unknown) and item.spread) for item in value):
            return True
        return first_unknown(value) or Unknown("the number of items is not known", span)
    if isinstance(value, Opaque) and not callable(value.real):
        return Unknown(f"whether `{value.dotted}` is true is not known", span)
    if is_query(value):
        return Unknown("a query is not made", span)
    result = True if isinstance(value, Opaque) else vm.attempt(span, bool, value)
    return result if isinstance(result, Unknown) else bool(result)


def spread(unknown: Unknown) -> Unknown:
    """An unknown that stands for any number of items."""
    return Unknown(unknown.reason, unknown.span, unknown.notes, spread=True)


def is_spread(value: Any) -> bool:
    """Whether a value stands for any number of items."""
    return isinstance(value, Unknown) and value.spread


def used(unknown: Unknown, span: Span) -> Unknown:
    """An External whose value is needed is an Unknown like any other, at the use."""
    if isinstance(unknown, External) and unknown.span is None:
        return Unknown(unknown.reason, span)
    return unknown.with_note("used here", span)
