"""Class statements.

A class that is, or may be, a model stays a `ModelClass`, which only the `models` stage renders.
Every other class is made real, on its real bases, with methods that the interpreter runs:
enums, dataclasses and subclasses of django-pgtrigger's triggers behave as Python's own.
"""

from __future__ import annotations

import abc
import ast
import enum
import inspect
import sys
import types
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator.django import configurations
from pgtrigger_codegen.evaluator.django.func_render import accept_model
from pgtrigger_codegen.evaluator.django.hooks import init_subclass
from pgtrigger_codegen.evaluator.django.postponed import PostponedNames
from pgtrigger_codegen.evaluator.django.registration import note_metaclass, note_unread_call
from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.limits import totals
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.python.calls import makers
from pgtrigger_codegen.evaluator.python.functions.type_parameters import (
    generic_base,
    type_variables,
    with_variables,
)
from pgtrigger_codegen.evaluator.python.objects import attributes, membrane
from pgtrigger_codegen.evaluator.python.objects.iteration import iterate
from pgtrigger_codegen.evaluator.values.callables import Opaque, interpreted
from pgtrigger_codegen.evaluator.values.models import (
    FieldDescriptor,
    ModelClass,
    ModelReference,
    ThroughModel,
)
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
    from pgtrigger_codegen.evaluator.python.machine import Interpreter
    from pgtrigger_codegen.source.module import Module

_NO_METACLASS = object()
# Names that the class statement itself puts into the namespace.
_IMPLICIT = ("__module__", "__qualname__")


def make_class(vm: Interpreter, node: ast.ClassDef, scope: Scope) -> Any:
    """The value of a class statement, decorators applied."""
    from pgtrigger_codegen.evaluator.python.statements import execute_resiliently

    span = scope.module.name_span(node)
    variables = type_variables(node)
    inner = with_variables(scope, variables)
    bases = _bases(vm, node, inner)
    if variables:
        bases = (*bases, generic_base(variables))
    may_wait = any(_makes_model(base) for base in bases)
    names = PostponedNames() if may_wait else dict[str, Any]()
    around = with_variables(scope.function_parent(), variables)
    body = Scope("class", scope.module, parent=around, names=names)
    body.qualname = f"{scope.qualname}.{node.name}" if scope.qualname else node.name
    body.private = node.name
    if (text := ast.get_docstring(node, clean=sys.version_info >= (3, 13))) is not None:
        names["__doc__"] = text
    execute_resiliently(vm, node.body, body)
    value: Any = None
    keywords = _keywords(vm, node, inner)
    problem = first_unknown(list(keywords.values()))
    if problem is None and not may_wait:
        value = _real_class(vm, node, scope.module, bases, body, keywords, span)
    if value is None or isinstance(value, Unknown):
        stand_ins = bases if value is None else (*bases, value)
        broken = value
        value = _model_class(vm, node, scope.module, stand_ins, body, keywords, span)
        value.broken = broken
    else:
        body.owner.append(value)
    return _decorate(vm, value, node, scope)


def _keywords(vm: Interpreter, node: ast.ClassDef, scope: Scope) -> dict[str | None, Any]:
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


def make_dynamic_class(vm: Interpreter, call: SpecialCall) -> Any:
    """The value of `type(name, bases, namespace)`."""
    name, given, namespace = call.args
    if call.scope is None or not isinstance(name, str) or not isinstance(given, tuple):
        return call.unknown() or Unknown("a class is made here from what is not known", call.span)
    if not isinstance(namespace, dict) or not all(isinstance(key, str) for key in namespace):
        return call.unknown() or Unknown("the namespace of a class is not known", call.span)
    span, module = call.span, call.scope.module
    bases = tuple(_base(vm, name, base, span) for base in given)
    body = Scope("class", module, names=dict(namespace), qualname=name)
    declared = body.names.pop("__module__", module.name)
    node = _class_node(name, span)
    keywords: dict[str | None, Any] = dict(call.kwargs.items())
    if not any(_makes_model(base) for base in bases):
        made = _real_class(vm, node, module, bases, body, keywords, span)
        return first_unknown(namespace) or made if isinstance(made, Unknown) else made
    home = module if declared == module.name else vm.loader.load(str(declared))
    if "__module__" not in namespace:
        return vm.raised(KeyError("__module__"), span)  # as Django does
    if isinstance(home, Unknown):
        return home.with_note("the module that a class is said to be of", span)
    return _model_class(vm, node, home, bases, body, keywords, span)


def _model_class(
    vm: Interpreter,
    node: ast.ClassDef,
    module: Module,
    bases: tuple[Any, ...],
    body: Scope,
    keywords: dict[str | None, Any],
    span: Span,
) -> ModelClass:
    """A class that is or may be a model, with what its bases do to it."""
    model = ModelClass(node.name, module, node, bases, body.names, span, body.qualname)
    body.owner.append(model)
    meta = body.names.get("Meta")
    model.abstract = _take_abstract(meta)
    named = {name: value for name, value in keywords.items() if name and name != "metaclass"}
    init_subclass(vm, model, named)
    model.moment = vm.moment()
    vm.model_classes.append(model)
    note_metaclass(vm, model, keywords.get("metaclass"))
    return model


def _take_abstract(meta: Any) -> bool | Unknown:
    """Whether a class is abstract by its own `Meta`, on which Django then sets `abstract = False`.

    So a `Meta` that derives from it is not abstract by inheritance, whatever class it is in.
    """
    value: Any = False
    if isinstance(meta, ModelClass):  # a Meta one of whose bases is not known
        found = meta.lookup("abstract")
        value = found[0] if found is not None else False
    elif isinstance(meta, type):
        value = getattr(meta, "abstract", False)
    if isinstance(value, Unknown):
        return value
    if value and isinstance(meta, ModelClass):
        meta.namespace["abstract"] = False
    elif value:
        meta.abstract = False
    return bool(value)


