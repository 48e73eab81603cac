"""The user's functions: made by a `def` or a `lambda`, and run by the machine.

No function of the user's becomes one of Python's. Real code calls what the membrane made for it:
that comes back here, and an `Unknown` result leaves as a `Refusal`, which real code cannot catch.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.evaluator.limits import totals
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.modules.bound_names import local_names
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.flow.blocks import run_body
from pgtrigger_codegen.evaluator.python.functions.generators import run_generator
from pgtrigger_codegen.evaluator.python.functions.type_parameters import (
    type_variables,
    with_variables,
)
from pgtrigger_codegen.evaluator.python.functions.yielded_values import contains_yield
from pgtrigger_codegen.evaluator.python.objects.membrane import inward, outward
from pgtrigger_codegen.evaluator.values.callables import ContextManager, Function
from pgtrigger_codegen.evaluator.values.raised import Frame, PythonRaise, UnknownRaise
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.source.deferred import docstring
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

_Node = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def make_function(vm: Machine, node: _Node, scope: Scope) -> Function:
    """The value of a `def` or a `lambda`."""
    WORK.steps += totals.STEPS_OF_A_FUNCTION
    defaults = tuple(vm.value(default, scope) for default in node.args.defaults)
    kw_defaults = {
        arg.arg: vm.value(default, scope)
        for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    }
    text = None
    name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    if not isinstance(node, ast.Lambda):
        text = docstring(node, clean=sys.version_info >= (3, 13))
    return Function(
        name=name,
        node=node,
        scope=with_variables(scope.function_parent(), type_variables(node)),
        module=scope.module,
        defaults=defaults,
        kw_defaults=kw_defaults,
        owner=scope.owner,
        dunders={
            "__name__": name,
            "__qualname__": f"{scope.qualname}.{name}" if scope.qualname else name,
            "__module__": scope.module.name,
            "__doc__": text,
        },
        private=scope.private,
    )


def call_function(
    vm: Machine,
    function: Function,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    span: Span,
    *,
    from_real_code: bool = False,
) -> Any:
    """Runs a user's function with values that may be `Unknown`.

    Raises:
        PythonRaise: The function raises.
        Refusal: A limit was passed.
    """
    kind = _kind(function.node, function.module)
    if kind == "async":
        return Unknown(f"`{function.name}` is asynchronous and is not evaluated", span)
    if function.manages and kind != "generator":
        return Unknown(f"`{function.name}` is used as a context manager and has no `yield`", span)
    if vm.depth >= totals.DEPTH:
        raise Refusal(Unknown(f"calls nest more than {totals.DEPTH} deep", span))
    scope = Scope("function", function.module, parent=function.scope, owner=function.owner)
    scope.qualname = f"{function.name}.<locals>"
    bound = _bind(function, args, kwargs)
    if isinstance(bound, TypeError):
        raise PythonRaise(bound, span)
    scope.names.update(bound)
    scope.local_names = local_names(function.node)
    scope.private = function.private
    scope.first_argument = args[0] if args else None
    vm.observer.called(function.module, function.node)
    vm.depth += 1
    around, vm.frame = vm.frame, Frame(function.name, None if from_real_code else span, vm.frame)
    try:
        if isinstance(function.node, ast.Lambda):
            return vm.value(function.node.body, scope)
        if kind == "generator":
            items = run_generator(vm, function, scope)
            return ContextManager(function.name, items) if function.manages else items
        return run_body(vm, function.node.body, scope)
    except PythonRaise as error:
        error.frame = error.frame or vm.frame
        raise
    finally:
        vm.depth -= 1
        vm.frame = around


def call_from_real_code(
    vm: Machine, function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """Answers a call that real code makes.

    Raises:
        Refusal: The result is not known, or the function raises what real code must not catch.
    """
    span = function.module.span(function.node)
    vm.begin_call_from_outside()
    WORK.steps += totals.STEPS_OF_A_CALL
    given = [inward(vm, arg) for arg in args]
    named = {name: inward(vm, arg) for name, arg in kwargs.items()}
    try:
        with vm.catching(), confined():
            result = call_function(vm, function, given, named, span, from_real_code=True)
    except PythonRaise as error:
        if not isinstance(error.error, Exception) or isinstance(error.error, UnknownRaise):
            # No `except Exception` of real code catches it, and so none of ours can let it through;
            # which one catches an exception that is not known, nobody can say.
            raise Refusal(vm.invalid(error.error, error.span or span, error.frame)) from None
        raise vm.leave_by(error, span) from None
    if isinstance(result, Unknown):
        raise Refusal(result)
    if (unknown := first_unknown(result)) is not None:
        raise Refusal(unknown)
    return outward(vm, vm.domain.rendered(vm, result), span)


def _kind(node: _Node, module: Module) -> Literal["plain", "generator", "async"]:
    if isinstance(node, ast.AsyncFunctionDef):
        return "async"
    if isinstance(node, ast.Lambda):
        return "plain"
    # Most modules have no generators: then no function needs to be searched.
    yields = "yield" in module.text and any(contains_yield(child) for child in node.body)
    return "generator" if yields else "plain"


def _bind(
    function: Function, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any] | TypeError:
    """Parameters to arguments, by Python's rules."""
    spec = function.node.args
    positional = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
    positional_only = {arg.arg for arg in spec.posonlyargs}
    names: dict[str, Any] = dict(zip(positional, args, strict=False))
    if len(args) > len(positional) and spec.vararg is None:
        return TypeError(
            f"{function.name}() takes {len(positional)} positional arguments "
            f"but {len(args)} were given"
        )
    rest: dict[str, Any] = {}
    keyword_names = set(positional) - positional_only | {arg.arg for arg in spec.kwonlyargs}
    for name, value in kwargs.items():
        if name not in keyword_names:
            if spec.kwarg is None:
                return TypeError(f"{function.name}() got an unexpected keyword argument '{name}'")
            rest[name] = value
        elif name in names:
            return TypeError(f"{function.name}() got multiple values for argument '{name}'")
        else:
            names[name] = value
    with_default = positional[len(positional) - len(function.defaults) :]
    for name, default in zip(with_default, function.defaults, strict=True):
        names.setdefault(name, default)
    for arg in spec.kwonlyargs:
        if arg.arg not in names and arg.arg in function.kw_defaults:
            names[arg.arg] = function.kw_defaults[arg.arg]
    missing = [n for n in (*positional, *(a.arg for a in spec.kwonlyargs)) if n not in names]
    if missing:
        return TypeError(f"{function.name}() missing required argument: '{missing[0]}'")
    if spec.vararg is not None:
        names[spec.vararg.arg] = tuple(args[len(positional) :])
    if spec.kwarg is not None:
        names[spec.kwarg.arg] = rest
    return names
