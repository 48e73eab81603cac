"""Call expressions: arguments in Python's order, what `*` and `**` unpack among them."""

from __future__ import annotations

import ast
from typing import Any

from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.calls import calls
from pgtrigger_codegen.evaluator.python.objects.changes import (
    may_be_changed,
    may_change,
    note_change_of,
)
from pgtrigger_codegen.evaluator.python.objects.iteration import iterate
from pgtrigger_codegen.evaluator.python.objects.unknowns import spread
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown


def call_expression(vm: Machine, node: ast.Call, scope: Scope) -> Any:
    function = vm.value(node.func, scope)
    span = scope.module.span(node)
    if isinstance(function, Unknown) and may_change(node):
        may_be_changed(vm, node.func, scope, function)
        note_change_of(vm, function, function)
    args: list[Any] = []
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            items = iterate(vm, vm.value(arg.value, scope), scope.module.span(arg))
            args.extend([spread(items)] if isinstance(items, Unknown) else items)
        else:
            args.append(vm.value(arg, scope))
    kwargs: dict[str, Any] = {}
    for keyword in node.keywords:
        value = _argument(vm, function, keyword, scope)
        if keyword.arg is not None:
            given_twice = keyword.arg in kwargs
            kwargs[keyword.arg] = value
        elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
            WORK.items(len(value))
            given_twice = not kwargs.keys().isdisjoint(value)
            kwargs.update((str.__str__(key), item) for key, item in value.items())
        else:
            given = scope.module.span(keyword.value)
            unknown = first_unknown(value)
            if unknown is None and isinstance(value, dict):
                return vm.raised(TypeError("keywords must be strings"), given)
            unknown = unknown or Unknown("the keyword arguments are not known", given)
            return calls.call_with_unknown(vm, function, args, unknown, span, scope)
        if given_twice:
            return vm.raised(TypeError("got multiple values for a keyword argument"), span)
    return vm.noticed(vm.apply(function, tuple(args), kwargs, span, scope))


def _argument(vm: Machine, function: Any, keyword: ast.keyword, scope: Scope) -> Any:
    if keyword.arg in vm.domain.postponed_arguments:
        postponed = vm.domain.postponed(vm, keyword, scope, function)
        if postponed is not NotImplemented:
            return postponed
    return vm.value(keyword.value, scope)
