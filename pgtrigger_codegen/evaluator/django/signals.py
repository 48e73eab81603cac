"""Signals that are sent for each model that Django prepares: receivers may register triggers.

Receivers are noted where they are connected. The `models` stage runs them later, for every model
that Django prepares after that moment. Whatever is connected to other signals of Django's is not
called while modules are imported; the project's own are sent by it (`own_signals`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pgtrigger_codegen.evaluator.django import own_signals
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.objects.kinds import is_user_object
from pgtrigger_codegen.evaluator.values.callables import BoundMethod, Special, interpreted
from pgtrigger_codegen.evaluator.values.findings import Receiver
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown

SIGNALS: Mapping[str, str] = {"class_prepared": "django.db.models.signals.class_prepared"}
"""By the name that a module which connects a receiver mentions: the dotted path."""


def _connect(vm: Machine, call: SpecialCall) -> Any:
    """`signal.connect(receiver, sender=…, weak=…)`."""
    function, sender = call.argument(0, "receiver"), call.argument(1, "sender")
    options = (sender, call.argument(2, "weak", True), call.argument(3, "dispatch_uid"))
    name = call.special.name.partition(".")[0]
    signal = Special(name, call.special.receiver) if name == own_signals.NAME else Special(name)
    _note(vm, call, signal, function, *options)
    return None


def _receiver(vm: Machine, call: SpecialCall) -> Any:
    """`@receiver(signal, sender=…)`: the function stays as it is."""
    given = call.argument(0, "signal")
    listed = given if isinstance(given, list | tuple) else [given]
    heard = [item for item in listed if isinstance(item, Unknown) or _is_heard(item)]
    if not heard:
        return Special("identity")
    defaults = {"sender": None, "weak": True, "dispatch_uid": None}
    options = [call.kwargs.get(name, default) for name, default in defaults.items()]
    return Special("receiver.connect", (tuple(heard), *options))


def _is_heard(value: Any) -> bool:
    """Whether a signal can be sent while Django starts."""
    return isinstance(value, Special) and value.name in (*SIGNALS, own_signals.NAME)


def _receive(vm: Machine, call: SpecialCall) -> Any:
    """The function that `@receiver(signal)` decorates."""
    signals, *options = call.special.receiver
    function = call.argument(0, "")
    for signal in signals:
        if not isinstance(signal, Unknown):
            _note(vm, call, signal, function, *options)
        elif call.scope is not None and vm.domain.registers(vm, function):
            unknown = signal.with_note("by this signal a receiver may be called", call.span)
            vm.findings.note_registration(unknown, unknown, call.scope.module, call.span)
    return function


def _note(
    vm: Machine,
    call: SpecialCall,
    signal: Special,
    function: Any,
    sender: Any,
    weak: Any,
    uid: Any,
) -> None:
    if call.scope is None:
        if signal.name == own_signals.NAME:
            own_signals.connect(signal.receiver, Unknown("real code connects"), None, None, None)
        return
    doubt = vm.speculation or first_unknown([function, sender, weak])
    if doubt is None and weak is not False and _may_die(vm, function):
        doubt = Unknown("Django holds this receiver weakly, and nothing else holds it", call.span)
    if signal.name == own_signals.NAME:
        own_signals.connect(signal.receiver, function, sender, uid, doubt)
        return
    name, module = signal.name, call.scope.module
    noted = Receiver(name, function, sender, module, call.span, vm.moment(), doubt)
    for other in vm.findings.receivers:  # connected twice, called once
        if other.signal == name and other.function is function and other.sender is sender:
            return
    vm.findings.receivers.append(noted)


def _may_die(vm: Machine, receiver: Any) -> bool:
    """Whether a receiver may be gone when the signal is sent: one without a lasting name.

    Of a method, and of an object that is called, that is the object: a class lasts, and so does
    what a module has.
    """
    held = receiver.receiver if isinstance(receiver, BoundMethod) else receiver
    if is_user_object(vm, held):
        names = (scope.names.values() for scope in vm.scopes.values())
        return not any(value is held for values in names for value in values)
    found = interpreted(receiver)
    if found is None or isinstance(receiver, BoundMethod):
        return False
    return found.name == "<lambda>" or found.scope.kind == "function"


NAMES: dict[str, Any] = {
    "django.dispatch.Signal": Special("Signal"),
    "django.dispatch.dispatcher.Signal": Special("Signal"),
    "django.dispatch.receiver": Special("receiver"),
    **{path: Special(name) for name, path in SIGNALS.items()},
}
"""What the interpreter stands in for, by dotted path."""
HANDLERS: dict[str, Handler] = {
    "receiver": _receiver,
    "receiver.connect": _receive,
    **{f"{name}.connect": _connect for name in (*SIGNALS, own_signals.NAME)},
    **own_signals.HANDLERS,
}
