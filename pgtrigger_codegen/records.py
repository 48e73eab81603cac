"""Data classes that cost next to nothing until they are used.

`dataclasses.dataclass` writes and compiles half a dozen methods for each class, which takes half a
millisecond. We define more than two hundred, of which a run uses a few dozen: that was a fifth of
the time of a small one. The decorator here means the same, and has `dataclasses` do the same; but
with slots, where it makes a new class anyway, that class is completed when its first instance is
made or somebody asks for its fields.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls: type | None = None, /, **options: bool) -> Any:
        """`dataclasses.dataclass`, when it is needed."""
        if options.get("slots"):
            return lambda cls: _Postponed(cls, options).made
        import dataclasses

        return dataclasses.dataclass(cls, **options)


__all__ = ["dataclass"]

_FIELDS = "__dataclass_fields__"
# Completing a class may complete its base; and what shows progress runs in a thread of its own.
_LOCK = threading.RLock()


class _Postponed:
    """A class that is not yet a data class; it stands in for the fields that it will have.

    Attributes:
        made: What the decorated name stands for.
    """

    def __init__(self, written: type, options: dict[str, bool]) -> None:
        self._written = written
        self._options = options
        self._complete = False
        self.made = _with_slots(written)
        self._own = frozenset(vars(self.made))

        def first_init(instance: object, /, *args: object, **kwargs: object) -> None:
            self.complete()
            instance.__init__(*args, **kwargs)  # type: ignore[misc]

        def first_setstate(instance: object, /, state: Any) -> None:
            self.complete()
            _restore(instance, state)

        self._stand_ins = {_FIELDS: self, "__init__": first_init, "__setstate__": first_setstate}
        for name, value in self._stand_ins.items():
            setattr(self.made, name, value)

    def __get__(self, instance: object, owner: type) -> Any:
        """The fields, as `dataclasses.fields` and `replace` ask for them."""
        self.complete()
        return getattr(owner, _FIELDS)

    def complete(self) -> None:
        """Gives the class what `dataclasses` makes of the one that was written."""
        with _LOCK:
            if self._complete:
                return
            import dataclasses

            done: type = dataclasses.dataclass(**self._options)(self._written)
            for name, value in vars(done).items():
                if name not in self._own:
                    setattr(self.made, name, value)
            for name in self._stand_ins:
                if name not in vars(done):
                    delattr(self.made, name)
            self._complete = True


def _with_slots(written: type) -> type:
    """The class once more, with a slot for each of its fields."""
    kinds = written.__annotations__
    names = tuple(name for name in kinds if "ClassVar" not in str(kinds[name]))
    left_out = {*names, "__dict__", "__weakref__"}
    body = {name: value for name, value in vars(written).items() if name not in left_out}
    made = type(written)(written.__name__, written.__bases__, {**body, "__slots__": names})
    made.__qualname__ = written.__qualname__
    return made


def _restore(instance: Any, state: Any) -> None:
    """What unpickling does to an instance, once its class is complete."""
    if hasattr(instance, "__setstate__"):
        instance.__setstate__(state)
        return
    _, slots = state
    for name, value in slots.items():
        object.__setattr__(instance, name, value)
