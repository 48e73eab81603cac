"""Class statements.

A class of the user's alone is a value of ours. On real bases it is made real, with methods that the
interpreter runs: enums, and subclasses of a library's classes, behave as Python's own. A class that
cannot be made real, or must not be, is the domain's: a model, say.
"""

from __future__ import annotations

import ast
import sys
from typing import Any

from pgtrigger_codegen.evaluator.protocols.domain import ClassStatement
from pgtrigger_codegen.evaluator.protocols.events import UnreadCall
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.classes.metaclasses import (
    empty_class,
    make_by_metaclass,
    prepared,
    users_metaclass,
)
from pgtrigger_codegen.evaluator.python.classes.real_classes import real_class
from pgtrigger_codegen.evaluator.python.classes.user_classes import is_users_own, make_user_class
from pgtrigger_codegen.evaluator.python.functions.type_parameters import (
    generic_base,
    type_variables,
    with_variables,
)
from pgtrigger_codegen.evaluator.python.objects.iteration import iterate
from pgtrigger_codegen.evaluator.values.callables import Opaque, Special
from pgtrigger_codegen.evaluator.values.classes import is_class
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.source.span import Span

_TYPE = Special("type")
_TEMPORARY = "six.with_metaclass(…)"


def make_class(vm: Machine, node: ast.ClassDef, scope: Scope) -> Any:
    """The value of a class statement, decorators applied."""
    span = scope.module.name_span(node)
    variables = type_variables(node)
    inner = with_variables(scope, variables)
    bases, given = _unfolded(_bases(vm, node, inner))
    if variables:
        bases = (*bases, generic_base(variables))
    keywords = {**given, **_keywords(vm, node, inner)}
    unmade = vm.domain.namespace(bases)
    begun = prepared(vm, node.name, bases, keywords, span) if unmade is None else unmade
    names = {} if isinstance(begun, Unknown) else begun
    around = with_variables(scope.function_parent(), variables)
    body = Scope("class", scope.module, parent=around, names=names)
    body.qualname = f"{scope.qualname}.{node.name}" if scope.qualname else node.name
    body.private = node.name
    if (text := ast.get_docstring(node, clean=sys.version_info >= (3, 13))) is not None:
        names["__doc__"] = text
    vm.execute_body(node.body, body)
    statement = ClassStatement(node, scope.module, bases, body, keywords, span)
    value: Any = begun if isinstance(begun, Unknown) else None
    known = value is None and first_unknown(list(keywords.values())) is None
    if known and unmade is None:
        value = make_real_class(vm, statement)
    if value is None or isinstance(value, Unknown):
        value = vm.domain.make_class(vm, statement, value)
    elif not body.owner:
        body.owner.append(value)
    return _decorate(vm, value, node, scope)


def _unfolded(bases: tuple[Any, ...]) -> tuple[tuple[Any, ...], dict[str | None, Any]]:
    """The bases, and what else is given, in the place of `six.with_metaclass(Meta, Base)`."""
    if len(bases) != 1 or not isinstance(bases[0], Special) or bases[0].name != _TEMPORARY:
        return bases, {}
    metaclass, inner = bases[0].receiver
    return inner, {"metaclass": metaclass}


def _with_metaclass(vm: Machine, call: SpecialCall) -> Any:
    """`six.with_metaclass(Meta, *bases)`: a base that is gone once the class is made."""
    if (unknown := call.unknown()) is not None or not call.args or call.kwargs:
        return unknown or Unknown("takes a metaclass", call.span)
    bases = tuple(_base(vm, "with_metaclass", base, call.span) for base in call.args[1:])
    return Special(_TEMPORARY, (call.args[0], bases))


HANDLERS: dict[str, Handler] = {"with_metaclass": _with_metaclass}


def _keywords(vm: Machine, node: ast.ClassDef, scope: Scope) -> dict[str | None, Any]:
    keywords: dict[str | None, Any] = {}
    for keyword in node.keywords:
        value = vm.evaluate(keyword.value, scope)
        if keyword.arg is None and isinstance(value, dict):
            keywords.update(value)
        elif keyword.arg is None:
            span = scope.module.span(keyword.value)
            keywords[None] = first_unknown(value) or Unknown("`**` of a class is not known", span)
        else:
            keywords[keyword.arg] = value
    if keywords.get("metaclass") == _TYPE:
        del keywords["metaclass"]  # the bases decide, as without it
    return keywords


def make_dynamic_class(vm: Machine, call: SpecialCall) -> Any:
    """The value of `type(name, bases, namespace)`."""
    name, given, namespace = call.args
    if call.scope is None or not isinstance(name, str) or not isinstance(given, tuple):
        return call.unknown() or Unknown("a class is made here from what is not known", call.span)
    if not isinstance(namespace, dict) or not all(isinstance(key, str) for key in namespace):
        return call.unknown() or Unknown("the namespace of a class is not known", call.span)
    span, module = call.span, call.scope.module
    bases = tuple(_base(vm, name, base, span) for base in given)
    body = Scope("class", module, names=dict(namespace), qualname=name)
    keywords: dict[str | None, Any] = dict(call.kwargs.items())
    statement = ClassStatement(
        empty_class(name, span), module, bases, body, keywords, span, dynamic=True
    )
    if vm.domain.namespace(bases) is not None:
        return vm.domain.make_class(vm, statement, None)
    body.names.pop("__module__", None)
    made = make_real_class(vm, statement)
    return first_unknown(namespace) or made if isinstance(made, Unknown) else made


def _bases(vm: Machine, node: ast.ClassDef, scope: Scope) -> tuple[Any, ...]:
    bases: list[Any] = []
    for expression in node.bases:
        if isinstance(expression, ast.Starred):
            span = scope.module.span(expression)
            items = iterate(vm, vm.evaluate(expression.value, scope), span)
            several = [items] if isinstance(items, Unknown) else items
            bases.extend(_base(vm, node.name, item, span) for item in several)
            continue
        base = vm.evaluate(expression, scope)
        if isinstance(base, Unknown) and isinstance(expression, ast.Call):
            vm.tell(UnreadCall(expression, base, scope))
        bases.append(_base(vm, node.name, base, scope.module.span(expression)))
    return tuple(bases)


def _base(vm: Machine, name: str, base: Any, span: Span) -> Any:
    if isinstance(base, Unknown):
        return base.with_note(f"a base of `{name}`", span)
    if isinstance(base, Opaque) and isinstance(base.real, type):
        base = base.real
    elif base == _TYPE:
        base = type
    return vm.domain.base(vm, base, span)


def make_real_class(vm: Machine, statement: ClassStatement) -> Any:
    """The real class of a statement, by its metaclass if that is the user's; or `Unknown`."""
    metaclass = users_metaclass(vm, statement.bases, statement.keywords.get("metaclass"))
    if metaclass is not None:
        return make_by_metaclass(vm, metaclass, statement)
    if is_users_own(statement):
        return make_user_class(vm, statement)
    return real_class(vm, statement)


def _decorate(vm: Machine, value: Any, node: ast.ClassDef, scope: Scope) -> Any:
    for decorator in reversed(node.decorator_list):
        span = scope.module.span(decorator)
        function = vm.evaluate(decorator, scope)
        result = vm.apply(function, (value,), {}, span, scope)
        value = vm.domain.decorated(vm, value, function, result, span)
        if is_class(value):
            vm.user_classes.setdefault(value, (scope.module, node))
    return value
