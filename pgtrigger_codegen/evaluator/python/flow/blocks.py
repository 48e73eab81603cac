"""Blocks: statements one after another, or several blocks of which only one will run.

Where it is not known which, all are executed speculatively: what they bind differently is not
known, what they register is unresolved.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.modules.bound_names import bound_names
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.flow.branches import merge
from pgtrigger_codegen.evaluator.python.objects.changes import one_of
from pgtrigger_codegen.evaluator.values.raised import PythonRaise, is_error_of
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.signals import Maybe, Return, Signal, stays_in_loop
from pgtrigger_codegen.evaluator.values.unknown import Raised, Refusal, Unknown, may_register


def execute_block(vm: Machine, body: Sequence[ast.stmt], scope: Scope) -> Signal:
    """Executes statements until one of them ends the block."""
    for index, node in enumerate(body):
        signal = vm.execute_statement(node, scope)
        if isinstance(signal, Maybe):
            rest = either(vm, [body[index + 1 :], []], scope, signal.why)
            given = [signal.why, rest.why] if isinstance(rest, Maybe) else [signal.why]
            in_loop = signal.in_loop and (rest is None or stays_in_loop(rest))
            return Maybe(one_of(vm, signal.why, given), in_loop)
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
    ends: list[bool] = []
    given: list[Any] = []
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
        if signal is not None:
            ends.append(stays_in_loop(signal))
        if isinstance(signal, Return | Maybe):
            given.append(signal.value if isinstance(signal, Return) else signal.why)
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
    scope.names.clear()
    scope.names.update(merged_names(vm, before, outcomes, bound, why))
    return Maybe(one_of(vm, why, given), all(ends)) if ends else None


def merged_names(
    vm: Machine,
    before: dict[str, Any],
    outcomes: Sequence[dict[str, Any]],
    bound: Collection[str],
    why: Unknown,
) -> dict[str, Any]:
    """The names after blocks of which only one has run, as `merge` has them.

    What is not known may register what the outcomes would, and may be what they are.
    """
    merged = merge(before, outcomes, bound, why)
    for name, value in merged.items():
        values = [outcome.get(name) for outcome in outcomes]
        if value is why:
            registers = vm.domain.registers(vm, values)
            merged[name] = may_register(why) if registers else one_of(vm, why, values)
        elif isinstance(value, list) and all(value is not one for one in values):
            vm.choices[identity(value)] = value, tuple(values)
    return merged


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
