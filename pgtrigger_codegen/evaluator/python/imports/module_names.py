"""Values for the names of modules: of libraries, of modules that are read, of stubs."""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Iterator
from typing import Any

from pgtrigger_codegen.evaluator.library import lookup, packages
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.imports import python_version
from pgtrigger_codegen.evaluator.python.imports.settled_names import settled
from pgtrigger_codegen.evaluator.python.objects import files, loggers
from pgtrigger_codegen.evaluator.python.objects.membrane import inward, opaque
from pgtrigger_codegen.evaluator.python.objects.stubs import has_stub_for
from pgtrigger_codegen.evaluator.values.callables import Special, interpreted
from pgtrigger_codegen.evaluator.values.imported import LazyImport, LibraryModule, SourceModule
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import External, Unknown
from pgtrigger_codegen.source.span import Span

# Names that the interpreter itself stands in for, wherever they are imported from.
NAMES: dict[str, Any] = {
    **files.NAMES,
    **loggers.NAMES,
    "contextlib.contextmanager": Special("contextmanager"),
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
    "typing.cast": Special("cast"),
    "typing_extensions.cast": Special("cast"),
    "typing_extensions.TYPE_CHECKING": False,
}


COMMAND_LINE = ("manage.py", "migrate")


# Modules of which only these names are looked up: the rest has effects or leaks the process.
_NARROW = {
    "os": frozenset({"path", "sep", "linesep"}),
    "sys": frozenset({"version_info", "maxsize"}),
    "builtins": frozenset(),
}


def module_value(vm: Machine, name: str, span: Span) -> Any:
    """The module of that dotted name, as a value."""
    if name in vm.names:
        return vm.names[name]
    if is_library(vm, name):
        return LibraryModule(name)
    location = None if is_closed(vm, name) else vm.loader.find(name) or vm.loader.find_stub(name)
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
    if _only_watches(vm, dotted):
        return External(f"`{dotted}` is not evaluated", span, dotted=dotted)
    if (provided := _provided(vm, module, dotted)) is not None:
        return provided
    if is_library(vm, module):
        return _library_attribute(vm, module, name, span)
    if is_library(vm, dotted):  # listed below a package that is not: `django.core.validators`
        return LibraryModule(dotted)
    if not is_closed(vm, module):
        if vm.loader.find(module) is not None:
            return _source_attribute(vm, module, name, span)
        if vm.loader.find_stub(module) is not None:
            return _stub_attribute(vm, module, name, span)
    return External(f"`{dotted}` is not evaluated", span, dotted=dotted)


def has_name(vm: Machine, module: str, name: str) -> bool | Unknown:
    """Whether a module that is read has a name, once all of it has been executed."""
    scope = vm.module(module)
    if isinstance(scope, Unknown):
        return scope
    if name in scope.names:
        value = scope.names[name]
        return value if isinstance(value, Unknown) and not isinstance(value, External) else True
    if scope.open_ended is not None:
        return scope.open_ended
    may_have = (
        scope.module.is_stub
        or module in vm.executing
        or name.startswith("__")
        or "__getattr__" in scope.names
        or "globals()" in scope.module.text
        or vm.loader.find(f"{module}.{name}") is not None
    )
    return Unknown(f"whether `{module}` has the name `{name}` is not known") if may_have else False


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
    if lookup.is_module_listed(name):
        return not _is_shadowed(vm, name)
    return vm.libraries.is_module(name) and not has_own(vm, name.partition(".")[0])


def _source_attribute(vm: Machine, module: str, name: str, span: Span) -> Any:
    """A name of a module that is read."""
    dotted = f"{module}.{name}"
    if (value := settled(vm, module, name)) is not NotImplemented:
        return value
    scope = vm.module(module)
    if isinstance(scope, Scope):
        if name in scope.names:
            return _unless_submodule(vm, scope, name, follow(vm, scope, name, span), span)
        if (hoisted := hoist(vm, scope, name)) is not None:
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


