"""Metaclasses of models: run once all models are read.

The class is made as its statement says. Its metaclass runs later, when the other models that it
may ask for are known, and its `super().__new__(…)` gives the class that is there. Where a metaclass
of the project's would have made another class, nothing is known of the model. One of a package
runs only where it may register triggers.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.library.kinds import is_rendered_model
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.python.objects.kinds import describe, is_user_class
from pgtrigger_codegen.evaluator.python.objects.reach import functions_in
from pgtrigger_codegen.evaluator.values.callables import USER_FUNCTIONS, Special, interpreted
from pgtrigger_codegen.evaluator.values.classes import (
    MISSING,
    find_attribute,
    mro_of,
    own_names,
)
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.source.mentions import mentions
from pgtrigger_codegen.source.nodes import walk
from pgtrigger_codegen.source.span import Span

_STEPS = ("__new__", "__init__")
_MAKING = (*_STEPS, "__prepare__")
_NOT_RUN = ("__prepare__",)
SET_LATER = Special("what a metaclass sets")
_PLAIN = (bool, int, str, float, property, staticmethod, classmethod, types.NoneType)


class _Making(Struct, frozen=True, eq=False):
    """A class that a metaclass makes: in the place of the metaclass, as its first argument."""

    model: ModelClass
    names: dict[str, Any]


def note_metaclass(vm: Machine, model: ModelClass, keywords: Mapping[str | None, Any]) -> None:
    """Remembers a metaclass that may register triggers, or make another class.

    Args:
        keywords: Those of the class statement.
    """
    metaclass = keywords.get("metaclass")
    for cls in model.mro()[1:]:
        if isinstance(cls, ModelClass):
            metaclass = metaclass or vm.findings.metaclasses.get(identity(cls))
        elif is_user_class(vm, type(cls)):
            metaclass = metaclass or type(cls)
    if metaclass is None:
        return
    if isinstance(metaclass, Unknown):
        reason = f"as its metaclass, {metaclass.reason}"
        model.doubts.append(Unknown(reason, metaclass.span or model.span))
        return
    vm.findings.metaclasses[identity(model)] = metaclass
    if not any(is_rendered_model(cls) for cls in model.mro()):
        return
    if _makes_otherwise(vm, metaclass) or _may_declare(vm, metaclass):
        vm.findings.made_by_metaclass.append(model)
        vm.findings.class_keywords[identity(model)] = {
            name or "**": value for name, value in keywords.items() if name != "metaclass"
        }
        for _, step in _steps(vm, metaclass):
            for name in _names_set(step):
                model.namespace.setdefault(name, SET_LATER)


def _makes_otherwise(vm: Machine, metaclass: Any) -> bool:
    """Whether code of the project's own has a part in how the class is made."""
    found = [interpreted(value) for name, value in _members(vm, metaclass) if name in _MAKING]
    return any(function is None or function.module.first_party for function in found)


def _may_declare(vm: Machine, metaclass: Any) -> bool:
    """Whether code of a metaclass names what registers triggers, or the option of `Meta`."""
    return any(
        vm.domain.mentions_registration(vm, function.node, function.module)
        or mentions(function.node, "triggers")
        for function in functions_in(vm, [value for _, value in _members(vm, metaclass)])
    )


def _declares_itself(model: ModelClass) -> bool:
    """Whether a model has triggers by `Meta`, and its code has a part in how it is made."""
    if model.unshaped is None:
        return False
    metas = [cls.namespace.get("Meta") for cls in model.mro() if isinstance(cls, ModelClass)]
    return any(find_attribute(meta, "triggers") is not MISSING for meta in metas)


def run_metaclass(vm: Machine, model: ModelClass) -> None:
    """Runs a model's metaclass; what of it is not followed may have registered triggers."""
    metaclass = vm.findings.metaclasses[identity(model)]
    attributes = {key: value for key, value in model.namespace.items() if value != SET_LATER}
    before = len(vm.findings.registrations)
    outcome = _run(vm, model, metaclass, attributes)
    for key in [key for key, value in model.namespace.items() if value == SET_LATER]:
        del model.namespace[key]
    if isinstance(outcome, Unknown) and model.abstract is True:
        del vm.findings.registrations[before:]  # an abstract model has no table
    elif isinstance(outcome, Unknown):
        note = f"done for each model by the metaclass `{_name(metaclass)}`"
        unknown = outcome.with_note(note, model.span)
        model.doubts.append(unknown)
        if _makes_otherwise(vm, metaclass):
            model.unshaped = unknown
        noted = vm.findings.registrations[before:]
        if not _may_declare(vm, metaclass):
            return
        if _declares_itself(model):
            # Its own triggers are refused for the same cause.
            vm.findings.registrations[before:] = [
                one for one in noted if not isinstance(one.trigger, Unknown)
            ]
        elif not any(isinstance(one.trigger, Unknown) for one in noted):
            vm.findings.note_registration(model, unknown, model.module, model.span, hook=True)


