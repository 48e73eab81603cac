"""Statements that choose among blocks and repeat them.

Where a condition is not known, or how many items there are, what could run is executed
speculatively (`blocks`).
"""

from __future__ import annotations

import ast
from typing import Any

from pgtrigger_codegen.evaluator.modules.bound_names import bound_names
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.flow.blocks import either, execute_block, noted_end
from pgtrigger_codegen.evaluator.python.flow.matching import matches
from pgtrigger_codegen.evaluator.python.objects.changes import one_of_names
from pgtrigger_codegen.evaluator.python.objects.iteration import each
from pgtrigger_codegen.evaluator.python.objects.namespaces import binds_new_names
from pgtrigger_codegen.evaluator.python.objects.targets import assign
from pgtrigger_codegen.evaluator.python.objects.unknowns import is_spread, spread, truth
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.signals import Break, Maybe, Return, Signal, stays_in_loop
from pgtrigger_codegen.evaluator.values.unknown import Unknown, because


def if_statement(vm: Machine, node: ast.If, scope: Scope) -> Signal:
    decided = noted_end(vm, truth(vm, vm.value(node.test, scope), scope.module.span(node.test)))
    if not isinstance(decided, Unknown):
        vm.observer.decided(scope.module, node.test, decided)
        return execute_block(vm, node.body if decided else node.orelse, scope)
    why = because("depends on a condition that is not known", decided)
    if binds_new_names(node):
        with vm.binding_new_names():
            return either(vm, [node.body, node.orelse], scope, why)
    return either(vm, [node.body, node.orelse], scope, why)


def for_statement(vm: Machine, node: ast.For, scope: Scope) -> Signal:
    span = scope.module.span(node.iter)
    items = noted_end(vm, each(vm, vm.value(node.iter, scope), span))
    for item in [spread(items)] if isinstance(items, Unknown) else items:
        vm.step_at(span)
        if is_spread(item):
            why = because("is done for items that are not known", item)
            assign(vm, node.target, one_of_names(vm, why, node.iter, scope), scope)
            return _after_loop(vm, node, scope, either(vm, [node.body, []], scope, why))
        assign(vm, node.target, item, scope)
        signal = execute_block(vm, node.body, scope)
        if isinstance(signal, Break):
            return None
        if isinstance(signal, Maybe):
            assign(vm, node.target, signal.why, scope)
            return _may_go_on(vm, node, scope, signal)
        if isinstance(signal, Return):
            return signal
    return execute_block(vm, node.orelse, scope)


def _may_go_on(vm: Machine, node: ast.For | ast.While, scope: Scope, signal: Maybe) -> Signal:
    """A loop that may have ended, or skipped something: other rounds may follow, or none."""
    rest = either(vm, [node.body, []], scope, signal.why)
    for name in bound_names(node):
        scope.bind(scope.mangled(name), signal.why)
    in_loop = signal.in_loop and (rest is None or stays_in_loop(rest))
    return _after_loop(vm, node, scope, Maybe(signal.why, in_loop))


def _after_loop(vm: Machine, node: ast.For | ast.While, scope: Scope, signal: Signal) -> Signal:
    """What follows on a loop whose rounds are not known; its `else` is left out by a `break`."""
    if not isinstance(signal, Maybe):
        return execute_block(vm, node.orelse, scope)
    ended = either(vm, [node.orelse, []], scope, signal.why)
    return ended if signal.in_loop else signal


def while_statement(vm: Machine, node: ast.While, scope: Scope) -> Signal:
    span = scope.module.span(node.test)
    while True:
        vm.step_at(span)
        decided = noted_end(vm, truth(vm, vm.value(node.test, scope), span))
        if isinstance(decided, Unknown):
            return _after_loop(vm, node, scope, either(vm, [node.body, []], scope, decided))
        if not decided:
            return execute_block(vm, node.orelse, scope)
        signal = execute_block(vm, node.body, scope)
        if isinstance(signal, Break):
            return None
        if isinstance(signal, Maybe):
            return _may_go_on(vm, node, scope, signal)
        if isinstance(signal, Return):
            return signal


def match_statement(vm: Machine, node: ast.Match, scope: Scope) -> Signal:
    subject = noted_end(vm, vm.value(node.subject, scope))
    for index, case in enumerate(node.cases):
        decided = noted_end(vm, fits(vm, case, subject, scope))
        if isinstance(decided, Unknown):
            why = because("depends on a `case` that is not known", decided)
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
