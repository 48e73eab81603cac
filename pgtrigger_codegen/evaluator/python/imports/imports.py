"""Names: import statements, and what a name means in a module.

Imports are followed when a name is first needed, not when the statement is executed, so that a
models file leads only to the modules that its triggers depend on.
"""

from __future__ import annotations

import ast
import builtins
import sys
import types
from typing import Any

from pgtrigger_codegen.evaluator.library import lookup, rows
from pgtrigger_codegen.evaluator.modules.missing_imports import (
    absolute_name,
    missing_import,
    missing_modules,
)
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.imports import python_version
from pgtrigger_codegen.evaluator.python.objects.membrane import inward, opaque
from pgtrigger_codegen.evaluator.python.objects.stubs import has_stub_for
from pgtrigger_codegen.evaluator.values.callables import Special, interpreted
from pgtrigger_codegen.evaluator.values.imported import LazyImport, LibraryModule, SourceModule
from pgtrigger_codegen.evaluator.values.raised import PythonRaise
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import External, Unknown
from pgtrigger_codegen.source.span import Span

# Names that the interpreter itself stands in for, wherever they are imported from.
NAMES: dict[str, Any] = {
    # The real one would copy the function behind a wrapper over that of another.
    "functools.update_wrapper": Special("update_wrapper"),
    "functools.wraps": Special("wraps"),
    "importlib.import_module": Special("import_module"),
    "importlib.util.find_spec": Special("find_spec"),
    "inspect.getmembers": Special("inspect.getmembers"),
    "six.with_metaclass": Special("with_metaclass"),
    "sys.modules": Special("sys.modules"),
    "os.environ": Special("os.environ"),
    "os.getenv": Special("os.getenv"),
    "environ.Env": Special("environ.Env"),
    "environ.FileAwareEnv": Special("environ.Env"),
    "decouple.config": Special("decouple.config"),
    "typing.TYPE_CHECKING": False,
    "typing_extensions.TYPE_CHECKING": False,
}

# Builtins that need the interpreter's own view of classes and attributes.
SPECIAL_BUILTINS = frozenset(
    "getattr hasattr isinstance issubclass open print setattr super type".split()
)

COMMAND_LINE = ("manage.py", "migrate")

# Modules of which only these names are looked up: the rest has effects or leaks the process.
_NARROW = {
    "os": frozenset({"path", "sep", "linesep"}),
    "sys": frozenset({"version_info", "maxsize"}),
    "builtins": frozenset(),
}


def import_statement(vm: Machine, node: ast.Import, scope: Scope) -> None:
    """`import a.b` and `import a.b as c`."""
    span = scope.module.span(node)
    _note_missing(vm, node, scope)
    for alias in node.names:
        vm.domain.note_library(vm, alias.name, scope, span)
        _require(vm, alias.name, span)
        if alias.asname:
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
    vm.domain.note_library(vm, module, scope, span)
    _note_missing(vm, node, scope)
    for alias in node.names:
        if alias.name == "*":
            _import_star(vm, module, scope, span)
        else:
            _require(vm, module, span)
            scope.bind(alias.asname or alias.name, LazyImport(module, alias.name, span))


def read_name(vm: Machine, name: str, scope: Scope, span: Span) -> Any:
    """The value of a name: scopes outwards, then builtins."""
    holder = scope.find(name)
    if holder is not None:
        return _follow(vm, holder, name, span)
    if name in SPECIAL_BUILTINS:
        return Special(name)
    if name == "__import__":
        return Special(name)
    module_scope = scope.module_scope
    if (hoisted := _hoist(vm, module_scope, name)) is not None:
        return hoisted
    if hasattr(builtins, name):
        value = getattr(builtins, name)
        return (
            value
            if _is_usable_builtin(value)
            else External(f"`{name}` is not evaluated", span, dotted=name)
        )
    if module_scope.open_ended is not None:
        return Unknown(
            f"`{name}` may come from an import of `*` that could not be followed: "
            f"{module_scope.open_ended.reason}",
            span,
        )
    if vm.try_depth and "globals()" not in module_scope.module.text:
        raise PythonRaise(NameError(f"name '{name}' is not defined"), span)
    return Unknown(f"name `{name}` is not defined", span)


def module_value(vm: Machine, name: str, span: Span) -> Any:
    """The module of that dotted name, as a value."""
    if name in vm.names:
        return vm.names[name]
    if is_library(vm, name):
        return LibraryModule(name)
    location = None if _is_closed(vm, name) else vm.loader.find(name) or vm.loader.find_stub(name)
    if location is not None:
        return SourceModule(name)
    return External(f"`{name}` is not evaluated", span, dotted=name)


