"""Statements: one function for each kind of node, in one table.

Where a condition is not known, both branches are executed speculatively: what they bind
differently is not known, what they register is unresolved.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator import attributes, files, imports, limits
from pgtrigger_codegen.evaluator.branches import bound_names, merge
from pgtrigger_codegen.evaluator.classes import make_class
from pgtrigger_codegen.evaluator.expressions import evaluate, subscript
from pgtrigger_codegen.evaluator.functions import make_function
from pgtrigger_codegen.evaluator.iteration import each, iterate
from pgtrigger_codegen.evaluator.matching import matches
from pgtrigger_codegen.evaluator.operators import IN_PLACE, binary
from pgtrigger_codegen.evaluator.postponed import PostponedNames, postpone_field
from pgtrigger_codegen.evaluator.registration import note_unread_decorator
from pgtrigger_codegen.evaluator.scope import Scope
from pgtrigger_codegen.evaluator.signals import Break, Continue, Maybe, Return, Signal
from pgtrigger_codegen.evaluator.targets import assign
from pgtrigger_codegen.evaluator.unknowns import is_spread, spread, truth
from pgtrigger_codegen.evaluator.values import (
    Invalid,
    PythonRaise,
    Registration,
    Unknown,
    first_unknown,
)

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.interpreter import Interpreter


def execute_resiliently(vm: Interpreter, body: Sequence[ast.stmt], scope: Scope) -> None:
    """Executes a module or class body; what stops a statement makes its names unknown."""
    for node in body:
        around = vm.statement
        if scope.kind == "module":
            vm.statement = (scope.module.name, node.lineno)
        outcome = vm.guarded(lambda node=node: _execute(vm, node, scope), scope.module.span(node))  # type: ignore[misc]
        vm.statement = around
        if isinstance(outcome, Unknown):
            scope.names.update(dict.fromkeys(bound_names(node), outcome))
            if not isinstance(node, ast.ClassDef) and "register" in ast.unparse(node):
                # It ended early: what it would have registered is not known, but not forgotten.
                span = scope.module.span(node)
                vm.registrations.append(Registration(outcome, outcome, scope.module, span))


def run_body(vm: Interpreter, body: Sequence[ast.stmt], scope: Scope) -> Any:
    """Executes a function's body and gives its return value."""
    signal = execute_block(vm, body, scope)
    if isinstance(signal, Return):
        return signal.value
    if isinstance(signal, Maybe):
        return signal.why
    return None


def execute_block(vm: Interpreter, body: Sequence[ast.stmt], scope: Scope) -> Signal:
    """Executes statements until one of them ends the block."""
    for index, node in enumerate(body):
        signal = _execute(vm, node, scope)
        if isinstance(signal, Maybe):
            with vm.speculating(signal.why):
                execute_block(vm, body[index + 1 :], scope)
            return signal
        if signal is not None:
            return signal
    return None


def _execute(vm: Interpreter, node: ast.stmt, scope: Scope) -> Signal:
    vm.step(lambda: scope.module.span(node))
    return _EXECUTORS[type(node)](vm, node, scope)


def _expression(vm: Interpreter, node: ast.Expr, scope: Scope) -> Signal:
    if not isinstance(node.value, ast.Constant):
        value = evaluate(vm, node.value, scope)
        # In a function, a statement that raises would end it: what follows may not happen.
        ends = isinstance(value, Invalid) or _initializes(node.value)
        if ends and isinstance(value, Unknown) and scope.kind == "function":
            return Return(value)
    return None


def _initializes(node: ast.expr) -> bool:
    """Whether an object is not what it should be unless this call happens."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("__init__", "__post_init__", "__setattr__")
    )


def _assign(vm: Interpreter, node: ast.Assign, scope: Scope) -> Signal:
    if isinstance(scope.names, PostponedNames) and _postpone(vm, node, scope):
        return None
    value = evaluate(vm, node.value, scope)
    if isinstance(value, Invalid) and scope.kind == "function":
        return Return(value)  # what raises ends the function, as above
    for target in node.targets:
        assign(vm, target, value, scope)
    return None


def _postpone(vm: Interpreter, node: ast.Assign, scope: Scope) -> bool:
    """Binds a model's field without making it, where nothing can depend on when it is made."""
    match node.targets:
        case [ast.Name(id=name)] if name not in scope.global_names | scope.nonlocal_names:
            field = postpone_field(vm, node.value, scope)
            if field is not None and isinstance(scope.names, PostponedNames):
                scope.names.postpone(name, field)
                return True
    return False


