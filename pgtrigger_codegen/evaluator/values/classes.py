"""Questions about classes, one answer for real ones and for model classes.

None of them asks a metaclass, runs a descriptor or looks into an object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pgtrigger_codegen.evaluator.values.models import ModelClass

MISSING = object()


def mro_of(cls: Any) -> Sequence[Any]:
    """The class and its bases, in the order of attribute look-up; nothing of what is no class."""
    if isinstance(cls, ModelClass):
        return cls.mro()
    return cls.__mro__ if isinstance(cls, type) else ()


def own_names(cls: Any) -> Mapping[str, Any]:
    """What the body of a class bound, or was set on it since; nothing of what is no class."""
    if isinstance(cls, ModelClass):
        return cls.namespace
    return vars(cls) if isinstance(cls, type) else {}


def set_name(cls: Any, name: str, value: Any) -> None:
    """Binds a name in a class as it is: nobody is asked, and nothing is made of the value."""
    if isinstance(cls, ModelClass):
        cls.namespace[name] = value
    else:
        type.__setattr__(cls, name, value)


def find_attribute(cls: Any, name: str) -> Any:
    """What a class or its bases bind to a name, as it is bound; `MISSING` if none does."""
    for base in mro_of(cls):
        names = own_names(base)
        if name in names:
            return names[name]
    return MISSING
