"""Stage models: what `AppConfig.ready()` runs, seen from outside.

Which modules it imports must be known before anything is executed, for the order of imports. So
the functions that it calls are followed here by their names, as far as these tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from pgtrigger_codegen.evaluator.attributes import UNKNOWN_ATTRIBUTES
from pgtrigger_codegen.evaluator.functions import interpreted
from pgtrigger_codegen.evaluator.import_order import imported_modules
from pgtrigger_codegen.evaluator.imports import absolute_name
from pgtrigger_codegen.evaluator.loader import ModuleLoader
from pgtrigger_codegen.evaluator.values import Unknown
from pgtrigger_codegen.project.project import App
from pgtrigger_codegen.source.module import Module

# What Django sets on an `AppConfig` besides, and nobody needs for registering triggers.
_NOT_KNOWN = ("apps", "models", "models_module", "module", "verbose_name")
_MOST_FUNCTIONS = 50

_Function = tuple[Module, ast.FunctionDef]


def config_object(config: type, app: App) -> Any:
    """The object that Django calls `ready()` of."""
    made: Any = object.__new__(config)
    vars(made).update(name=app.name, label=app.label, path=str(app.path))
    vars(made)[UNKNOWN_ATTRIBUTES] = {
        name: Unknown(f"`{name}` of an `AppConfig` is not evaluated")
        for name in _NOT_KNOWN
        if name not in vars(config)
    }
    return made


def imports_of_ready(app: App, loader: ModuleLoader) -> Iterator[str]:
    """The modules that `ready()` imports, itself or in functions that it calls."""
    if app.config is None or not app.first_party:
        return
    pending = list(_methods(app.config.__mro__, "ready"))[:1]
    seen: set[int] = set()
    while pending and len(seen) < _MOST_FUNCTIONS:
        module, node = pending.pop(0)
        if id(node) in seen:
            continue
        seen.add(id(node))
        for _, target in imported_modules(module, loader, node.body):
            yield target
        for child in ast.walk(node):
            if isinstance(child, ast.Call):
                pending += _called(child.func, module, app.config, loader)


def _called(
    function: ast.expr, module: Module, config: type, loader: ModuleLoader
) -> list[_Function]:
    match function:
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
            return list(_methods(config.__mro__, name))[:1]
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name):
            return list(_methods(config.__mro__[1:], name))
        case ast.Name(id=name):
            return list(_functions(name, module, loader))
        case _:
            return []


def _methods(classes: tuple[type, ...], name: str) -> Iterator[_Function]:
    """The methods of that name that classes have, the first class first."""
    for cls in classes:
        value = vars(cls).get(name)
        if isinstance(value, staticmethod | classmethod):
            value = value.__func__
        function = interpreted(value)
        if function is not None and isinstance(function.node, ast.FunctionDef):
            yield function.module, function.node


def _functions(name: str, module: Module, loader: ModuleLoader) -> Iterator[_Function]:
    """The function of that name in a module, or in the one that it is imported from."""
    yield from _defined(name, module)
    imports = (node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom))
    for imported in imports:
        for alias in imported.names:
            source = absolute_name(module.package, imported)
            if name == (alias.asname or alias.name) and source and loader.is_first_party(source):
                found = loader.load(source)
                if isinstance(found, Module):
                    yield from _defined(alias.name, found)


def _defined(name: str, module: Module) -> Iterator[_Function]:
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            yield module, node
