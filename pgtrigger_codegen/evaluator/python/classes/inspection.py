"""Builtins that list what a class or an object has: `dir`, `vars`, `hash`, `getmembers`."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.library.kinds import is_rendered_model
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.classes.reflection import wrong_count
from pgtrigger_codegen.evaluator.python.objects.kinds import (
    describe,
    is_user_class,
    is_user_object,
)
from pgtrigger_codegen.evaluator.python.objects.namespaces import own_names
from pgtrigger_codegen.evaluator.values.callables import (
    interpreted,
)
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.evaluator.values.user_classes import (
    FACE,
    Class,
    class_behind,
    has_face,
)


def _getmembers(vm: Machine, call: SpecialCall) -> Any:
    """`inspect.getmembers(value)` of a class or an object of interpreted code."""
    if (refused := wrong_count(call, 1)) is not None:
        return refused
    target = call.args[0]
    if not (is_user_class(vm, target) or is_user_object(vm, target)):
        return Unknown(f"the members of {describe(target)} are not evaluated", call.span)
    return [(name, vm.attribute(target, name, call.span)) for name in sorted(_names(target))]


def _names(target: Any) -> list[str]:
    """What `dir` tells of a class or an object of interpreted code."""
    if has_face(type(target)):
        class_behind(type(target)).opened()
    names = dir(target.opened() if type(target) is Class else target)
    return [name for name in names if name not in (FACE, lookup.MARK)]


def _dir(vm: Machine, call: SpecialCall) -> Any:
    """`dir(value)`."""
    if (refused := wrong_count(call, 1)) is not None:
        return refused
    target = call.args[0]
    if is_own_kind(target) or is_rendered_model(target):
        return Unknown(f"the attributes of {describe(target)} are not known", call.span)
    return vm.attempt(call.span, _names, target)


def _hash(vm: Machine, call: SpecialCall) -> Any:
    """`hash(value)`: of numbers, and of what the user's class says; that of texts varies."""
    if (refused := wrong_count(call, 1)) is not None:
        return refused
    value = call.args[0]
    if is_user_object(vm, value) and interpreted(type(value).__hash__) is not None:
        return vm.apply(vm.attribute(value, "__hash__", call.span), (), {}, call.span)
    parts = value if type(value) is tuple else (value,)
    if all(type(part) in _HASHED_ALIKE for part in parts):
        return hash(value)
    if type(value).__hash__ is None:
        return vm.raised(TypeError(f"unhashable type: '{type(value).__name__}'"), call.span)
    reason = f"calls `hash` of {describe(value)}, which differs from run to run"
    return Unknown(reason, call.span)


def _vars(vm: Machine, call: SpecialCall) -> Any:
    """`vars(value)`, and `vars()`."""
    if not call.args:
        return own_names(vm, call)
    if (refused := wrong_count(call, 1)) is not None:
        return refused
    return vm.attribute(call.args[0], "__dict__", call.span)


_HASHED_ALIKE = frozenset({bool, int, float, complex})


HANDLERS: dict[str, Handler] = {
    "dir": _dir,
    "hash": _hash,
    "inspect.getmembers": _getmembers,
    "vars": _vars,
}
