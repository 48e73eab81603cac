# ruff: noqa: E501  (one case, one line)
from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.values.models import ModelClass
from tests.evaluator.code import check_as_python, execute

AS_PYTHON = {
    "methods": """
        class C:
            shared = 'x'
            def __init__(self, n): self.n = n
            def add(self, m): return self.n + m
            @property
            def double(self): return self.n * 2
            @classmethod
            def make(cls, n): return cls(n + 1)
            @staticmethod
            def fixed(): return 'fixed'
        c = C.make(1)
        a = c.add(5), c.double, C.fixed(), c.fixed(), C.shared, c.shared
    """,
    "inheritance": """
        class A:
            def f(self): return 'A'
            @classmethod
            def name(cls): return cls.__name__
        class B(A):
            def f(self): return 'B' + super().f()
        class C(A):
            def f(self): return 'C' + super().f()
        class D(B, C):
            def f(self): return 'D' + super(D, self).f()
        a = D().f(), D.name(), [cls.__name__ for cls in D.__mro__], issubclass(D, A)
    """,
    "class body": """
        n = 1
        class C:
            n = 2
            m = n + 1
            items = [n for _ in range(2)]
            def f(self): return n
            if m > 2:
                extra = 'yes'
        a = C.m, C.items, C().f(), C.extra
    """,
    "class in a function": """
        def make(value):
            class Made:
                inner = value
                def get(self): return value, self.inner
            return Made
        a = make(1)().get(), make(2)().get(), make(3).inner, make(1).__qualname__
    """,
    "special methods": """
        class V:
            def __init__(self, n): self.n = n
            def __add__(self, o): return V(self.n + o.n)
            def __eq__(self, o): return self.n == o.n
            def __hash__(self): return self.n
            def __str__(self): return f'V{self.n}'
            def __len__(self): return self.n
            def __getitem__(self, i): return i * self.n
            def __call__(self, x): return x + self.n
            def __bool__(self): return self.n > 1
            def __iter__(self): return iter([self.n])
            def __contains__(self, x): return x == self.n
            def __format__(self, spec): return f'<{self.n}{spec}>'
        v = V(1) + V(2)
        a = str(v), f'{v:!}', '%s' % v, v == V(3), len(v), v[4], v(1), bool(V(1)), list(v), 3 in v
    """,
    "attributes": "class C: pass\nc = C(); c.x = 1; c.x += 1; setattr(c, 'y', 5); C.z = 7; a = c.x, c.y, c.z, getattr(c, 'w', 0)",
    "enum": """
        import enum
        class Color(enum.Enum):
            RED = 1
            BLUE = (2, 'b')
            @property
            def low(self): return self.name.lower()
        a = Color.RED.value, Color['BLUE'].value[1], Color(1).name, Color.RED.low, [c.name for c in Color], Color.RED._value_
        b = f'{Color.RED}', str(Color.RED), '%s' % Color.RED, '{}'.format(Color.RED), repr(Color.RED), len(Color)
    """,
    "enum with init": """
        from enum import Enum
        class State(Enum):
            OPEN = ('o', 1)
            SHUT = ('s', 2)
            def __init__(self, code, rank):
                self.code = code
                self.rank = rank
        a = [(s.code, s.rank) for s in State]
    """,
    "str enum": """
        import enum
        class S(enum.StrEnum):
            A = enum.auto()
            B = 'bee'
        class T(str, enum.Enum):
            A = 'x'
        a = f'{S.A}', str(S.B), S.A + '!', S('bee').name, f'{T.A}', str(T.A), '%s' % T.A, T.A.value, '{}'.format(T.A), T.A == 'x'
    """,
    "int enum": """
        import enum
        class N(enum.IntEnum):
            ONE = enum.auto()
            TWO = enum.auto()
        class F(enum.Flag):
            R = enum.auto()
            W = enum.auto()
        a = f'{N.ONE}', str(N.TWO), N.TWO + 1, '%d' % N.TWO, max(N).name, (F.R | F.W).value
    """,
    "auto by a method": """
        import enum
        class Name(enum.Enum):
            def _generate_next_value_(name, start, count, last): return name.lower()
            A = enum.auto()
            B = enum.auto()
        a = [n.value for n in Name]
    """,
    "dataclass": """
        import dataclasses
        @dataclasses.dataclass(frozen=True, order=True)
        class P:
            x: int
            y: int = 2
            z: list = dataclasses.field(default_factory=list, compare=False)
            def total(self): return self.x + self.y
        p = P(1)
        a = p.x, p.y, p.z, p.total(), p == P(1, 2), p < P(2), dataclasses.replace(p, x=9).x, repr(p), dataclasses.astuple(p)
    """,
    "dataclass with post init": """
        from dataclasses import dataclass, field, asdict
        @dataclass
        class P:
            name: str
            label: str = field(init=False)
            def __post_init__(self): self.label = self.name.upper()
        a = asdict(P('x'))
    """,
    "named tuple": """
        from typing import NamedTuple
        class P(NamedTuple):
            x: int
            y: str = 'd'
            def both(self): return f'{self.x}{self.y}'
        a = P(1).both(), tuple(P(2, 'e')), P(3)._replace(y='q').y, P(1) == (1, 'd')
    """,
    "descriptors": """
        class Upper:
            def __set_name__(self, owner, name): self.name = name
            def __get__(self, instance, owner): return self.name.upper()
        class C:
            field = Upper()
        a = C.field, C().field
    """,
    "init subclass": """
        class Base:
            registry = []
            def __init_subclass__(cls, tag='none', **kwargs):
                super().__init_subclass__(**kwargs)
                Base.registry.append((cls.__name__, tag))
        class A(Base): pass
        class B(Base, tag='b'): pass
        a = Base.registry
    """,
    "cached property": """
        import functools
        class C:
            calls = 0
            @functools.cached_property
            def value(self):
                C.calls += 1
                return 'v'
        c = C()
        a = c.value, c.value, C.calls
    """,
    "exceptions": """
        class Odd(ValueError):
            def __init__(self, n):
                super().__init__(f'odd: {n}')
                self.n = n
        try:
            raise Odd(3)
        except ValueError as error:
            a = str(error), error.n
    """,
    "type as a call": "a = type(1).__name__, type('x') is str",
    "class decorator": """
        def tag(cls):
            cls.tag = cls.__name__.lower()
            return cls
        @tag
        class C: pass
        a = C.tag
    """,
    "list subclass": "class L(list):\n    def first(self): return self[0]\na = L([3, 1]).first(), sorted(L([2, 1])), len(L())",
    "str subclass": "class S(str):\n    def shout(self): return self.upper() + '!'\na = S('x').shout(), S('a') + 'b', f'{S(\"q\")}'",
    "abstract": """
        import abc
        class A(abc.ABC):
            @abc.abstractmethod
            def f(self): ...
        class B(A):
            def f(self): return 1
        a = B().f()
        try:
            A()
        except TypeError:
            b = 'abstract'
    """,
    "generic": """
        from typing import Generic, TypeVar, ClassVar
        T = TypeVar('T')
        class Box(Generic[T]):
            kind: ClassVar[str] = 'box'
            def __init__(self, item): self.item = item
        class IntBox(Box[int]): pass
        a = Box(1).item, IntBox(2).item, IntBox.kind
    """,
    "simple namespace": "from types import SimpleNamespace\nn = SimpleNamespace(x=1)\nn.y = 2\na = n.x, n.y",
    "function attributes": "def f(): return f.x\nf.x = 5\na = f()",
}


