"""Attributes of the values that stand for modules and callables."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Machine, Reader
from pgtrigger_codegen.evaluator.python.objects import function_attributes
from pgtrigger_codegen.evaluator.python.objects.loggers import LOGGER, logger_attribute
from pgtrigger_codegen.evaluator.python.objects.real_attributes import (
    class_attribute,
    opaque_attribute,
)
from pgtrigger_codegen.evaluator.values.callables import ContextManager, Opaque, Special
from pgtrigger_codegen.evaluator.values.imported import LibraryModule, SourceModule
from pgtrigger_codegen.evaluator.values.namespaces import namespace
from pgtrigger_codegen.evaluator.values.unknown import External, Unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class
from pgtrigger_codegen.source.span import Span


def _external_attribute(vm: Machine, value: External, name: str, span: Span) -> Any:
    dotted = f"{value.dotted}.{name}"
    if dotted in vm.names:
        return vm.names[dotted]
    if (provided := vm.domain.provided(vm, dotted)) is not None:
        return provided
    return External(f"`{dotted}` is not evaluated", value.span or span, dotted=dotted)


def _module_attribute(vm: Machine, value: Any, name: str, span: Span) -> Any:
    if name == "__dict__" and isinstance(value, SourceModule):
        scope = vm.module(value.name)
        return scope if isinstance(scope, Unknown) else namespace(scope)
    return vm.module_attribute(value.name, name, span)


def _special_attribute(vm: Machine, special: Special, name: str, span: Span) -> Any:
    if special.name == LOGGER:
        return logger_attribute(vm, special, name, span)
    reader = vm.domain.special_attributes.get(special.name)
    known = NotImplemented if reader is None else reader(vm, special, name, span)
    if known is not NotImplemented:
        return known
    return Special(f"{special.name}.{name}", special.receiver)


def _manager_attribute(vm: Machine, manager: ContextManager, name: str, span: Span) -> Any:
    return Unknown(f"`{name}` of the context manager `{manager.name}` is not evaluated", span)


READERS: dict[type, Reader] = {
    Class: class_attribute,
    ContextManager: _manager_attribute,
    External: _external_attribute,
    LibraryModule: _module_attribute,
    Opaque: opaque_attribute,
    SourceModule: _module_attribute,
    Special: _special_attribute,
    **function_attributes.READERS,
}