def _annotated_assign(vm: Interpreter, node: ast.AnnAssign, scope: Scope) -> Signal:
    if scope.kind == "class" and isinstance(node.target, ast.Name):
        annotations = scope.names.setdefault("__annotations__", {})
        if isinstance(annotations, dict):
            annotations[node.target.id] = _annotation(vm, node.annotation, scope)
    if node.value is not None:
        assign(vm, node.target, evaluate(vm, node.value, scope), scope)
    return None


def _annotation(vm: Interpreter, node: ast.expr, scope: Scope) -> Any:
    value = vm.evaluate(node, scope)
    return ast.unparse(node) if first_unknown(value) or not attributes.is_plain(value) else value


def _augmented_assign(vm: Interpreter, node: ast.AugAssign, scope: Scope) -> Signal:
    span = scope.module.span(node)
    right = evaluate(vm, node.value, scope)
    left: Any = None
    match node.target:
        case ast.Name():
            left = vm.name(node.target.id, scope, span)
        case ast.Attribute():
            owner = evaluate(vm, node.target.value, scope)
            left = attributes.attribute(vm, owner, node.target.attr, span)
        case ast.Subscript():
            owner = evaluate(vm, node.target.value, scope)
            left = subscript(vm, owner, evaluate(vm, node.target.slice, scope), span)
    if isinstance(left, list) and isinstance(node.op, ast.Add):
        items = iterate(vm, right, span)
        if vm.speculation is not None:
            attributes.poison(left, vm.speculation, keep=True)
        elif isinstance(items, Unknown):
            left.append(Unknown(items.reason, items.span, items.notes, spread=True))
        elif isinstance(right, list | tuple):
            left.extend(right)
        else:
            left.extend(items)
        limits.check_size(len(left))
        value: Any = left
    elif isinstance(left, dict | set) and vm.speculation is None:
        items = iterate(vm, right, span) if hasattr(type(right), "__next__") else right
        value = first_unknown(items) or vm.attempt(span, IN_PLACE[type(node.op)], left, items)
    else:
        value = binary(vm, node.op, left, right, span)
    assign(vm, node.target, value, scope)
    return None


def _if(vm: Interpreter, node: ast.If, scope: Scope) -> Signal:
    decided = truth(vm, evaluate(vm, node.test, scope), scope.module.span(node.test))
    if not isinstance(decided, Unknown):
        return execute_block(vm, node.body if decided else node.orelse, scope)
    why = Unknown(
        f"depends on a condition that is not known: {decided.reason}", decided.span, decided.notes
    )
    return _either(vm, [node.body, node.orelse], scope, why)


def _either(
    vm: Interpreter, blocks: Sequence[Sequence[ast.stmt]], scope: Scope, why: Unknown
) -> Signal:
    """Executes blocks of which only one will run, and keeps what they agree on."""
    before = dict(scope.names)
    bound = {name for block in blocks for node in block for name in bound_names(node)}
    ended = False
    outcomes: list[dict[str, Any]] = []
    for block in blocks:
        scope.names.clear()
        scope.names.update(before)
        with vm.speculating(why):
            signal = execute_block(vm, block, scope)
        ended = ended or signal is not None
        outcomes.append(dict(scope.names))
    merged = merge(before, outcomes, bound, why)
    scope.names.clear()
    scope.names.update(merged)
    return Maybe(why) if ended else None


def _for(vm: Interpreter, node: ast.For, scope: Scope) -> Signal:
    span = scope.module.span(node.iter)
    items = each(vm, evaluate(vm, node.iter, scope), span)
    for item in [spread(items)] if isinstance(items, Unknown) else items:
        vm.step(lambda: span)
        if is_spread(item):
            why = Unknown(
                f"is done for items that are not known: {item.reason}", item.span, item.notes
            )
            assign(vm, node.target, why, scope)
            signal = _either(vm, [node.body, []], scope, why)
            return signal if isinstance(signal, Maybe) else execute_block(vm, node.orelse, scope)
        assign(vm, node.target, item, scope)
        signal = execute_block(vm, node.body, scope)
        if isinstance(signal, Break):
            return None
        if isinstance(signal, Return | Maybe):
            return signal
    return execute_block(vm, node.orelse, scope)