@pytest.mark.parametrize("source", AS_PYTHON.values(), ids=AS_PYTHON)
def test_classes_are_as_python_makes_them(source: str, tmp_path: Path) -> None:
    check_as_python(tmp_path, source)


def test_choices_are_as_django_makes_them(tmp_path: Path) -> None:
    ours = execute(
        tmp_path,
        """
        from django.db import models
        class Kind(models.TextChoices):
            A = "a", "Ay"
            LONG_NAME = "l"
        class Rank(models.IntegerChoices):
            LOW = 1
            HIGH = 5, "Top"
            __empty__ = "(none)"
        class Auto(models.IntegerChoices):
            from enum import auto
            ONE = auto()
            TWO = auto()
        a = Kind.choices, Kind.values, Kind.labels, Kind.names, f"{Kind.A}", str(Kind.A), "%s" % Kind.A
        b = Rank.choices, Rank.HIGH.label, f"{Rank.LOW}", Rank.HIGH + 1, Kind.LONG_NAME.label
        """,
    )

    assert ours["a"] == (
        [("a", "Ay"), ("l", "Long Name")],
        ["a", "l"],
        ["Ay", "Long Name"],
        ["A", "LONG_NAME"],
        "a",
        "a",
        "a",
    )
    assert ours["b"] == ([(None, "(none)"), (1, "Low"), (5, "Top")], "Top", "1", 6, "Long Name")


def test_a_class_with_a_base_that_is_not_known_may_be_a_model(tmp_path: Path) -> None:
    ours = execute(
        tmp_path, "from elsewhere import Base\nclass C(Base):\n    x = 1\na = C.x\nb = C.y\nc = C()"
    )

    assert isinstance(ours["C"], ModelClass)
    assert ours["a"] == 1
    assert ours.refusal("b")[1] == "from elsewhere import Base"
    assert "elsewhere" in ours.refusal("c")[0]


def test_an_attribute_that_is_not_known_is_refused_when_real_code_reads_it(tmp_path: Path) -> None:
    ours = execute(
        tmp_path,
        """
        import os, pgtrigger
        class Named(pgtrigger.Trigger):
            when = pgtrigger.Before
            operation = pgtrigger.Update
            name = os.environ["X"]
        a = Named(func="RETURN NEW;").name
        """,
    )

    assert ours.refusal("a")[1] == 'os.environ["X"]'


def test_six_gives_a_metaclass(tmp_path: Path) -> None:
    executed = execute(
        tmp_path,
        """
        import abc
        import enum
        import six

        class Base:
            x = 1

        class Abstract(six.with_metaclass(abc.ABCMeta, Base)):
            @abc.abstractmethod
            def method(self):
                pass

        a = Abstract.x, Abstract.__bases__ == (Base,)
        b = Abstract()
        """,
    )
    assert executed["a"] == (1, True)
    assert "abstract" in executed.refusal("b")[0]


def test_a_data_class_keeps_models_in_order_and_by_name(tmp_path: Path) -> None:
    source = """
        import dataclasses
        from django.db import models

        class Order(models.Model):
            pass

        @dataclasses.dataclass
        class Noted:
            model: type
            label: str = ""
            def __post_init__(self):
                self.label = self.label or self.model.__name__

        a = Noted(Order).label, Noted(model=Order).label, Noted(Order, "x").model.__name__
    """
    assert execute(tmp_path, source)["a"] == ("Order", "Order", "Order")
