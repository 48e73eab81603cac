"""Makes real Django fields, and keeps their unknown arguments apart.

Most arguments of a field cannot reach the SQL of a trigger. When such a one is not known, the
field is made without it, and reading that attribute gives `Unknown` again.
"""

from __future__ import annotations

import types
from typing import Any

from django.db.models import ForeignObject
from msgspec import Struct

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.python.objects.kinds import describe, is_user_class
from pgtrigger_codegen.evaluator.values.callables import Opaque
from pgtrigger_codegen.evaluator.values.models import (
    UNKNOWN_ATTRIBUTES,
    FieldDescriptor,
    ModelClass,
    ModelReference,
    ThroughModel,
)
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.source.span import Span

# What decides a field's column, type or target: unknown, it makes the field unknown.
_DECISIVE = frozenset(
    """
    base_field db_column db_persist expression fields from_fields name object_id_field
    ct_field output_field parent_link primary_key swappable through through_fields to to_field
    to_fields srid geography
    """.split()
)
# What a field keeps for when the project runs.
_KEPT = frozenset(
    """
    decoder default encoder error_messages form_class help_text limit_choices_to on_delete
    upload_to validators verbose_name
    """.split()
)
_RELATIONS = frozenset({"to", "through"})


class Poison:
    """Stands for an attribute that is not known, where Django only carries it along."""

    def __init__(self, unknown: Unknown) -> None:
        self._unknown = unknown

    @property
    def unknown(self) -> Unknown:
        """What is not known."""
        return self._unknown

    def _refuse(self, *args: object, **kwargs: object) -> Any:
        raise Refusal(self._unknown)

    def __bool__(self) -> bool:
        raise Refusal(self._unknown)

    __call__ = __contains__ = __float__ = __format__ = __getitem__ = _refuse
    __ge__ = __gt__ = __int__ = __iter__ = __le__ = __len__ = __lt__ = __str__ = _refuse

    def __deepcopy__(self, memo: dict[int, Any]) -> Poison:
        return self


class PrivateField(Struct, frozen=True):
    """A generic foreign key or relation: no column, and not among a model's fields."""


def make_private_field(vm: Machine, call: SpecialCall) -> PrivateField:
    """`GenericForeignKey(…)` and `GenericRelation(…)`."""
    return PrivateField()


def make_field(
    vm: Machine, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
) -> Any:
    """A field of that class, or `Unknown` when what decides its column is not known."""
    args, kwargs = _on_delete_by_name(cls, args, kwargs)
    arguments = [_reference(vm, value) for value in args]
    if (unknown := first_unknown(arguments)) is not None:
        return unknown.with_note(f"is given to `{cls.__name__}`", span)
    known: dict[str, Any] = {}
    unknowns: dict[str, Unknown] = {}
    for name, value in kwargs.items():
        converted = _reference(vm, value) if name in _RELATIONS else value
        unknown = first_unknown(converted)
        if (
            unknown is None
            and is_own_kind(converted)
            and not _may_be_opaque(vm, cls, name, converted)
        ):
            unknown = Unknown(f"{describe(converted)} is given to a field", span)
        if unknown is None:
            known[name] = _materialized(converted)
        elif name in _DECISIVE or is_user_class(vm, cls):
            return unknown.with_note(f"`{name}` of `{cls.__name__}`", span)
        else:
            unknowns[name] = unknown
            if name == "on_delete":
                known[name] = Poison(unknown)
    arguments = [_for_django(vm, value, span) for value in arguments]
    known = {name: _for_django(vm, value, span) for name, value in known.items()}
    field = vm.attempt(span, cls, *arguments, **known)
    if isinstance(field, Unknown):
        return field
    if unknowns:
        vars(field)[UNKNOWN_ATTRIBUTES] = unknowns
        for name, unknown in unknowns.items():
            # Where Django itself reads these, the reading is refused.
            if name in ("max_length", "max_digits", "decimal_places", "default", "db_collation"):
                setattr(field, name, Poison(unknown))
    return field


def _on_delete_by_name(
    cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """`ForeignKey(to, on_delete)`: what deletes do decides neither column nor target."""
    if len(args) == 2 and issubclass(cls, ForeignObject):
        to, on_delete = args
        if isinstance(on_delete, Unknown):
            return (to,), {"on_delete": on_delete, **kwargs}
    return args, kwargs


def _reference(vm: Machine, value: Any) -> Any:
    """A model as an argument becomes the label that Django resolves."""
    match value:
        case ModelClass() | ThroughModel():
            return vm.host.model_label(value)
        case ModelReference():
            return value.label
        case FieldDescriptor():
            return value.field
    return value


def _may_be_opaque(vm: Machine, cls: type, name: str, value: Any) -> bool:
    """Whether a field keeps an argument without looking at it."""
    if not isinstance(value, Opaque) or name in _DECISIVE:
        return False
    return name in _KEPT or is_user_class(vm, cls)


def _for_django(vm: Machine, value: Any, span: Span) -> Any:
    """A value for the `__init__` of a field; it knows Django's functions by identity."""
    if isinstance(value, types.FunctionType) and str(value.__module__).startswith("django."):
        return value
    return membrane.outward(vm, value, span)


def _materialized(value: Any) -> Any:
    return list(value) if isinstance(value, map | filter | zip) else value
