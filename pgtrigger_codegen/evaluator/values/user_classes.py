"""Classes of the user's code that derive from nothing but each other: values of ours.

What such a class binds stands in its namespace, and only the rules of the interpreter look there.
Python has a face of it: a type that is called and derives as the class does, and binds none of its
names but those that Python itself asks for (`__eq__`, `__len__`, a property that is assigned to).
Objects of the class are objects of its face: so operators, containers and `isinstance` of Python
find what they look for, and every call of it comes back to the interpreter. Real code that reads
attributes opens the face: it binds all names from then on.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.source.module import Module

FACE = "__face_of__"
"""In the `__dict__` of a face: the class that it is the face of."""


class Class:
    """A class of the user's, whose bases are such classes as well.

    Attributes:
        face: The type that Python has of it.
        namespace: What its body bound, or was set on it since.
        made: Names that real code has set on the face (`dataclass`): only Python can read them.
        given: What the face binds for names of the namespace.
        is_open: Whether the face binds all of them.
        open: Opens the face.
    """

    __slots__ = (
        "__weakref__",
        "_mro",
        "face",
        "given",
        "is_open",
        "made",
        "module",
        "namespace",
        "node",
        "open",
    )

    def __init__(
        self,
        namespace: dict[str, Any],
        module: Module,
        node: ast.ClassDef,
        open_: Callable[[], Any],
    ) -> None:
        self.namespace = namespace
        self.module = module
        self.node = node
        self.open = open_
        self.given: dict[str, Any] = {}
        self.made: set[str] = set()
        self.is_open = False
        self.face: type = object
        self._mro: tuple[Any, ...] = ()

    @property
    def mro(self) -> tuple[Any, ...]:
        """The class and its bases, in the order of attribute look-up."""
        if not self._mro:
            self._mro = tuple(map(class_behind, self.face.__mro__))
        return self._mro

    def opened(self) -> type:
        """The face for real code, which may read any attribute of it."""
        if not self.is_open:
            self.open()
        return self.face

    def __getattr__(self, name: str) -> Any:
        """What real code reads of a class that it was not handed, but found among others."""
        return getattr(self.opened(), name)

    def __call__(self, *args: object, **kwargs: object) -> Any:
        name = self.face.__name__
        raise Refusal(Unknown(f"real code calls `{name}`, which was not handed to it"))

    def __eq__(self, other: object) -> bool:
        """Whatever real code holds, a class is equal to its face."""
        return other is self or other is self.face

    def __hash__(self) -> int:
        return hash(self.face)

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, self.face)

    def __subclasscheck__(self, cls: type) -> bool:
        return issubclass(as_type(cls), self.face)

    def __copy__(self) -> Class:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Class:
        return self

    def __repr__(self) -> str:
        return repr(self.face)


# Messages of Python's name the class of a value: to the user this is what Python calls it.
Class.__name__ = Class.__qualname__ = "type"


def class_behind(cls: Any) -> Any:
    """The class of the user's whose face a type is; else the type."""
    found = vars(cls).get(FACE)
    return found if found is not None and found.face is cls else cls


def has_face(kind: type) -> bool:
    """Whether the type of an object is the face of a class of the user's."""
    found = vars(kind).get(FACE)
    return found is not None and found.face is kind


def as_type(value: Any) -> Any:
    """The face of a class of the user's, for a question of Python's own; else the value."""
    return value.face if type(value) is Class else value


def opened(value: Any) -> Any:
    """The open face of a class of the user's, for real code, in a tuple too; else the value."""
    if type(value) is tuple:
        return tuple(map(opened, value))
    return value.opened() if type(value) is Class else value
