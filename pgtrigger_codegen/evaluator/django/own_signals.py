"""Signals that the project makes itself: who sends one calls its receivers, there and then.

A receiver that Django may have forgotten, or whose sender is not known, is run as code that may
not run.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python.objects.membrane import inward
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.models import ModelReference
from pgtrigger_codegen.evaluator.values.raised import PythonRaise, UnknownRaise
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.source.span import Span

NAME = "Signal()"
# Django compares identities, and of these there may be several objects for one value.
_NOT_BY_IDENTITY = (str, bytes, int, float, tuple, frozenset, ModelReference)
_METHODS = ("connect", "disconnect", "send", "send_robust")


class _Connected(Struct, eq=False):
    function: Any
    sender: Any
    uid: Any
    doubt: Unknown | None


class OwnSignal(Struct, eq=False):
    """What `django.dispatch.Signal()` gives.

    Attributes:
        unclear: Why it is not known who is connected, if it is not.
    """

    receivers: list[_Connected] = field(default_factory=list)
    unclear: Unknown | None = None


def connect(signal: OwnSignal, function: Any, sender: Any, uid: Any, doubt: Unknown | None) -> None:
    """Connects a receiver, unless it is connected already."""
    if (unknown := first_unknown((function, uid))) is not None:
        signal.unclear = signal.unclear or unknown
    elif not any(_is_same(one, function, sender, uid) for one in signal.receivers):
        signal.receivers.append(_Connected(function, sender, uid, doubt))


def _is_same(one: _Connected, function: Any, sender: Any, uid: Any) -> bool:
    same = one.function == function if uid is None else one.uid == uid
    return same and one.sender is sender


def _make(vm: Machine, call: SpecialCall) -> Any:
    """`django.dispatch.Signal()`."""
    return Special(NAME, OwnSignal())


def _disconnect(vm: Machine, call: SpecialCall) -> Any:
    """`signal.disconnect(receiver, sender=…, dispatch_uid=…)`."""
    signal: OwnSignal = call.special.receiver
    function, sender = call.argument(0, "receiver"), call.argument(1, "sender")
    uid = call.argument(2, "dispatch_uid")
    if (unknown := call.unknown() or vm.speculation) is not None:
        signal.unclear = signal.unclear or unknown
        return Unknown(f"who is disconnected is not known: {unknown.reason}", call.span)
    for one in signal.receivers:
        if _is_same(one, function, sender, uid):
            signal.receivers.remove(one)
            return True
    return False


def _send(vm: Machine, call: SpecialCall) -> Any:
    """`signal.send(sender, **named)`: calls the receivers in the order of their connecting."""
    return _responses(vm, call, robust=False)


def _send_robust(vm: Machine, call: SpecialCall) -> Any:
    """`signal.send_robust(sender, **named)`: an exception is a response."""
    return _responses(vm, call, robust=True)


def _responses(vm: Machine, call: SpecialCall, *, robust: bool) -> Any:
    signal: OwnSignal = call.special.receiver
    given = dict(call.kwargs)
    if not call.args and "sender" not in given:
        text = "Signal.send() missing 1 required positional argument: 'sender'"
        return vm.raised(TypeError(text), call.span)
    sender = call.args[0] if call.args else given.pop("sender")
    responses: list[Any] = []
    for one in list(signal.receivers):
        doubt = _doubt(one, sender)
        if doubt is False:
            continue
        doubt = doubt or signal.unclear
        named = {"signal": Special(NAME, signal), "sender": sender, **given}
        if doubt is None:
            response = _response(vm, call, one.function, named, robust=robust)
            responses.append((one.function, response))
        else:
            _run_in_doubt(vm, call, one.function, named, doubt)
            responses.append(Unknown(doubt.reason, doubt.span, doubt.notes, spread=True))
    unclear = signal.unclear
    return responses if unclear is None else unclear.with_note("a signal is sent", call.span)


def _run_in_doubt(
    vm: Machine, call: SpecialCall, function: Any, named: dict[str, Any], doubt: Unknown
) -> None:
    try:
        with vm.speculating(doubt):
            vm.apply(function, (), named, call.span, call.scope)
    except PythonRaise:
        raise Refusal(doubt) from None


def _response(
    vm: Machine, call: SpecialCall, function: Any, named: dict[str, Any], *, robust: bool
) -> Any:
    if not robust:
        return vm.apply(function, (), named, call.span, call.scope)
    try:
        with vm.catching():
            return vm.apply(function, (), named, call.span, call.scope)
    except PythonRaise as error:
        if not isinstance(error.error, Exception):
            raise
        unknown = isinstance(error.error, UnknownRaise)
        return Unknown(str(error.error), call.span) if unknown else inward(vm, error.error)


def _doubt(one: _Connected, sender: Any) -> Unknown | Literal[False] | None:
    """False for a receiver that is not called, and why it may not be."""
    plain = isinstance(one.sender, _NOT_BY_IDENTITY) and type(one.sender) is type(sender)
    if one.sender is None or (one.sender is sender and not plain):
        return one.doubt
    if isinstance(one.sender, ModelReference):
        sender = one.sender
    unknown = first_unknown((one.sender, sender))
    if unknown is None and isinstance(sender, _NOT_BY_IDENTITY):
        unknown = Unknown("which sender a receiver listens to is not known")
    return unknown if unknown is not None else False


def attribute(vm: Machine, special: Special, name: str, span: Span) -> Any:
    """A method of a signal; what else it has depends on who is connected."""
    if name in _METHODS:
        return NotImplemented
    return Unknown(f"`{name}` of a signal is not evaluated", span)


HANDLERS: dict[str, Handler] = {
    "Signal": _make,
    f"{NAME}.disconnect": _disconnect,
    f"{NAME}.send": _send,
    f"{NAME}.send_robust": _send_robust,
}
