"""Imports by call: `import_module`, `import_string`, and Django's `autodiscover_modules`.

`AppConfig.ready()` is where they are used, to import the modules that register triggers.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator import imports
from pgtrigger_codegen.evaluator.special_call import Handler, SpecialCall
from pgtrigger_codegen.evaluator.values import Unknown, first_unknown

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.interpreter import Interpreter


def _import_module(vm: Interpreter, call: SpecialCall) -> Any:
    """`importlib.import_module(name, package)`: the module, executed at once."""
    name, package = call.argument(0, "name"), call.argument(1, "package")
    if (unknown := first_unknown([name, package])) is not None:
        return unknown
    try:
        absolute = importlib.util.resolve_name(str(name), package)
    except ImportError as error:
        return vm.raised(error, call.span)
    if vm.loader.is_first_party(absolute):
        vm.module(absolute)
    elif not imports.is_found(vm, absolute) and vm.loader.complete:
        return vm.raised(ModuleNotFoundError(f"No module named {absolute!r}"), call.span)
    return imports.module_value(vm, absolute, call.span)


def _import_string(vm: Interpreter, call: SpecialCall) -> Any:
    """`import_string("package.module.name")`."""
    dotted = call.argument(0, "dotted_path")
    if not isinstance(dotted, str):
        return first_unknown(dotted) or Unknown("the name to import is not known", call.span)
    module, _, name = dotted.rpartition(".")
    return imports.module_attribute(vm, module, name, call.span)


def _autodiscover_modules(vm: Interpreter, call: SpecialCall) -> Any:
    """`autodiscover_modules("triggers")`: the modules of that name in all installed apps."""
    for name in call.args:
        if not isinstance(name, str):
            return first_unknown(name) or Unknown("the modules to import are not known", call.span)
        for app in vm.host.app_names:
            if vm.loader.is_first_party(f"{app}.{name}"):
                vm.module(f"{app}.{name}")
    return None


HANDLERS: dict[str, Handler] = {
    "autodiscover_modules": _autodiscover_modules,
    "import_module": _import_module,
    "import_string": _import_string,
}
