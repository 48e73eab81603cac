"""Objects and classes that were changed in a way that is not followed: nothing of them is known.

A library's classes count as well. Where code changes how the libraries work that compile triggers,
nothing is known of any trigger.
"""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Any, NamedTuple

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.values.classes import mro_of
from pgtrigger_codegen.evaluator.values.models import ThroughModel
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class, class_behind

_CONTAINERS = (list, tuple, set, frozenset)
# They hold what others hold as well, and nothing that compiles.
_CLOSED = (types.ModuleType, types.FunctionType, types.MethodType, types.BuiltinFunctionType)
_MOST = 10_000


class ReplacedLookup(NamedTuple):
    """A lookup of Django's or django-pgtrigger's in whose place code has registered another one.

    Attributes:
        fields: The class of fields that the other one is for.
        name: None where the name is not known.
    """

    fields: type
    name: str | None
    reason: Unknown


class Spoiled:
    """What is spoiled, by identity, with the reason.

    Attributes:
        lookups: In order of registration.
    """

    def __init__(self) -> None:
        self.lookups: list[ReplacedLookup] = []
        # The objects themselves are kept, so that no other one gets the identity.
        self._reasons: dict[object, tuple[Any, Unknown]] = {}
        # What is said of each class by it or a base: asked for each object that is looked at.
        self._of_classes: dict[type, Unknown | None] = {}
        self._attributes: dict[str, list[tuple[type, Unknown]]] = {}
        self._all: Unknown | None = None

    def __bool__(self) -> bool:
        return bool(self._reasons)

    def add(self, value: Any, reason: Unknown) -> None:
        """Remembers the first reason."""
        self._reasons.setdefault(_key(value), (value, reason))
        self._of_classes.clear()

    def add_attribute(self, cls: type, name: str, reason: Unknown) -> None:
        """Remembers that a class has another attribute of a name, or one that it had not."""
        self._attributes.setdefault(name, []).append((cls, reason))

    def add_all(self, reason: Unknown) -> None:
        """Remembers that nothing is known of what compiles."""
        self._all = self._all or reason

    def of(self, value: Any) -> Unknown | None:
        """Why the attributes of a value are not known: its own, or those of a class of its."""
        if isinstance(value, ThroughModel):
            return self._first_reason((value,))
        if classes := mro_of(value):
            return self._first_reason(classes)
        if (known := self._reasons.get(identity(value))) is not None:
            return known[1]
        kind = type(value)
        if kind not in self._of_classes:
            self._of_classes[kind] = self._first_reason(mro_of(kind))
        return self._of_classes[kind]

    def attribute_of(self, value: Any, name: str) -> Unknown | None:
        """Why one attribute of a class, or of an object of the class, is not known."""
        for cls, reason in self._attributes.get(name, ()):
            if isinstance(value, cls) or (isinstance(value, type) and issubclass(value, cls)):
                return reason
        return None

    def within(self, root: Any) -> Unknown | None:
        """Why a value is not known, or anything that it is made of."""
        if self._all is not None:
            return self._all
        pending, seen = [root], set[int]()
        while pending and self._reasons:
            value = pending.pop()
            if identity(value) in seen:
                continue
            seen.add(identity(value))
            found = self.of(value)
            if found is not None or len(seen) > _MOST:
                return found or next(reason for _, reason in self._reasons.values())
            if isinstance(value, dict):
                pending += dict.values(value)
            elif isinstance(value, _CONTAINERS):
                pending += value
            elif not isinstance(value, (type, Class, *_CLOSED)):
                pending += getattr(value, "__dict__", {}).values()
        return None

    def _first_reason(self, values: Iterable[Any]) -> Unknown | None:
        for value in values:
            known = self._reasons.get(_key(value))
            if known is not None:
                return known[1]
        return None


def _key(value: Any) -> object:
    """The identity of a value; of a default through model that of its field."""
    if isinstance(value, ThroughModel):
        return (identity(value.owner), value.field_name)
    return identity(class_behind(value) if isinstance(value, type) else value)
