"""Classes of the user's are values of ours; Python has no more of them than it asks for."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.python.objects import membrane
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class
from tests.evaluator.code import START, execute

PLAIN = """
class A:
    x = [1]
    def f(self): return self.x
    def __len__(self): return 3
    @classmethod
    def c(cls): return cls
class B(A):
    y = 2
    def __init__(self): self.own = 1
a, b = A(), B()
"""


def test_no_class_of_the_users_alone_is_one_of_pythons(tmp_path: Path) -> None:
    ran = execute(tmp_path, PLAIN)

    assert type(ran["A"]) is type(ran["B"]) is Class
    assert ran["B"].mro == (ran["B"], ran["A"], object)


def test_python_has_only_the_names_that_it_asks_for(tmp_path: Path) -> None:
    ran = execute(tmp_path, PLAIN + "got = b.f(), b.c(), B.y, len(b), isinstance(b, A)\n")

    assert ran["got"] == ([1], ran["B"], 2, 3, True)
    names = vars(ran["A"].face)
    assert "__len__" in names
    assert names.keys().isdisjoint({"x", "f", "c"})
    assert "y" not in vars(ran["B"].face)


def test_real_code_that_reads_an_attribute_finds_all(tmp_path: Path) -> None:
    ran = execute(tmp_path, PLAIN)

    assert ran["b"].x is ran["A"].namespace["x"]
    assert ran["b"].f() == [1]
    assert not hasattr(ran["b"], "other")
    ran["b"].own = 5
    assert ran.vm.attribute(ran["b"], "own", START) == 5


def test_what_a_class_binds_anew_is_found_below_one_that_real_code_has_read(tmp_path: Path) -> None:
    source = """
class A: x = "a"
class B(A): x = "b"
class D(A, dict): pass
class C(A): x = "c"
b, c = B(), C()
"""
    ran = execute(tmp_path, source)

    assert (ran["b"].x, ran["c"].x, ran["D"].x) == ("b", "c", "a")


def test_the_way_through_real_code_leads_to_the_same_class_and_object(tmp_path: Path) -> None:
    ran = execute(tmp_path, PLAIN)

    face = membrane.outward(ran.vm, ran["A"], START)
    assert isinstance(face, type)
    assert membrane.inward(ran.vm, face) is ran["A"]
    assert membrane.inward(ran.vm, [face, type(ran["b"])]) == [ran["A"], ran["B"]]
    assert membrane.outward(ran.vm, ran["b"], START) is ran["b"]
    assert type(face()) is face


@pytest.mark.parametrize("base", ["pgtrigger.Trigger", "Exception", "dict", "enum.Enum"])
def test_a_class_on_another_base_sees_what_its_mixin_becomes(tmp_path: Path, base: str) -> None:
    source = f"""
import enum, pgtrigger
class Mixin:
    size = 1
    def told(self): return "before"
class D(Mixin, {base}): pass
same = D.__mro__[1] is Mixin, issubclass(D, Mixin), D.__bases__[0] is Mixin
Mixin.size = 2
Mixin.told = lambda self: "after"
Mixin.added = property(lambda self: self.size)
"""
    ran = execute(tmp_path, source)

    derived = ran["D"]
    assert type(derived) is not Class
    assert ran["same"] == (True, True, True)
    assert derived.size == 2
    assert derived.told(None) == "after"
    assert isinstance(derived.added, property)


def test_what_a_maker_sets_on_a_class_is_its_own(tmp_path: Path) -> None:
    source = """
import dataclasses
@dataclasses.dataclass
class A:
    x: int = 1
    def f(self): return self.x
A.x = 5
got = A(2) == A(2), A(3).f(), A.x, sorted(vars(A).keys() & {"__eq__", "__init__", "x", "f"})
"""
    ran = execute(tmp_path, source)

    assert type(ran["A"]) is Class
    assert ran["got"] == (True, 3, 5, ["__eq__", "__init__", "f", "x"])


def test_no_finalizer_runs(tmp_path: Path) -> None:
    source = """
import copy
log = []
class A:
    def __del__(self): log.append("gone")
class B(A): pass
class C(A, dict): pass
def make():
    A(), B(), C(), copy.copy(A())
make()
"""
    ran = execute(tmp_path, source)
    gc.collect()

    assert "gone" not in ran["log"]
    assert first_unknown(ran["log"]) is not None  # Python has four of them


def test_an_attribute_that_may_have_been_set_is_not_known(tmp_path: Path) -> None:
    source = """
import unknown_package
class A: x = 1
class B(A): pass
b = B()
if unknown_package.flag:
    A.x = 2
    b.y = 3
"""
    ran = execute(tmp_path, source)

    for name in ("A.x", "B.x", "b.x", "b.y"):
        owner, _, attribute = name.partition(".")
        assert isinstance(ran.vm.attribute(ran[owner], attribute, START), Unknown), name


def test_a_class_that_is_changed_unseen_is_not_known(tmp_path: Path) -> None:
    source = """
import unknown_package
class A:
    x = 1
class B(A): pass
setattr(A, unknown_package.name, 1)
a, b, c = A.x, B().x, B.x
"""
    ran = execute(tmp_path, source)

    assert all(isinstance(ran[name], Unknown) for name in "abc")


def test_what_is_not_known_of_a_class_does_not_reach_real_code(tmp_path: Path) -> None:
    source = """
import pgtrigger, unknown_package
class Mixin:
    func = unknown_package.body
    def get_func(self, model): return unknown_package.body
class D(Mixin, pgtrigger.Trigger): pass
a, b = Mixin.func, Mixin().get_func(None)
"""
    ran = execute(tmp_path, source)

    assert isinstance(ran["a"], Unknown)
    assert isinstance(ran["b"], Unknown)
    with pytest.raises(BaseException) as raised:  # noqa: PT011  (a refusal is no `Exception`)
        _ = ran["D"].func
    assert not isinstance(raised.value, Exception)