def _run(vm: Machine, model: ModelClass, metaclass: Any, attributes: dict[str, Any]) -> Any:
    for name, _ in _members(vm, metaclass):
        if name in _NOT_RUN:
            return Unknown(f"a metaclass with a `{name}` of its own is not run", model.span)
    making = Special("metaclass", _Making(model, attributes))
    given = (model.name, model.bases, dict(attributes))
    keywords = vm.findings.class_keywords.get(identity(model), {})
    for name, step in _steps(vm, metaclass):
        args = (making if name == "__new__" else model, *given)
        with vm.called_back():
            outcome = vm.guarded(lambda: vm.apply(step, args, keywords, model.span), model.span)  # noqa: B023
        if isinstance(outcome, Unknown):
            return outcome
        if name == "__new__" and outcome is not model:
            return Unknown("its metaclass gives another class", model.span)
    return None


def is_metaclass(cls: Any, instance: Any) -> bool:
    """Whether `super()` is asked for in a method of a model's metaclass."""
    if isinstance(instance, Special):
        return instance.name == "metaclass"
    return (
        isinstance(cls, ModelClass)
        and isinstance(instance, ModelClass)
        and not any(one is cls for one in instance.mro())
    )


def super_attribute(vm: Machine, bound: Special, name: str, span: Span) -> Any:
    """`super().__new__` and `super().__init__` in a metaclass."""
    owner, instance = bound.receiver
    metaclass = vm.findings.metaclasses.get(identity(_model(instance)))
    mro = mro_of(metaclass)
    start = next((index for index, cls in enumerate(mro) if cls is owner), None)
    if start is None or name not in _STEPS:
        return Unknown(f"`super().{name}` in a metaclass is not evaluated", span)
    for cls in mro[start + 1 :]:
        if isinstance(cls, Unknown):
            continue  # why Python's own class could not be made
        if name in (names := _namespace(vm, cls)):
            function = membrane.inward(vm, names[name])
            if name == "__init__" and interpreted(function) is not None:
                return function.__get__(instance)
            return function
    return Special("metaclass.new") if name == "__new__" else Special("nothing")


def _new(vm: Machine, call: SpecialCall) -> Any:
    """`ModelBase.__new__(mcs, name, bases, attrs)`, which gives the class that is there."""
    making = call.args[0].receiver if call.args and isinstance(call.args[0], Special) else None
    if not isinstance(making, _Making):
        return call.unknown() or Unknown("what a metaclass makes is not known", call.span)
    model, attributes = making.model, call.args[3] if len(call.args) == 4 else None
    changed = {
        key: value
        for key, value in (attributes.items() if isinstance(attributes, dict) else ())
        if key not in making.names or value is not making.names[key]
    }
    as_is = (
        isinstance(attributes, dict)
        and call.args[1] == model.name
        and len(call.args[2]) == len(model.bases)
        and all(a is b for a, b in zip(call.args[2], model.bases, strict=True))
        and [key for key in attributes if key in making.names] == list(making.names)
    )
    if not as_is or not all(_shapes_nothing(vm, key, value) for key, value in changed.items()):
        name = _name(vm.findings.metaclasses[identity(model)])
        reason = f"the metaclass `{name}` changes what the class is made of, which is not followed"
        raise Refusal(call.unknown() or Unknown(reason, call.span))
    model.namespace.update(changed)
    return model


def _shapes_nothing(vm: Machine, name: Any, value: Any) -> bool:
    """Whether a name that a metaclass adds is a method or a plain value: no field, no option."""
    if not isinstance(name, str) or name == "Meta" or name.startswith("__"):
        return False
    return isinstance(value, (*USER_FUNCTIONS, *_PLAIN))


def _steps(vm: Machine, metaclass: Any) -> Iterator[tuple[str, Any]]:
    """The functions of the project's that make and initialize the class."""
    for step in _STEPS:
        for name, value in _members(vm, metaclass):
            if name == step:
                yield name, membrane.inward(vm, value)
                break


def _members(vm: Machine, metaclass: Any) -> Iterator[tuple[str, Any]]:
    """What the metaclass and its bases define in the project's code, in the order of the MRO."""
    for cls in mro_of(metaclass):
        yield from _namespace(vm, cls).items()


def _namespace(vm: Machine, cls: Any) -> dict[str, Any]:
    users = isinstance(cls, ModelClass) or is_user_class(vm, cls)
    return dict(own_names(cls)) if users else {}


def _name(metaclass: Any) -> str:
    return metaclass.name if isinstance(metaclass, ModelClass) else describe(metaclass)


def _model(instance: Any) -> Any:
    return instance.receiver.model if isinstance(instance, Special) else instance


def _names_set(step: Any) -> Iterator[str]:
    """Names of attributes that a function sets on anything."""
    function = interpreted(step)
    for node in walk(function.node) if function is not None else ():
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str(name)), _]):
                yield name
            case _:
                pass


HANDLERS: dict[str, Handler] = {"metaclass.new": _new}
