"""Class statements.

A class is made real, on its real bases, with methods that the interpreter runs: enums, dataclasses
and subclasses of a library's classes behave as Python's own. A class that cannot be made real, or
must not be, is the domain's: a model, say.
"""

from __future__ import annotations

import abc
import ast
import enum
import inspect
import sys
import types
from typing import Any

from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.library.kinds import is_migration
from pgtrigger_codegen.evaluator.limits import totals
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.domain import ClassStatement
from pgtrigger_codegen.evaluator.protocols.events import ClassMade, UnreadCall
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.calls import makers
from pgtrigger_codegen.evaluator.python.functions.type_parameters import (
    generic_base,
    type_variables,
    with_variables,
)
from pgtrigger_codegen.evaluator.python.objects import access, membrane
from pgtrigger_codegen.evaluator.python.objects.iteration import iterate
from pgtrigger_codegen.evaluator.python.objects.kinds import describe, is_user_class
from pgtrigger_codegen.evaluator.values.callables import Opaque, Special
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.source.span import Span

_NO_METACLASS = object()
_TEMPORARY = "six.with_metaclass(…)"
# Names that the class statement itself puts into the namespace.
_IMPLICIT = ("__module__", "__qualname__")


def make_class(vm: Machine, node: ast.ClassDef, scope: Scope) -> Any:
    """The value of a class statement, decorators applied."""
    span = scope.module.name_span(node)
    variables = type_variables(node)
    inner = with_variables(scope, variables)
    bases, given = _unfolded(_bases(vm, node, inner))
    if variables:
        bases = (*bases, generic_base(variables))
    unmade = vm.domain.namespace(bases)
    names = dict[str, Any]() if unmade is None else unmade
    around = with_variables(scope.function_parent(), variables)
    body = Scope("class", scope.module, parent=around, names=names)
    body.qualname = f"{scope.qualname}.{node.name}" if scope.qualname else node.name
    body.private = node.name
    if (text := ast.get_docstring(node, clean=sys.version_info >= (3, 13))) is not None:
        names["__doc__"] = text
    vm.execute_body(node.body, body)
    keywords = {**given, **_keywords(vm, node, inner)}
    statement = ClassStatement(node, scope.module, bases, body, keywords, span)
    value: Any = None
    if unmade is None and first_unknown(list(keywords.values())) is None:
        value = make_real_class(vm, statement)
    if value is None or isinstance(value, Unknown):
        value = vm.domain.make_class(vm, statement, value)
    else:
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
        _class_node(name, span), module, bases, body, keywords, span, dynamic=True
    )
    if vm.domain.namespace(bases) is not None:
        return vm.domain.make_class(vm, statement, None)
    body.names.pop("__module__", None)
    made = make_real_class(vm, statement)
    return first_unknown(namespace) or made if isinstance(made, Unknown) else made


def _class_node(name: str, span: Span) -> ast.ClassDef:
    """An empty class statement in the place of a call that makes a class."""
    node = ast.parse(f"class {name}: pass" if name.isidentifier() else "class _: pass").body[0]
    assert isinstance(node, ast.ClassDef)
    node.name, node.body = name, []
    node.lineno, node.end_lineno = span.line, span.end_line
    return node


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
    return vm.domain.base(vm, base, span)


def make_real_class(vm: Machine, statement: ClassStatement) -> Any:
    """The real class of a statement, with methods that the interpreter runs; or `Unknown`."""
    module, bases, body = statement.module, statement.bases, statement.body
    keywords, span = statement.keywords, statement.span
    if "__getattribute__" in body.names:
        return Unknown("a class with a `__getattribute__` of its own is not evaluated", span)
    for base in bases:
        if not _may_be_subclassed(vm, base):
            return Unknown(f"`{describe(base)}` is not a base that is evaluated", span)
    metaclass = membrane.unwrapped(keywords.get("metaclass", _NO_METACLASS))
    if metaclass is not _NO_METACLASS and not _may_be_metaclass(vm, metaclass):
        described = describe(metaclass)
        return Unknown(f"a class made by {described} is not evaluated", span)
    namespace = dict(body.names)
    namespace["__module__"] = module.name
    namespace[lookup.MARK] = True
    namespace["__qualname__"] = body.qualname
    # Nothing instantiates a migration: its operations may be known in part.
    on_library = any(
        base is not object and not _is_pure(vm, base) and not is_migration(base) for base in bases
    )
    if on_library:
        guarded: dict[str, Any] = {}
        for name, value in namespace.items():
            unknown = first_unknown(value)
            guarded[name] = value if unknown is None else _UnknownAttribute(unknown)
        namespace = guarded
    namespace = {
        name: access.member(vm, name, value, span, real_code_reads=on_library)
        for name, value in namespace.items()
    }
    given: dict[str, Any] = {
        str(name): membrane.outward(vm, value, span) for name, value in keywords.items()
    }
    given.update({} if metaclass is _NO_METACLASS else {"metaclass": metaclass})

    def fill(target: Any) -> None:
        makers.check_annotations(namespace, span)
        for name, value in namespace.items():
            if isinstance(value, _UnknownAttribute) and type(target) is not dict:
                raise Refusal(value.unknown)  # an enum looks at each value
            target[name] = value

    WORK.steps += totals.STEPS_OF_A_CLASS
    real = vm.attempt(span, types.new_class, statement.node.name, bases, given, fill)
    if isinstance(real, type):
        vm.user_classes[real] = (module, statement.node)
        vm.tell(ClassMade(real))
        if on_library:
            _guard_inherited(vm, real)
    return real


def _guard_inherited(vm: Machine, real: type) -> None:
    """Attributes of plain mixins were harmless until library code came to read them."""
    for base in real.__mro__[1:]:
        if base not in vm.user_classes:
            continue
        for name, value in list(vars(base).items()):
            unknown = first_unknown(value)
            if unknown is not None and inspect.getattr_static(real, name) is value:
                setattr(real, name, _UnknownAttribute(unknown))


def _may_be_subclassed(vm: Machine, base: Any) -> bool:
    if not isinstance(base, type):
        return hasattr(base, "__mro_entries__")  # `Generic[T]`, `NamedTuple`
    return (
        base in vm.user_classes
        or lookup.is_callable_listed(base)
        or id(base) in vm.made
        or base.__module__ in ("abc", "typing", "enum", "builtins")
    )


def _may_be_metaclass(vm: Machine, value: Any) -> bool:
    known = value in (abc.ABCMeta, enum.EnumType) or is_user_class(vm, value)
    return known and issubclass(value, type)


def _is_pure(vm: Machine, base: Any) -> bool:
    return isinstance(base, type) and all(
        cls is object or is_user_class(vm, cls) for cls in base.__mro__
    )


def _decorate(vm: Machine, value: Any, node: ast.ClassDef, scope: Scope) -> Any:
    for decorator in reversed(node.decorator_list):
        span = scope.module.span(decorator)
        function = vm.evaluate(decorator, scope)
        result = vm.apply(function, (value,), {}, span, scope)
        value = vm.domain.decorated(vm, value, function, result, span)
        if isinstance(value, type):
            vm.user_classes.setdefault(value, (scope.module, node))
    return value


class _UnknownAttribute:
    """A class attribute that is not known, where real code could read it."""

    def __init__(self, unknown: Unknown) -> None:
        self.unknown = unknown

    def __get__(self, instance: object, owner: type | None = None) -> object:
        raise Refusal(self.unknown)
