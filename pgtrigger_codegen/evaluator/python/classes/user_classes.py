"""Classes of the user's own that derive from nothing else: made by the rules alone.

Python's order: the namespace, the class, `__class__` of its methods, `__set_name__` of each value,
`__init_subclass__` of the base.
"""

from __future__ import annotations

import sys
from typing import Any

from pgtrigger_codegen.evaluator.limits import totals
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.domain import ClassStatement
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.calls import makers
from pgtrigger_codegen.evaluator.python.classes.real_classes import refusal
from pgtrigger_codegen.evaluator.python.objects import faces, membrane
from pgtrigger_codegen.evaluator.values.callables import BoundMethod, Function, interpreted
from pgtrigger_codegen.evaluator.values.classes import MISSING, find_attribute
from pgtrigger_codegen.evaluator.values.raised import PythonRaise
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class
from pgtrigger_codegen.source.span import Span

_WITH_NOTES = (3, 12)


def is_users_own(statement: ClassStatement) -> bool:
    """Whether a class is made of the user's own classes alone: nothing of it must be real."""
    return (
        "metaclass" not in statement.keywords
        and "__slots__" not in statement.body.names
        and all(base is object or type(base) is Class for base in statement.bases)
    )


def make_user_class(vm: Machine, statement: ClassStatement) -> Any:
    """The class of a statement; or `Unknown`."""
    if (refused := refusal(vm, statement)) is not None:
        return refused
    span, module, body = statement.span, statement.module, statement.body
    namespace = _namespace(vm, statement)
    checked = vm.attempt(span, makers.check_annotations, namespace, span)
    if isinstance(checked, Unknown):
        return checked
    WORK.steps += totals.STEPS_OF_A_CLASS
    name = statement.node.name
    bases = statement.bases
    cls = faces.make_class(vm, name, body.qualname, bases, namespace, module, statement.node, span)
    if isinstance(cls, Unknown):
        return cls
    vm.user_classes[cls] = (module, statement.node)
    body.owner.append(cls)
    outcome = _run_hooks(vm, cls, statement)
    if isinstance(outcome, Unknown):
        del body.owner[:]  # there is no such class, but the domain may make one
        return outcome
    return cls


def _run_hooks(vm: Machine, cls: Class, statement: ClassStatement) -> Any:
    """What Python calls for a new class; `Unknown` where there is none for it."""
    for bound, value in list(cls.namespace.items()):
        outcome = _set_name(vm, cls, bound, value, statement.span)
        if isinstance(outcome, Unknown):
            return outcome
    return _init_subclass(vm, cls, statement)


def derived_class(vm: Machine, name: str, base: Class, names: dict[str, Any], span: Span) -> Any:
    """A class that derives from one of the user's, without hooks; or `Unknown`."""
    namespace = {"__module__": base.module.name, "__doc__": None, **names}
    cls = faces.make_class(vm, name, name, (base,), namespace, base.module, base.node, span)
    if isinstance(cls, Class):
        vm.user_classes[cls] = (base.module, base.node)
    return cls


def _namespace(vm: Machine, statement: ClassStatement) -> dict[str, Any]:
    names = {"__module__": statement.module.name, **statement.body.names}
    names["__module__"] = statement.module.name
    names.setdefault("__doc__", None)
    if "__eq__" in names:
        names.setdefault("__hash__", None)
    for name, kind in _MADE_METHODS.items():
        if type(function := names.get(name)) is Function:
            names[name] = kind(membrane.function_outward(vm, function))
    return names


_MADE_METHODS: dict[str, Any] = {
    "__class_getitem__": classmethod,
    "__init_subclass__": classmethod,
    "__new__": staticmethod,
}


def _set_name(vm: Machine, cls: Class, name: str, value: Any, span: Span) -> Any:
    hook = find_attribute(type(value), "__set_name__")
    if hook is MISSING:
        return None
    try:
        with vm.catching():
            if (function := interpreted(hook)) is not None:
                return vm.apply(BoundMethod(function, value), (cls, name), {}, span)
            return vm.attempt(span, hook.__get__(value, type(value)), cls.face, name)
    except PythonRaise as raised:
        error = raised.error
        text = f"Error calling __set_name__ on '{type(value).__name__}' instance {name!r} in "
        text += repr(cls.face.__name__)
        if sys.version_info >= _WITH_NOTES:
            error.add_note(text)
        else:
            error = RuntimeError(text)
            error.__cause__ = raised.error
        return vm.raised(error, raised.span or span, raised.frame)


def _init_subclass(vm: Machine, cls: Class, statement: ClassStatement) -> Any:
    keywords = {str(name): value for name, value in statement.keywords.items()}
    for base in cls.mro[1:]:
        if type(base) is not Class or "__init_subclass__" not in base.namespace:
            continue
        hook = base.namespace["__init_subclass__"]
        function = interpreted(hook.__func__ if isinstance(hook, classmethod) else hook)
        if function is None:
            return Unknown("an `__init_subclass__` that is no function is not evaluated")
        receiver = (cls,) if isinstance(hook, classmethod) else ()
        return vm.apply(function, receiver, keywords, statement.span)
    if keywords:
        text = f"{cls.face.__name__}.__init_subclass__() takes no keyword arguments"
        return vm.raised(TypeError(text), statement.span)
    return None
