"""Facts as bytes and back, without trusting the bytes.

A cache lies in the project's folder, and a project may come from anywhere. So only classes that
hold nothing but data are ever made from what is read, and nothing is called.
"""

from __future__ import annotations

import dataclasses
import enum
import io
import pickle
from typing import Any

_PLAIN = {
    ("builtins", "frozenset"): frozenset,
    ("builtins", "set"): set,
    ("collections", "OrderedDict"): dict,
}


def dumps(value: object) -> bytes:
    """A value of our own dataclasses and Python's containers as bytes."""
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


def loads(data: bytes) -> Any:
    """The value.

    Raises:
        pickle.UnpicklingError: The bytes ask for something else than plain data.
        Exception: Whatever damaged bytes lead to.
    """
    return _Unpickler(io.BytesIO(data)).load()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (plain := _PLAIN.get((module, name))) is not None:
            return plain
        if module.partition(".")[0] == "pgtrigger_codegen" and "." not in name:
            found = getattr(__import__(module, fromlist=[name]), name, None)
            if isinstance(found, type) and found.__module__ == module and _holds_data(found):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not data")


def _holds_data(cls: type) -> bool:
    watches = cls.__module__.startswith("pgtrigger_codegen.migrations.watching.")
    named_tuple = issubclass(cls, tuple) and hasattr(cls, "_fields")
    return watches or named_tuple or dataclasses.is_dataclass(cls) or issubclass(cls, enum.Enum)
