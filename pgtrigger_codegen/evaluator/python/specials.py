"""Callables that the interpreter stands in for.

Some need its own view of classes (`super`, `isinstance`), some would have effects (`register`),
and some read the environment, which is a pinned value, an assumption, or unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator.django import (
    configurations,
    hooks,
    provided,
    registration,
    split_settings,
)
from pgtrigger_codegen.evaluator.django.engine import connection_attribute
from pgtrigger_codegen.evaluator.django.fields import make_private_field
from pgtrigger_codegen.evaluator.protocols.special_call import Handler, SpecialCall
from pgtrigger_codegen.evaluator.python import environment
from pgtrigger_codegen.evaluator.python.calls import makers
from pgtrigger_codegen.evaluator.python.classes import reflection
from pgtrigger_codegen.evaluator.python.functions import generators
from pgtrigger_codegen.evaluator.python.imports import dynamic_imports, imports
from pgtrigger_codegen.evaluator.python.objects import attribute_assignment, attributes, files
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.python.machine import Interpreter


def call_special(vm: Interpreter, call: SpecialCall) -> Any:
    """The value of a call of a special callable."""
    handler = _HANDLERS.get(call.special.name)
    if handler is None:
        return Unknown(f"calls `{call.special.name}`, which is not evaluated", call.span)
    return handler(vm, call)


def special_attribute(vm: Interpreter, special: Special, name: str, span: Span) -> Any:
    """An attribute of a special value."""
    if special.name == "connection":
        known = connection_attribute(vm, name, span)
        if known is not None:
            return known
    if special == configurations.BASE:
        return attributes.attribute(vm, configurations.base_class(vm), name, span)
    if special.name == "super.model":
        owner, instance = special.receiver
        return hooks.super_attribute(vm, owner, instance, name, span)
    return Special(f"{special.name}.{name}", special.receiver)


def item_of_special(vm: Interpreter, special: Special, key: Any, span: Span) -> Any:
    """An item of a special value: `os.environ["NAME"]`, `connections["default"]`."""
    if special.name == "os.environ":
        return environment.item(vm, key, span)
    if special.name == "connections":
        return Special("connection")
    if special.name == "sys.modules" and isinstance(key, str):
        return imports.module_value(vm, key, span)
    return Unknown(f"an item of `{special.name}` is not evaluated", span)


def _nothing(vm: Interpreter, call: SpecialCall) -> Any:
    return None


_HANDLERS: dict[str, Handler] = {
    "nothing": _nothing,
    "print": _nothing,
    "private_field": make_private_field,
    **attribute_assignment.HANDLERS,
    **configurations.HANDLERS,
    **dynamic_imports.HANDLERS,
    **environment.HANDLERS,
    **files.HANDLERS,
    **generators.HANDLERS,
    **hooks.HANDLERS,
    **makers.HANDLERS,
    **provided.HANDLERS,
    **reflection.HANDLERS,
    **registration.HANDLERS,
    **split_settings.HANDLERS,
}
