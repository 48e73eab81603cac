"""Kinds of nodes that the `ast` of the Python that runs us may not have yet.

Where it has them, these names are its own.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

if sys.version_info < (3, 12):

    class TypeAlias(ast.stmt):
        """`type Name[T] = value`, Python 3.12."""

        _fields = ("name", "type_params", "value")
        name: ast.Name
        type_params: list[Any]
        value: ast.expr

        if TYPE_CHECKING:

            def __init__(self, **fields: Any) -> None: ...

    class TypeParam(ast.AST):
        """One of the type parameters of a class, a function or an alias, Python 3.12."""

        _attributes = ("lineno", "col_offset", "end_lineno", "end_col_offset")
        name: str

    class TypeVar(TypeParam):
        """`T: bound = default`; the default came with Python 3.13."""

        _fields = ("name", "bound", "default_value")

    class ParamSpec(TypeParam):
        """`**P = default`."""

        _fields = ("name", "default_value")

    class TypeVarTuple(TypeParam):
        """`*Ts = default`."""

        _fields = ("name", "default_value")

else:
    TypeAlias = ast.TypeAlias
    TypeParam = ast.type_param
    TypeVar = ast.TypeVar
    ParamSpec = ast.ParamSpec
    TypeVarTuple = ast.TypeVarTuple

if sys.version_info < (3, 14):

    class TemplateStr(ast.expr):
        """`t"…"`, Python 3.14."""

        _fields = ("values",)
        values: list[ast.expr]

        if TYPE_CHECKING:

            def __init__(self, *fields: Any, **places: Any) -> None: ...

    class Interpolation(ast.expr):
        """`{value!r:spec}` within a t-string."""

        _fields = ("value", "str", "conversion", "format_spec")
        value: ast.expr
        str: str
        conversion: int
        format_spec: ast.expr | None

        if TYPE_CHECKING:

            def __init__(self, *fields: Any, **places: Any) -> None: ...

else:
    TemplateStr = ast.TemplateStr
    Interpolation = ast.Interpolation
