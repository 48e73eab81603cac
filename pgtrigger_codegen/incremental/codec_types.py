"""Which types travel as JSON (`codec.py`): what kind each annotation is, and what it is made of."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from pgtrigger_codegen.confinement import wall


class DecodingError(Exception):
    """The data is not what `Codec.encode` gives."""


class EncodingError(Exception):
    """A value is not of the type that it is declared to have."""


def evaluated_annotations(of: Any) -> dict[str, Any]:
    """The annotations of a class or function of ours, evaluated: they are texts until then."""
    with wall.trusted():
        return get_type_hints(of)


def collect(annotation: Any, shapes: dict[Any, tuple[Any, ...]]) -> None:
    """Finds the classes and tuples that an annotation leads to."""
    kind, parts = kind_of(annotation)
    if kind == "record":
        if annotation in shapes:
            return
        shapes[annotation] = ()  # a class may lead to itself
        shapes[annotation] = parts = fields_of(annotation)
        parts = tuple(part for _, part in parts)
    elif kind == "tuple":
        shapes[annotation] = parts
    for part in parts:
        collect(part, shapes)


def kind_of(annotation: Any) -> tuple[str, tuple[Any, ...]]:
    """What kind of type an annotation stands for, and the types that it is made of."""
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation is None or annotation in _PLAIN:
        return "plain", ()
    if origin in (Union, types.UnionType):
        return "union", args
    if origin is Literal and all(type(value) is str for value in args):
        return "literal", ()
    if origin is tuple:
        return ("sequence", args[:1]) if args[1:] == (...,) else ("tuple", args)
    for kind, origins in _GENERICS.items():
        if origin in origins:
            return kind, args
    if isinstance(annotation, type) and (
        issubclass(annotation, Struct) or hasattr(annotation, "_fields")
    ):
        return "record", ()
    raise TypeError(f"{annotation!r} does not travel")


def is_plain(annotation: Any) -> bool:
    kind, parts = kind_of(annotation)
    return kind in ("plain", "literal") or (kind == "union" and all(map(is_plain, parts)))


def fields_of(cls: type) -> tuple[tuple[str, Any], ...]:
    hints = evaluated_annotations(cls)
    if hasattr(cls, "__post_init__"):
        raise TypeError(f"{cls!r} is more than its fields")
    names: tuple[str, ...] = (
        cls.__struct_fields__ if issubclass(cls, Struct) else cls._fields  # type: ignore[attr-defined]  # a named tuple's
    )
    return tuple((name, hints[name]) for name in names)


def classes_of(annotation: Any) -> tuple[type, ...]:
    """The classes of the values that a type without alternatives stands for."""
    kind, _ = kind_of(annotation)
    if kind in ("plain", "record"):
        return (types.NoneType if annotation is None else annotation,)
    return {
        "literal": (str,),
        "tuple": (tuple,),
        "sequence": (tuple, list),
        "set": (frozenset, set),
        "mapping": (dict,),
    }[kind]


_PLAIN = (str, int, bool, float, types.NoneType)
_GENERICS: dict[str, tuple[Any, ...]] = {
    "sequence": (Sequence,),
    "set": (frozenset, set),
    "mapping": (dict, Mapping),
}
