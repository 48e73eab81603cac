"""What adds itself to a model: `contribute_to_class` of fields, managers and other attributes.

Django calls the method as it makes a model, and for fields of abstract models for each model that
inherits them. The `models` stage asks here whether the project's own methods register triggers.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

from pgtrigger_codegen.evaluator.library.kinds import is_field_class
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.objects.attribute_assignment import assign_unknown
from pgtrigger_codegen.evaluator.python.objects.kinds import is_purely_user, is_user_class
from pgtrigger_codegen.evaluator.python.objects.reach import functions_in
from pgtrigger_codegen.evaluator.values.callables import interpreted
from pgtrigger_codegen.evaluator.values.classes import find_binding, mro_of, own_names
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span

_METHOD = "contribute_to_class"


class Contributors:
    """Answers for one evaluation; what a class does is asked once."""

    def __init__(self, vm: Machine) -> None:
        self._vm = vm
        self._registering: dict[type, bool] = {}

    def run(self, model: ModelClass) -> None:
        """Calls what registers triggers as it is added to a model, or notes that it may."""
        vm = self._vm
        for cls in model.mro():
            if not isinstance(cls, ModelClass):
                continue
            for name, value in list(dict.items(cls.namespace)):
                kind = type(value)
                if (cls is not model and not is_field_class(kind)) or not self._registers(kind):
                    continue
                outcome = _call(vm, model, name, value)
                if isinstance(outcome, Unknown):
                    vm.findings.note_registration(
                        model, outcome, model.module, model.span, hook=True
                    )

    def _registers(self, kind: type) -> bool:
        """Whether objects of a class have such a method, and its code may register triggers."""
        if kind not in self._registering:
            self._registering[kind] = self._may_register(kind)
        return self._registering[kind]

    def _may_register(self, kind: type) -> bool:
        vm, found = self._vm, find_binding(kind, _METHOD)
        if found is None or interpreted(found[0]) is None:
            return False
        return any(
            vm.domain.mentions_registration(vm, function.node, function.module)
            for function in functions_in(vm, list(_methods(vm, kind)))
        )


def _call(vm: Machine, model: ModelClass, name: str, value: Any) -> Any:
    kind, span = type(value), model.span
    if not is_purely_user(vm, value):
        # It would be done to a field that others have as well, and by real code.
        shown = f"`{kind.__name__}.{_METHOD}`"
        return Unknown(f"{shown} may register triggers, and is not followed", span)
    found = find_binding(kind, _METHOD)
    function = interpreted(found[0]) if found is not None else None
    with vm.called_back():
        return vm.guarded(lambda: vm.apply(function, (value, model, name), {}, span), span)


def _methods(vm: Machine, kind: type) -> Iterator[Any]:
    for cls in mro_of(kind):
        if is_user_class(vm, cls):
            yield from own_names(cls).values()


def added_later(vm: Machine, function: Any, args: tuple[Any, ...], span: Span) -> Any:
    """`field.contribute_to_class(Model, name)`; `NotImplemented` for other methods."""
    if not (
        isinstance(function, types.MethodType)
        and function.__name__ == _METHOD
        and args
        and isinstance(args[0], ModelClass)
    ):
        return NotImplemented
    _add(vm, args[0], args[1] if len(args) > 1 else None, function.__self__, span)
    return None


def _add_to_class(vm: Machine, call: SpecialCall) -> Any:
    """`Model.add_to_class(name, value)`."""
    name, value = call.argument(0, "name"), call.argument(1, "value")
    _add(vm, call.special.receiver, name, value, call.span)
    return None


def _add(vm: Machine, model: ModelClass, name: Any, value: Any, span: Span) -> None:
    if not isinstance(name, str):
        assign_unknown(vm, model, name, span)
        return
    if is_field_class(type(value)):
        # Where among the others it comes, and what inherits it, depends on when this is done.
        value = Unknown(f"field `{name}` is added once `{model.name}` is made", span)
    model.namespace[name] = vm.speculation or value


HANDLERS: dict[str, Handler] = {"model.add_to_class": _add_to_class}
