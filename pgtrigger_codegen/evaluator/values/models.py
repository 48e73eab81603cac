"""Models and the values that lead to them; only the `models` stage renders a model."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct, field

from pgtrigger_codegen.evaluator.values.moment import Moment
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class, class_behind
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span


class ModelClass(Struct, eq=False):
    """A class whose bases end in Django's `Model`, or in something unknown.

    Attributes:
        bases: Model classes, real classes, references to models, or `Unknown`.
        namespace: What the class body bound, in order.
        abstract: Whether the class is abstract by its own `Meta`.
        doubts: Decorators and hooks that are not evaluated: they may have declared more triggers.
        uncertain: Why the class statement may not run at all, if that is open.
        moment: When Django prepares the model.
        broken: Why Python's own class, which is not a model, could not be made.
        assigned: Options that code assigned to its `_meta`, by name.
        unshaped: Why its table and fields are not known, whatever the class body says.
        prepared: Not while `__init_subclass__` runs: the class has no `_meta` of its own yet.
    """

    name: str
    module: Module
    node: ast.ClassDef
    bases: tuple[Any, ...]
    namespace: dict[str, Any]
    span: Span
    qualname: str = ""
    abstract: bool | Unknown = False
    doubts: list[Unknown] = field(default_factory=list)
    uncertain: Unknown | None = None
    moment: Moment | None = None
    prepared: bool = True
    assigned: dict[str, Any] = field(default_factory=dict)
    broken: Unknown | None = None
    unshaped: Unknown | None = None
    _mro: list[Any] | None = None

    def mro(self) -> list[Any]:
        """Python's linearisation; bases that are not known count as classes without bases."""
        if self._mro is None:
            self._mro = linearize(self, self.bases)
        return self._mro

    def rebase(self, bases: tuple[Any, ...], derived: Iterable[ModelClass]) -> None:
        """Gives the class other bases.

        Args:
            derived: Classes that may derive from it, and remember what they inherit from.
        """
        self.bases, self._mro = bases, None
        for cls in derived:
            if cls._mro is not None and any(item is self for item in cls._mro):
                cls._mro = None

    def lookup(self, name: str) -> tuple[Any, ModelClass | Class | type] | None:
        """The attribute by MRO and the class that has it."""
        for cls in self.mro():
            if isinstance(cls, ModelClass):
                if name in cls.namespace:
                    return cls.namespace[name], cls
            elif type(cls) is Class and name in cls.namespace:
                return cls.namespace[name], cls
            elif isinstance(cls, type) and name in vars(cls):
                return vars(cls)[name], cls
        return None

    def unknown_bases(self) -> Iterator[Unknown]:
        """Bases anywhere above that could not be read."""
        for cls in self.mro():
            if isinstance(cls, Unknown):
                yield cls

    def __repr__(self) -> str:
        return f"<model class {self.module.name}.{self.name}>"


class FieldDescriptor(Struct, frozen=True):
    """`Model.field`: what Django puts in the place of a field on its model."""

    model: ModelClass | ThroughModel
    name: str
    field: Any


class ReverseAccessor(Struct, frozen=True):
    """`Model.lines`: what Django gives to a model for a relation that leads to it."""

    model: ModelClass
    name: str
    field: Any


class ThroughModel(Struct, frozen=True):
    """The default through model of a many-to-many field (`User.groups.through`)."""

    owner: ModelClass
    field_name: str
    span: Span | None = None

    def __eq__(self, other: object) -> bool:
        """The same model, wherever it was written."""
        return type(other) is ThroughModel and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[ModelClass, str]:
        return self.owner, self.field_name


class ModelReference(Struct, frozen=True):
    """A model by its label, as `get_user_model()` and `apps.get_model()` give."""

    label: str
    span: Span | None = None

    def __eq__(self, other: object) -> bool:
        """The same model, wherever it was written."""
        return type(other) is ModelReference and self.label == other.label

    def __hash__(self) -> int:
        return hash(self.label)


class ModelOptions(Struct, frozen=True):
    """`Model._meta` of a model class that is not rendered."""

    model: ModelClass | ThroughModel


class SettingsObject(Struct, frozen=True):
    """`django.conf.settings`."""


class Registrar(Struct, frozen=True):
    """The result of `pgtrigger.register(*triggers)`: a call with a model registers the triggers."""

    triggers: tuple[Any, ...]
    span: Span


def linearize(cls: Any, bases: Sequence[Any]) -> list[Any]:
    """C3 linearisation over model classes, real classes and stand-ins.

    Falls back to depth-first order where Python would raise: the class cannot exist, and
    what matters then is only that its facts are not lost.
    """
    if len(bases) == 1:
        return [cls, *_parents(bases[0])]
    sequences = [_parents(base) for base in bases]
    sequences.append(list(bases))
    result = [cls]
    while sequences := [sequence for sequence in sequences if sequence]:
        for sequence in sequences:
            head = sequence[0]
            if not any(_contains(other[1:], head) for other in sequences):
                break
        else:
            head = sequences[0][0]
        result.append(head)
        sequences = [[item for item in seq if item is not head] for seq in sequences]
    return result


def _parents(base: Any) -> list[Any]:
    if isinstance(base, ModelClass):
        return base.mro()
    if type(base) is Class:
        return list(base.mro)
    if isinstance(base, type):
        return list(map(class_behind, base.__mro__))
    return [base]


def _contains(items: Sequence[Any], wanted: Any) -> bool:
    return any(item is wanted for item in items)


def has_reference(values: Iterable[Any]) -> bool:
    """Whether a model is named by its label: comparing it needs the model itself."""
    return any(isinstance(value, ModelReference) for value in values)


UNKNOWN_ATTRIBUTES = "_pgtrigger_codegen_unknown"
"""On a field: attributes whose values are not known, by name."""