def _unless_submodule(vm: Machine, scope: Scope, name: str, value: Any, span: Span) -> Any:
    """What a package binds to the name of a module in it, unless importing that may bind it anew.

    Python does so at the first import of such a module. A package that imports it itself, as in
    `from .name import name`, has the last word.
    """
    found = isinstance(value, SourceModule) or not scope.module.is_package
    if found or vm.loader.find(f"{scope.module.name}.{name}") is None:
        return value
    if any(isinstance(node, ast.Import | ast.ImportFrom) for node in _binding(scope, name)):
        return value
    return Unknown(f"`{name}` is also a module in the package `{scope.module.name}`", span)


def _binding(scope: Scope, name: str) -> Iterator[ast.stmt]:
    return (node for node in scope.module.tree.body if _binds(node, name))


def _stub_attribute(vm: Machine, module: str, name: str, span: Span) -> Any:
    """A name of a package that is not installed here, if its stub has it."""
    dotted = f"{module}.{name}"
    if has_stub_for(vm, module, name, span):
        return follow(vm, vm.scopes[module], name, span)
    if vm.loader.find_stub(dotted) is not None:
        return SourceModule(dotted)
    return External(f"`{dotted}` is not evaluated", span, dotted=dotted)


def _made_on_demand(vm: Machine, scope: Scope, name: str, dotted: str, span: Span) -> Any:
    """A name that the module's own `__getattr__` gives (PEP 562).

    Only what another module defines, imported late: a value made up on the way is not followed.
    """
    made = vm.call(follow(vm, scope, "__getattr__", span), (name,), span)
    defined = interpreted(made)
    if defined is not None and defined.module is not scope.module:
        return made
    return Unknown(f"`{dotted}` is made by the module's `__getattr__`", span)


def follow(vm: Machine, scope: Scope, name: str, span: Span) -> Any:
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


def hoist(vm: Machine, scope: Scope, name: str) -> Any:
    """A name that a module still being executed binds further down, by one statement only.

    Following imports late can meet a module before its time: Python would have executed it
    up to here already, or in another order. A function, class or import needs nothing else.
    While the module's own statements are executed, they are where they are in Python, too.
    """
    name_of_module = scope.module.name
    if name_of_module not in vm.executing:
        return None
    if vm.statement is not None and vm.statement[0] == name_of_module:
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
    kept = inner and not lookup.is_callable_listed(value)
    return opaque(vm, value) if kept else inward(vm, value)


def _provided(vm: Machine, module: str, dotted: str) -> Special | None:
    """What stands for a callable of a library that declares triggers."""
    if has_own(vm, module.partition(".")[0]):
        return None
    return vm.domain.provided(vm, dotted)


def has_own(vm: Machine, package: str) -> bool:
    """Whether the project has a package of its own by the name of a library.

    The repository of the library itself is no such case: its package has all modules of the
    library. One module says too little.
    """
    if not vm.loader.is_first_party(package):
        return False
    modules = vm.libraries.modules(package)
    return len(modules) < 2 or any(vm.loader.find(module) is None for module in modules)


def is_closed(vm: Machine, name: str) -> bool:
    """Whether a module belongs to a library that is only looked up, never read."""
    top = name.partition(".")[0]
    if top in packages.NEVER_READ and not name.startswith(packages.READ_ALL_THE_SAME):
        return name != "django" and not vm.loader.is_first_party(name)
    return top in sys.stdlib_module_names and not vm.loader.is_first_party(top)


def _only_watches(vm: Machine, dotted: str) -> bool:
    """Whether a name leads to what watches a project that runs, and takes a package to execute."""
    return (
        f"{dotted}.".startswith(packages.WATCHING)
        and not vm.loader.is_eager
        and not vm.loader.is_first_party(dotted.partition(".")[0])
    )


def _is_shadowed(vm: Machine, name: str) -> bool:
    """Whether the project has a package of its own by a library's name.

    django-pgtrigger's own repository is not such a case: there the project is the library.
    """
    top = name.partition(".")[0]
    if top not in packages.OFTEN_SHADOWED:
        return False
    if not vm.loader.is_first_party(top):
        return False
    return vm.loader.find(f"{top}.compiler") is None
