"""django-pgpubsub: triggers that notify a channel, for functions that listen to the channel.

Its own functions make and register them, for a stand-in of the channel: all that they ask of a
channel is its model, its name and whether its notifications are locked.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, ClassVar

from pgtrigger_codegen.providers.interface import Call, NewTrigger, Provider
from pgtrigger_codegen.providers.registering import registered_by

_LISTENERS = (
    *(f"{when}_{what}_listener" for when in ("pre", "post") for what in ("save", "insert")),
    *(f"{when}_{what}_listener" for when in ("pre", "post") for what in ("update", "delete")),
    "listener",
    "trigger_listener",
)


class DjangoPgpubsub(Provider):
    """`@pgpubsub.post_insert_listener(Channel)` and its kin."""

    package = "pgpubsub"
    function_decorators = frozenset(
        f"{module}.{name}" for module in ("pgpubsub", "pgpubsub.listeners") for name in _LISTENERS
    )
    modules = ("pgpubsub", "pgpubsub.channel", "pgpubsub.listeners", "pgpubsub.triggers")
    callables: ClassVar = {
        "pgpubsub.channel": "BaseChannel Channel TriggerChannel",
        "pgpubsub.triggers": "LockableNotify Notify",
    }

    def __init__(self) -> None:
        self._made: set[tuple[type, str]] = set()

    def declare(self, call: Call) -> Iterable[NewTrigger]:
        """The trigger of a listener; none where the channel's model has it already."""
        from pgpubsub import listeners

        name = call.name.rpartition(".")[2]
        if name == "listener":
            return
        given = dict(call.kwargs)
        channel, *others = (given.pop("channel"), *call.args) if not call.args else call.args
        if isinstance(channel, str) and name == "trigger_listener":
            channel = call.project.value(channel)
        # The others take no text: asking it for what a channel has raises, as in the project.
        stand_in = channel if isinstance(channel, str) else _stand_in(channel, call)
        decorate = getattr(listeners, name)(stand_in, *others, **given)
        for model, trigger in registered_by(lambda: decorate(_listens)):
            key = (model, trigger.name)
            if key not in self._made:
                self._made.add(key)
                yield NewTrigger(model, trigger)


def _listens(*args: object, **kwargs: object) -> None:
    """In the place of the function that listens."""


def _stand_in(channel: Any, call: Call) -> SimpleNamespace:
    """What django-pgpubsub asks of a channel.

    Raises:
        TypeError: It is no channel with a model, or names itself.
    """
    from pgpubsub.channel import BaseChannel, TriggerChannel

    if not isinstance(channel, type) or not issubclass(channel, TriggerChannel):
        raise TypeError("the channel is not a class that derives from `pgpubsub.TriggerChannel`")
    for method in ("name", "listen_safe_name"):
        if any(
            method in vars(cls) for cls in channel.__mro__[: channel.__mro__.index(BaseChannel)]
        ):
            raise TypeError(f"`{channel.__name__}` has a `{method}` of its own")
    named = SimpleNamespace(name=lambda: f"{channel.__module__}.{channel.__name__}")
    safe_name = vars(BaseChannel)["listen_safe_name"].__func__(named)
    return SimpleNamespace(
        model=call.project.attribute(channel, "model"),
        lock_notifications=call.project.attribute(channel, "lock_notifications"),
        listen_safe_name=lambda: safe_name,
        register=lambda callback: None,
    )
