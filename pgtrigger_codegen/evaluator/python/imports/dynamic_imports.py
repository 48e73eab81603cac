"""Imports by call: `import_module`, `import_string`, and Django's `autodiscover_modules`.

`AppConfig.ready()` is where they are used, to import the modules that register triggers.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from pgtrigger_codegen.evaluator.django.unknown_imports import note_unknown_import
from pgtrigger_codegen.evaluator.protocols.special_call import Handler, SpecialCall
from pgtrigger_codegen.evaluator.python.imports import imports
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.python.machine import Interpreter


def _import_module(vm: Interpreter, call: SpecialCall) -> Any:
    """`importlib.import_module(name, package)`: the module, executed at once."""
    name, package = call.argument(0, "name"), call.argument(1, "package")
    if (unknown := first_unknown([name, package])) is not None:
        return _not_known(vm, call, unknown)
    try:
        absolute = importlib.util.resolve_name(str(name), package)
    except ImportError as error:
        return vm.raised(error, call.span)
    if vm.loader.is_first_party(absolute):
        vm.module(absolute)
    elif not imports.is_found(vm, absolute) and vm.loader.complete:
        return vm.raised(ModuleNotFoundError(f"No module named {absolute!r}"), call.span)
    return imports.module_value(vm, absolute, call.span)


def _import(vm: Interpreter, call: SpecialCall) -> Any:
    """`__import__(name)`: gives the topmost package, unless it is asked for names."""
    name, level = call.argument(0, "name"), call.argument(4, "level", 0)
    names = call.argument(3, "fromlist", ()) or ()
    if (unknown := first_unknown([name, names, level])) is not None:
        return _not_known(vm, call, unknown)
    if level != 0:
        return _not_known(
            vm, call, Unknown("relative imports by call are not evaluated", call.span)
        )
    found = _import_module(vm, replace(call, args=(name,), kwargs={}))
    for submodule in names:
        if vm.loader.is_first_party(f"{name}.{submodule}"):
            vm.module(f"{name}.{submodule}")
    if names or isinstance(found, Unknown):
        return found
    return imports.module_value(vm, str(name).partition(".")[0], call.span)


def _import_string(vm: Interpreter, call: SpecialCall) -> Any:
    """`import_string("package.module.name")`."""
    dotted = call.argument(0, "dotted_path")
    if not isinstance(dotted, str):
        unknown = first_unknown(dotted) or Unknown("the name to import is not known", call.span)
        return _not_known(vm, call, unknown)
    module, _, name = dotted.rpartition(".")
    return imports.module_attribute(vm, module, name, call.span)


def _autodiscover_modules(vm: Interpreter, call: SpecialCall) -> Any:
    """`autodiscover_modules("triggers")`: the modules of that name in all installed apps."""
    for name in call.args:
        if not isinstance(name, str):
            unknown = first_unknown(name) or Unknown("their name is no text", call.span)
            return _not_known(vm, call, unknown)
        for app in vm.host.app_names:
            if vm.loader.is_first_party(f"{app}.{name}"):
                vm.module(f"{app}.{name}")
    return None


def _not_known(vm: Interpreter, call: SpecialCall, unknown: Unknown) -> Unknown:
    if call.scope is not None:
        note_unknown_import(vm, call.scope.module, unknown, call.span)
    return unknown


HANDLERS: dict[str, Handler] = {
    "__import__": _import,
    "autodiscover_modules": _autodiscover_modules,
    "import_module": _import_module,
    "import_string": _import_string,
}
