"""The user's functions: values of ours, which real code has only by way of the membrane."""

from __future__ import annotations

import inspect
import types
from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen.evaluator.python.objects.membrane import inward, outward
from pgtrigger_codegen.evaluator.values.callables import BoundMethod, Function
from pgtrigger_codegen.evaluator.values.unknown import Refusal
from tests.evaluator.code import START, Executed, execute

_SOURCE = """
    import operator
    def f(x): return x + 1
    class A:
        def m(self, x): return x + 2
    a = A()
    m = a.m
    A_m = A.m
    made = [lambda: 0, f, A.m, a.m]
    """
# Names of ours, and those by which Python's functions lead into the interpreter that runs them.
_INSIDE = sorted(
    {*Function.__struct_fields__, *BoundMethod.__struct_fields__, "__struct_fields__", "__behind__"}
    | {"__globals__", "__code__", "__closure__", "__builtins__"}
)


@pytest.fixture
def executed(tmp_path: Path) -> Executed:
    return execute(tmp_path, _SOURCE)


def test_no_function_of_the_users_is_one_of_pythons(executed: Executed) -> None:
    values = [executed["f"], executed["A_m"], executed["m"], *executed["made"]]

    assert {type(value) for value in values} == {Function, BoundMethod}
    for value in values:
        assert not isinstance(value, types.FunctionType | types.MethodType)
        for name in ("__globals__", "__code__", "__closure__", "__builtins__", "__defaults__"):
            assert not hasattr(value, name)


def test_real_code_calls_none_that_it_was_not_handed(executed: Executed) -> None:
    for name in ("f", "m"):
        with pytest.raises(Refusal):
            executed[name](1)


@pytest.mark.parametrize(("name", "result"), [("f", 2), ("m", 3)])
def test_the_way_out_and_the_way_back(name: str, result: int, executed: Executed) -> None:
    value = executed[name]

    real = outward(executed.vm, value, START)

    assert inspect.isroutine(real)
    assert real(1) == result
    assert real.__name__ == name
    assert inward(executed.vm, real) == value
    assert outward(executed.vm, value, START) == real


def test_what_is_set_is_set_for_real_code_too(tmp_path: Path) -> None:
    executed = execute(
        tmp_path,
        """
        def f(): pass
        f.queryset_only = True
        f.__name__ = "g"
        def change():
            f.alters_data = True
            del f.queryset_only
        """,
    )
    real = outward(executed.vm, executed["f"], START)
    assert (real.__name__, real.queryset_only) == ("g", True)

    executed.vm.call(executed["change"], (), START)

    assert real.alters_data is True
    assert not hasattr(real, "queryset_only")


def test_a_manager_has_the_methods_of_its_query_set(tmp_path: Path) -> None:
    """Django asks which members of the class are functions."""
    executed = execute(
        tmp_path,
        """
        from django.db import models
        class Mixin:
            def mixed(self): return 1
        class Things(Mixin, models.QuerySet):
            def kept(self): return self.filter(deleted=False)
            def hidden(self): pass
            hidden.queryset_only = True
            def _inner(self): pass
        Manager = models.Manager.from_queryset(Things)
        found = [hasattr(Manager, name) for name in ("kept", "mixed", "hidden", "_inner")]
        """,
    )
    assert executed["found"] == [True, True, False, False]


@pytest.mark.parametrize("value", ["f", "a.m"])
@pytest.mark.parametrize(
    "expression",
    [
        "{value}.{name}",
        "getattr({value}, '{name}')",
        "operator.attrgetter('{name}')({value})",
        "vars({value})['{name}']",
        "'{{0.{name}}}'.format({value})",
        "property(operator.attrgetter('{name}')).__get__({value})",
        "[found for found in [{value}] if hasattr(found, '{name}')][0].{name}",
    ],
)
def test_no_way_leads_inside(expression: str, value: str, tmp_path: Path) -> None:
    found = {
        name: _outcome(tmp_path, expression.format(value=value, name=name)) for name in _INSIDE
    }
    # Where Python has such an attribute, nothing of it can be had.
    assert set(found.values()) <= {"refused", "AttributeError", "KeyError", "IndexError"}, found


def _outcome(folder: Path, expression: str) -> Any:
    source = f"{_SOURCE}\n    try:\n        result = {expression}\n"
    source += "    except Exception as error:\n        result = type(error).__name__\n"
    executed = execute(folder, source)
    try:
        executed.refusal("result")
    except AssertionError:
        return executed["result"]
    return "refused"
