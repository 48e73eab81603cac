"""Import statements, and the names that they bind.

Imports are followed when a name is first needed, not when the statement is executed, so that a
models file leads only to the modules that its triggers depend on.
"""

from __future__ import annotations

import ast

from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.modules.bound_names import bound_names
from pgtrigger_codegen.evaluator.modules.missing_imports import (
    absolute_name,
    missing_import,
    missing_modules,
)
from pgtrigger_codegen.evaluator.protocols.events import Imported, ImportedUnknown
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.imports.module_names import (
    follow,
    is_closed,
    is_found,
    is_library,
)
from pgtrigger_codegen.evaluator.python.objects.changes import doubt_names
from pgtrigger_codegen.evaluator.values.imported import LazyImport
from pgtrigger_codegen.evaluator.values.raised import PythonRaise
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span


def import_statement(vm: Machine, node: ast.Import, scope: Scope) -> None:
    """`import a.b` and `import a.b as c`."""
    span = scope.module.span(node)
    _note_missing(vm, node, scope)
    for alias in node.names:
        vm.tell(Imported(alias.name, scope, span))
        _require(vm, alias.name, span)
        _execute_acting(vm, alias.name)
        if (ended := _ended(vm, alias.name)) is not None:
            scope.bind(alias.asname or alias.name.partition(".")[0], ended)
        elif alias.asname:
            scope.bind(alias.asname, LazyImport(alias.name, None, span))
        else:
            top = alias.name.partition(".")[0]
            scope.bind(top, LazyImport(top, None, span))


def import_from_statement(vm: Machine, node: ast.ImportFrom, scope: Scope) -> None:
    """`from a import b`, relative imports and `*`."""
    span = scope.module.span(node)
    module = absolute_name(scope.module.package, node)
    if module is None:
        unknown = Unknown("a relative import leaves the package", span)
        for alias in node.names:
            scope.bind(alias.asname or alias.name, unknown)
        return
    vm.tell(Imported(module, scope, span))
    _note_missing(vm, node, scope)
    _execute_acting(vm, module)
    for alias in node.names:
        if alias.name == "*":
            _import_star(vm, module, scope, span)
        else:
            _require(vm, module, span)
            _execute_acting(vm, f"{module}.{alias.name}")
            imported = _ended(vm, module) or LazyImport(module, alias.name, span)
            scope.bind(alias.asname or alias.name, imported)


def _require(vm: Machine, module: str, span: Span) -> None:
    """Inside `try: … except ImportError:`, raises when the module is not installed.

    Where the project's environment is not known, it may be installed or not.
    """
    if not vm.import_guards or is_found(vm, module):
        return
    if not vm.loader.complete:
        vm.noticed(Unknown(f"whether `{module}` is installed is not known", span))
    else:
        vm.assume(f"module {module}", "not installed", span)
        raise PythonRaise(ModuleNotFoundError(f"No module named {module!r}"), span)


def _execute_acting(vm: Machine, name: str) -> None:
    """Executes a module of the project at once that may change what another one has."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        module = ".".join(parts[:end])
        if not vm.loader.is_first_party(module):
            return
        if module not in vm.scopes and vm.eager_imports.acts(module):
            vm.module(module)


def _ended(vm: Machine, module: str) -> Unknown | None:
    """Inside a `try`: why the import of a module may raise, if code of the module does.

    Only then is the module executed at once.
    """
    if not vm.try_depth or not vm.loader.is_first_party(module) or module in vm.executing:
        return None
    source = vm.loader.load(module)
    if isinstance(source, Unknown) or "raise" not in source.text:
        return None
    scope = vm.module(module)
    ended = scope.ended if isinstance(scope, Scope) else None
    return None if ended is None else vm.noticed(ended)


def _note_missing(vm: Machine, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
    """Notes an import in a function that leads nowhere: those of modules are looked for apart."""
    if scope.kind != "function" or vm.try_depth or vm.speculation or not scope.module.first_party:
        return
    for target in missing_modules(vm.loader, scope.module, node):
        vm.observer.passed_over(missing_import(vm.loader, target, scope.module, node))


def _doubt_own_names(vm: Machine, scope: Scope, unknown: Unknown, span: Span) -> None:
    """Nothing is known of what a module has bound itself before an import of `*` not followed.

    That is what such an import is for where other statements come before; what these have
    imported, it leaves alone. Inside a `try` the module may be missing on purpose, and of settings
    it is said that they are taken as far as they were read.
    """
    if vm.try_depth or any(name in scope.names for name in vm.domain.lists_added_to):
        return
    reason = f"an import of `*` is not followed: {unknown.reason}"
    why = Unknown(reason, unknown.span or span, unknown.notes)
    for node in scope.module.tree.body:
        if scope.module.span(node).line >= span.line:
            return
        if not isinstance(node, ast.Import | ast.ImportFrom):
            doubt_names(vm, scope, why, bound_names(node) & scope.names.keys())


def _import_star(vm: Machine, module: str, scope: Scope, span: Span) -> None:
    if is_library(vm, module):
        real = lookup.load(module)
        public = getattr(real, "__all__", None) or [n for n in vars(real) if not n.startswith("_")]
        for name in public:
            scope.bind(name, LazyImport(module, name, span))
        return
    unread = is_closed(vm, module) or vm.loader.find_stub(module) is not None
    source = Unknown(f"`{module}` is not read", span) if unread else vm.module(module)
    if isinstance(source, Unknown):
        scope.module_scope.open_ended = source
        _doubt_own_names(vm, scope, source, span)
        return
    names = source.names.get("__all__")
    if isinstance(names, LazyImport):
        names = follow(vm, source, "__all__", span)
    if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names):
        public = list(names)
    elif names is None:
        public = [name for name in source.names if not name.startswith("_")]
    else:
        unknown = Unknown(f"`__all__` of `{module}` is not known", span)
        scope.module_scope.open_ended = unknown
        vm.tell(ImportedUnknown(source.module, unknown, span))
        public = [name for name in source.names if not name.startswith("_")]
    ended = _ended(vm, module)
    for name in public:
        scope.bind(name, ended or source.names.get(name, LazyImport(module, name, span)))
    if source.open_ended is not None:
        scope.module_scope.open_ended = source.open_ended
