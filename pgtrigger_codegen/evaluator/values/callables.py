"""What can be called: the user's functions, stand-ins for callables, and what is not listed."""

from __future__ import annotations

import ast
import types
from typing import Any, Literal

from msgspec import Struct

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
        return id(self.real)

    def __deepcopy__(self, memo: dict[int, Any]) -> Opaque:
        return self


class Function(Struct, frozen=True):
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


def interpreted(value: Any) -> Function | None:
    """The user's function behind a real wrapper."""
    if isinstance(value, types.MethodType):
        value = value.__func__
    if type(value) is not types.FunctionType:
        return None
    found = vars(value).get("__interpreted__")
    return found if isinstance(found, Function) else None
