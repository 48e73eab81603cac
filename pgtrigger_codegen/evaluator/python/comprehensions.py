"""Comprehensions and generator expressions."""

from __future__ import annotations

import ast
from collections.abc import Generator, Iterator
from typing import Any

from msgspec.structs import replace

from pgtrigger_codegen.evaluator.limits.weight import weigh
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.functions.generators import lazily
from pgtrigger_codegen.evaluator.python.objects.changes import bind_walrus_names, may_change
from pgtrigger_codegen.evaluator.python.objects.iteration import each
from pgtrigger_codegen.evaluator.python.objects.targets import assign
from pgtrigger_codegen.evaluator.python.objects.unknowns import is_spread, spread, truth
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown


def comprehension(vm: Machine, node: Any, scope: Scope) -> Any:
    # Only the outermost iterable sees the names of a class body around the comprehension.
    inner = Scope("comprehension", scope.module, parent=scope.function_parent(), owner=scope.owner)
    outermost = node.generators[0].iter
    items = each(vm, vm.value(outermost, scope), scope.module.span(outermost))
    if isinstance(items, Unknown):
        return _beyond(vm, node, node.generators, items, inner)
    if isinstance(node, ast.GeneratorExp):
        return lazily(vm, _loop(vm, node, node.generators, items, inner))
    collected = list(_loop(vm, node, node.generators, items, inner))
    if collected and is_spread(collected[-1]):
        return replace(collected[-1], spread=False)
    span = scope.module.span(node)
    match node:
        case ast.ListComp():
            return collected
        case ast.SetComp():
            return first_unknown(collected) or vm.attempt(span, _hashed, set, collected, collected)
        case _:
            keys = [key for key, _ in collected]
            return first_unknown(keys) or vm.attempt(span, _hashed, dict, keys, collected)


def _hashed(kind: type, keys: list[Any], collected: list[Any]) -> Any:
    weigh(keys)
    return kind(collected)


def _loop(
    vm: Machine,
    node: Any,
    generators: list[ast.comprehension],
    items: Iterator[Any],
    scope: Scope,
) -> Generator[Any, None, bool]:
    """Runs the loops of a comprehension from the outermost one in.

    Yields:
        Its items; at last an `Unknown` in the place of all that cannot be known of them.

    Returns:
        Whether it ended with such a one.
    """
    head, *rest = generators
    span = scope.module.span(head.iter)
    for item in items:
        vm.step_at(span)
        if is_spread(item):
            yield _beyond(vm, node, generators, item, scope)
            return True
        assign(vm, head.target, item, scope)
        wanted = _all_true(vm, head.ifs, scope)
        if isinstance(wanted, Unknown):
            yield spread(_beyond(vm, node, generators, wanted, scope))
            return True
        if not wanted:
            continue
        if not rest:
            yield _element(vm, node, scope)
            continue
        source = each(vm, vm.value(rest[0].iter, scope), scope.module.span(rest[0].iter))
        if isinstance(source, Unknown):
            yield spread(_beyond(vm, node, rest, source, scope))
            return True
        if (yield from _loop(vm, node, rest, source, scope)):
            return True
    return False


def _beyond(
    vm: Machine,
    node: Any,
    generators: list[ast.comprehension],
    unknown: Unknown,
    scope: Scope,
) -> Unknown:
    """Evaluates the rest for items that are not known, only for what that may change."""
    parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    conditions = [condition for one in generators for condition in one.ifs]
    if any(map(may_change, (*parts, *conditions))):
        with vm.speculating(unknown):
            for one in generators:
                assign(vm, one.target, replace(unknown, spread=False), scope)
            for part in (*conditions, *parts):
                vm.value(part, scope)
        bind_walrus_names(node, scope, replace(unknown, spread=False))
    return unknown


def _element(vm: Machine, node: Any, scope: Scope) -> Any:
    if isinstance(node, ast.DictComp):
        return vm.value(node.key, scope), vm.value(node.value, scope)
    return vm.value(node.elt, scope)


def _all_true(vm: Machine, conditions: list[ast.expr], scope: Scope) -> bool | Unknown:
    for condition in conditions:
        decided = truth(vm, vm.value(condition, scope), scope.module.span(condition))
        if decided is not True:
            return decided
    return True
