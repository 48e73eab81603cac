"""Values to JSON: one function for each type, made from its annotation (`codec.py`)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, get_args

from pgtrigger_codegen.incremental.codec_types import (
    EncodingError,
    classes_of,
    is_plain,
    kind_of,
)

Encode = Callable[[Any, "Writer"], Any]


class Shape:
    """A class, or a tuple of a fixed size: how its instances are written."""

    def __init__(self, shape: Any, parts: tuple[Any, ...], numbers: Mapping[Any, int]) -> None:
        self._shape = shape
        is_class = isinstance(shape, type)
        fields = [part for _, part in parts] if is_class else parts
        # Equal tuples are one: most are keys that occur all over a history.
        self.by_value = (not is_class or issubclass(shape, tuple)) and all(map(is_plain, fields))
        self._values = _values_of([name for name, _ in parts]) if is_class else tuple
        self._number = numbers[shape]
        self._encoders = [encoder(field, numbers) for field in fields]
        # Most have nothing but texts and numbers, and can be checked at once.
        plain = all(field in (str, int, bool) for field in fields)
        self._plain = [int, *fields] if plain else None

    def written(self, value: Any, writer: Writer) -> list[Any]:
        """The record of a value."""
        values = self._values(value)
        if len(values) != len(self._encoders):
            _refuse(value, self._shape)
        record = [self._number]
        if self._plain is not None:
            record += values
            if [*map(type, record)] != self._plain:
                _refuse(value, self._shape)
            return record
        for encode, part in zip(self._encoders, values, strict=True):
            record.append(encode(part, writer))
        return record


def _values_of(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Gives the values of attributes, in order."""
    if len(names) > 1:
        return operator.attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


class Writer:
    """The records of one value, each object with its number.

    Args:
        shapes: By number.
    """

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.records: list[list[Any]] = []
        self._shapes = shapes
        self._seen: dict[int, tuple[int, Any]] = {}
        self._equal: dict[tuple[int, Any], int] = {}

    def number(self, value: Any, shape: int) -> int:
        """The number of a value, which is written when it is met first."""
        if self._shapes[shape].by_value:
            if (known := self._equal.get((shape, value))) is None:
                known = self._equal[shape, value] = self._write(value, shape)
            return known
        if (seen := self._seen.get(id(value))) is None:
            # Kept with the object, so that no other gets its id.
            seen = self._seen[id(value)] = (self._write(value, shape), value)
        return seen[0]

    def _write(self, value: Any, shape: int) -> int:
        self.records.append(self._shapes[shape].written(value, self))
        return len(self.records) - 1


def encoder(annotation: Any, numbers: Mapping[Any, int]) -> Encode:
    kind, parts = kind_of(annotation)
    if kind == "union":
        return _union_encoder(parts, numbers)
    if kind == "plain":
        return _plain_encoder(annotation)
    classes = classes_of(annotation)
    encode = _encoder_of_class(annotation, numbers)

    def checked(value: Any, writer: Writer) -> Any:
        if type(value) not in classes:
            _refuse(value, annotation)
        return encode(value, writer)

    return checked


def _plain_encoder(annotation: Any) -> Encode:
    (cls,) = classes_of(annotation)

    def encode(value: Any, writer: Writer) -> Any:
        if type(value) is not cls:
            _refuse(value, annotation)
        return value

    return encode


def _encoder_of_class(annotation: Any, numbers: Mapping[Any, int]) -> Encode:
    """For a type without alternatives, and values that are of its class."""
    kind, parts = kind_of(annotation)
    if kind in ("record", "tuple"):
        number = numbers[annotation]
        return lambda value, writer: writer.number(value, number)
    inner = [encoder(part, numbers) for part in parts]
    match kind:
        case "sequence":
            (item,) = inner
            return lambda value, writer: [item(one, writer) for one in value]
        case "set":
            (item,) = inner
            return lambda value, writer: [item(one, writer) for one in sorted(value, key=repr)]
        case "mapping":
            key, item = inner
            return lambda value, writer: [
                part
                for name, one in value.items()
                for part in (key(name, writer), item(one, writer))
            ]
        case "literal":
            return _literal_encoder(annotation)
    return lambda value, writer: value


def _literal_encoder(annotation: Any) -> Encode:
    allowed = get_args(annotation)

    def encode(value: Any, writer: Writer) -> Any:
        if value not in allowed:
            _refuse(value, annotation)
        return value

    return encode


def _union_encoder(parts: tuple[Any, ...], numbers: Mapping[Any, int]) -> Encode:
    """None stands for itself; any other value comes with the number of its alternative."""
    inner = [_encoder_of_class(part, numbers) for part in parts]
    places = {cls: place for place, part in enumerate(parts) for cls in classes_of(part)}

    def encode(value: Any, writer: Writer) -> Any:
        place = places.get(type(value))
        if place is None:
            _refuse(value, parts)
        return None if value is None else [place, inner[place](value, writer)]

    return encode


def _refuse(value: Any, annotation: Any) -> NoReturn:
    raise EncodingError(f"a {type(value).__name__} in the place of {annotation}")
