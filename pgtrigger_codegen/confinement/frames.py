"""The attributes of real frames that the evaluator may not read."""

from __future__ import annotations

import types
from typing import Final

INSIDE: Final = frozenset(
    """
    __builtins__ __closure__ __code__ __globals__ ag_code ag_frame cr_code cr_frame f_back
    f_builtins f_code f_globals f_locals gi_code gi_frame gi_yieldfrom tb_frame tb_next
    """.split()
)
"""Attributes that lead from a function, a generator or a traceback to code and its variables."""

_HOLDERS: Final = (
    types.AsyncGeneratorType,
    types.CoroutineType,
    types.FrameType,
    types.FunctionType,
    types.GeneratorType,
    types.MethodType,
    types.TracebackType,
)


def leads_inside(value: object, name: str) -> bool:
    """Whether an attribute of a value would give its code or its variables away."""
    return name in INSIDE and isinstance(value, _HOLDERS)


def raised_in(error: BaseException) -> tuple[str, ...]:
    """Names of the functions from the one that caught an error down to the one that raised it."""
    names = []
    traceback = error.__traceback__
    while traceback is not None:
        names.append(traceback.tb_frame.f_code.co_name)
        traceback = traceback.tb_next
    return tuple(names)
