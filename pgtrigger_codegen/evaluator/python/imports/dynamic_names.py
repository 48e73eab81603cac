"""Names that a module gets by other means than its own statements."""

from __future__ import annotations

import ast
from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.values.callables import Function, Special
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span


def note_names_not_set(vm: Machine, function: Function, unknown: Unknown) -> None:
    """A function that gives names to a module of `sys.modules`, and did not come to its end.

    Any name of the module that is being executed may be one that it would have set.
    """
    if vm.statement is None or "sys.modules" not in function.module.text:
        return
    scope = vm.scopes.get(vm.statement[0])
    takes_module = any(
        isinstance(node, ast.Attribute) and node.attr == "modules"
        for node in ast.walk(function.node)
    )
    if scope is not None and takes_module:
        scope.open_ended = scope.open_ended or unknown


def module_of(vm: Machine, special: Special, key: Any, span: Span) -> Any:
    """`sys.modules["NAME"]`."""
    if not isinstance(key, str):
        return Unknown("an item of `sys.modules` is not evaluated", span)
    return vm.module_value(key, span)
