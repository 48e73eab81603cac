"""Stage models: what a model's `Meta` demands of rows: `unique_together` and `constraints`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models
from msgspec import Struct

from pgtrigger_codegen.evaluator.values.models import ModelClass, ThroughModel
from pgtrigger_codegen.evaluator.values.unknown import first_unknown
from pgtrigger_codegen.models import meta
from pgtrigger_codegen.models.facts import ConstraintFact


class Demands(Struct, frozen=True):
    """What a model's `Meta` demands of rows.

    Attributes:
        together: Names of fields that are unique together.
        constraints: Django's own.
        checks: Conditions of rows.
        names: Of other constraints, which Django knows nothing of but this.
        is_known: Whether these are all that make rows unique.
    """

    together: tuple[tuple[str, ...], ...] = ()
    constraints: tuple[models.UniqueConstraint, ...] = ()
    checks: tuple[models.CheckConstraint, ...] = ()
    names: tuple[str, ...] = ()
    is_known: bool = True


def demands(model: ModelClass | ThroughModel) -> Demands:
    """What the `Meta` of a model says; of a default through model nothing, Django makes that."""
    if isinstance(model, ThroughModel):
        return Demands()
    sets, are_sets_known = _together(meta.option(model, "unique_together"))
    found = meta.option(model, "constraints")
    known = isinstance(found, list | tuple) and first_unknown(found) is None
    constraints = list(found) if known else []
    return Demands(
        sets,
        tuple(one for one in constraints if isinstance(one, models.UniqueConstraint)),
        tuple(one for one in constraints if isinstance(one, models.CheckConstraint)),
        tuple(
            str(one.name)
            for one in constraints
            if not isinstance(one, models.UniqueConstraint | models.CheckConstraint)
        ),
        are_sets_known and (known or found is meta.MISSING),
    )


def constraint_facts(
    model: ModelClass | ThroughModel, concrete: Any
) -> tuple[ConstraintFact, ...] | None:
    """What is demanded of the rows of a table; None where not all of it is known.

    Args:
        concrete: The rendered model that has the table.
    """
    wanted = demands(model)
    if not wanted.is_known or concrete.__name__ != _name_of(model, concrete):
        return None
    columns = {field.name: field.column for field in concrete._meta.local_concrete_fields}
    try:
        return tuple(_facts(wanted, concrete, columns))
    except KeyError:
        return None  # a field that is not known here


def _name_of(model: ModelClass | ThroughModel, concrete: Any) -> str:
    """Its own name unless it is a proxy, whose `Meta` says nothing of the table."""
    return model.name if isinstance(model, ModelClass) else str(concrete.__name__)


def _facts(wanted: Demands, concrete: Any, columns: Mapping[str, str]) -> Iterator[ConstraintFact]:
    options = concrete._meta
    together = (*wanted.together, *(options.unique_together if options.auto_created else ()))
    for fields in together:
        yield ConstraintFact("unique", None, tuple(columns[name] for name in fields))
    key = getattr(options, "pk_fields", ())  # since Django 5.2
    if len(key) > 1:
        yield ConstraintFact("unique", None, tuple(field.column for field in key))
    made: Any  # the stubs know only some of the attributes
    for made in wanted.constraints:
        is_partial = made.condition is not None
        is_index = is_partial or bool(made.expressions or made.include or made.opclasses)
        yield ConstraintFact(
            "index" if is_index else "unique",
            _full_name(made.name, options),
            tuple(columns[name] for name in made.fields),
            is_partial=is_partial,
            is_deferrable=made.deferrable is not None,
        )
    for check in wanted.checks:
        yield ConstraintFact("check", _full_name(check.name, options))
    for name in wanted.names:
        yield ConstraintFact("other", _full_name(name, options))


def _full_name(given: object, options: Any) -> str:
    """With the words filled in that an abstract base leaves to its children.

    Django's checks refuse a name that is no text, and nothing here does.
    """
    name = str(given)
    if "%(" not in name:
        return name
    return name % {"app_label": options.app_label.lower(), "class": options.model_name}


def _together(value: object) -> tuple[tuple[tuple[str, ...], ...], bool]:
    """Sets of names, and whether these are all."""
    if value is meta.MISSING:
        return (), True
    if first_unknown(value) is not None or not isinstance(value, list | tuple | set | frozenset):
        return (), False
    items = [value] if value and all(isinstance(item, str) for item in value) else list(value)
    if not all(isinstance(item, list | tuple) for item in items):
        return (), False
    return tuple(tuple(map(str, item)) for item in items), True
