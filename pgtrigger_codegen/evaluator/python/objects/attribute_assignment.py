"""Assignments to attributes of every kind of value: followed, ignored, or refused."""

from __future__ import annotations

import contextlib
import functools
import types
from collections.abc import Callable, Iterator
from typing import Any

from pgtrigger_codegen.evaluator.protocols.events import Changed
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.objects import access, faces, function_attributes
from pgtrigger_codegen.evaluator.python.objects.changes import doubt_names
from pgtrigger_codegen.evaluator.python.objects.kinds import (
    describe,
    is_purely_user,
    is_user_class,
    is_user_object,
)
from pgtrigger_codegen.evaluator.python.objects.namespaces import unbind
from pgtrigger_codegen.evaluator.python.objects.reach import choices_of
from pgtrigger_codegen.evaluator.values.callables import USER_FUNCTIONS, Function, Special
from pgtrigger_codegen.evaluator.values.classes import is_class
from pgtrigger_codegen.evaluator.values.imported import LibraryModule, SourceModule
from pgtrigger_codegen.evaluator.values.models import ModelClass, ModelOptions, ThroughModel
from pgtrigger_codegen.evaluator.values.own_kinds import is_own_kind
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import (
    BudgetPassed,
    Raised,
    Refusal,
    Unknown,
    first_unknown,
)
from pgtrigger_codegen.evaluator.values.user_classes import Class
from pgtrigger_codegen.source.span import Span


def assign_attribute(vm: Machine, target: Any, name: str, value: Any, span: Span) -> None:
    """`target.name = value`.

    Raises:
        Refusal: What the assignment does is not followed. Nothing is known of the target then.
    """
    with _spoiling_if_refused(vm, target):
        _assign_attribute(vm, target, name, value, span)


@contextlib.contextmanager
def _spoiling_if_refused(vm: Machine, target: Any) -> Iterator[None]:
    """While a target is changed: nothing is known of it where that is not followed."""
    try:
        yield
    except BudgetPassed:
        raise
    except Refusal as refusal:
        _spoil(vm, target, refusal.unknown)
        raise


def assign_unknown(vm: Machine, target: Any, name: Any, span: Span) -> None:
    """`setattr(target, name, …)` and `delattr(target, name)`, with a name that is not known."""
    unknown = first_unknown(name) or Unknown("its name is not a string", span)
    reason = f"an attribute of {describe(target)} is assigned by a name that is not known"
    unknown = Unknown(f"{reason}: {unknown.reason}", span, unknown.notes)
    if isinstance(target, SourceModule) and isinstance(scope := vm.module(target.name), Scope):
        doubt_names(vm, scope, unknown)
    if isinstance(target, ModelOptions):
        vm.domain.assign_attribute(vm, target, "…", unknown, span)
    vm.tell(Changed(target, None, span))
    _spoil(vm, target, unknown)


def _spoil(vm: Machine, target: Any, why: Unknown) -> None:
    """Remembers that nothing is known of a target any more, if triggers are made of such.

    What code changes of a package's class is not followed, nor is anything made of it: so it
    would be with all that the project is made of.
    """
    if is_own_kind(target):
        may_be = isinstance(target, ModelClass | ThroughModel)
    elif is_class(target):
        may_be = is_user_class(vm, target)
    else:
        may_be = not isinstance(target, Unknown) and target is not None
    if may_be:
        vm.spoiled.add(target, why)


def _assign_attribute(vm: Machine, target: Any, name: str, value: Any, span: Span) -> None:
    own = is_own_kind(target)
    if isinstance(target, USER_FUNCTIONS):
        function_attributes.assign(vm, target, name, vm.speculation or value, span)
    elif not own and (
        is_user_object(vm, target) or is_user_class(vm, target) or _is_open(vm, target)
    ):
        _assign_to_object(vm, target, name, value, span)
    elif vm.domain.assign_attribute(vm, target, name, value, span):
        pass
    elif isinstance(target, SourceModule):
        if isinstance(scope := vm.module(target.name), Scope):
            scope.names[name] = vm.speculation or value
    elif isinstance(target, LibraryModule):
        vm.library_values[target.name, name] = vm.speculation or value
        vm.tell(Changed(target, name, span))
    elif isinstance(target, Unknown):
        vm.tell(Changed(target, name, span))
        for choice in choices_of(vm, target):
            _spoil(vm, choice, target)
    elif not isinstance(target, Special):
        vm.tell(Changed(target, name, span))
        reason = f"an assignment to {describe(target)} is not followed"
        raise Refusal(Unknown(reason, span))


