"""`field.get_default()`: what the field says, or what PostgreSQL is given without a default."""

from __future__ import annotations

from typing import Any

from django.db.models import NOT_PROVIDED

from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.models import UNKNOWN_ATTRIBUTES
from pgtrigger_codegen.evaluator.values.unknown import Unknown

NAME = "field.get_default"


def bound(field: Any) -> Special:
    """The method of a field."""
    return Special(NAME, field)


def _get_default(vm: Machine, call: SpecialCall) -> Any:
    field = call.special.receiver
    hidden = vars(field).get(UNKNOWN_ATTRIBUTES, {})
    if isinstance(hidden.get("default"), Unknown):
        return hidden["default"]
    if field.default is not NOT_PROVIDED:
        value = membrane.inward(vm, field.default)
        # Evaluated as any other call: `timezone.now` and `uuid4` have no value of their own.
        return vm.apply(value, (), {}, call.span) if callable(field.default) else value
    if getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED:
        return Unknown("the default is computed by the database", call.span)
    return "" if field.empty_strings_allowed and not field.null else None


HANDLERS: dict[str, Handler] = {NAME: _get_default}
