"""Imports by call: `import_module` and `__import__`.

`AppConfig.ready()` is where they are used, to import the modules that register triggers.
"""

from __future__ import annotations

import importlib.util
from typing import Any

from msgspec.structs import replace

from pgtrigger_codegen.evaluator.protocols.events import ImportedUnknown
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.imports import module_names
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown


def _import_module(vm: Machine, call: SpecialCall) -> Any:
    """`importlib.import_module(name, package)`: the module, executed at once."""
    name, package = call.argument(0, "name"), call.argument(1, "package")
    if (unknown := first_unknown([name, package])) is not None:
        return not_known(vm, call, unknown)
    try:
        absolute = importlib.util.resolve_name(str(name), package)
    except ImportError as error:
        return vm.raised(error, call.span)
    if vm.loader.is_first_party(absolute):
        vm.module(absolute)
    elif not module_names.is_found(vm, absolute) and vm.loader.complete:
        return vm.raised(ModuleNotFoundError(f"No module named {absolute!r}"), call.span)
    return vm.module_value(absolute, call.span)


def _import(vm: Machine, call: SpecialCall) -> Any:
    """`__import__(name)`: gives the topmost package, unless it is asked for names."""
    name, level = call.argument(0, "name"), call.argument(4, "level", 0)
    names = call.argument(3, "fromlist", ()) or ()
    if (unknown := first_unknown([name, names, level])) is not None:
        return not_known(vm, call, unknown)
    if level != 0:
        return not_known(vm, call, Unknown("relative imports by call are not evaluated", call.span))
    found = _import_module(vm, replace(call, args=(name,), kwargs={}))
    for submodule in names:
        if vm.loader.is_first_party(f"{name}.{submodule}"):
            vm.module(f"{name}.{submodule}")
    if names or isinstance(found, Unknown):
        return found
    return vm.module_value(str(name).partition(".")[0], call.span)


def _find_spec(vm: Machine, call: SpecialCall) -> Any:
    """`importlib.util.find_spec(name)`: whether a module is there, without executing it."""
    name, package = call.argument(0, "name"), call.argument(1, "package")
    if (unknown := first_unknown([name, package])) is not None or not isinstance(name, str):
        return unknown or Unknown("the name of a module is not a string", call.span)
    absolute = vm.attempt(call.span, importlib.util.resolve_name, name, package)
    if isinstance(absolute, Unknown):
        return absolute
    if module_names.is_found(vm, absolute):
        return Special("the spec of a module")
    if not vm.loader.complete:
        return Unknown(f"whether `{absolute}` is installed is not known", call.span)
    vm.assume(f"module {absolute}", "not installed", call.span)
    above = absolute.rpartition(".")[0]
    if above and not module_names.is_found(vm, above):
        return vm.raised(ModuleNotFoundError(f"No module named {above!r}"), call.span)
    return None


def not_known(vm: Machine, call: SpecialCall, unknown: Unknown) -> Unknown:
    """The outcome of an import of what is not known, which is noted."""
    if call.scope is not None:
        vm.tell(ImportedUnknown(call.scope.module, unknown, call.span))
    return unknown


HANDLERS: dict[str, Handler] = {
    "find_spec": _find_spec,
    "__import__": _import,
    "import_module": _import_module,
}
