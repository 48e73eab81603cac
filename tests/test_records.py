"""Our data classes are what `dataclasses` makes."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import field
from functools import cached_property
from typing import Any, ClassVar

import pytest

from pgtrigger_codegen import records

Decorator = Callable[..., Any]
BOTH: list[Decorator] = [dataclasses.dataclass, records.dataclass]
OPTIONS = [
    {},
    {"frozen": True},
    {"slots": True},
    {"frozen": True, "slots": True},
    {"frozen": True, "slots": True, "order": True},
    {"eq": False, "slots": True},
    {"frozen": True, "eq": False},
]


def point(dataclass: Decorator, options: dict[str, bool]) -> Any:
    class Point:
        """A point."""

        x: int
        y: int = 2
        rest: list[int] = field(default_factory=list, repr=False, compare=False)
        note: str = field(default="none", compare=False)
        more: int = field(default=1, repr=False)
        kind: ClassVar[str] = "point"

        def sum(self) -> int:
            return self.x + self.y

    return dataclass(**options)(Point) if options else dataclass(Point)


def outcome(action: Callable[[], object]) -> object:
    try:
        return action()
    except Exception as error:  # noqa: BLE001  (which one is what is compared)
        return type(error), str(error)


def facts(cls: Any) -> list[object]:
    """What there is to see of a data class."""
    one = cls(1)
    return [
        repr(one),
        one.sum(),
        one.kind,
        one.rest,
        one.note,
        [one == cls(1, note="x"), one == cls(1, more=2)],
        cls(1, 2).rest is one.rest,
        one == cls(1, 2, [3]),
        one == cls(2),
        outcome(lambda: hash(one) == hash(cls(1))),
        outcome(lambda: cls(1) < cls(2)),
        outcome(lambda: setattr(one, "x", 5)),
        outcome(lambda: delattr(one, "x")),
        isinstance(outcome(lambda: setattr(one, "other", 5)), tuple),
        repr(dataclasses.replace(cls(1), y=7)),
        dataclasses.asdict(cls(1)),
        [(part.name, part.type, part.compare) for part in dataclasses.fields(cls)],
        repr(copy.copy(cls(4))),
        outcome(cls),
        outcome(lambda: cls(1, 2, [], "", 4, 5)),
        cls.__match_args__,
        cls.__doc__,
        cls.__name__,
        cls.__qualname__,
        cls.__module__,
        list(inspect.signature(cls).parameters),
        getattr(cls, "__slots__", None),
        sorted(set(vars(cls)) - {"__weakref__", "__dict__", "__record_parts__", "__replace__"}),
    ]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_is_what_dataclasses_makes(options: dict[str, bool]) -> None:
    expected, made = (facts(point(dataclass, options)) for dataclass in BOTH)
    assert made == expected


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(
    "question",
    [
        lambda cls: [part.name for part in dataclasses.fields(cls)],
        dataclasses.is_dataclass,
        lambda cls: repr(cls(1)),
        lambda cls: list(cls.__dataclass_fields__),
    ],
)
def test_any_question_may_come_first(
    options: dict[str, bool], question: Callable[[Any], object]
) -> None:
    expected, made = (question(point(dataclass, options)) for dataclass in BOTH)
    assert made == expected


@pytest.mark.parametrize("first", ["base", "derived"])
@pytest.mark.parametrize("options", [{"frozen": True}, {"frozen": True, "slots": True}], ids=str)
def test_data_classes_inherit(options: dict[str, bool], first: str) -> None:
    def shown(dataclass: Decorator) -> list[object]:
        base = point(dataclass, options)

        @dataclass(**options)
        class Derived(base):  # type: ignore[misc, valid-type]
            z: int = 3

        class Plain(Derived):
            pass

        order = [base, Derived, Plain] if first == "base" else [Plain, Derived, base]
        return [[repr(cls(1)), cls(1) == cls(1), cls(1) == base(1)] for cls in order]

    assert shown(records.dataclass) == shown(dataclasses.dataclass)


def test_what_is_unusual_is_left_to_dataclasses() -> None:
    def shown(dataclass: Decorator) -> list[object]:
        @dataclass(slots=True)
        class Sum:
            x: int
            y: int = field(default=0, kw_only=True)
            total: int = field(init=False)

            def __post_init__(self) -> None:
                self.total = self.x + self.y

        @dataclass(frozen=True, slots=True)
        class Folded:
            name: str

            def __eq__(self, other: object) -> bool:
                return isinstance(other, Folded) and self.name.lower() == other.name.lower()

            def __hash__(self) -> int:
                return hash(self.name.lower())

        @dataclass(frozen=True, slots=True)
        class Named:
            name: str

            def __repr__(self) -> str:
                return self.name

        def refused() -> object:
            @dataclass(slots=True)
            class Refused:
                items: list[int] = []  # noqa: RUF012  (this is what is refused)

            return Refused

        return [
            repr(Sum(1, y=2)),
            Folded("a") == Folded("A"),
            hash(Folded("a")) == hash(Folded("A")),
            repr(Named("x")),
            outcome(refused),
        ]

    assert shown(records.dataclass) == shown(dataclasses.dataclass)


def test_an_instance_in_itself_can_be_printed() -> None:
    @records.dataclass(slots=True)
    class Node:
        inner: list[object]

    node = Node([])
    node.inner.append(node)
    assert repr(node).endswith("(inner=[...])")


def test_properties_that_are_kept_work() -> None:
    @records.dataclass(frozen=True)
    class Square:
        side: int

        @cached_property
        def area(self) -> int:
            return self.side**2

    assert [Square(3).area, Square(4).area] == [9, 16]


@records.dataclass(frozen=True, slots=True)
class Frozen:
    x: int


@records.dataclass(slots=True)
class Slotted:
    x: int


@records.dataclass
class Plain:
    x: int


UNPICKLED = """\
import pickle, sys
instance = pickle.loads(sys.stdin.buffer.read())
other = type(instance)(instance.x)
print(repr(instance), instance == other)
"""


@pytest.mark.parametrize("cls", [Frozen, Slotted, Plain])
def test_an_instance_may_come_from_another_process(cls: Callable[[int], object]) -> None:
    output = subprocess.run(
        [sys.executable, "-c", UNPICKLED],
        input=pickle.dumps(cls(5)),
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert output == f"{cls(5)!r} True\n"


def test_threads_may_meet_at_the_first_instance() -> None:
    for _ in range(20):
        cls = point(records.dataclass, {"frozen": True, "slots": True})
        barrier = threading.Barrier(4)
        made: list[object] = []

        def make(cls: Any = cls, barrier: Any = barrier, made: list[object] = made) -> None:
            barrier.wait()
            made.append(cls(1))

        threads = [threading.Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == [cls(1)] * 4
