"""Facts as JSON and back: a format that cannot name a class, and values checked against types.

The classes that travel are those that the annotations of a `Codec`'s type lead to, and no others.
They are known before anything is decoded: the data only numbers them. An instance of a data class
is a record, written once with its fields in order, and whoever refers to it gives its number. So is
a tuple of a fixed size, such as the key of a migration. A number always points back, so nothing can
be cyclic or nested deeply.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from pgtrigger_codegen.incremental import codec_reading, codec_writing
from pgtrigger_codegen.incremental.codec_reading import Records, as_list, decoder
from pgtrigger_codegen.incremental.codec_types import DecodingError, EncodingError, collect
from pgtrigger_codegen.incremental.codec_writing import Writer, encoder


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
        collect(of, shapes)
        self.classes = frozenset(shape for shape in shapes if isinstance(shape, type))
        numbers = {shape: number for number, shape in enumerate(shapes)}
        every = [(shape, parts, numbers) for shape, parts in shapes.items()]
        self._written = [codec_writing.Shape(*one) for one in every]
        self._read = [codec_reading.Shape(*one) for one in every]
        self._encode = encoder(of, numbers)
        self._decode = decoder(of, numbers)

    def encode(self, value: Any) -> bytes:
        """The value as JSON.

        Raises:
            EncodingError: Some part of it has another type than is declared.
        """
        writer = Writer(self._written)
        root = self._encode(value, writer)
        return _to_json([writer.records, root])

    def decode(self, data: bytes) -> Any:
        """The value.

        Raises:
            DecodingError: The data is not what `encode` gives for a value of the type.
        """
        try:
            content = _from_json(data)
        except (ValueError, RecursionError) as error:
            raise DecodingError(str(error)) from error
        written, root = as_list(content, 2)
        records = Records()
        for record in as_list(written):
            number = as_list(record)[0] if record else None
            if type(number) is not int or not 0 <= number < len(self._read):
                raise DecodingError("a record of no class")
            records.values.append(self._read[number].made(record, records))
            records.shapes.append(number)
        return self._decode(root, records)


def _to_json(content: Any) -> bytes:
    try:
        return msgspec.json.encode(content)
    except (UnicodeEncodeError, OverflowError):  # half of a pair of surrogates, or a huge number
        return json.dumps(content, separators=(",", ":")).encode()


def _from_json(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:
        return json.loads(data)  # it may be what the other one has refused to write


__all__ = ["Codec", "DecodingError", "EncodingError"]
