"""Names in the arguments of fields that mean the same for ever, so that a field can wait."""

from __future__ import annotations

import ast
import enum
import types
from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.imports.module_names import is_library
from pgtrigger_codegen.evaluator.values.callables import Function, Opaque
from pgtrigger_codegen.evaluator.values.imported import LazyImport, LibraryModule, SourceModule
from pgtrigger_codegen.evaluator.values.models import ModelClass, SettingsObject
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown


def bound(vm: Machine, node: ast.expr, scope: Scope, names: dict[str, Any]) -> Any:
    """What a name means; an import is followed."""
    if not isinstance(node, ast.Name):
        return _UNBOUND
    if node.id in names:
        return names[node.id]
    holder = scope.find(node.id)
    if holder is None:
        return _UNBOUND
    value = holder.names[node.id]
    if isinstance(value, LazyImport):
        value = vm.name(node.id, scope, scope.module.span(node))
    names[node.id] = value
    return value


_UNBOUND = Unknown("is not bound")


def library_module(
    vm: Machine, node: ast.expr, scope: Scope, names: dict[str, Any]
) -> LibraryModule | None:
    """The library's module that a name or a dotted name (`django.db.models`) stands for."""
    if isinstance(node, ast.Attribute):
        value = _inner_module(vm, node, scope, names)
    else:
        value = bound(vm, node, scope, names)
    return value if isinstance(value, LibraryModule) else None


def _inner_module(vm: Machine, node: ast.Attribute, scope: Scope, names: dict[str, Any]) -> Any:
    """A library's module in a package; that may be no more than a package, as `django` itself."""
    outer = node.value
    if isinstance(outer, ast.Attribute):
        package = _inner_module(vm, outer, scope, names)
    else:
        package = bound(vm, outer, scope, names)
    if not isinstance(package, _MODULES) or not is_library(vm, f"{package.name}.{node.attr}"):
        return None
    return vm.module_attribute(package.name, node.attr, scope.module.span(node))


_MODULES = (LibraryModule, SourceModule)


def lasts(vm: Machine, node: ast.expr, scope: Scope, names: dict[str, Any]) -> bool:
    """Whether an expression has no effect and the same value for ever."""
    match node:
        case ast.Constant():
            return True
        case ast.Name():
            return isinstance(bound(vm, node, scope, names), _LASTING)
        case ast.Attribute(value=inner):
            return (
                library_module(vm, inner, scope, names) is not None
                or _is_enum(bound(vm, inner, scope, names))
                or text_of_setting(vm, node, scope, names) is not None
            )
        case ast.UnaryOp(operand=ast.Constant(value=int() | float())):
            return True
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return all(lasts(vm, item, scope, names) for item in items)
    return False


def text_of_setting(vm: Machine, node: ast.expr, scope: Scope, names: dict[str, Any]) -> str | None:
    """What `settings.AUTH_USER_MODEL` and the like stand for."""
    if not isinstance(node, ast.Attribute):
        return None
    if not isinstance(bound(vm, node.value, scope, names), SettingsObject):
        return None
    value = vm.host.setting(node.attr, scope.module.span(node))
    return value if isinstance(value, str) else None


# Values that nothing changes.
_LASTING = (
    *(Function, ModelClass, Opaque),
    *(type, types.FunctionType, str, bytes, int, float, types.NoneType),
)


def _is_enum(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, enum.Enum)
