"""Data classes that cost next to nothing until they are used.

`dataclasses.dataclass` writes and compiles half a dozen methods for each class, which takes half a
millisecond. We define more than two hundred: that was a fifth of the time of a small run. Here the
methods are the same few functions for all classes, but for `__init__`, which is compiled when the
first instance is made. What is more than slots, values that are given or not, and comparing is
left to `dataclasses`, and so are the fields for whoever asks for them.
"""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls: type | None = None, /, **options: bool) -> Any:
        """`dataclasses.dataclass`, made faster for classes with slots."""
        if cls is not None or not options.get("slots"):
            return _by_dataclasses(cls, options)
        return lambda written: _slotted(written, options) or _by_dataclasses(written, options)


__all__ = ["dataclass"]

_FIELDS, _PARAMETERS = "__dataclass_fields__", "__dataclass_params__"
_PARTS = "__record_parts__"
_OPTIONS = frozenset({"eq", "frozen", "order", "slots"})
_MISSING = object()


class _Part:
    """One field.

    Attributes:
        default: The value when none is given, `_MISSING` where there has to be one.
        factory: Makes that value instead.
        shown, compared: Whether it is part of what is printed, and of what is compared.
    """

    __slots__ = ("compared", "default", "factory", "name", "shown")

    def __init__(self, name: str, default: Any) -> None:
        self.name = name
        self.default = default
        self.factory: Callable[[], Any] | None = None
        self.shown = self.compared = True


class _Fields:
    """Stands in for the fields, as `dataclasses.fields` and `replace` ask for them."""

    def __init__(self, written: type, options: Mapping[str, bool]) -> None:
        self._written = written
        self._options = options

    def __get__(self, instance: object, owner: type) -> Any:
        made = next(cls for cls in owner.__mro__ if vars(cls).get(_FIELDS) is self)
        plain = {name: value for name, value in self._options.items() if name != "slots"}
        done = _by_dataclasses(self._written, plain)
        for name in (_PARAMETERS, _FIELDS):
            setattr(made, name, getattr(done, name))
        return getattr(made, _FIELDS)


def _by_dataclasses(cls: type | None, options: Mapping[str, bool]) -> Any:
    import dataclasses

    return dataclasses.dataclass(cls, **options)


def _slotted(written: type, options: Mapping[str, bool]) -> type | None:
    """The class with slots and methods; None where `dataclasses` has to make it."""
    own = _own_parts(written)
    inherited: dict[str, _Part] = {}
    for base in reversed(written.__mro__[1:]):
        if _FIELDS in vars(base) and _PARTS not in vars(base):
            return None
        inherited |= vars(base).get(_PARTS, {})
    if own is None or not _OPTIONS.issuperset(options):
        return None
    left_out = {*own, "__dict__", "__weakref__"}
    body = {name: value for name, value in vars(written).items() if name not in left_out}
    body["__slots__"] = tuple(name for name in own if name not in inherited)
    parts = {**inherited, **own}
    body[_PARTS] = parts
    body[_FIELDS] = _Fields(written, options)
    body["__match_args__"] = tuple(parts)
    for name, method in _methods(parts, options).items():
        body.setdefault(name, method)
    made = type(written)(written.__name__, written.__bases__, body)
    made.__qualname__ = written.__qualname__
    made.__init__ = _first_init(made, parts)  # type: ignore[misc]
    return made


def _own_parts(written: type) -> dict[str, _Part] | None:
    """The fields that the class itself declares; None where one is of an unusual kind."""
    body = vars(written)
    if not _WRITTEN_BY_HAND.isdisjoint(body):
        return None
    parts: dict[str, _Part] = {}
    for name, annotation in written.__annotations__.items():
        kind = str(annotation)
        if "InitVar" in kind or "KW_ONLY" in kind:
            return None
        if "ClassVar" not in kind:
            part = _part(name, body.get(name, _MISSING))
            if part is None:
                return None
            parts[name] = part
    return parts


# Where a class brings one of these itself, it matters what `dataclasses` makes of that.
_WRITTEN_BY_HAND = frozenset({"__eq__", "__init__", "__post_init__", "__slots__"})


