"""Facts as bytes and back, without trusting the bytes.

A cache lies in the project's folder, and a project may come from anywhere. So only classes that
hold nothing but data are ever made from what is read, and nothing is called.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
import io
import pickle
import types
from typing import Any

_PLAIN = {
    ("builtins", "frozenset"): frozenset,
    ("builtins", "set"): set,
    ("collections", "OrderedDict"): dict,
}


def dumps(value: object) -> bytes:
    """A value of our own dataclasses and Python's containers as bytes."""
    file = io.BytesIO()
    _Pickler(file, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    data = file.getvalue()
    return _digest(data) + data


def loads(data: bytes) -> Any:
    """The value.

    Raises:
        pickle.UnpicklingError: The bytes ask for something else than plain data.
        Exception: Whatever damaged bytes lead to.
    """
    digest, data = data[:_DIGEST], data[_DIGEST:]
    if _digest(data) != digest:  # half of a file, or a disk that forgets
        raise pickle.UnpicklingError("is damaged")
    unpickler = _Unpickler(io.BytesIO(data))
    try:
        return unpickler.load()
    finally:
        unpickler.restore_classes()


_DIGEST = 16


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST).digest()


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        """Data classes as calls of themselves, which takes a fifth of what their own way takes."""
        cls = type(obj)
        names = _constructor(cls)  # type: ignore[arg-type]  # a class is hashable
        return NotImplemented if names is None else (cls, tuple(getattr(obj, n) for n in names))


@functools.cache
def _constructor(cls: type) -> tuple[str, ...] | None:
    """The fields of a data class in the order of its `__init__`, if that does nothing else."""
    if not dataclasses.is_dataclass(cls) or hasattr(cls, "__post_init__"):
        return None
    if "__slots__" not in vars(cls):  # others are quick, and may hold more than their fields
        return None
    fields = dataclasses.fields(cls)
    if not all(field.init and not field.kw_only for field in fields):
        return None
    return tuple(field.name for field in fields)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self._classes: dict[type, dict[str, Any]] = {}

    def restore_classes(self) -> None:
        """Refuses what has given our classes other attributes, which pickles can."""
        changed = False
        for cls, before in self._classes.items():
            for name in vars(cls).keys() - before.keys():
                delattr(cls, name)
                changed = True
            for name, value in before.items():
                now = vars(cls)[name]
                # A record has its `__init__` made for its first instance. No pickle has functions.
                first = name == "__init__" and isinstance(now, types.FunctionType)
                if now is not value and not first:
                    setattr(cls, name, value)
                    changed = True
        if changed:
            raise pickle.UnpicklingError("changes a class")

    def find_class(self, module: str, name: str) -> Any:
        if (plain := _PLAIN.get((module, name))) is not None:
            return plain
        if module.partition(".")[0] == "pgtrigger_codegen" and "." not in name:
            found = getattr(__import__(module, fromlist=[name]), name, None)
            if isinstance(found, type) and found.__module__ == module and _holds_data(found):
                if dataclasses.is_dataclass(found):
                    dataclasses.fields(found)  # which a record has made when they are asked for
                self._classes.setdefault(found, dict(vars(found)))
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not data")


def _holds_data(cls: type) -> bool:
    watches = cls.__module__.startswith("pgtrigger_codegen.migrations.watching.")
    named_tuple = issubclass(cls, tuple) and hasattr(cls, "_fields")
    return watches or named_tuple or dataclasses.is_dataclass(cls) or issubclass(cls, enum.Enum)
