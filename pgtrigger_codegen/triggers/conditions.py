"""Which lookups the condition of a trigger uses, as far as the trigger tells without compiling."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pgtrigger
from django.db.models import Model, Q
from django.db.models.constants import LOOKUP_SEP

from pgtrigger_codegen.evaluator.values.spoiled import ReplacedLookup
from pgtrigger_codegen.evaluator.values.unknown import Unknown


def replaced_lookup(
    lookups: Iterable[ReplacedLookup], trigger: pgtrigger.Trigger, model: type[Model]
) -> Unknown | None:
    """Why a condition cannot be compiled: the project has registered a lookup of its own for it."""
    for lookup in lookups:
        fields = model._meta.concrete_fields
        concerned = any(isinstance(field, lookup.fields) for field in fields)
        if concerned and _may_use(trigger, lookup.name):
            return lookup.reason
    return None


# What a condition about changes of columns comes to (`AnyChange`, `ReadOnly`).
_OF_CHANGES = (None, "df", "ndf")


def _may_use(trigger: pgtrigger.Trigger, name: str | None) -> bool:
    getter: Any = type(trigger).get_condition
    if getter is not pgtrigger.Trigger.get_condition:
        of_library = str(getter.__module__).startswith("pgtrigger.")
        return name in _OF_CHANGES if of_library else True
    condition = trigger.condition
    if condition is None or name is None:
        return condition is not None
    if not isinstance(condition, Q):
        return name in _OF_CHANGES
    return any(_names(path, name) for path in _paths(condition))


def _paths(condition: Q) -> Iterable[str | None]:
    """The names of fields with lookups in a condition, None for a part of another kind."""
    pending: list[Any] = [condition]
    while pending:
        part = pending.pop()
        if isinstance(part, Q):
            pending += part.children
        else:
            yield str(part[0]) if isinstance(part, tuple) else None


def _names(path: str | None, lookup: str) -> bool:
    # Without a lookup it is `exact`, and of None `isnull`.
    return path is None or lookup in (*path.split(LOOKUP_SEP)[2:], "exact", "isnull")
