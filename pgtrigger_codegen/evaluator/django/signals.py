"""Signals that are sent for each model that Django prepares: receivers may register triggers.

Receivers are noted where they are connected. The `models` stage runs them later, for every model
that Django prepares after that moment. Whatever is connected to other signals is not called while
modules are imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.values.callables import BoundMethod, Special, interpreted
from pgtrigger_codegen.evaluator.values.findings import Receiver
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown

SIGNALS: Mapping[str, str] = {"class_prepared": "django.db.models.signals.class_prepared"}
"""By the name that a module which connects a receiver mentions: the dotted path."""


def _connect(vm: Machine, call: SpecialCall) -> Any:
    """`signal.connect(receiver, sender=…, weak=…)`."""
    weak = call.argument(2, "weak", True)
    name = call.special.name.partition(".")[0]
    _note(vm, call, name, call.argument(0, "receiver"), call.argument(1, "sender"), weak)
    return None


def _receiver(vm: Machine, call: SpecialCall) -> Any:
    """`@receiver(signal, sender=…)`: the function stays as it is."""
    given = call.argument(0, "signal")
    listed = given if isinstance(given, list | tuple) else [given]
    named = [item.name for item in listed if isinstance(item, Special) and item.name in SIGNALS]
    if not named:
        return Special("identity")
    options = (call.kwargs.get("sender"), call.kwargs.get("weak", True))
    return Special("receiver.connect", (tuple(named), *options))


def _receive(vm: Machine, call: SpecialCall) -> Any:
    """The function that `@receiver(signal)` decorates."""
    names, sender, weak = call.special.receiver
    function = call.argument(0, "")
    for name in names:
        _note(vm, call, name, function, sender, weak)
    return function


def _note(
    vm: Machine, call: SpecialCall, signal: str, function: Any, sender: Any, weak: Any
) -> None:
    if call.scope is None:
        return
    doubt = vm.speculation or first_unknown([function, sender, weak])
    if doubt is None and weak is not False and _dies(function):
        doubt = Unknown("Django holds this receiver weakly, and nothing else holds it", call.span)
    noted = Receiver(signal, function, sender, call.scope.module, call.span, vm.moment(), doubt)
    for other in vm.findings.receivers:  # connected twice, called once
        if other.signal == signal and other.function is function and other.sender is sender:
            return
    vm.findings.receivers.append(noted)


def _dies(function: Any) -> bool:
    """Whether a function may be gone when the signal is sent: one without a lasting name."""
    found = interpreted(function)
    if found is None or isinstance(function, BoundMethod):
        return False
    return found.name == "<lambda>" or found.scope.kind == "function"


NAMES: dict[str, Any] = {
    "django.dispatch.receiver": Special("receiver"),
    **{path: Special(name) for name, path in SIGNALS.items()},
}
"""What the interpreter stands in for, by dotted path."""
HANDLERS: dict[str, Handler] = {
    "receiver": _receiver,
    "receiver.connect": _receive,
    **{f"{name}.connect": _connect for name in SIGNALS},
}