def module_attribute(vm: Machine, module: str, name: str, span: Span) -> Any:
    """`module.name`, whichever kind of module it is."""
    if (module, name) in vm.library_values:
        return vm.library_values[module, name]
    dotted = f"{module}.{name}"
    if dotted == python_version.NAME:
        return python_version.version_info(vm, span)
    if dotted == "sys.argv":
        # What is declared counts for the program that migrates, not for one that tests.
        vm.assume("sys.argv", " ".join(COMMAND_LINE), span)
        return list(COMMAND_LINE)
    if dotted in vm.names and not _is_shadowed(vm, module):
        return vm.names[dotted]
    if (provided := _provided(vm, module, dotted)) is not None:
        return provided
    if is_library(vm, module):
        return _library_attribute(vm, module, name, span)
    if is_library(vm, dotted):  # listed below a package that is not: `django.core.validators`
        return LibraryModule(dotted)
    if not _is_closed(vm, module):
        if vm.loader.find(module) is not None:
            return _source_attribute(vm, module, name, span)
        if vm.loader.find_stub(module) is not None:
            return _stub_attribute(vm, module, name, span)
    return External(f"`{dotted}` is not evaluated", span, dotted=dotted)


def is_found(vm: Machine, module: str) -> bool:
    """Whether a module is a library's, Python's own, or in one of the folders searched."""
    top = module.partition(".")[0]
    return (
        is_library(vm, module)
        or lookup.is_package_of_library(module)
        or top in sys.stdlib_module_names
        or vm.loader.find(module) is not None
    )


def is_library(vm: Machine, name: str) -> bool:
    """Whether a module belongs to a library whose real one names are looked up in."""
    if name in rows.MODULES:
        return not _is_shadowed(vm, name)
    return vm.libraries.is_module(name) and not vm.loader.is_first_party(name.partition(".")[0])


def _source_attribute(vm: Machine, module: str, name: str, span: Span) -> Any:
    """A name of a module that is read."""
    dotted = f"{module}.{name}"
    scope = vm.module(module)
    if isinstance(scope, Scope):
        if name in scope.names:
            return _follow(vm, scope, name, span)
        if (hoisted := _hoist(vm, scope, name)) is not None:
            return hoisted
    if vm.loader.find(dotted) is not None or is_library(vm, dotted):
        return module_value(vm, dotted, span)
    if isinstance(scope, Unknown):
        return External(scope.reason, scope.span or span, dotted=dotted)
    if scope.open_ended is not None:
        return Unknown(f"`{dotted}`: {scope.open_ended.reason}", span)
    if "__getattr__" in scope.names:
        return _made_on_demand(vm, scope, name, dotted, span)
    return Unknown(f"`{module}` has no name `{name}`", span)


def _stub_attribute(vm: Machine, module: str, name: str, span: Span) -> Any:
    """A name of a package that is not installed here, if its stub has it."""
    dotted = f"{module}.{name}"
    if has_stub_for(vm, module, name, span):
        return _follow(vm, vm.scopes[module], name, span)
    if vm.loader.find_stub(dotted) is not None:
        return SourceModule(dotted)
    return External(f"`{dotted}` is not evaluated", span, dotted=dotted)


def _made_on_demand(vm: Machine, scope: Scope, name: str, dotted: str, span: Span) -> Any:
    """A name that the module's own `__getattr__` gives (PEP 562).

    Only what another module defines, imported late: a value made up on the way is not followed.
    """
    made = vm.call(_follow(vm, scope, "__getattr__", span), (name,), span)
    defined = interpreted(made)
    if defined is not None and defined.module is not scope.module:
        return made
    return Unknown(f"`{dotted}` is made by the module's `__getattr__`", span)


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


