"""An unknown value, with the reason and the place of the expression that could not be evaluated.

Most values are real: strings, lists, Django fields, django-pgtrigger's triggers. What cannot be
real, or must not be (the user's functions and classes), has a class of its own in this package.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from pgtrigger_codegen.evaluator.limits.work import CHARACTERS_A_STEP, ITEMS_A_STEP, WORK
from pgtrigger_codegen.source.span import Span


class ReasonStep(Struct, frozen=True):
    """A step between a declaration and what defeated it."""

    message: str
    span: Span | None = None


class Unknown(Struct, frozen=True):
    """A value that cannot be known, why, and the very expression that defeated it.

    Attributes:
        spread: In a list: stands for any number of items.
        traced: Whether the notes tell already by which calls it came.
    """

    reason: str
    span: Span | None = None
    notes: tuple[ReasonStep, ...] = field(default=())
    spread: bool = False
    traced: bool = False

    def __format__(self, spec: str) -> str:
        """Refused: real code must never turn what is not known into text."""
        raise Refusal(self)

    def __str__(self) -> str:
        raise Refusal(self)

    def with_note(self, message: str, span: Span | None) -> Unknown:
        """The same, with one more step on the way from the declaration to here."""
        last = self.notes[-1].span if self.notes else self.span
        if span is None or any(note.span == span for note in self.notes):
            return self
        if last is not None and span.contains(last):
            return self  # an expression around it, which the reader sees anyway
        notes = (*self.notes, ReasonStep(message, span))
        return Unknown(self.reason, self.span, notes, self.spread, self.traced)

    def with_call(self, function: str, span: Span) -> Unknown:
        """The same, with the call of a function that came to it."""
        return self if self.traced else self.with_note(f"`{function}` is called here", span)


def because(what: str, unknown: Unknown) -> Unknown:
    """What follows from something that is not known, with the same place and notes.

    Args:
        what: Words that come before the reason, unless they are in it.
    """
    if what in unknown.reason:
        return Unknown(unknown.reason, unknown.span, unknown.notes)
    return Unknown(f"{what}: {unknown.reason}", unknown.span, unknown.notes)


class External(Unknown, frozen=True):
    """Something of a module that is not read: harmless until its value matters."""

    dotted: str = ""

    def with_note(self, message: str, span: Span | None) -> External:
        """The same, with one more step."""
        noted = super().with_note(message, span)
        return External(
            noted.reason, noted.span, noted.notes, noted.spread, noted.traced, self.dotted
        )


class MayRegister(Unknown, frozen=True):
    """An unknown value that may register triggers when it is called with a model."""

    def with_note(self, message: str, span: Span | None) -> MayRegister:
        """The same, with one more step."""
        noted = super().with_note(message, span)
        return MayRegister(noted.reason, noted.span, noted.notes, noted.spread, noted.traced)


def may_register(unknown: Unknown) -> MayRegister:
    """An unknown in the place of something that registers triggers."""
    return MayRegister(unknown.reason, unknown.span, unknown.notes, unknown.spread, unknown.traced)


class Raised(Unknown, frozen=True):
    """What comes of a call in which an exception was raised: nothing after it happens."""

    def with_note(self, message: str, span: Span | None) -> Raised:
        """The same, with one more step."""
        noted = super().with_note(message, span)
        return Raised(noted.reason, noted.span, noted.notes, noted.spread, noted.traced)

    def passed_on(self) -> Raised:
        """What a function gives that does not come to its end."""
        return Raised(self.reason, self.span, self.notes, traced=self.traced)


class Invalid(Raised, frozen=True):
    """A real call raised: Python itself would have stopped here.

    Attributes:
        error: The exception.
        raised_in: Names of the functions from the call down to the `raise`.
    """

    error: BaseException | None = None
    raised_in: tuple[str, ...] = ()

    def with_note(self, message: str, span: Span | None) -> Raised:
        """What comes of it elsewhere; the same where there is nothing to add."""
        noted = self.passed_on().with_note(message, span)
        return self if noted.notes == self.notes else noted


class Refusal(BaseException):
    """An `Unknown` on its way out of real code, which must not see one.

    A BaseException, so that an `except Exception` in real code does not swallow it.
    """

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.reason)
        self.unknown = unknown


class BudgetPassed(Refusal):
    """The evaluation has cost too much: unlike other refusals, no enclosing call goes on."""


def first_unknown(value: Any) -> Unknown | None:
    """The first `Unknown` in a value or in the containers it is made of."""
    if isinstance(value, Unknown):
        return value
    if not isinstance(value, _CONTAINERS):
        return None
    walk = _Walk()
    found = _first_unknown(value, 0, walk)
    WORK.steps += walk.items // ITEMS_A_STEP + walk.characters // CHARACTERS_A_STEP
    return found


class _Walk:
    """How much was looked at."""

    __slots__ = ("characters", "items")

    def __init__(self) -> None:
        self.items = 0
        self.characters = 0


def _first_unknown(container: Any, depth: int, walk: _Walk) -> Unknown | None:
    """Looks into a container; one that is held twice counts twice, as in its text."""
    if isinstance(container, dict):
        # Not by the methods of a class of the user's.
        container = (*dict.keys(container), *dict.values(container))
    walk.items += len(container)
    if walk.items > _ITEMS:
        return Unknown("the value has too many items")
    for item in container:
        kind = type(item)
        if kind is str or kind is bytes:
            walk.characters += len(item)
        elif kind in _SCALARS:
            continue
        elif isinstance(item, Unknown):
            return item
        elif isinstance(item, _CONTAINERS):
            if depth >= 20:
                return Unknown("the value is nested too deeply")
            if (found := _first_unknown(item, depth + 1, walk)) is not None:
                return found
    return None


# Asked of nearly every value: a union would be made anew each time.
_CONTAINERS = (list, tuple, set, frozenset, dict)
_SCALARS = frozenset({int, bool, float, type(None)})
# What a value may hold in all, in containers within containers.
_ITEMS = 1_000_000
