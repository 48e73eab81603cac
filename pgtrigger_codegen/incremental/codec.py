"""Facts as JSON and back: a format that cannot name a class, and values checked against types.

The classes that travel are those that the annotations of a `Codec`'s type lead to, and no others.
They are known before anything is decoded: the data only numbers them. An instance of a data class
is a record, written once with its fields in order, and whoever refers to it gives its number. So is
a tuple of a fixed size, such as the key of a migration. A number always points back, so nothing can
be cyclic or nested deeply.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NoReturn, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from pgtrigger_codegen.confinement import wall


class DecodingError(Exception):
    """The data is not what `Codec.encode` gives."""


class EncodingError(Exception):
    """A value is not of the type that it is declared to have."""


Encode = Callable[[Any, "_Writer"], Any]
Decode = Callable[[Any, "_Records"], Any]


class Codec:
    """Encodes and decodes values of one type, and of all classes that its annotations name.

    Args:
        of: A type as annotations have it: plain values, tuples, sets, mappings, unions, literals,
            data classes and named tuples.

    Attributes:
        classes: Those that travel.

    Raises:
        TypeError: Of an annotation that is none of these, such as `Any` or `object`.
    """

    def __init__(self, of: Any) -> None:
        shapes: dict[Any, tuple[Any, ...]] = {}
        _collect(of, shapes)
        self.classes = frozenset(shape for shape in shapes if isinstance(shape, type))
        numbers = {shape: number for number, shape in enumerate(shapes)}
        self._shapes = [_Shape(shape, parts, numbers) for shape, parts in shapes.items()]
        self._encode = _encoder(of, numbers)
        self._decode = _decoder(of, numbers)

    def encode(self, value: Any) -> bytes:
        """The value as JSON.

        Raises:
            EncodingError: Some part of it has another type than is declared.
        """
        writer = _Writer(self._shapes)
        root = self._encode(value, writer)
        return json.dumps([writer.records, root], separators=(",", ":")).encode()

    def decode(self, data: bytes) -> Any:
        """The value.

        Raises:
            DecodingError: The data is not what `encode` gives for a value of the type.
        """
        try:
            content = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise DecodingError(str(error)) from error
        written, root = _list(content, 2)
        records = _Records()
        for record in _list(written):
            number = _list(record)[0] if record else None
            if type(number) is not int or not 0 <= number < len(self._shapes):
                raise DecodingError("a record of no class")
            records.values.append(self._shapes[number].made(record, records))
            records.shapes.append(number)
        return self._decode(root, records)


def evaluated_annotations(of: Any) -> dict[str, Any]:
    """The annotations of a class or function of ours, evaluated: they are texts until then."""
    with wall.trusted():
        return get_type_hints(of)


class _Shape:
    """A class, or a tuple of a fixed size: how its instances are written and made."""

    def __init__(self, shape: Any, parts: tuple[Any, ...], numbers: Mapping[Any, int]) -> None:
        self._is_class = isinstance(shape, type)
        self._make: Any = shape if self._is_class else None
        fields = [part for _, part in parts] if self._is_class else parts
        # Equal tuples are one: most are keys that occur all over a history.
        self.by_value = (not self._is_class or issubclass(shape, tuple)) and all(
            map(_is_plain, fields)
        )
        self._names = [name for name, _ in parts] if self._is_class else []
        self._number = numbers[shape]
        self._encoders = [_encoder(field, numbers) for field in fields]
        self._decoders = [_decoder(field, numbers) for field in fields]
        # Most have nothing but texts and numbers, and can be checked at once.
        plain = all(field in (str, int, bool) for field in fields)
        self._plain = [int, *fields] if plain else None

    def written(self, value: Any, writer: _Writer) -> list[Any]:
        """The record of a value."""
        values = [getattr(value, name) for name in self._names] if self._is_class else value
        if len(values) != len(self._encoders):
            _refuse(value, self._make)
        parts = [encode(part, writer) for encode, part in zip(self._encoders, values, strict=True)]
        return [self._number, *parts]

    def made(self, record: list[Any], records: _Records) -> Any:
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
        return self._make(*values) if self._is_class else tuple(values)


class _Records:
    """What was decoded so far, each value with the number of its shape."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.shapes: list[int] = []


class _Writer:
    """The records of one value, each object with its number."""

    def __init__(self, shapes: Sequence[_Shape]) -> None:
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


_PLAIN = (str, int, bool, float, types.NoneType)


def _collect(annotation: Any, shapes: dict[Any, tuple[Any, ...]]) -> None:
    """Finds the classes and tuples that an annotation leads to."""
    kind, parts = _kind(annotation)
    if kind == "record":
        if annotation in shapes:
            return
        shapes[annotation] = ()  # a class may lead to itself
        shapes[annotation] = parts = _fields(annotation)
        parts = tuple(part for _, part in parts)
    elif kind == "tuple":
        shapes[annotation] = parts
    for part in parts:
        _collect(part, shapes)


def _kind(annotation: Any) -> tuple[str, tuple[Any, ...]]:
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


_GENERICS: dict[str, tuple[Any, ...]] = {
    "sequence": (Sequence,),
    "set": (frozenset, set),
    "mapping": (dict, Mapping),
}


