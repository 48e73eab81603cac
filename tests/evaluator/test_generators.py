from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluator.code import check_as_python, execute

AS_PYTHON = {
    "endless": """
        def numbers():
            n = 0
            while True:
                n += 1
                yield n
        it = numbers()
        a = next(it), next(it), [x for x, _ in zip(it, 'ab')], next(it)
    """,
    "loop that ends before the generator": """
        def numbers():
            n = 0
            while True:
                yield n
                n += 1
        a = []
        for n in numbers():
            if n > 3:
                break
            a.append(n)
    """,
    "generator over an endless generator": """
        def numbers():
            n = 0
            while True:
                yield n
                n += 1
        def even():
            for n in numbers():
                if n % 2:
                    continue
                yield n
        it = even()
        a = [next(it) for _ in range(3)]
    """,
    "yield from, return and what follows": """
        def inner():
            yield 1
            return 9
            yield 2
        def outer():
            yield 0
            yield from inner()
            yield from 'ab'
            yield
        a = list(outer())
    """,
    "early return": """
        def few(limit):
            for n in range(10):
                if n == limit:
                    return
                yield n
            else:
                yield 'all'
        a = list(few(2)), list(few(11))[-1]
    """,
    "what next sends": "def g():\n    x = yield 1\n    yield x\na = list(g())",
    "exceptions": """
        def g():
            try:
                yield 1
                raise ValueError('x')
            except ValueError as error:
                yield str(error)
            else:
                yield 'never'
            finally:
                yield 'last'
        a = list(g())
    """,
    "exception of a consumer between items": """
        def g():
            try:
                yield 1
                yield 2
            except ValueError:
                yield 'not its own'
        it = g()
        a = [next(it)]
        try:
            raise ValueError
        except ValueError:
            a.append(next(it))
    """,
    "a generator that was exhausted": """
        def g():
            yield 1
        it = g()
        a = [next(it), next(it, 'none'), list(it)]
        try:
            next(it)
        except StopIteration:
            a.append('stopped')
    """,
    "order of effects": """
        log = []
        def g():
            for n in (1, 2):
                log.append(f'in {n}')
                yield n
        for n in g():
            log.append(f'out {n}')
    """,
    "a generator expression reads names when it is consumed": """
        n = 1
        it = (x + n for x in (1, 2))
        n = 10
        a = list(it)
    """,
    "only the outermost iterable is read at once": """
        xs = [1, 2]
        it = (x for x in xs)
        xs = [3]
        a = list(it)
    """,
    "a generator expression is consumed once": """
        it = (x for x in 'abc')
        a = next(it), ''.join(it), ''.join(it)
    """,
    "pairs of one iterator": "it = iter('abcd'); a = list(zip(it, it))",
    "any stops": "it = (x for x in (0, 1, 2)); a = any(it), next(it)",
    "nested": "a = [(x, y) for x in range(3) for y in (z * x for z in (1, 2)) if y]",
}


@pytest.mark.parametrize("source", AS_PYTHON.values(), ids=AS_PYTHON.keys())
def test_generators_are_as_python_runs_them(tmp_path: Path, source: str) -> None:
    check_as_python(tmp_path, source)


def test_an_endless_generator_that_is_consumed_is_refused(tmp_path: Path) -> None:
    source = """
        def g():
            while True:
                yield 1
        a = list(g())
        b = 'unharmed'
    """
    ours = execute(tmp_path, source)
    assert "more than" in ours.refusal("a")[0]
    assert ours["b"] == "unharmed"


@pytest.mark.parametrize(
    "consumer", ["''.join(g())", "sorted(g())", "any(g())", "dict(a=max(g()))"]
)
def test_what_a_generator_does_not_know_never_reaches_real_code(
    tmp_path: Path, consumer: str
) -> None:
    source = f"import os\ndef g():\n    yield os.environ['X']\na = {consumer}\n"
    assert execute(tmp_path, source).refusal("a")[1] == "os.environ['X']"


@pytest.mark.parametrize("consumer", ["''.join", "sorted", "any", "set", "tuple"])
def test_what_a_generator_expression_does_not_know_never_reaches_real_code(
    tmp_path: Path, consumer: str
) -> None:
    source = f"import os\na = {consumer}(os.environ[x] for x in ['X'])\nb = len(a)\n"
    assert execute(tmp_path, source).refusal("b")[1] == "os.environ[x]"


def test_a_loop_over_what_is_partly_known_may_do_anything_afterwards(tmp_path: Path) -> None:
    source = """
        import os
        def g():
            yield 1
            if os.environ['X']:
                yield 2
        a = []
        b = 'before'
        for n in g():
            a.append(n)
            b = 'after'
        c = list(g())[0]
    """
    ours = execute(tmp_path, source)
    assert ours["a"][0] == 1
    assert ours["a"][1].spread
    assert ours["b"] == "after"
    assert ours.refusal("c")[1] == "os.environ['X']"


def test_a_generator_left_inside_a_try_leaves_no_trace(tmp_path: Path) -> None:
    source = """
        def g():
            try:
                yield 1
            except ValueError:
                yield 2
        def f():
            next(g())
            return {}['missing']
        a = f()
    """
    reason, text = execute(tmp_path, source).refusal("a")
    assert reason == "raises KeyError: 'missing'"
    assert text == "{}['missing']"


def test_a_yield_whose_turn_is_not_told_is_refused(tmp_path: Path) -> None:
    source = "def g():\n    print({1: (yield 1)})\na = list(g())\n"
    reason, text = execute(tmp_path, source).refusal("a")
    assert "`yield`" in reason
    assert text == "{1: (yield 1)}"


def test_a_generator_that_needs_itself_is_refused(tmp_path: Path) -> None:
    source = "def g():\n    yield from g()\na = list(g())[0]\n"
    assert "deep" in execute(tmp_path, source).refusal("a")[0]
