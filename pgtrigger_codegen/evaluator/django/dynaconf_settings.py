"""`dynaconf.DjangoDynaconf(__name__)`, which sets what its files and the environment say.

Which files count, and how their values are merged, depends on the environment: none is read.
"""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.unknown import Unknown

_LOAD = Special("dynaconf.load")


def _load(vm: Machine, call: SpecialCall) -> Any:
    unknown = Unknown("what dynaconf sets, from files and the environment, is not read", call.span)
    module = call.argument(0, "django_settings_module_name")
    scope = vm.scopes.get(module) if isinstance(module, str) else None
    if scope is None and call.scope is not None:
        scope = call.scope.module_scope
    if scope is not None:
        scope.open_ended = unknown
    return unknown


NAMES = {"dynaconf.DjangoDynaconf": _LOAD, "dynaconf.contrib.DjangoDynaconf": _LOAD}
"""What the interpreter stands in for, by dotted path."""

HANDLERS: dict[str, Handler] = {_LOAD.name: _load}
