"""Python's callables that the interpreter stands in for, with the reasons.

Some need its own view of classes (`super`, `isinstance`), and some read the environment, which is a
pinned value, an assumption, or unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.calls import makers
from pgtrigger_codegen.evaluator.python.classes import classes, inspection, metaclasses, reflection
from pgtrigger_codegen.evaluator.python.flow import context_managers
from pgtrigger_codegen.evaluator.python.functions import generators
from pgtrigger_codegen.evaluator.python.imports import dynamic_imports, dynamic_names
from pgtrigger_codegen.evaluator.python.objects import (
    attribute_assignment,
    environment,
    files,
    loggers,
    namespaces,
)
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.namespaces import NAMESPACE
from pgtrigger_codegen.source.span import Span


def _nothing(vm: Machine, call: SpecialCall) -> Any:
    return None


def _identity(vm: Machine, call: SpecialCall) -> Any:
    return call.argument(0, "")


def _cast(vm: Machine, call: SpecialCall) -> Any:
    """`typing.cast(type, value)`, whatever the type is."""
    return call.argument(1, "val")


def _type_of(vm: Machine, special: Special, key: Any, span: Span) -> Any:
    """`type["Model"]`, which only says something to a type checker."""
    return Special("type[…]")


HANDLERS: dict[str, Handler] = {
    "cast": _cast,
    "identity": _identity,
    "nothing": _nothing,
    "print": _nothing,
    **attribute_assignment.HANDLERS,
    **classes.HANDLERS,
    **context_managers.HANDLERS,
    **dynamic_imports.HANDLERS,
    **environment.HANDLERS,
    **files.HANDLERS,
    **generators.HANDLERS,
    **loggers.HANDLERS,
    **makers.HANDLERS,
    **inspection.HANDLERS,
    **metaclasses.HANDLERS,
    **namespaces.HANDLERS,
    **reflection.HANDLERS,
}

ITEMS: dict[str, Callable[[Machine, Special, Any, Span], Any]] = {
    NAMESPACE: namespaces.read,
    "os.environ": environment.item,
    "type": _type_of,
    "sys.modules": dynamic_names.module_of,
}
