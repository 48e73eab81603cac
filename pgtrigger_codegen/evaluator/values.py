"""What an expression can be besides a real Python object.

Most values are real: strings, lists, Django fields, django-pgtrigger triggers, and the user's
own classes and functions, which are made real as wrappers around the interpreter. What cannot
be real is here: what is not known, modules, models (which only the `models` stage renders),
and references to models.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pgtrigger_codegen.evaluator.limits.work import CHARACTERS_A_STEP, ITEMS_A_STEP, WORK
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.scope import Scope
    from pgtrigger_codegen.source.module import Module


@dataclass(frozen=True, slots=True)
class Note:
    """A step between a declaration and what defeated it."""

    message: str
    span: Span | None = None


@dataclass(frozen=True)
class Unknown:
    """A value that cannot be known, why, and the very expression that defeated it.

    Attributes:
        spread: In a list: stands for any number of items.
    """

    reason: str
    span: Span | None = None
    notes: tuple[Note, ...] = field(default=())
    spread: bool = False

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
        return Unknown(self.reason, self.span, (*self.notes, Note(message, span)), self.spread)


@dataclass(frozen=True)
class External(Unknown):
    """Something of a module that is not read: harmless until its value matters."""

    dotted: str = ""


@dataclass(frozen=True)
class MayRegister(Unknown):
    """What is not known, but may register triggers when it is called with a model."""

    def with_note(self, message: str, span: Span | None) -> MayRegister:
        """The same, with one more step."""
        noted = super().with_note(message, span)
        return MayRegister(noted.reason, noted.span, noted.notes, noted.spread)


@dataclass(frozen=True)
class Invalid(Unknown):
    """A real call raised: Python itself would have stopped here.

    Attributes:
        error: The exception.
        raised_in: Names of the functions from the call down to the `raise`.
    """

    error: BaseException | None = None
    raised_in: tuple[str, ...] = ()


class Refusal(BaseException):
    """An `Unknown` on its way out of real code, which must not see one.

    A BaseException, so that an `except Exception` in real code does not swallow it.
    """

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.reason)
        self.unknown = unknown


class BudgetPassed(Refusal):
    """The evaluation has cost too much: unlike other refusals, no enclosing call goes on."""


class PythonRaise(Exception):
    """An exception that the interpreted code raised or that a real call raised in it."""

    def __init__(self, error: BaseException, span: Span | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.span = span


class UnknownRaise(Exception):
    """In place of an exception that is raised, and of which something is not known.

    Attributes:
        unknown: What of it.
        kind: Its class, where that is known.
    """

    def __init__(self, unknown: Unknown, kind: type[BaseException] | None) -> None:
        named = f"raises {kind.__name__}" if kind is not None else None
        super().__init__(named or f"raises an exception that is not known: {unknown.reason}")
        self.unknown = unknown
        self.kind = kind


def is_error_of(error: BaseException, kind: type) -> bool:
    """Whether an exception is certainly of a class."""
    if not isinstance(error, UnknownRaise):
        return isinstance(error, kind)
    if error.kind is None:  # nobody raises what is no `Exception` by way of something unknown
        return kind in (Exception, BaseException)
    return issubclass(error.kind, kind)


@dataclass(frozen=True, slots=True)
class LibraryModule:
    """A real module of a library whose names are looked up, never more."""

    name: str


@dataclass(frozen=True, slots=True)
class SourceModule:
    """A module that is read, when a name of it is first needed."""

    name: str


@dataclass(frozen=True, slots=True)
class LazyImport:
    """A name bound by an import that has not been followed yet.

    Attributes:
        attribute: The name in that module, None for the module itself.
    """

    module: str
    attribute: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Moment:
    """When code ran: as part of which top-level statement, and in which turn within it.

    Attributes:
        module: Of the statement; None for code that Django calls back when all is imported.
    """

    module: str | None
    line: int
    turn: int


@dataclass(eq=False, slots=True)
class ModelClass:
    """A class whose bases end in Django's `Model`, or in something unknown.

    Attributes:
        bases: Model classes, real classes, references to models, or `Unknown`.
        namespace: What the class body bound, in order.
        abstract: Whether the class is abstract by its own `Meta`.
        doubts: Decorators and hooks that are not evaluated: they may have declared more triggers.
        moment: When Django prepares the model.
        broken: Why Python's own class, which is not a model, could not be made.
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
    moment: Moment | None = None
    prepared: bool = True
    broken: Unknown | None = None
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

    def lookup(self, name: str) -> tuple[Any, ModelClass | type] | None:
        """The attribute by MRO and the class that has it."""
        for cls in self.mro():
            if isinstance(cls, ModelClass):
                if name in cls.namespace:
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


