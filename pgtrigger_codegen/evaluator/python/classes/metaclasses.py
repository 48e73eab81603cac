"""Metaclasses of the user's: they are run as Python runs them, and end in the `__new__` of `type`.

`__prepare__` gives the namespace before the body runs, `__new__` gets it, and `super().__new__`
comes back here, to make the class real with what it was given. Then `__init__` runs. A class
remembers by `__classcell__` that its methods ask for it, as in Python.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Any

from pgtrigger_codegen.evaluator.protocols.domain import ClassStatement
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.classes.real_classes import real_class, refusal
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.python.objects.kinds import (
    describe,
    is_user_class,
    is_users_metaclass,
    method_of_users,
)
from pgtrigger_codegen.evaluator.values.callables import Opaque, Special
from pgtrigger_codegen.evaluator.values.classes import find_attribute
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class
from pgtrigger_codegen.source.nodes import children
from pgtrigger_codegen.source.span import Span

_CELL = "__classcell__"
# Python binds these in the namespace; what its class gets of them is said by the statement.
_BOUND_BY_PYTHON = (_CELL, "__firstlineno__", "__qualname__", "__static_attributes__")
_WITH_LINE_NUMBERS = (3, 13)
_WITH_LAZY_ANNOTATIONS = (3, 14)


def users_metaclass(vm: Machine, bases: tuple[Any, ...], given: Any) -> Any:
    """The metaclass of a class, if it is one of the user's that is run; None where it is not."""
    metaclass = membrane.unwrapped(given)
    found = metaclass if isinstance(metaclass, type) else type
    if metaclass is not None and found is type:
        return None
    for made_by in (type(base) for base in bases if isinstance(base, type)):
        if not issubclass(found, made_by):
            if not issubclass(made_by, found):
                return None  # Python refuses to make such a class
            found = made_by
    return found if is_users_metaclass(vm, found) else None


def prepared(
    vm: Machine,
    name: str,
    bases: tuple[Any, ...],
    keywords: dict[str | None, Any],
    span: Span,
) -> dict[str, Any] | Unknown:
    """The names that the body of a class begins with, as its metaclass gives them."""
    metaclass = users_metaclass(vm, bases, keywords.get("metaclass"))
    if metaclass is None or not any(
        "__prepare__" in vars(base) for base in metaclass.__mro__ if base is not type
    ):
        return {}
    if not isinstance(find_attribute(metaclass, "__prepare__"), classmethod):
        return Unknown("a `__prepare__` that is no method of its class is not evaluated", span)
    prepare = vm.attribute(metaclass, "__prepare__", span)
    named = {str(key): value for key, value in keywords.items() if key != "metaclass"}
    names = vm.apply(prepare, (name, bases), named, span)
    if type(names) is dict and all(type(key) is str for key in names):
        return names
    return first_unknown(names) or Unknown("the namespace of a class is not a dictionary", span)


def make_by_metaclass(vm: Machine, metaclass: Any, statement: ClassStatement) -> Any:
    """What a metaclass of the user's makes of a class statement."""
    if (refused := refusal(vm, statement)) is not None:
        return refused
    names = _namespace(vm, statement)
    if isinstance(names, Unknown):
        return names
    keywords = {str(key): value for key, value in statement.keywords.items() if key != "metaclass"}
    given = (statement.node.name, statement.bases, names)
    made = _called(
        vm, SpecialCall(Special("metaclass", metaclass), given, keywords, statement.span, None)
    )
    if _CELL in names and not statement.body.owner and not isinstance(made, Unknown):
        text = f"__class__ not set defining {statement.node.name!r} as {made!r}. "
        text += "Was __classcell__ propagated to type.__new__?"
        return vm.raised(RuntimeError(text), statement.span)
    known = is_user_class(vm, made) and type(made) is not Class
    if known and vm.user_classes[made][1].name == statement.node.name:
        vm.user_classes[made] = (statement.module, statement.node)
    return made


def _namespace(vm: Machine, statement: ClassStatement) -> dict[str, Any] | Unknown:
    """The namespace as Python hands it to a metaclass, in its order."""
    node, body = statement.node, statement.body
    version = vm.loader.python_version or sys.version_info[:2]
    names = dict(body.names)
    lazy = version >= _WITH_LAZY_ANNOTATIONS and not statement.module.postpones_annotations
    if "__annotations__" in names and lazy:
        return Unknown("a metaclass is given annotations, which are not evaluated", statement.span)
    first: dict[str, Any] = {"__module__": statement.module.name, "__qualname__": body.qualname}
    last: dict[str, Any] = {}
    if version >= _WITH_LINE_NUMBERS:
        decorators: list[ast.expr | ast.ClassDef] = [*node.decorator_list]
        first["__firstlineno__"] = min(one.lineno for one in [node, *decorators])
        last["__static_attributes__"] = _static_attributes(node)
    for key in ("__annotations__", "__doc__"):
        if key in names:
            first[key] = names[key]
    if _asks_for_its_class(node):
        last[_CELL] = Opaque(_CELL, body.owner)
    return {**first, **{key: names[key] for key in names if key not in first}, **last}


def _asks_for_its_class(node: ast.ClassDef) -> bool:
    """Whether a method says `super` or `__class__`."""
    return any(
        isinstance(inner, ast.Name) and inner.id in ("super", "__class__") for inner in _body(node)
    )


