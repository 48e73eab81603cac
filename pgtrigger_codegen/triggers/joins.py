"""Stage triggers: lookups of a condition that lead to other tables.

django-pgtrigger compiles `Q(new__author__name="x")` to `NEW."name"`: the join is dropped, and
the column is looked for in the trigger's own table. The SQL no longer tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db.models import Model, Q
from django.db.models.sql import Query

from pgtrigger_codegen.triggers.compiled import JoinedLookup


def joined_lookups(condition: object, model: type[Model]) -> Iterator[JoinedLookup]:
    """The lookups of a condition, in order; none of one that is no `Q`."""
    if not isinstance(condition, Q):
        return
    for child in condition.children:
        if isinstance(child, tuple):
            found = _joined(child[0], model)
            if found is not None:
                yield found
        else:
            yield from joined_lookups(child, model)


def _joined(lookup: str, model: type[Model]) -> JoinedLookup | None:
    row, _, path = lookup.partition("__")
    if row not in ("old", "new"):
        return None
    query: Any = Query(model)
    try:
        _, parts, _ = query.solve_lookup_type(path)
        join = query.setup_joins(parts, model._meta, query.get_initial_alias())
        targets, _, joins = query.trim_joins(join.targets, join.joins, join.path)
    except (FieldError, FieldDoesNotExist, AttributeError):
        return None
    if len(joins) < 2:
        return None
    steps = join.path[: len(joins) - 1]
    return JoinedLookup(lookup, targets[0].column, all(map(_leads_to_parent, steps)))


def _leads_to_parent(step: Any) -> bool:
    return bool(getattr(step.join_field.remote_field, "parent_link", False))
