"""Migration operations: made for real, with stand-ins for what does not matter to triggers.

A `CreateModel` with one field of a package that is not installed still tells which table it
makes. What decides the table itself must be known.
"""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.library.kinds import is_field_class
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown


def known_arguments(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of an operation with stand-ins for unknown fields, bases, options, managers."""
    known = {name: _known(name, value) for name, value in kwargs.items()}
    if isinstance(bases := known.get("bases"), tuple):
        fields = known.get("fields") or next(iter(args[1:2]), ())
        known["bases"] = _without_abstract(bases, fields)
    return tuple(
        _known(_POSITIONS.get(index, ""), value) for index, value in enumerate(args)
    ), known


def _without_abstract(bases: tuple[Any, ...], fields: Any) -> tuple[Any, ...]:
    """The bases of a `CreateModel`, but for abstract ones whose fields it lists: it lists all."""
    pairs = fields if isinstance(fields, list | tuple) else ()
    listed = {
        item[0] for item in pairs if isinstance(item, tuple) and item and isinstance(item[0], str)
    }
    kept = [
        base
        for base in bases
        if not isinstance(base, ModelClass)
        or base.abstract is not True
        or not _fields_of(base) <= listed
    ]
    return tuple(kept) or _plain_bases()


def _fields_of(model: ModelClass) -> set[str]:
    return {
        name
        for cls in model.mro()
        if isinstance(cls, ModelClass)
        for name, value in cls.namespace.items()
        if isinstance(value, Unknown) or is_field_class(type(value))
    }


def makes_table(function: Any) -> bool:
    """Whether a call of it is a `CreateModel` of Django's own."""
    return (
        isinstance(function, type)
        and function.__name__ == "CreateModel"
        and function.__module__ == "django.db.migrations.operations.models"
    )


def without_effect(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An operation in the place of one that is not known and changes no table or trigger.

    Returns:
        None where it is known, or does make a difference.
    """
    if cls.__name__ not in _WITHOUT_EFFECT or not cls.__module__.startswith("django."):
        return None
    unknown = first_unknown([*args, *kwargs.values()])
    if unknown is None:
        return None
    from pgtrigger_codegen.evaluator.django.unread_operation import UnreadOperation

    is_python = cls.__name__ == "RunPython"
    is_reversible = not is_python or len(args) > 1 or "reverse_code" in kwargs
    return UnreadOperation(cls.__name__, unknown, is_reversible=is_reversible)


# What Python code does is not known in any case. Indexes and constraints fire no triggers.
_WITHOUT_EFFECT = frozenset(
    """
    AddConstraint AddConstraintNotValid AddIndex AddIndexConcurrently AlterConstraint
    AlterIndexTogether AlterModelManagers AlterUniqueTogether RunPython
    """.split()
)

# `CreateModel(name, fields, …)` and `AddField(model_name, name, field)`.
_POSITIONS = {1: "fields", 2: "field"}
_DECISIVE_OPTIONS = frozenset({"db_table", "proxy", "managed"})


def known_field(value: Any) -> Any:
    """A field as it is, or a stand-in for one that is not known."""
    from pgtrigger_codegen.evaluator.django.stand_in import stand_in

    return stand_in(value) if isinstance(value, Unknown) else value


def _known(name: str, value: Any) -> Any:
    if first_unknown(value) is None:
        return value
    match name:
        case "field":
            return known_field(value)
        case "fields" if isinstance(value, list | tuple):
            return [
                (item[0], known_field(item[1]))
                if isinstance(item, tuple) and len(item) == 2
                else item
                for item in value
            ]
        case "bases" if isinstance(value, list | tuple):
            return tuple(item for item in value if not isinstance(item, Unknown)) or _plain_bases()
        case "options" if isinstance(value, dict):
            return {
                key: item
                for key, item in value.items()
                if key in _DECISIVE_OPTIONS or first_unknown(item) is None
            }
        case "managers":
            return []
    return value


def _plain_bases() -> tuple[type, ...]:
    from django.db.models import Model

    return (Model,)