def _while(vm: Interpreter, node: ast.While, scope: Scope) -> Signal:
    span = scope.module.span(node.test)
    while True:
        vm.step(lambda: span)
        decided = truth(vm, evaluate(vm, node.test, scope), span)
        if isinstance(decided, Unknown):
            return _either(vm, [node.body, []], scope, decided)
        if not decided:
            return execute_block(vm, node.orelse, scope)
        signal = execute_block(vm, node.body, scope)
        if isinstance(signal, Break):
            return None
        if isinstance(signal, Return | Maybe):
            return signal


def _try(vm: Interpreter, node: ast.Try, scope: Scope) -> Signal:
    guards = any(_catches_import_error(handler) for handler in node.handlers)
    vm.import_guards += guards
    doubt, vm.doubt = vm.doubt, None
    try:
        with vm.catching():
            signal = execute_block(vm, node.body, scope)
    except PythonRaise as error:
        signal = _handle(vm, node, error, scope)
    else:
        _doubt_handlers(vm, node, scope)
        if signal is None:
            signal = execute_block(vm, node.orelse, scope)
    finally:
        vm.import_guards -= guards
        vm.doubt = doubt
    final = execute_block(vm, node.finalbody, scope)
    return final if final is not None else signal


def _doubt_handlers(vm: Interpreter, node: ast.Try, scope: Scope) -> None:
    """Something in the `try` is not known: it may as well have raised.

    What the handlers bind otherwise is not known then; what they register is unresolved.
    """
    why = vm.doubt
    if why is None:
        return
    for handler in node.handlers:
        if handler.body and not isinstance(handler.body[-1], ast.Raise | ast.Return):
            _either(vm, [[], handler.body], scope, why)


def _handle(vm: Interpreter, node: ast.Try, error: PythonRaise, scope: Scope) -> Signal:
    handler = matching_handler(vm, node, error, scope)
    if handler is None:
        execute_block(vm, node.finalbody, scope)
        raise error
    if isinstance(handler, Unknown):
        return _either(vm, [*(other.body for other in node.handlers), []], scope, handler)
    vm.handled.append(error)
    try:
        return execute_block(vm, handler.body, scope)
    except PythonRaise:
        execute_block(vm, node.finalbody, scope)
        raise
    finally:
        vm.handled.pop()


def matching_handler(
    vm: Interpreter, node: ast.Try, error: PythonRaise, scope: Scope
) -> ast.ExceptHandler | Unknown | None:
    """The `except` that catches an exception, its name bound; `Unknown` if it may be any."""
    for handler in node.handlers:
        kind = BaseException if handler.type is None else evaluate(vm, handler.type, scope)
        if (unknown := first_unknown(kind)) is not None:
            return unknown
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if any(isinstance(each, type) and isinstance(error.error, each) for each in kinds):
            if handler.name:
                scope.bind(handler.name, error.error)
            return handler
    return None


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    names = (
        {getattr(node, "id", None) for node in ast.walk(handler.type)} if handler.type else {None}
    )
    return bool(names & {"ImportError", "ModuleNotFoundError", "Exception", None})


def _with(vm: Interpreter, node: ast.With, scope: Scope) -> Signal:
    suppressed: list[type[BaseException]] = []
    for item in node.items:
        manager = evaluate(vm, item.context_expr, scope)
        if isinstance(manager, contextlib.suppress):
            suppressed.extend(manager._exceptions)  # type: ignore[attr-defined]
        if item.optional_vars is not None:
            given = files.enter(manager, scope.module.span(item.context_expr))
            assign(vm, item.optional_vars, given, scope)
    if not suppressed:
        return execute_block(vm, node.body, scope)
    try:
        with vm.catching():
            return execute_block(vm, node.body, scope)
    except PythonRaise as error:
        if not isinstance(error.error, tuple(suppressed)):
            raise
        return None


def _raise(vm: Interpreter, node: ast.Raise, scope: Scope) -> Signal:
    span = scope.module.span(node)
    if node.exc is None and vm.handled:
        raise vm.handled[-1]
    value = None if node.exc is None else evaluate(vm, node.exc, scope)
    if isinstance(value, type) and issubclass(value, BaseException):
        value = vm.attempt(span, value)
    if isinstance(value, BaseException):
        raise PythonRaise(value, span)
    unknown = first_unknown(value)
    reason = unknown.reason if unknown else "raises an exception that is not known"
    raise PythonRaise(RuntimeError(reason), span)


