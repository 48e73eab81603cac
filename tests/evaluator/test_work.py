"""What an operation costs follows from the size of what it reads, copies and compares."""

from __future__ import annotations

import ast
import faulthandler
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.limits import totals
from pgtrigger_codegen.evaluator.limits.totals import LimitPassed
from pgtrigger_codegen.evaluator.limits.weight import MOST, weigh
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.python.objects.membrane import outward
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.source.unread import GapKind
from tests.evaluator.code import START, Executed, execute
from tests.evaluator.expensive import EXPENSIVE

_MOST_STEPS = 3_000_000
"""Some operations are counted only when they are done."""
_HANGS_AFTER = 120


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    """Ends the process instead of waiting for ever."""
    faulthandler.dump_traceback_later(_HANGS_AFTER, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def _steps(folder: Path, source: str) -> tuple[Executed, int]:
    before = WORK.steps
    executed = execute(folder, source)
    return executed, WORK.steps - before


_SOME = [
    pytest.param(source, id=name, marks=() if number % 6 == 0 else pytest.mark.slow)
    for number, (name, source) in enumerate(EXPENSIVE.items())
]


@pytest.mark.parametrize("source", _SOME)
def test_a_program_that_takes_long_is_given_up(source: str, tmp_path: Path) -> None:
    executed, steps = _steps(tmp_path, source)
    last = next(name for name in ("n", "a") if name in executed.scope.names)
    assert first_unknown(executed.scope.names[last]) is not None
    assert steps < _MOST_STEPS


@pytest.mark.parametrize(
    "operation",
    [
        *("[1, 2, 3] == [1, 2, 4]", "'a' in ['a', 'b']", "sorted([3, 1, 2])", "'x' * 40", "a[:2]"),
        *("a[0]", "len(a)", "list(a)", "set(a)", "f'{a[0]}'", "'%s' % 1", "', '.join(['a', 'b'])"),
        *("dict(x=1)", "{'x': 1}['x']", "max(a)", "not a", "a + a", "'x'.upper()", "a == a"),
    ],
)
def test_an_ordinary_operation_costs_its_nodes_alone(operation: str, tmp_path: Path) -> None:
    _, with_it = _steps(tmp_path, f"a = [1, 2, 3]\nb = {operation}")
    _, without = _steps(tmp_path, "a = [1, 2, 3]\nb = None")
    nodes = sum(isinstance(node, ast.expr) for node in ast.walk(ast.parse(operation)))
    assert with_it - without <= nodes


def test_an_operation_costs_more_the_more_it_reads(tmp_path: Path) -> None:
    def cost(size: int) -> int:
        return _steps(tmp_path, f"a = [0] * {size}\nb = [0] * {size}\nc = a == b")[1]

    assert cost(1_000) < cost(10_000) < cost(50_000)
    assert cost(50_000) > 3_000


def test_what_is_held_twice_weighs_twice() -> None:
    shared = ["x"] * 100
    assert weigh([shared, shared]) > 2 * weigh(shared) - 10
    nested: list[object] = []
    for _ in range(30):
        nested = [nested, nested]
    with pytest.raises(LimitPassed):
        weigh(nested)
    assert weigh("x", 1, None, object()) == 0
    assert weigh([0] * MOST) == MOST


@pytest.mark.parametrize(
    ("name", "limit", "words"),
    [
        ("STEPS_OF_A_RUN", 50_000, "50000 steps in all"),
        ("SECONDS_OF_A_RUN", 0, "0 s of processor time in all"),
        ("BYTES_OF_A_RUN", -1, "MiB of memory in all"),
    ],
)
def test_a_run_has_totals(
    name: str, limit: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, name, limit)
    source = "\n".join(f"x{n} = [i for i in range(1_000)]" for n in range(300))
    executed = execute(tmp_path, source)
    names = executed.scope.names
    assert names["x0"] == list(range(1_000))
    assert isinstance(names["x299"], Unknown)
    assert words in names["x299"].reason
    gaps = [one for one in executed.vm.trace.unread if one.kind == GapKind.LIMIT_PASSED]
    assert gaps
    assert all(words in one.reason for one in gaps)


def test_what_a_module_takes_is_not_its_importers(tmp_path: Path) -> None:
    loop = "n = 0\nwhile n < 10_000:\n    n += 1\n"
    files = {f"m{number}.py": f"{loop}x = n" for number in range(4)}
    imports = "".join(f"    from m{number} import x as x{number}\n" for number in range(4))
    executed = execute(
        tmp_path, f"def f():\n{imports}    return x0 + x1 + x2 + x3\na = f()", files=files
    )
    assert executed["a"] == 40_000
    assert executed.vm.spent.steps > 4 * 30_000


def test_a_call_from_outside_has_a_budget_of_its_own(tmp_path: Path) -> None:
    """A field is asked while a model is rendered, long after its statement was evaluated."""
    executed = execute(tmp_path, "def f(x): return x + 1\ndef g():\n    while True: f(1)")
    f, g = (outward(executed.vm, executed[name], START) for name in ("f", "g"))
    WORK.steps += 3 * totals.STEPS
    assert f(1) == 2
    WORK.steps += 3 * totals.STEPS
    with pytest.raises(Refusal):
        g()
    assert f(2) == 3


def test_a_size_that_an_object_tells_is_still_read(tmp_path: Path) -> None:
    source = """
        class C:
            def __len__(self): return 3
            def __iter__(self): return iter([1, 2, 3])
        class D:
            __len__ = lambda self: 0
        a = [len(C()), C().__len__(), list(C()), bool(D()), len(D())]
        """
    assert execute(tmp_path, source)["a"] == [3, 3, [1, 2, 3], False, 0]