def delete_attribute(
    vm: Machine,
    target: Any,
    name: str,
    span: Span,
    by: Callable[[Any, str], None] = delattr,
) -> None:
    """`del target.name`.

    Raises:
        Refusal: What the deletion does is not followed. Nothing is known of the target then.
    """
    with _spoiling_if_refused(vm, target):
        _delete_attribute(vm, target, name, span, by)


def _delete_attribute(
    vm: Machine, target: Any, name: str, span: Span, by: Callable[[Any, str], None]
) -> None:
    if isinstance(target, Unknown | LibraryModule) or is_class(target):
        vm.tell(Changed(target, name, span))
    if isinstance(target, Unknown):
        return
    if isinstance(target, SourceModule) and isinstance(scope := vm.module(target.name), Scope):
        unbind(vm, scope, name, span)
        return
    if isinstance(target, Function) and vm.speculation is None:
        function_attributes.delete(vm, target, name, span)
        return
    owned = is_user_object(vm, target) or is_user_class(vm, target)
    if not (owned or _is_open(vm, target)) or not access.may_define(name):
        unknown = Unknown(f"a deletion of `{name}` of {describe(target)} is not followed", span)
        if is_own_kind(target):
            vm.domain.assign_attribute(vm, target, name, unknown, span)
        raise Refusal(unknown)
    if vm.speculation is not None:
        raise Refusal(vm.speculation)
    if type(target) is Class:
        vm.attempt(span, faces.unbind, target, name)
    else:
        vm.attempt(span, by, target, name)


def _set_by_object(vm: Machine, call: SpecialCall) -> Any:
    """`object.__setattr__(target, name, value)`: no `__setattr__` of the user's is asked."""
    args = (*(call.special.receiver or ()), *call.args)
    if len(args) == 3 and isinstance(args[1], Unknown):
        assign_unknown(vm, *args[:2], call.span)
    if len(args) != 3 or not isinstance(args[1], str) or not is_user_object(vm, args[0]):
        return call.unknown() or Unknown("an assignment is not followed", call.span)
    _assign_to_object(vm, *args, call.span, by=object.__setattr__)
    return None


def _delete_by_object(vm: Machine, call: SpecialCall) -> Any:
    """`object.__delattr__(target, name)`."""
    args = (*(call.special.receiver or ()), *call.args)
    if len(args) != 2 or not isinstance(args[1], str):
        return call.unknown() or Unknown("a deletion is not followed", call.span)
    delete_attribute(vm, *args, call.span, by=object.__delattr__)
    return None


def _assign_to_object(
    vm: Machine,
    target: Any,
    name: str,
    value: Any,
    span: Span,
    by: Callable[[Any, str, Any], None] = setattr,
) -> None:
    if vm.speculation is not None:
        value = vm.speculation
    if not access.may_define(name):
        raise Refusal(Unknown(f"an assignment to `{name}` is not followed", span))
    real_code_reads = not is_purely_user(vm, target)
    if isinstance(value, Unknown) and real_code_reads:
        # Real code reads this object's attributes: it must never find an Unknown there.
        raise Refusal(value.with_note(f"assigned to `{name}`", span))
    if type(target) is Class:
        binding = functools.partial(faces.bind, real_code_reads=real_code_reads)
        outcome = vm.attempt(span, binding, vm, target, name, value, span)
        if isinstance(outcome, Unknown) and not isinstance(outcome, Raised):
            raise Refusal(outcome)
        return
    if isinstance(target, type) or real_code_reads:
        value = access.member(vm, name, value, span, real_code_reads=real_code_reads)
    outcome = vm.attempt(span, by, target, name, value)
    if isinstance(outcome, Unknown) and not isinstance(outcome, Raised):
        raise Refusal(outcome)


def _is_open(vm: Machine, target: Any) -> bool:
    """Whether an object that is not of the user's class takes attributes as Python's do."""
    # An enum gives its members their attributes before the class is done.
    return isinstance(target, types.SimpleNamespace) or type(target).__module__ in vm.scopes


HANDLERS: dict[str, Handler] = {
    "object.__delattr__": _delete_by_object,
    "object.__setattr__": _set_by_object,
}