def _assert(vm: Interpreter, node: ast.Assert, scope: Scope) -> Signal:
    span = scope.module.span(node)
    decided = truth(vm, evaluate(vm, node.test, scope), span)
    if decided is False:
        message = [] if node.msg is None else [evaluate(vm, node.msg, scope)]
        raise PythonRaise(AssertionError(*message), span)
    return None


def _return(vm: Interpreter, node: ast.Return, scope: Scope) -> Signal:
    return Return(None if node.value is None else evaluate(vm, node.value, scope))


def _function(
    vm: Interpreter, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope
) -> Signal:
    scope.bind(node.name, _decorated(vm, make_function(vm, node, scope), node, scope))
    return None


def _class(vm: Interpreter, node: ast.ClassDef, scope: Scope) -> Signal:
    scope.bind(node.name, make_class(vm, node, scope))
    return None


def _decorated(
    vm: Interpreter,
    value: Any,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    scope: Scope,
) -> Any:
    from pgtrigger_codegen.evaluator.calls import call

    for decorator in reversed(node.decorator_list):
        span = scope.module.span(decorator)
        function = evaluate(vm, decorator, scope)
        value = call(vm, function, (value,), {}, span, scope)
        if isinstance(value, Unknown):
            note_unread_decorator(vm, decorator, value, scope)
        if isinstance(function, Unknown):
            return Unknown(f"`{node.name}` is decorated by what is not evaluated", span)
    return value


def _global(vm: Interpreter, node: ast.Global, scope: Scope) -> Signal:
    scope.global_names.update(node.names)
    return None


def _nonlocal(vm: Interpreter, node: ast.Nonlocal, scope: Scope) -> Signal:
    scope.nonlocal_names.update(node.names)
    return None


def _delete(vm: Interpreter, node: ast.Delete, scope: Scope) -> Signal:
    for target in node.targets:
        if isinstance(target, ast.Name):
            scope.names.pop(target.id, None)
        elif isinstance(target, ast.Subscript):
            container = evaluate(vm, target.value, scope)
            key = evaluate(vm, target.slice, scope)
            span = scope.module.span(target)
            if (unknown := first_unknown(key) or vm.speculation) is not None:
                attributes.poison(container, unknown)
            elif isinstance(container, list | dict):
                vm.attempt(span, container.__delitem__, key)
    return None


def _match(vm: Interpreter, node: ast.Match, scope: Scope) -> Signal:
    subject = evaluate(vm, node.subject, scope)
    for index, case in enumerate(node.cases):
        fits = matches(vm, case.pattern, subject, scope)
        if fits is True and case.guard is not None:
            guard = evaluate(vm, case.guard, scope)
            fits = truth(vm, guard, scope.module.span(case.guard))
        if isinstance(fits, Unknown):
            why = Unknown(
                f"depends on a `case` that is not known: {fits.reason}", fits.span, fits.notes
            )
            return _either(vm, [*(other.body for other in node.cases[index:]), []], scope, why)
        if fits:
            return execute_block(vm, case.body, scope)
    return None


def _signal(signal: Signal) -> Callable[[Interpreter, Any, Scope], Signal]:
    return lambda vm, node, scope: signal


def _import(vm: Interpreter, node: ast.Import, scope: Scope) -> Signal:
    imports.import_statement(vm, node, scope)
    return None


def _import_from(vm: Interpreter, node: ast.ImportFrom, scope: Scope) -> Signal:
    imports.import_from_statement(vm, node, scope)
    return None


_EXECUTORS: dict[type[ast.stmt], Callable[[Interpreter, Any, Scope], Signal]] = {
    ast.AnnAssign: _annotated_assign,
    ast.Assert: _assert,
    ast.Assign: _assign,
    ast.AsyncFor: _signal(None),
    ast.AsyncFunctionDef: _function,
    ast.AsyncWith: _signal(None),
    ast.AugAssign: _augmented_assign,
    ast.Break: _signal(Break()),
    ast.ClassDef: _class,
    ast.Continue: _signal(Continue()),
    ast.Delete: _delete,
    ast.Expr: _expression,
    ast.For: _for,
    ast.FunctionDef: _function,
    ast.Global: _global,
    ast.If: _if,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Match: _match,
    ast.Nonlocal: _nonlocal,
    ast.Pass: _signal(None),
    ast.Raise: _raise,
    ast.Return: _return,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.While: _while,
    ast.With: _with,
}
if hasattr(ast, "TypeAlias"):  # Python 3.12
    _EXECUTORS[ast.TypeAlias] = _signal(None)
