"""Faces: what Python and real code have of the user's classes.

A face binds at first only what Python looks for on a type without asking for attributes: its own
names, and descriptors that are assigned to. It is opened where real code may read attributes: as a
base of a library's class, as an argument, or when an attribute of an object is asked for.

`__del__` is never bound: Python would call it at a time of its own.
"""

from __future__ import annotations

import ast
import functools
from typing import Any

from pgtrigger_codegen.evaluator.library.lookup import MARK
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects import access
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.evaluator.values.user_classes import FACE, Class, class_behind, has_face
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

_NEVER = frozenset({"__del__", "__dict__", "__weakref__"})
# Python's own names that are only asked for with the class itself at hand, which the rules do.
_NOT_AT_FIRST = frozenset(
    """
    __annotations__ __class_getitem__ __doc__ __getattr__ __init_subclass__ __match_args__
    __module__
    """.split()
)
# To set these on a type changes the type. A body that binds them gives them to its objects.
_OF_TYPES = frozenset(
    name for name, value in vars(type).items() if hasattr(type(value), "__set__")
) - {"__annotations__", "__doc__", "__module__"}
_HIDDEN = frozenset({FACE, MARK, "__dict__", "__getattr__", "__weakref__"})


def make_class(
    vm: Machine,
    name: str,
    qualname: str,
    bases: tuple[Any, ...],
    namespace: dict[str, Any],
    module: Module,
    node: ast.ClassDef,
    span: Span,
) -> Any:
    """A class of the user's with its face, without the hooks that Python calls for a new class.

    Returns:
        `Unknown` where Python makes no such class, or real code must not be given a name of it.
    """
    cls = Class(namespace, module, node, lambda: None)
    cls.open = functools.partial(_open, vm, cls, span)
    faces = tuple(base.face if type(base) is Class else base for base in bases)
    made = vm.attempt(span, _make_face, vm, cls, name, qualname, faces, span)
    if isinstance(made, Unknown):
        cls.is_open = True  # nobody has it: nor shall it be opened with its bases
        return made
    return cls


def _make_face(
    vm: Machine, cls: Class, name: str, qualname: str, bases: tuple[type, ...], span: Span
) -> None:
    names: dict[str, Any] = {
        "__module__": cls.namespace["__module__"],
        "__qualname__": qualname,
        "__doc__": cls.namespace["__doc__"],
        MARK: True,
        FACE: cls,
        "__getattr__": _open_and_ask_again,
    }
    for bound in _OF_TYPES & cls.namespace.keys():
        names[bound] = cls.given[bound] = _member(vm, bound, cls.namespace[bound], span)
    cls.face = type(name, bases, names)
    for bound, value in cls.namespace.items():
        if bound not in cls.given and _is_asked_for(bound, value):
            _put(vm, cls, bound, value, span)
    if any(type(base) is Class and base.is_open for base in map(class_behind, bases)):
        cls.open()


def bind(
    vm: Machine, cls: Class, name: str, value: Any, span: Span, *, real_code_reads: bool = False
) -> None:
    """`cls.name = value`.

    Raises:
        Refusal: Real code must not be given the value.
    """
    if name in _OF_TYPES:
        setattr(cls.face, name, value)
        return
    if cls.is_open or _is_asked_for(name, value) or name in cls.given:
        _put(vm, cls, name, value, span, real_code_reads=real_code_reads)
    elif name in ("__doc__", "__module__"):
        setattr(cls.face, name, value)
    cls.namespace[name] = value
    cls.made.discard(name)


def unbind(cls: Class, name: str) -> None:
    """`del cls.name`.

    Raises:
        AttributeError: The class does not bind the name.
    """
    if name not in cls.namespace:
        raise AttributeError(f"type object '{cls.face.__name__}' has no attribute '{name}'")
    if name in cls.given:
        type.__delattr__(cls.face, name)
        del cls.given[name]
    del cls.namespace[name]
    cls.made.discard(name)


def absorb(cls: Class) -> None:
    """What real code has set on an open face, or deleted, is the class's as well."""
    names = vars(cls.face)
    for name in [name for name in cls.given if name not in names]:
        del cls.given[name]
        cls.namespace.pop(name, None)
    for name, value in list(names.items()):
        if name in _HIDDEN and name not in cls.given:
            continue
        if name not in cls.given or cls.given[name] is not value:
            cls.given[name] = cls.namespace[name] = value
            cls.made.add(name)


def _open(vm: Machine, cls: Class, span: Span) -> None:
    for base in cls.mro[1:]:
        if type(base) is Class and not base.is_open:
            base.open()
    if cls.is_open:
        return
    cls.is_open = True
    type.__delattr__(cls.face, "__getattr__")
    for name, value in cls.namespace.items():
        if name not in cls.given:
            _put(vm, cls, name, value, span)
    # Else Python would find in a base that is open what a class below binds anew.
    below: list[type] = type.__subclasses__(cls.face)
    for face in below:
        if has_face(face):
            class_behind(face).opened()


def _open_and_ask_again(self: Any, name: str) -> Any:
    for base in type(self).__mro__:
        if (cls := vars(base).get(FACE)) is not None:
            cls.opened()
    return getattr(self, name)


def _is_asked_for(name: str, value: Any) -> bool:
    """Whether Python finds a name on the type of an object, and nobody reads it as an attribute."""
    kind = type(value)
    if hasattr(kind, "__set__") or hasattr(kind, "__delete__"):
        return True
    return access.is_dunder(name) and name not in _NOT_AT_FIRST


def _put(
    vm: Machine, cls: Class, name: str, value: Any, span: Span, *, real_code_reads: bool = False
) -> None:
    if name in _NEVER:
        return
    made = _member(vm, name, value, span, real_code_reads=real_code_reads)
    cls.given[name] = made
    type.__setattr__(cls.face, name, made)


def _member(
    vm: Machine, name: str, value: Any, span: Span, *, real_code_reads: bool = False
) -> Any:
    made = access.member(vm, name, value, span, real_code_reads=real_code_reads)
    if name == "__init_subclass__" and isinstance(made, classmethod):
        return classmethod(_but_for_faces(made.__func__))
    return made


def _but_for_faces(function: Any) -> Any:
    """A hook for new classes that Python calls for those of real code alone."""

    @functools.wraps(function)
    def hook(cls: type, **keywords: Any) -> Any:
        return None if FACE in vars(cls) else function(cls, **keywords)

    return hook
