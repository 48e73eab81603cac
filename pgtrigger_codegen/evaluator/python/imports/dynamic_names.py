"""Names that a module gets by other means than its own statements."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pgtrigger_codegen.evaluator.values.callables import Function
from pgtrigger_codegen.evaluator.values.unknown import Unknown

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.python.machine import Interpreter


def note_names_not_set(vm: Interpreter, function: Function, unknown: Unknown) -> None:
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