def _class_node(name: str, span: Span) -> ast.ClassDef:
    """An empty class statement in the place of a call that makes a class."""
    node = ast.parse(f"class {name}: pass" if name.isidentifier() else "class _: pass").body[0]
    assert isinstance(node, ast.ClassDef)
    node.name, node.body = name, []
    node.lineno, node.end_lineno = span.line, span.end_line
    return node


def _bases(vm: Interpreter, node: ast.ClassDef, scope: Scope) -> tuple[Any, ...]:
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
            note_unread_call(vm, expression, base, scope)
        bases.append(_base(vm, node.name, base, scope.module.span(expression)))
    return tuple(bases)


def _base(vm: Interpreter, name: str, base: Any, span: Span) -> Any:
    match base:
        case Unknown():
            return base.with_note(f"a base of `{name}`", span)
        case ModelReference():
            return vm.host.model_class(base.label, span)
        case FieldDescriptor():
            return Unknown("a field is not a class", span)
        case configurations.BASE:
            return configurations.base_class(vm)
        case Opaque() if isinstance(base.real, type):
            base = base.real
    if attributes.is_rendered_model(base) and base.__module__ != "django.db.models.base":
        return vm.host.model_behind(base) or base
    return base


def _makes_model(base: Any) -> bool:
    return isinstance(base, ModelClass | ThroughModel | Unknown) or attributes.is_rendered_model(
        base
    )


def _real_class(
    vm: Interpreter,
    node: ast.ClassDef,
    module: Module,
    bases: tuple[Any, ...],
    body: Scope,
    keywords: dict[str | None, Any],
    span: Span,
) -> Any:
    for base in bases:
        if not _may_be_subclassed(vm, base):
            return Unknown(f"`{attributes.describe(base)}` is not a base that is evaluated", span)
    metaclass = membrane.unwrapped(keywords.get("metaclass", _NO_METACLASS))
    if metaclass is not _NO_METACLASS and not _may_be_metaclass(vm, metaclass):
        described = attributes.describe(metaclass)
        return Unknown(f"a class made by {described} is not evaluated", span)
    namespace = dict(body.names)
    namespace["__module__"] = module.name
    namespace[lookup.MARK] = True
    namespace["__qualname__"] = body.qualname
    # Nothing instantiates a migration: its operations may be known in part.
    on_library = any(
        base is not object and not _is_pure(vm, base) and not _is_migration(base) for base in bases
    )
    if on_library:
        guarded: dict[str, Any] = {}
        for name, value in namespace.items():
            unknown = first_unknown(value)
            guarded[name] = value if unknown is None else _UnknownAttribute(unknown)
        namespace = guarded
    namespace = {
        name: membrane.member(vm, name, value, span, real_code_reads=on_library)
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
    real = vm.attempt(span, types.new_class, node.name, bases, given, fill)
    if isinstance(real, type):
        vm.user_classes[real] = (module, node)
        accept_model(real)
        if on_library:
            _guard_inherited(vm, real)
    return real


def _guard_inherited(vm: Interpreter, real: type) -> None:
    """Attributes of plain mixins were harmless until library code came to read them."""
    for base in real.__mro__[1:]:
        if base not in vm.user_classes:
            continue
        for name, value in list(vars(base).items()):
            unknown = first_unknown(value)
            if unknown is not None and inspect.getattr_static(real, name) is value:
                setattr(real, name, _UnknownAttribute(unknown))


def _may_be_subclassed(vm: Interpreter, base: Any) -> bool:
    if not isinstance(base, type):
        return hasattr(base, "__mro_entries__")  # `Generic[T]`, `NamedTuple`
    return (
        base in vm.user_classes
        or lookup.is_callable_listed(base)
        or id(base) in vm.made
        or base.__module__ in ("abc", "typing", "enum", "builtins")
    )


def _may_be_metaclass(vm: Interpreter, value: Any) -> bool:
    known = value in (abc.ABCMeta, enum.EnumType) or attributes.is_user_class(vm, value)
    return known and issubclass(value, type)


def _is_pure(vm: Interpreter, base: Any) -> bool:
    return isinstance(base, type) and all(
        cls is object or attributes.is_user_class(vm, cls) for cls in base.__mro__
    )


def _is_migration(base: Any) -> bool:
    return isinstance(base, type) and attributes.has_base(
        base, "django.db.migrations.migration", "Migration"
    )


def _decorate(vm: Interpreter, value: Any, node: ast.ClassDef, scope: Scope) -> Any:
    from pgtrigger_codegen.evaluator.python.calls.calls import call

    for decorator in reversed(node.decorator_list):
        span = scope.module.span(decorator)
        function = vm.evaluate(decorator, scope)
        result = call(vm, function, (value,), {}, span, scope)
        if isinstance(value, ModelClass) and isinstance(result, Unknown):
            # A model's decorator returns the model; what else it does is not known.
            value.doubts.append(result)
            continue
        maker = interpreted(function)
        if isinstance(value, ModelClass) and maker and not maker.module.first_party:
            # A package's code is read for what it returns: what else it did may be missing.
            reason = f"`{maker.module.name}` is of a package, and is not followed to all its ends"
            value.doubts.append(Unknown(reason, span))
        value = result
        if isinstance(value, type):
            vm.user_classes.setdefault(value, (scope.module, node))
    return value


class _UnknownAttribute:
    """A class attribute that is not known, where real code could read it."""

    def __init__(self, unknown: Unknown) -> None:
        self.unknown = unknown

    def __get__(self, instance: object, owner: type | None = None) -> object:
        raise Refusal(self.unknown)