def _note_missing(vm: Machine, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
    """Notes an import in a function that leads nowhere: those of modules are looked for apart."""
    if scope.kind != "function" or vm.try_depth or vm.speculation or not scope.module.first_party:
        return
    for target in missing_modules(vm.loader, scope.module, node):
        vm.note_unread(missing_import(vm.loader, target, scope.module, node))


def _follow(vm: Machine, scope: Scope, name: str, span: Span) -> Any:
    value = scope.names[name]
    if not isinstance(value, LazyImport):
        return value
    dotted = f"{value.module}.{value.attribute}"
    # Meanwhile the name leads back here: an import cycle.
    scope.names[name] = Unknown(f"`{name}` is imported in a cycle", value.span)
    if value.attribute is None:
        followed = module_value(vm, value.module, value.span)
    elif scope.module.name == value.module and scope.parent is None and vm.loader.find(dotted):
        followed = module_value(vm, dotted, value.span)  # `from . import name` in a package
    else:
        followed = module_attribute(vm, value.module, value.attribute, value.span)
    # A cycle is settled once the modules in it are done: try again then.
    unsettled = isinstance(followed, Unknown) and bool(vm.executing)
    scope.names[name] = value if unsettled else followed
    return followed


def _hoist(vm: Machine, scope: Scope, name: str) -> Any:
    """A name that a module still being executed binds further down, by one statement only.

    Following imports late can meet a module before its time: Python would have executed it
    up to here already, or in another order. A function, class or import needs nothing else.
    """
    if scope.module.name not in vm.executing:
        return None
    found = [node for node in scope.module.tree.body if _binds(node, name)]
    if len(found) != 1:
        return None
    vm.execute_body(found, scope)
    return scope.names.get(name)


def _binds(node: ast.stmt, name: str) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name == name
    if isinstance(node, ast.Import | ast.ImportFrom):
        return any((alias.asname or alias.name.partition(".")[0]) == name for alias in node.names)
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    return isinstance(node, ast.AnnAssign) and getattr(node.target, "id", None) == name


def _import_star(vm: Machine, module: str, scope: Scope, span: Span) -> None:
    if is_library(vm, module):
        real = lookup.load(module)
        public = getattr(real, "__all__", None) or [n for n in vars(real) if not n.startswith("_")]
        for name in public:
            scope.bind(name, LazyImport(module, name, span))
        return
    unread = _is_closed(vm, module) or vm.loader.find_stub(module) is not None
    source = Unknown(f"`{module}` is not read", span) if unread else vm.module(module)
    if isinstance(source, Unknown):
        scope.module_scope.open_ended = source
        return
    names = source.names.get("__all__")
    if isinstance(names, LazyImport):
        names = _follow(vm, source, "__all__", span)
    if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names):
        public = list(names)
    elif names is None:
        public = [name for name in source.names if not name.startswith("_")]
    else:
        unknown = Unknown(f"`__all__` of `{module}` is not known", span)
        scope.module_scope.open_ended = unknown
        vm.domain.note_unknown_import(vm, source.module, unknown, span)
        public = [name for name in source.names if not name.startswith("_")]
    for name in public:
        scope.bind(name, source.names.get(name, LazyImport(module, name, span)))
    if source.open_ended is not None:
        scope.module_scope.open_ended = source.open_ended


def _library_attribute(vm: Machine, module: str, name: str, span: Span) -> Any:
    dotted = f"{module}.{name}"
    external = External(f"`{dotted}` is not evaluated", span, dotted=dotted)
    if module in _NARROW and name not in _NARROW[module]:
        return external
    real = lookup.load(module)
    if real is None or not hasattr(real, name):
        if is_library(vm, dotted):
            return LibraryModule(dotted)
        if real is not None and not lookup.is_package_of_library(module):
            return Unknown(f"`{module}` has no name `{name}`", span)
        return module_value(vm, dotted, span)
    value = getattr(real, name)
    if module == "decimal":
        vm.decimals_are_used()
    if isinstance(value, types.ModuleType):
        value = module_value(vm, value.__name__ if is_library(vm, value.__name__) else dotted, span)
        if not isinstance(value, LibraryModule):
            return value
    value = _listed(vm, name, value)
    vm.library_values[module, name] = value
    return value


def _listed(vm: Machine, name: str, value: Any) -> Any:
    """A module gives away what is listed; what it remembers for itself stays in it."""
    inner = name.startswith("_") and not isinstance(value, str | int | float | bytes | type)
    return opaque(vm, value) if inner else inward(vm, value)


def _provided(vm: Machine, module: str, dotted: str) -> Special | None:
    """What stands for a callable of a library that declares triggers."""
    if vm.loader.is_first_party(module.partition(".")[0]):
        return None
    return vm.domain.provided(vm, dotted)


def _is_closed(vm: Machine, name: str) -> bool:
    """Whether a module belongs to a library that is only looked up, never read."""
    top = name.partition(".")[0]
    if top in ("django", "pgtrigger") and not name.startswith("django.contrib"):
        return name != "django" and not vm.loader.is_first_party(name)
    return top in sys.stdlib_module_names and not vm.loader.is_first_party(top)


def _is_shadowed(vm: Machine, name: str) -> bool:
    """Whether the project has a package of its own by a library's name.

    django-pgtrigger's own repository is not such a case: there the project is the library.
    """
    top = name.partition(".")[0]
    if top not in ("pgtrigger", "environ", "decouple"):
        return False
    if not vm.loader.is_first_party(top):
        return False
    return vm.loader.find(f"{top}.compiler") is None


def _is_usable_builtin(value: Any) -> bool:
    return lookup.is_callable_listed(value) or not callable(value)
