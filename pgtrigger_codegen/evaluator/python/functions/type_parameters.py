"""Type parameters (PEP 695): `class Box[T]`, `def first[T](…)`, `type Names[T] = …`.

They are variables of `typing`, in a scope of their own around the class or function.
"""

from __future__ import annotations

import ast
import typing
from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.translation.nodes import ParamSpec, TypeAlias, TypeVarTuple

_Generic = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def type_variables(node: _Generic) -> dict[str, Any]:
    """The variables by name. Bounds and defaults are of no concern to any trigger."""
    made: dict[str, Any] = {}
    for parameter in getattr(node, "type_params", ()):
        if isinstance(parameter, TypeVarTuple):
            made[parameter.name] = typing.TypeVarTuple(parameter.name)
        elif isinstance(parameter, ParamSpec):
            made[parameter.name] = typing.ParamSpec(parameter.name)
        else:
            made[parameter.name] = typing.TypeVar(parameter.name)
    return made


def with_variables(scope: Scope, variables: dict[str, Any]) -> Scope:
    """The scope in which the variables are known; the given one when there are none."""
    if not variables:
        return scope
    return Scope("function", scope.module, scope, dict(variables), qualname=scope.qualname)


def generic_base(variables: dict[str, Any]) -> Any:
    """The base that a class with type parameters has last of all."""
    arguments = tuple(
        typing.Unpack[variable] if isinstance(variable, typing.TypeVarTuple) else variable
        for variable in variables.values()
    )
    generic: Any = typing.Generic
    return generic[arguments]


def type_alias(vm: Machine, node: TypeAlias, scope: Scope) -> None:
    """Binds the name; Python, too, evaluates the value only when it is asked for."""
    reason = f"`{node.name.id}` is an alias of a type, which is not evaluated"
    scope.bind(node.name.id, Unknown(reason, scope.module.span(node)))
