"""A stand-in for a Django field that is not known.

It carries a name through models and migrations; where its column would become part of some SQL,
it refuses.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Field

from pgtrigger_codegen.evaluator.django.fields import Poison
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown


class _UnknownColumn(Poison):
    """A column's name that is not known: it is there, but cannot be read."""

    def __bool__(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Refusal(self._unknown)


class StandInField(Field):  # type: ignore[type-arg]
    """A field that is not known: carried along by name, refused where its column matters."""

    unknown = Unknown("a field is not known")

    @property
    def column(self) -> Any:
        """Something that refuses to be turned into text."""
        return _UnknownColumn(self.unknown)

    @column.setter
    def column(self, value: object) -> None:
        """Django sets the column from the name: ignored."""

    def deconstruct(self) -> Any:
        """Refused: no other field can be made after this one."""
        raise Refusal(self.unknown)

    def clone(self) -> StandInField:
        """A copy for another model."""
        copy = stand_in(self.unknown)
        copy.primary_key = self.primary_key
        return copy


def stand_in(unknown: Unknown) -> StandInField:
    """A stand-in for a field that is not known."""
    field = StandInField()
    field.unknown = unknown
    return field