def _static_attributes(node: ast.ClassDef) -> Any:
    """What methods assign to `self`: one name, or several in an order that differs by run."""
    found = {
        inner.attr
        for inner in _body(node)
        if isinstance(inner, ast.Attribute)
        and isinstance(inner.ctx, ast.Store)
        and isinstance(inner.value, ast.Name)
        and inner.value.id == "self"
    }
    names = tuple(sorted(found))
    return names if len(names) < 2 else Opaque("__static_attributes__", names)


def _body(node: ast.ClassDef) -> Iterator[ast.AST]:
    """What stands in a class, but in no class within."""
    pending: list[ast.AST] = [*node.body]
    while pending:
        inner = pending.pop()
        yield inner
        if not isinstance(inner, ast.ClassDef):
            pending += children(inner)


def _called(vm: Machine, call: SpecialCall) -> Any:
    """`Meta(name, bases, namespace)`, by its `__new__` and `__init__`."""
    metaclass, span = call.special.receiver, call.span
    new = method_of_users(vm, metaclass, "__new__") or _made_by(metaclass)
    made = vm.apply(new, (metaclass, *call.args), call.kwargs, span, call.scope)
    if not isinstance(made, type) or not issubclass(type(made), metaclass):
        return made
    if (init := method_of_users(vm, type(made), "__init__")) is not None:
        outcome = vm.apply(init, (made, *call.args), call.kwargs, span, call.scope)
        if isinstance(outcome, Unknown):
            return outcome
        if outcome is not None:
            kind = type(outcome).__name__
            return vm.raised(TypeError(f"__init__() should return None, not '{kind}'"), span)
    return made


def _made_by(metaclass: type) -> Special:
    """The `__new__` of Python's own that a metaclass comes to."""
    found = find_attribute(metaclass, "__new__")
    return Special("type.__new__", getattr(found, "__func__", None))


def _new(vm: Machine, call: SpecialCall) -> Any:
    """`type.__new__(metaclass, name, bases, namespace)`, which makes the class."""
    if len(call.args) != 4:
        return call.unknown() or Unknown("`type.__new__` takes 4 arguments", call.span)
    metaclass, name, bases, given = call.args
    known = type(name) is str and type(bases) is tuple and type(given) is dict
    if not known or not all(type(key) is str for key in given):
        unknown = first_unknown((name, bases, given))
        return unknown or Unknown("a class is made here from what is not known", call.span)
    names = {key: value for key, value in given.items() if key not in _BOUND_BY_PYTHON}
    home = names.get("__module__", call.scope and call.scope.module.name)
    scope = vm.scopes.get(home) if type(home) is str else None
    qualname = given.get("__qualname__", name)
    if scope is None or type(qualname) is not str:
        return Unknown("where a class is said to be is not known", call.span)
    followed = is_users_metaclass(vm, metaclass)
    if not followed or users_metaclass(vm, bases, metaclass) is not metaclass:
        return Unknown(f"`type.__new__` of {describe(metaclass)} is not evaluated", call.span)
    if vm.domain.namespace(bases) is not None:
        return first_unknown(bases) or Unknown("a metaclass makes a model here", call.span)
    body = Scope("class", scope.module, names=names, qualname=qualname)
    keywords: dict[str | None, Any] = {"metaclass": metaclass}
    keywords.update(call.kwargs.items())
    node = empty_class(name, call.span)
    statement = ClassStatement(node, scope.module, bases, body, keywords, call.span, dynamic=True)
    made = real_class(vm, statement, make=call.special.receiver or type.__new__)
    cell = given.get(_CELL)
    if isinstance(made, type) and isinstance(cell, Opaque) and cell.dotted == _CELL:
        cell.real.append(made)
    return made


def empty_class(name: str, span: Span) -> ast.ClassDef:
    """An empty class statement in the place of a call that makes a class."""
    node = ast.parse(f"class {name}: pass" if name.isidentifier() else "class _: pass").body[0]
    assert isinstance(node, ast.ClassDef)
    node.name, node.body = name, []
    node.lineno, node.end_lineno = span.line, span.end_line
    return node


def _init(vm: Machine, call: SpecialCall) -> Any:
    """`type.__init__(cls, name, bases, namespace)`, which does nothing."""
    args = _with_receiver(call)
    if len(args) not in (2, 4) or (call.kwargs and len(args) == 2):
        return vm.raised(TypeError("type.__init__() takes 1 or 3 arguments"), call.span)
    return None


def _call(vm: Machine, call: SpecialCall) -> Any:
    """`type.__call__(cls, …)`: an object of the class, whatever its metaclass says of calls."""
    cls, *args = _with_receiver(call) or (None,)
    if type(cls) is Class or not is_user_class(vm, cls) or not is_users_metaclass(vm, type(cls)):
        return call.unknown() or Unknown(
            f"`type.__call__` of {describe(cls)} is not evaluated", call.span
        )
    return vm.instantiate(cls, tuple(args), call.kwargs, call.span)


def _with_receiver(call: SpecialCall) -> tuple[Any, ...]:
    return (*(call.special.receiver or ()), *call.args)


def _prepare(vm: Machine, call: SpecialCall) -> Any:
    """`type.__prepare__(…)`: an empty namespace."""
    return {}


HANDLERS: dict[str, Handler] = {
    "metaclass": _called,
    "type.__call__": _call,
    "type.__init__": _init,
    "type.__new__": _new,
    "type.__prepare__": _prepare,
}
