"""Callable values: the user's functions, stand-ins for callables, and unlisted ones."""

from __future__ import annotations

import ast
import types
from collections.abc import Generator
from typing import Any, cast

from msgspec import Struct, field

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.source.module import Module


class Special(Struct, frozen=True):
    """A callable that the interpreter itself stands in for.

    Python takes it for one too (`functools.partial` asks), but real code can never call it.
    """

    name: str
    receiver: Any = None

    def __call__(self, *args: object, **kwargs: object) -> Any:
        raise Refusal(Unknown(f"real code calls `{self.name}`"))


class Opaque(Struct, frozen=True, eq=False):
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
        return identity(self.real)

    def __deepcopy__(self, memo: dict[int, Any]) -> Opaque:
        return self


class Function(Struct, eq=False):
    """A function of the user's code: a value of ours, which real code can neither call nor enter.

    It binds as Python's functions do. What real code is given in its place is made by the membrane
    (`real`), and every call of that comes back to the interpreter.

    Attributes:
        defaults: Evaluated defaults of positional parameters, from the right.
        kw_defaults: Evaluated defaults of keyword-only parameters by name.
        owner: Holds the class whose body defines the function, once that class exists.
        private: The class that it stands in.
        manages: Whether a call gives what a `with` statement enters (`contextlib.contextmanager`).
        dunders: `__name__`, `__qualname__`, `__module__` and `__doc__`, as the user's code sees.
        names: What the user's code has set on it besides.
        real: What real code has of it, once real code was given it.
    """

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    module: Module
    defaults: tuple[Any, ...]
    kw_defaults: dict[str, Any]
    owner: list[Any]
    dunders: dict[str, Any]
    private: str = ""
    manages: bool = False
    names: dict[str, Any] = field(default_factory=dict)
    real: Any = None  # a checker would bind a function that it knows as such

    def __get__(self, instance: object, owner: type | None = None) -> Function | BoundMethod:
        return self if instance is None else BoundMethod(self, instance)

    def __call__(self, *args: object, **kwargs: object) -> Any:
        raise Refusal(Unknown(f"real code calls `{self.name}`, which was not handed to it"))

    def __copy__(self) -> Function:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Function:
        return self

    def __repr__(self) -> str:
        return f"<the function {self.name}>"


class BoundMethod(Struct, frozen=True, eq=False):
    """A function of the user's code with its first argument."""

    function: Any  # as above
    receiver: Any

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return self.function(*args, **kwargs)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, BoundMethod)
            and other.function is self.function
            and other.receiver is self.receiver
        )

    def __hash__(self) -> int:
        return hash((identity(self.function), identity(self.receiver)))

    def __deepcopy__(self, memo: dict[int, Any]) -> BoundMethod:
        return self


class ContextManager(Struct, frozen=True, eq=False):
    """What a call of a function that `contextlib.contextmanager` decorates gives.

    Attributes:
        generator: Has not begun; what it yields is what `with` binds.
    """

    name: str
    generator: Generator[Any, Any, Any]


# Messages of Python's name the class of a value: to the user these are what Python calls them.
Function.__name__ = Function.__qualname__ = "function"
BoundMethod.__name__ = BoundMethod.__qualname__ = "method"

USER_FUNCTIONS = (Function, BoundMethod)
BEHIND = "__behind__"
"""In the `__dict__` of what real code was given: what it was made for."""


def bound_to(function: Any) -> tuple[Any, ...]:
    """The first argument of a bound method."""
    if type(function) is BoundMethod:
        return (function.receiver,)
    return (function.__self__,) if isinstance(function, types.MethodType) else ()


def interpreted(value: Any) -> Function | None:
    """The user's function: as it is, bound, or as real code has it."""
    kind = type(value)
    if kind is Function:
        return cast("Function", value)
    if kind is BoundMethod:
        return cast("Function", value.function)
    if kind is types.MethodType:
        value = value.__func__
        kind = type(value)
    if kind is not types.FunctionType:
        return None
    found = vars(value).get(BEHIND)
    return found if type(found) is Function else None
