"""JSON to values: one function for each type, made from its annotation (`codec.py`)."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin

from pgtrigger_codegen.incremental.codec_types import DecodingError, classes_of, kind_of

Decode = Callable[[Any, "Records"], Any]


class Shape:
    """A class, or a tuple of a fixed size: how its instances are made from their records."""

    def __init__(self, shape: Any, parts: tuple[Any, ...], numbers: Mapping[Any, int]) -> None:
        is_class = isinstance(shape, type)
        self._make: Any = shape if is_class else None
        fields = [part for _, part in parts] if is_class else parts
        self._decoders = [decoder(field, numbers) for field in fields]
        # Most have nothing but texts and numbers, and can be checked at once.
        plain = all(field in (str, int, bool) for field in fields)
        self._plain = [int, *fields] if plain else None

    def made(self, record: list[Any], records: Records) -> Any:
        """The value of a record."""
        if self._plain is not None:
            if [*map(type, record)] != self._plain:
                raise DecodingError("a field is of another type")
            values = record[1:]
        else:
            if len(record) != len(self._decoders) + 1:
                raise DecodingError("there are other fields")
            values = [
                decode(part, records)
                for decode, part in zip(self._decoders, record[1:], strict=True)
            ]
        return tuple(values) if self._make is None else self._make(*values)


class Records:
    """What was decoded so far, each value with the number of its shape."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.shapes: list[int] = []


def decoder(annotation: Any, numbers: Mapping[Any, int]) -> Decode:
    kind, parts = kind_of(annotation)
    match kind:
        case "record" | "tuple":
            return _record_decoder(numbers[annotation])
        case "union":
            return _union_decoder(parts, [decoder(part, numbers) for part in parts])
        case "sequence" | "set":
            (part,) = parts
            items = _decoder_of_all(part, numbers)
            make = tuple if kind == "sequence" else frozenset
            return lambda data, records: make(items(as_list(data), records))
        case "mapping":
            return _mapping_decoder(*(_decoder_of_all(part, numbers) for part in parts))
        case _:
            return _plain_decoder(annotation)


def _plain_decoder(annotation: Any) -> Decode:
    (cls,) = classes_of(annotation)
    allowed = get_args(annotation) if get_origin(annotation) is Literal else None

    def decode(data: Any, records: Records) -> Any:
        if type(data) is not cls or (allowed is not None and data not in allowed):
            raise DecodingError("a value is of another type")
        return data

    return decode


def _record_decoder(shape: int) -> Decode:
    def decode(data: Any, records: Records) -> Any:
        if type(data) is not int or not 0 <= data < len(records.values):
            raise DecodingError("a number of no record")
        if records.shapes[data] != shape:
            raise DecodingError("a record is of another class")
        return records.values[data]

    return decode


def _union_decoder(parts: tuple[Any, ...], inner: list[Decode]) -> Decode:
    with_none = types.NoneType in parts

    def decode(data: Any, records: Records) -> Any:
        if data is None and with_none:
            return None
        if type(data) is not list or len(data) != 2:
            raise DecodingError("a pair is expected")
        place, content = data
        if type(place) is not int or not 0 <= place < len(inner):
            raise DecodingError("no alternative of a union")
        return inner[place](content, records)

    return decode


def _mapping_decoder(names: Decode, values: Decode) -> Decode:
    def decode(data: Any, records: Records) -> Any:
        flat = as_list(data)
        if len(flat) % 2:
            raise DecodingError("a name without a value")
        return dict(zip(names(flat[::2], records), values(flat[1::2], records), strict=True))

    return decode


def _decoder_of_all(annotation: Any, numbers: Mapping[Any, int]) -> Decode:
    """For a list of values of one type; there are tens of thousands of names and columns."""
    one = decoder(annotation, numbers)
    match kind_of(annotation)[0]:
        case "record" | "tuple":
            return _records_decoder(numbers[annotation])
        case "plain":
            return _plain_values_decoder(annotation)
    return lambda data, records: [one(item, records) for item in data]


def _records_decoder(shape: int) -> Decode:
    def decode(data: Any, records: Records) -> Any:
        values, shapes = records.values, records.shapes
        size = len(values)
        for number in data:
            if type(number) is not int or not 0 <= number < size:
                raise DecodingError("a number of no record")
            if shapes[number] != shape:
                raise DecodingError("a record is of another class")
        return [values[number] for number in data]

    return decode


def _plain_values_decoder(annotation: Any) -> Decode:
    (cls,) = classes_of(annotation)

    def decode(data: Any, records: Records) -> Any:
        if not {cls}.issuperset(map(type, data)):
            raise DecodingError("a value is of another type")
        return data

    return decode


def as_list(data: Any, size: int | None = None) -> list[Any]:
    if type(data) is not list or (size is not None and len(data) != size):
        raise DecodingError("a list is expected")
    return data
