"""Imports by call of Django's own: `import_string` and `autodiscover_modules`."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.imports.dynamic_imports import not_known
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown


def _import_string(vm: Machine, call: SpecialCall) -> Any:
    """`import_string("package.module.name")`."""
    dotted = call.argument(0, "dotted_path")
    if not isinstance(dotted, str):
        unknown = first_unknown(dotted) or Unknown("the name to import is not known", call.span)
        return not_known(vm, call, unknown)
    module, _, name = dotted.rpartition(".")
    return vm.module_attribute(module, name, call.span)


def _autodiscover_modules(vm: Machine, call: SpecialCall) -> Any:
    """`autodiscover_modules("triggers")`: the modules of that name in all installed apps."""
    for name in call.args:
        if not isinstance(name, str):
            unknown = first_unknown(name) or Unknown("their name is not a string", call.span)
            return not_known(vm, call, unknown)
        for app in vm.host.app_names:
            if vm.loader.is_first_party(f"{app}.{name}"):
                vm.module(f"{app}.{name}")
    return None


HANDLERS: dict[str, Handler] = {
    "autodiscover_modules": _autodiscover_modules,
    "import_string": _import_string,
}
