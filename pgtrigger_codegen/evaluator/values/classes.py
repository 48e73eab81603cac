"""Questions about classes, one answer for real ones, the user's own and model classes.

None of them asks a metaclass, runs a descriptor or looks into an object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.user_classes import FACE, Class, class_behind

MISSING = object()
_OURS = (ModelClass, Class)  # a union would be made anew each time


def is_class(value: Any) -> bool:
    """Whether a value is a class, a real one or the user's; a model class is not."""
    return isinstance(value, type) or type(value) is Class


def mro_of(cls: Any) -> Sequence[Any]:
    """The class and its bases, in the order of attribute look-up; nothing of what is no class."""
    kind = type(cls)
    if kind is ModelClass:
        found: Sequence[Any] = cls.mro()
        return found
    if kind is Class:
        return cls.mro  # type: ignore[no-any-return]
    return tuple(map(class_behind, cls.__mro__)) if isinstance(cls, type) else ()


def own_names(cls: Any) -> Mapping[str, Any]:
    """What the body of a class bound, or was set on it since; nothing of what is no class."""
    if isinstance(cls, _OURS):
        found_names: Mapping[str, Any] = cls.namespace
        return found_names
    if not isinstance(cls, type):
        return {}
    names = vars(cls)
    if FACE in names and (found := names[FACE]).face is cls:
        return found.namespace  # type: ignore[no-any-return]
    return names


def set_name(cls: Any, name: str, value: Any) -> None:
    """Binds a name in a class as it is: nobody is asked, and nothing is made of the value."""
    if isinstance(cls, _OURS):
        cls.namespace[name] = value
    if type(cls) is Class and cls.is_open:
        cls.given[name] = value
        cls = cls.face
    if isinstance(cls, type):
        type.__setattr__(cls, name, value)


def find_binding(cls: Any, name: str) -> tuple[Any, Any] | None:
    """What a class or its bases bind to a name, as it is bound, and the one that does."""
    bases = cls.mro() if isinstance(cls, ModelClass) else cls.mro if type(cls) is Class else None
    if bases is None:
        bases = cls.__mro__ if isinstance(cls, type) else ()
    for base in bases:
        names = own_names(base)
        if name in names:
            return names[name], base
    return None


def find_attribute(cls: Any, name: str) -> Any:
    """What a class or its bases bind to a name, as it is bound; `MISSING` if none does."""
    found = find_binding(cls, name)
    return MISSING if found is None else found[0]
