"""Statements: one function for each kind of node, in one table."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from pgtrigger_codegen.evaluator.modules.bound_names import bound_names
from pgtrigger_codegen.evaluator.protocols.events import Stopped, UnreadCall
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python import assignments
from pgtrigger_codegen.evaluator.python.classes.classes import make_class
from pgtrigger_codegen.evaluator.python.flow import control_flow, exceptions
from pgtrigger_codegen.evaluator.python.functions.functions import make_function
from pgtrigger_codegen.evaluator.python.functions.type_parameters import type_alias
from pgtrigger_codegen.evaluator.python.imports import imports
from pgtrigger_codegen.evaluator.python.objects.changes import cut_short
from pgtrigger_codegen.evaluator.values.raised import PythonRaise
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.signals import Break, Continue, Return, Signal
from pgtrigger_codegen.evaluator.values.unknown import Invalid, Raised, Unknown
from pgtrigger_codegen.source.translation.nodes import TypeAlias


def _expression(vm: Machine, node: ast.Expr, scope: Scope) -> Signal:
    if not isinstance(node.value, ast.Constant):
        value = vm.value(node.value, scope)
        # In a function, a statement that raises would end it: what follows may not happen.
        ends = isinstance(value, Raised) or _initializes(node.value)
        if ends and isinstance(value, Unknown) and scope.kind == "function":
            return Return(value)
        if isinstance(value, Raised) and scope.kind == "module":
            vm.may_have_ended(value)
    return None


def _initializes(node: ast.expr) -> bool:
    """Whether an object is not what it should be unless this call happens."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    owner = node.func.value  # what a class overrides, its base would have done
    by_super = isinstance(owner, ast.Call) and getattr(owner.func, "id", "") == "super"
    return by_super or node.func.attr in _INITIALIZERS


_INITIALIZERS = frozenset("__init__ __post_init__ __setattr__ contribute_to_class".split())


def _return(vm: Machine, node: ast.Return, scope: Scope) -> Signal:
    return Return(None if node.value is None else vm.value(node.value, scope))


def _function(vm: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Signal:
    scope.bind(
        scope.mangled(node.name), _decorated(vm, make_function(vm, node, scope), node, scope)
    )
    return None


def _class(vm: Machine, node: ast.ClassDef, scope: Scope) -> Signal:
    scope.bind(scope.mangled(node.name), make_class(vm, node, scope))
    return None


def _decorated(
    vm: Machine,
    value: Any,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    scope: Scope,
) -> Any:
    for decorator in reversed(node.decorator_list):
        span = scope.module.span(decorator)
        function = vm.value(decorator, scope)
        value = vm.apply(function, (value,), {}, span, scope)
        if isinstance(value, Unknown):
            vm.tell(UnreadCall(decorator, value, scope))
        if isinstance(function, Unknown):
            return Unknown(f"`{node.name}` is decorated by what is not evaluated", span)
    return value


def _global(vm: Machine, node: ast.Global, scope: Scope) -> Signal:
    scope.global_names.update(node.names)
    return None


def _nonlocal(vm: Machine, node: ast.Nonlocal, scope: Scope) -> Signal:
    scope.nonlocal_names.update(node.names)
    return None


def _type_alias(vm: Machine, node: TypeAlias, scope: Scope) -> Signal:
    type_alias(vm, node, scope)
    return None


def _signal(signal: Signal) -> Callable[[Machine, Any, Scope], Signal]:
    return lambda vm, node, scope: signal


def _import(vm: Machine, node: ast.Import, scope: Scope) -> Signal:
    imports.import_statement(vm, node, scope)
    return None


def _import_from(vm: Machine, node: ast.ImportFrom, scope: Scope) -> Signal:
    imports.import_from_statement(vm, node, scope)
    return None


EXECUTORS: dict[type[ast.stmt], Callable[[Machine, Any, Scope], Signal]] = {
    ast.AnnAssign: assignments.annotated_assignment,
    ast.Assert: exceptions.assert_statement,
    ast.Assign: assignments.assignment,
    ast.AsyncFor: _signal(None),
    ast.AsyncFunctionDef: _function,
    ast.AsyncWith: _signal(None),
    ast.AugAssign: assignments.augmented_assignment,
    ast.Break: _signal(Break()),
    ast.ClassDef: _class,
    ast.Continue: _signal(Continue()),
    ast.Delete: assignments.deletion,
    ast.Expr: _expression,
    ast.For: control_flow.for_statement,
    ast.FunctionDef: _function,
    ast.Global: _global,
    ast.If: control_flow.if_statement,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Match: control_flow.match_statement,
    ast.Nonlocal: _nonlocal,
    ast.Pass: _signal(None),
    ast.Raise: exceptions.raise_statement,
    ast.Return: _return,
    ast.Try: exceptions.try_statement,
    ast.TryStar: exceptions.try_statement,
    TypeAlias: _type_alias,
    ast.While: control_flow.while_statement,
    ast.With: exceptions.with_statement,
}


def execute_resiliently(vm: Machine, body: Sequence[ast.stmt], scope: Scope) -> None:
    """Executes a module or class body; what stops a statement makes its names unknown."""
    for index, node in enumerate(body):
        around = vm.statement
        if scope.kind == "module":
            vm.statement = (scope.module.name, node.lineno)
        outcome = vm.guarded_node(_execute, node, scope)
        vm.statement = around
        if (
            scope.kind == "class"
            and (vm.try_depth or vm.frame is not None)
            and isinstance(outcome, Invalid)
            and outcome.error
        ):
            raise PythonRaise(outcome.error, outcome.span)  # there is no such class
        if isinstance(outcome, Unknown):
            scope.names.update(dict.fromkeys(bound_names(node), outcome))
            if not isinstance(outcome, Raised):
                cut_short(vm, [node], scope, outcome)
            vm.tell(Stopped(node, outcome, scope))
        if scope.kind == "module" and _may_be_over(vm, outcome, scope):
            assert vm.ended is not None
            with vm.speculating(vm.ended):
                execute_resiliently(vm, body[index + 1 :], scope)
            return


def _may_be_over(vm: Machine, outcome: Any, scope: Scope) -> bool:
    """Whether a module raises, or may, and whoever imports the module may catch that.

    A module that Django itself imports does not raise: the project would not start.
    """
    if isinstance(outcome, Raised):
        vm.may_have_ended(outcome)
    return (
        vm.ended is not None
        and vm.speculation is None
        and scope.module.first_party
        and scope.module.name not in vm.loader.started
    )


def _execute(vm: Machine, node: ast.stmt, scope: Scope) -> Signal:
    return vm.execute_statement(node, scope)