@dataclass(frozen=True, slots=True)
class FieldDescriptor:
    """`Model.field`: what Django puts in the place of a field on its model."""

    model: ModelClass
    name: str
    field: Any


@dataclass(frozen=True, slots=True)
class ThroughModel:
    """The default through model of a many-to-many field (`User.groups.through`)."""

    owner: ModelClass
    field_name: str
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ModelReference:
    """A model by its label, as `get_user_model()` and `apps.get_model()` give."""

    label: str
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """`Model._meta` of a model class that is not rendered."""

    model: ModelClass | ThroughModel


@dataclass(frozen=True, slots=True)
class SettingsObject:
    """`django.conf.settings`."""


@dataclass(frozen=True, slots=True)
class Registrar:
    """What `pgtrigger.register(*triggers)` returns: called with a model, it registers."""

    triggers: tuple[Any, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Special:
    """A callable that the interpreter itself stands in for.

    Python takes it for one too (`functools.partial` asks), but real code can never call it.
    """

    name: str
    receiver: Any = None

    def __call__(self, *args: object, **kwargs: object) -> Any:
        raise Refusal(Unknown(f"real code calls `{self.name}`"))


@dataclass(frozen=True, slots=True, eq=False)
class Opaque:
    """Something real of a library that no table lists: a class, a function, an object.

    It can be passed about, compared by identity and asked for its name. Whoever calls it, reads
    its text or looks into it is refused, real code too.

    Attributes:
        dotted: What it is called, for messages.
        real: The thing itself. It never leaves here but for `isinstance` and its like.
    """

    dotted: str
    real: Any

    def _refuse(self, *args: object, **kwargs: object) -> Any:
        raise Refusal(Unknown(f"`{self.dotted}` is not evaluated"))

    __call__ = __format__ = __repr__ = __str__ = _refuse

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opaque) and other.real is self.real

    def __hash__(self) -> int:
        return id(self.real)

    def __deepcopy__(self, memo: dict[int, Any]) -> Opaque:
        return self


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the user's code; its real wrapper carries it as `__interpreted__`.

    Attributes:
        defaults: Evaluated defaults of positional parameters, from the right.
        kw_defaults: Evaluated defaults of keyword-only parameters by name.
        owner: Holds the class whose body defines the function, once that class exists.
        private: The class that it stands in.
    """

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    module: Module
    defaults: tuple[Any, ...]
    kw_defaults: dict[str, Any]
    owner: list[Any]
    kind: Literal["plain", "generator", "async"] = "plain"
    private: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """One `register` that happened.

    Attributes:
        model: ModelClass, ThroughModel, ModelReference, or Unknown.
        trigger: A real trigger, or Unknown.
        module: The module whose code made the call.
        span: The call that registers.
        hook: Whether it ran inside a hook (`class_prepared`, `__init_subclass__`, `ready()`).
        provided: Whether a library registers it, for something that the module declares.
        removes: Whether it is `unregister`, which takes back what is registered so far.
    """

    model: Any
    trigger: Any
    module: Module
    span: Span
    hook: bool = False
    provided: bool = False
    removes: bool = False


@dataclass(frozen=True, slots=True)
class Receiver:
    """A function that was connected to `class_prepared`.

    Attributes:
        sender: The only model it is called for, None for all.
        moment: When it was connected: it is called for models prepared after that.
        doubt: Why it may not be called, or not as noted here.
    """

    function: Any
    sender: Any
    module: Module
    span: Span
    moment: Moment
    doubt: Unknown | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a real object was made: the call expression."""

    value: Any
    span: Span
    class_name: str


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
    if isinstance(base, type):
        return list(base.__mro__)
    return [base]


def _contains(items: Sequence[Any], wanted: Any) -> bool:
    return any(item is wanted for item in items)


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
        container = (*container.keys(), *container.values())
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
