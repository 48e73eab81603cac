"""Stage models: the code that `AppConfig.ready()` runs.

Which modules it imports must be known before anything is executed, for the order of imports. So
the functions that it calls are followed here by their names, as far as these tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from pgtrigger_codegen.evaluator.modules.import_order import imported_modules
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.modules.missing_imports import absolute_name
from pgtrigger_codegen.evaluator.values.callables import interpreted
from pgtrigger_codegen.evaluator.values.models import UNKNOWN_ATTRIBUTES
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.project.project import App
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import walk
from pgtrigger_codegen.source.statements import statements_within
from pgtrigger_codegen.source.unparsing import unparsed

# What Django sets on an `AppConfig` besides, and nobody needs for registering triggers.
_NOT_KNOWN = ("apps", "models", "models_module", "module", "verbose_name")
_MOST_FUNCTIONS = 50
_MOST_IMPORTS = 5

Function = tuple[Module, ast.FunctionDef]


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
    for module, node in functions_of_ready(app, loader):
        for _, target in imported_modules(module, loader, node.body):
            yield target


def functions_of_ready(app: App, loader: ModuleLoader) -> Iterator[Function]:
    """`ready()` and the functions that it calls, each with its module."""
    if app.config is None or not app.first_party:
        return
    pending = list(_methods(app.config.__mro__, "ready"))[:1]
    seen: set[int] = set()
    while pending and len(seen) < _MOST_FUNCTIONS:
        module, node = pending.pop(0)
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield module, node
        for child in walk(node):
            if isinstance(child, ast.Call):
                pending += _called(child.func, module, app.config, loader)


def _called(
    function: ast.expr, module: Module, config: type, loader: ModuleLoader
) -> list[Function]:
    match function:
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
            return list(_methods(config.__mro__, name))[:1]
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name):
            return list(_methods(config.__mro__[1:], name))
        case ast.Name(id=name):
            return list(_functions(name, module, loader))
        case ast.Attribute(value=ast.Name() | ast.Attribute() as value, attr=name):
            return list(_functions_of(unparsed(value), name, module, loader))
        case _:
            return []


def _methods(classes: tuple[type, ...], name: str) -> Iterator[Function]:
    """The methods of that name that classes have, the first class first."""
    for cls in classes:
        value = vars(cls).get(name)
        if isinstance(value, staticmethod | classmethod):
            value = value.__func__
        function = interpreted(value)
        if function is not None and isinstance(function.node, ast.FunctionDef):
            yield function.module, function.node


def _functions(
    name: str, module: Module, loader: ModuleLoader, steps: int = _MOST_IMPORTS
) -> Iterator[Function]:
    """The function of that name in a module, or in the one that it is imported from."""
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            yield module, node
    for bound, source, original in _imports(module) if steps else ():
        if bound == name and original and (found := _own(source, loader)):
            yield from _functions(original, found, loader, steps - 1)


def _functions_of(
    dotted: str, name: str, module: Module, loader: ModuleLoader
) -> Iterator[Function]:
    """The function of that name in a module that is called so here."""
    for bound, source, original in _imports(module):
        if dotted in (bound, source):
            wanted = f"{source}.{original}" if original else source
            if found := _own(wanted, loader):
                yield from _functions(name, found, loader)


def _imports(module: Module) -> Iterator[tuple[str, str, str | None]]:
    """What imports anywhere in a module bind: the name, the module, and the name in it."""
    for node in statements_within(module.tree.body):
        if isinstance(node, ast.ImportFrom):
            source = absolute_name(module.package, node) or ""
            for alias in node.names:
                yield alias.asname or alias.name, source, alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name, alias.name, None


def _own(name: str, loader: ModuleLoader) -> Module | None:
    found = loader.load(name) if name and loader.is_first_party(name) else None
    return found if isinstance(found, Module) else None
