"""Statements that choose among blocks and repeat them.

Where a condition is not known, or how many items there are, what could run is executed
speculatively (`blocks`).
"""

from __future__ import annotations

import ast
from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.flow.blocks import either, execute_block, noted_end
from pgtrigger_codegen.evaluator.python.flow.matching import matches
from pgtrigger_codegen.evaluator.python.objects.iteration import each
from pgtrigger_codegen.evaluator.python.objects.targets import assign
from pgtrigger_codegen.evaluator.python.objects.unknowns import is_spread, spread, truth
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.signals import Break, Maybe, Return, Signal
from pgtrigger_codegen.evaluator.values.unknown import Unknown


def if_statement(vm: Machine, node: ast.If, scope: Scope) -> Signal:
    decided = noted_end(vm, truth(vm, vm.value(node.test, scope), scope.module.span(node.test)))
    if not isinstance(decided, Unknown):
        vm.observer.decided(scope.module, node.test, decided)
        return execute_block(vm, node.body if decided else node.orelse, scope)
    why = Unknown(
        f"depends on a condition that is not known: {decided.reason}", decided.span, decided.notes
    )
    return either(vm, [node.body, node.orelse], scope, why)


def for_statement(vm: Machine, node: ast.For, scope: Scope) -> Signal:
    span = scope.module.span(node.iter)
    items = noted_end(vm, each(vm, vm.value(node.iter, scope), span))
    for item in [spread(items)] if isinstance(items, Unknown) else items:
        vm.step_at(span)
        if is_spread(item):
            why = Unknown(
                f"is done for items that are not known: {item.reason}", item.span, item.notes
            )
            assign(vm, node.target, why, scope)
            signal = either(vm, [node.body, []], scope, why)
            return signal if isinstance(signal, Maybe) else execute_block(vm, node.orelse, scope)
        assign(vm, node.target, item, scope)
        signal = execute_block(vm, node.body, scope)
        if isinstance(signal, Break):
            return None
        if isinstance(signal, Return | Maybe):
            return signal
    return execute_block(vm, node.orelse, scope)


def while_statement(vm: Machine, node: ast.While, scope: Scope) -> Signal:
    span = scope.module.span(node.test)
    while True:
        vm.step_at(span)
        decided = noted_end(vm, truth(vm, vm.value(node.test, scope), span))
        if isinstance(decided, Unknown):
            return either(vm, [node.body, []], scope, decided)
        if not decided:
            return execute_block(vm, node.orelse, scope)
        signal = execute_block(vm, node.body, scope)
        if isinstance(signal, Break):
            return None
        if isinstance(signal, Return | Maybe):
            return signal


def match_statement(vm: Machine, node: ast.Match, scope: Scope) -> Signal:
    subject = noted_end(vm, vm.value(node.subject, scope))
    for index, case in enumerate(node.cases):
        decided = noted_end(vm, fits(vm, case, subject, scope))
        if isinstance(decided, Unknown):
            reason = f"depends on a `case` that is not known: {decided.reason}"
            why = Unknown(reason, decided.span, decided.notes)
            return either(vm, [*(other.body for other in node.cases[index:]), []], scope, why)
        if decided:
            return execute_block(vm, case.body, scope)
    return None


def fits(vm: Machine, case: ast.match_case, subject: Any, scope: Scope) -> bool | Unknown:
    """Whether a `case` is the one: its pattern fits, and its guard is true."""
    decided = matches(vm, case.pattern, subject, scope)
    if decided is True and case.guard is not None:
        decided = truth(vm, vm.value(case.guard, scope), scope.module.span(case.guard))
    return decided