def _part(name: str, default: Any) -> _Part | None:
    """What a name in a class body says of its field."""
    part = _Part(name, default)
    if type(default).__module__ == "dataclasses":  # made by `field(…)`
        import dataclasses

        missing = default.default is dataclasses.MISSING
        part.default = _MISSING if missing else default.default
        if default.default_factory is not dataclasses.MISSING:
            part.factory = default.default_factory
        part.shown, part.compared = default.repr, default.compare
        if not default.init or default.hash is not None or default.kw_only is True:
            return None
    elif type(default).__hash__ is None:
        return None  # a list as a default, which is refused
    return part


def _methods(parts: Mapping[str, _Part], options: Mapping[str, bool]) -> dict[str, Any]:
    """What the class has in common with all others, made for its own fields."""
    shown = [name for name, part in parts.items() if part.shown]
    compared = _values([name for name, part in parts.items() if part.compared])

    @reprlib.recursive_repr()
    def text(self: Any) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.__class__.__qualname__}({values})"

    methods: dict[str, Any] = {"__repr__": text}
    if options.get("eq", True):
        methods |= {"__eq__": _comparison(operator.eq, compared), "__hash__": None}
    if options.get("order"):
        for name in ("__lt__", "__le__", "__gt__", "__ge__"):
            methods[name] = _comparison(getattr(operator, name), compared)
    if options.get("frozen"):
        methods |= _frozen(tuple(parts))
        if options.get("eq", True):
            methods["__hash__"] = lambda self: hash(compared(self))
    return methods


def _values(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives the values of these attributes."""
    if len(names) > 1:
        return operator.attrgetter(*names)
    return lambda self: tuple(getattr(self, name) for name in names)


def _comparison(
    compare: Callable[[Any, Any], Any], values: Callable[[Any], tuple[Any, ...]]
) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        same_class = other.__class__ is self.__class__
        return compare(values(self), values(other)) if same_class else NotImplemented

    return method


def _frozen(names: tuple[str, ...]) -> dict[str, Any]:
    """What keeps an instance as it is, and lets it be pickled all the same."""

    def assign(self: Any, name: str, value: Any) -> None:
        _refuse("assign to", name, names)
        object.__setattr__(self, name, value)

    def delete(self: Any, name: str) -> None:
        _refuse("delete", name, names)
        object.__delattr__(self, name)

    def state(self: Any) -> list[Any]:
        return [getattr(self, name) for name in names]

    def restore(self: Any, values: list[Any]) -> None:
        for name, value in zip(names, values, strict=True):
            object.__setattr__(self, name, value)

    return {
        "__setattr__": assign,
        "__delattr__": delete,
        "__getstate__": state,
        "__setstate__": restore,
    }


def _refuse(action: str, name: str, names: tuple[str, ...]) -> None:
    if name in names:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot {action} field {name!r}")


def _first_init(made: Any, parts: Mapping[str, _Part]) -> Callable[..., None]:
    """An `__init__` that compiles the one that is meant, in the place of itself."""

    def first_init(self: Any, /, *args: Any, **kwargs: Any) -> None:
        made.__init__ = _compiled_init(made, parts)
        self.__init__(*args, **kwargs)

    return first_init


def _compiled_init(made: Any, parts: Mapping[str, _Part]) -> Callable[..., None]:
    given: dict[str, Any] = {"_missing": _MISSING}
    header, lines = ["self"], []
    for name, part in parts.items():
        given[f"_set_{name}"] = _slot(made, name).__set__
        if part.factory is not None:
            given[f"_make_{name}"] = part.factory
            header.append(f"{name}=_missing")
            lines.append(f"if {name} is _missing: {name} = _make_{name}()")
        elif part.default is not _MISSING:
            given[f"_default_{name}"] = part.default
            header.append(f"{name}=_default_{name}")
        else:
            header.append(name)
        lines.append(f"_set_{name}(self, {name})")
    body = "\n ".join(lines or ["pass"])
    exec(f"def __init__({', '.join(header)}):\n {body}", given)  # noqa: S102  (our own text)
    init: Callable[..., None] = given["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    return init


def _slot(made: type, name: str) -> Any:
    return next(vars(cls)[name] for cls in made.__mro__ if name in vars(cls))
