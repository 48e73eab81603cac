"""Blocks: statements one after another, or several blocks of which only one will run.

Where it is not known which, all are executed speculatively: what they bind differently is not
known, what they register is unresolved.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from pgtrigger_codegen.evaluator.modules.bound_names import bound_names
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.flow.branches import merge
from pgtrigger_codegen.evaluator.values.raised import PythonRaise, is_error_of
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.signals import Maybe, Return, Signal
from pgtrigger_codegen.evaluator.values.unknown import Raised, Refusal, Unknown, may_register


def execute_block(vm: Machine, body: Sequence[ast.stmt], scope: Scope) -> Signal:
    """Executes statements until one of them ends the block."""
    for index, node in enumerate(body):
        signal = vm.execute_statement(node, scope)
        if isinstance(signal, Maybe):
            with vm.speculating(signal.why):
                execute_block(vm, body[index + 1 :], scope)
            return signal
        if signal is not None:
            return signal
    return None


def either(vm: Machine, blocks: Sequence[Sequence[ast.stmt]], scope: Scope, why: Unknown) -> Signal:
    """Executes blocks of which only one will run, and keeps what they agree on.

    One that surely raises, where no `try` catches that, is not: the project would not start. It is
    noted all the same, since whoever imports the module may catch that.

    Raises:
        Refusal: One raises, and a `try` could catch that.
    """
    before = dict(scope.names)
    bound = {name for block in blocks for node in block for name in bound_names(node)}
    ended = False
    raised: PythonRaise | None = None
    outcomes: list[dict[str, Any]] = []
    for block in blocks:
        scope.names.clear()
        scope.names.update(before)
        try:
            with vm.speculating(why):
                signal = execute_block(vm, block, scope)
        except PythonRaise as error:
            raised = raised or error
            continue
        ended = ended or signal is not None
        outcomes.append(dict(scope.names))
    if raised is not None and outcomes and not vm.try_depth:
        vm.may_have_ended(vm.invalid(raised.error, raised.span or why.span), why)
    # Whoever imports the module may catch an `ImportError`.
    if raised is not None and (vm.try_depth or is_error_of(raised.error, ImportError)):
        scope.names.clear()
        scope.names.update(before)
        raise Refusal(why)  # it is raised or not, and caught then
    if raised is not None and not outcomes:
        raise raised
    merged = merge(before, outcomes, bound, why)
    for name in (name for name, value in merged.items() if value is why):
        if vm.domain.registers(vm, [outcome.get(name) for outcome in outcomes]):
            merged[name] = may_register(why)
    scope.names.clear()
    scope.names.update(merged)
    return Maybe(why) if ended else None


def noted_end(vm: Machine, value: Any) -> Any:
    """Passes on what a statement would choose by: if that raises, a module ends with it."""
    if isinstance(value, Raised) and vm.frame is None:
        vm.may_have_ended(value)
    return value


def run_body(vm: Machine, body: Sequence[ast.stmt], scope: Scope) -> Any:
    """Executes a function's body and gives its return value."""
    signal = execute_block(vm, body, scope)
    if isinstance(signal, Return):
        return signal.value
    if isinstance(signal, Maybe):
        return signal.why
    return None