def _is_plain(annotation: Any) -> bool:
    kind, parts = _kind(annotation)
    return kind in ("plain", "literal") or (kind == "union" and all(map(_is_plain, parts)))


def _fields(cls: type) -> tuple[tuple[str, Any], ...]:
    hints = evaluated_annotations(cls)
    if hasattr(cls, "__post_init__"):
        raise TypeError(f"{cls!r} is more than its fields")
    names: tuple[str, ...] = (
        cls.__struct_fields__ if issubclass(cls, Struct) else cls._fields  # type: ignore[attr-defined]  # a named tuple's
    )
    return tuple((name, hints[name]) for name in names)


def _classes(annotation: Any) -> tuple[type, ...]:
    """The classes of the values that a type without alternatives stands for."""
    kind, _ = _kind(annotation)
    if kind in ("plain", "record"):
        return (types.NoneType if annotation is None else annotation,)
    return {
        "literal": (str,),
        "tuple": (tuple,),
        "sequence": (tuple, list),
        "set": (frozenset, set),
        "mapping": (dict,),
    }[kind]


def _encoder(annotation: Any, numbers: Mapping[Any, int]) -> Encode:
    kind, parts = _kind(annotation)
    if kind == "union":
        return _union_encoder(parts, numbers)
    classes = _classes(annotation)
    allowed = get_args(annotation) if kind == "literal" else None

    def checked(value: Any, writer: _Writer) -> Any:
        if type(value) not in classes or (allowed is not None and value not in allowed):
            _refuse(value, annotation)
        return encode(value, writer)

    encode: Encode
    inner = [] if kind in ("record", "tuple") else [_encoder(part, numbers) for part in parts]
    match kind:
        case "record" | "tuple":
            number = numbers[annotation]
            encode = lambda value, writer: writer.number(value, number)  # noqa: E731
        case "sequence":
            encode = lambda value, writer: [inner[0](one, writer) for one in value]  # noqa: E731
        case "set":
            encode = lambda value, writer: [  # noqa: E731
                inner[0](one, writer) for one in sorted(value, key=repr)
            ]
        case "mapping":
            encode = lambda value, writer: [  # noqa: E731
                part
                for name, item in value.items()
                for part in (inner[0](name, writer), inner[1](item, writer))
            ]
        case _:
            encode = lambda value, writer: value  # noqa: E731
    return checked


def _union_encoder(parts: tuple[Any, ...], numbers: Mapping[Any, int]) -> Encode:
    """None stands for itself; any other value comes with the number of its alternative."""
    inner = [_encoder(part, numbers) for part in parts]
    places = {cls: place for place, part in enumerate(parts) for cls in _classes(part)}

    def encode(value: Any, writer: _Writer) -> Any:
        place = places.get(type(value))
        if place is None:
            _refuse(value, parts)
        return None if value is None else [place, inner[place](value, writer)]

    return encode


def _decoder(annotation: Any, numbers: Mapping[Any, int]) -> Decode:
    kind, parts = _kind(annotation)
    if kind in ("record", "tuple"):
        return _record_decoder(numbers[annotation])
    inner = [_decoder(part, numbers) for part in parts]
    match kind:
        case "union":
            return _union_decoder(parts, inner)
        case "sequence":
            return lambda data, records: tuple([inner[0](one, records) for one in _list(data)])
        case "set":
            return lambda data, records: frozenset([inner[0](one, records) for one in _list(data)])
        case "mapping":
            return _mapping_decoder(*inner)
        case _:
            return _plain_decoder(annotation)


def _plain_decoder(annotation: Any) -> Decode:
    (cls,) = _classes(annotation)
    allowed = get_args(annotation) if get_origin(annotation) is Literal else None

    def decode(data: Any, records: _Records) -> Any:
        if type(data) is not cls or (allowed is not None and data not in allowed):
            raise DecodingError("a value is of another type")
        return data

    return decode


def _record_decoder(shape: int) -> Decode:
    def decode(data: Any, records: _Records) -> Any:
        if type(data) is not int or not 0 <= data < len(records.values):
            raise DecodingError("a number of no record")
        if records.shapes[data] != shape:
            raise DecodingError("a record is of another class")
        return records.values[data]

    return decode


def _union_decoder(parts: tuple[Any, ...], inner: list[Decode]) -> Decode:
    with_none = types.NoneType in parts

    def decode(data: Any, records: _Records) -> Any:
        if data is None and with_none:
            return None
        place, content = _list(data, 2)
        if type(place) is not int or not 0 <= place < len(inner):
            raise DecodingError("no alternative of a union")
        return inner[place](content, records)

    return decode


def _mapping_decoder(key: Decode, item: Decode) -> Decode:
    def decode(data: Any, records: _Records) -> Any:
        flat = _list(data)
        if len(flat) % 2:
            raise DecodingError("a name without a value")
        names = [key(name, records) for name in flat[::2]]
        return dict(zip(names, [item(one, records) for one in flat[1::2]], strict=True))

    return decode


def _refuse(value: Any, annotation: Any) -> NoReturn:
    raise EncodingError(f"a {type(value).__name__} in the place of {annotation}")


def _list(data: Any, size: int | None = None) -> list[Any]:
    if type(data) is not list or (size is not None and len(data) != size):
        raise DecodingError("a list is expected")
    return data
