"""Code that the standard library writes itself, and executes: for data classes and named tuples.

What it writes holds names that a user's code has chosen. A name that is no name, but an expression,
has been used to run commands.
"""

from __future__ import annotations

import collections
import dataclasses
import dis
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Final

WRITERS: Final = frozenset(str(module.__file__) for module in (collections, dataclasses))
"""Files whose functions execute text that they have put together."""

_PARSERS: Final = frozenset(
    str(Path(str(dataclasses.__file__)).with_name(name))
    for name in ("ast.py", "typing.py", "annotationlib.py")
)

READERS: Final = WRITERS | _PARSERS
"""Files whose functions compile text; those that are not writers do not execute it."""

_REACHING: Final = frozenset(
    """
    __builtins__ __import__ breakpoint compile delattr eval exec getattr globals input locals open
    setattr vars
    """.split()
)
_ATTRIBUTES: Final = frozenset(
    """
    __class__ __delattr__ __dict__ __eq__ __hash__ __init__ __name__ __new__ __post_init__
    __qualname__ __setattr__
    """.split()
)


def is_plain(code: object) -> bool:
    """Whether generated code reaches for nothing but values: no builtins that lead further."""
    return isinstance(code, CodeType) and not any(map(_is_reaching, _parts(code)))


def _parts(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts(constant)


def _is_reaching(code: CodeType) -> bool:
    if not any(name in _REACHING or _is_private(name) for name in code.co_names):
        return False  # to take code apart takes ten times as long as to make it
    # A field may be called `open`: what counts is whether the name is looked up as a variable.
    return any(_reaches(step) for step in dis.get_instructions(code))


def _reaches(step: dis.Instruction) -> bool:
    name = step.argval
    if not isinstance(name, str):
        return False
    if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
        return name in _REACHING
    if step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
        return _is_private(name)
    return False


def _is_private(name: str) -> bool:
    """Whether an attribute may lead further than to values, by its name."""
    return name.startswith("__") and name.endswith("__") and name not in _ATTRIBUTES
