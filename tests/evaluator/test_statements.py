# ruff: noqa: E501  (one case, one line)
from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.evaluator.code import check_as_python, execute

AS_PYTHON = {
    "assignment": "a = b = 1; c: int = 2; d: str",
    "augmented": "a = 1; a += 2; b = [1]; c = b; b += (2,); d = {'x': 1}; d |= {'y': 2}; e = 'x'; e *= 3; f = {1}; f |= {2}",
    "augmented item": "a = {'x': 1}; a['x'] += 1; b = [1]; b[0] -= 5",
    "if": "if 1 > 2:\n    a = 1\nelif 2 > 1:\n    a = 2\nelse:\n    a = 3",
    "for": "a = []\nfor i, (j, k) in enumerate([(1, 2), (3, 4)]):\n    if i == 1: continue\n    a.append((i, j, k))",
    "for else": "for i in range(3):\n    if i == 5: break\nelse:\n    a = 'no break'\nfor i in range(3):\n    if i == 1: break\nelse:\n    i = 'else'",
    "while": "a = 0\nwhile True:\n    a += 1\n    if a > 5: break\nelse:\n    a = 'never'",
    "while else": "a = 3\nwhile a:\n    a -= 1\nelse:\n    b = 'done'",
    "nested loops": "a = []\nfor x in 'ab':\n    for y in 'cd':\n        if y == 'd': break\n        a.append(x + y)",
    "try": "try:\n    a = {}['x']\nexcept (ValueError, KeyError) as error:\n    a = type(error).__name__, str(error)\nelse:\n    a = 'else'\nfinally:\n    b = 1",
    "try else": "try:\n    a = 1\nexcept Exception:\n    a = 2\nelse:\n    b = 3",
    "try in order": "try:\n    1 / 0\nexcept ArithmeticError:\n    a = 1\nexcept ZeroDivisionError:\n    a = 2",
    "nested try": """
        try:
            try:
                raise KeyError('inner')
            except ValueError:
                a = 'wrong'
            finally:
                b = 'final'
        except LookupError as error:
            a = error.args
    """,
    "reraise": """
        try:
            try:
                raise ValueError('x')
            except ValueError:
                raise
        except ValueError as error:
            a = str(error)
    """,
    "raise in a function": """
        def f(x):
            if x > 1:
                raise ValueError(f'too large: {x}')
            return x
        try:
            a = f(5)
        except ValueError as error:
            a = str(error)
    """,
    "return in finally": "def f():\n    try:\n        return 1\n    finally:\n        pass\na = f()",
    "assert": "def f(x):\n    assert x, 'must be true'\n    return x\ntry:\n    a = f(0)\nexcept AssertionError as error:\n    a = str(error)",
    "delete": "a = {'x': 1, 'y': 2}; del a['x']; b = 1; del b; c = 'b' in globals() if 0 else 2",
    "functions": """
        def f(a, /, b=2, *args, c, d=4, **kwargs):
            return a, b, args, c, d, kwargs
        x = f(1, c=3), f(1, 5, 6, 7, c=8, e=9)
    """,
    "defaults are shared": "def f(x, seen=[]):\n    seen.append(x)\n    return list(seen)\na = f(1), f(2)",
    "closures": """
        def make(n):
            def add(x):
                nonlocal n
                n += x
                return n
            return add
        first, second = make(1), make(10)
        a = first(1), first(1), second(5)
    """,
    "global": "a = 1\ndef f():\n    global a\n    a = 2\nf()",
    "recursion": "def f(n):\n    return 1 if n < 2 else n * f(n - 1)\na = f(20)",
    "decorators": """
        import functools
        def twice(function):
            @functools.wraps(function)
            def wrapper(*args):
                return function(*args) * 2
            return wrapper
        def named(name):
            return lambda function: (name, function)
        @twice
        def f(x):
            return x + 1
        @named('n')
        def g(): pass
        a = f(3), f.__name__, g[0]
    """,
    "early return": "def f(items):\n    for i in items:\n        if i > 1:\n            return i\na = f([1, 2, 3]), f([])",
    "lru_cache": "import functools\n@functools.lru_cache\ndef f(x):\n    return x + 1\na = f(1), f(1)",
    "pass and docstring": "'''doc'''\ndef f():\n    '''text'''\n    pass\na = f(), f.__doc__",
    "nullcontext": "import contextlib\nwith contextlib.suppress(KeyError):\n    a = 1",
    "generator with loops": """
        def g(n):
            while n:
                n -= 1
                if n == 3: continue
                if n == 1: break
                yield n
            else:
                yield 'never'
            for c in 'ab':
                yield c
            else:
                yield 'end'
            for c in 'x':
                if c == 'x': break
                yield c
            else:
                yield 'not this'
        a = list(g(6)), list(g(0))
    """,
    "generator with try": """
        def g():
            try:
                yield 1
                {}['x']
                yield 2
            except KeyError as error:
                yield str(error)
            else:
                yield 'else'
            finally:
                yield 'finally'
            try:
                yield 3
            except ValueError:
                yield 'never'
            else:
                yield 'fine'
        a = list(g())
    """,
    "generator that returns": "def g():\n    yield 1\n    if True:\n        yield 2\n        return\n    yield 3\na = list(g()), [x for x in g()]",
    "generator that raises": "def g():\n    yield 1\n    raise ValueError('x')\ntry:\n    a = list(g())\nexcept ValueError as error:\n    a = str(error)",
    "match literal": """
        def f(x):
            match x:
                case 1: return 'one'
                case 'x' | 'y': return 'letter'
                case None: return 'none'
                case -1.5: return 'negative'
                case _: return 'other'
        a = [f(x) for x in (1, 'y', None, -1.5, [])]
    """,
    "match sequence": """
        def f(x):
            match x:
                case []: return 'empty'
                case [one]: return one
                case [first, *rest] if first == 'h': return rest
                case (1, [2, last]): return last
                case [*_, 'end']: return 'ends'
                case _: return 'other'
        a = [f(x) for x in ([], ['a'], ['h', 'i'], (1, (2, 3)), [1, 2, 'end'], 'xy', [1, 2])]
    """,
    "match mapping": """
        def f(x):
            match x:
                case {'kind': 'a', 'value': value}: return value
                case {'kind': kind, **rest}: return kind, rest
                case {}: return 'any mapping'
        a = [f(x) for x in ({'kind': 'a', 'value': 1}, {'kind': 'b', 'c': 2}, {}, 5)]
    """,
    "match class": """
        import dataclasses
        @dataclasses.dataclass
        class Point:
            x: int
            y: int
        def f(p):
            match p:
                case Point(0, y): return 'on axis', y
                case Point(x=x, y=1): return x
                case int(n) | float(n): return n
                case str() as text: return text
                case _: return None
        a = [f(p) for p in (Point(0, 5), Point(3, 1), Point(2, 2), 7, 2.5, 'x')]
    """,
    "match value": """
        import enum
        class Color(enum.Enum):
            RED = 1
            BLUE = 2
        def f(c):
            match c:
                case Color.RED: return 'red'
                case Color.BLUE as found if found.value == 2: return 'blue'
        a = [f(c) for c in Color]
    """,
}


@pytest.mark.parametrize("source", AS_PYTHON.values(), ids=AS_PYTHON)
def test_statements_are_as_python_executes_them(source: str, tmp_path: Path) -> None:
    check_as_python(tmp_path, source)


def test_an_unknown_condition_keeps_what_both_branches_agree_on(tmp_path: Path) -> None:
    ours = execute(
        tmp_path,
        """
        import os
        if os.environ["X"]:
            a, b = 1, 2
        else:
            a, b = 1, 3
        c = b
        """,
    )

    assert ours["a"] == 1
    reason, at = ours.refusal("c")
    assert reason.startswith("depends on a condition that is not known")
    assert at == 'os.environ["X"]'


def test_a_return_under_an_unknown_condition_makes_the_result_unknown(tmp_path: Path) -> None:
    ours = execute(
        tmp_path,
        """
        import os
        def f():
            if os.environ["X"]:
                return 1
            return 1
        a = f()
        """,
    )

    assert ours.refusal("a")[1] == 'os.environ["X"]'


@pytest.mark.parametrize(
    "change",
    ["s.append(2)", "s += [2]", "s.clear()", "s[0] = 5", "del s[0]", "s.insert(0, 1)", "s.sort()"],
)
def test_a_list_changed_under_an_unknown_condition_is_not_known(
    change: str, tmp_path: Path
) -> None:
    ours = execute(
        tmp_path, f"import os\ns = [1]\nif os.environ['X']:\n    {change}\nn = len(s)\nt = str(s)"
    )

    assert ours.refusal("n")[1] == "os.environ['X']"
    assert ours.refusal("t")[1] == "os.environ['X']"


def test_an_unknown_subject_of_a_match_decides_nothing(tmp_path: Path) -> None:
    ours = execute(
        tmp_path,
        """
        import os
        match os.environ["X"]:
            case "a": a = 1
            case _: a = 2
        """,
    )

    assert ours.refusal("a")[1] == 'os.environ["X"]'


def test_a_failed_statement_leaves_its_names_unknown(tmp_path: Path) -> None:
    ours = execute(tmp_path, "a = 1\na = a + 'x'\nb = 2")

    assert ours.refusal("a")[0].startswith("raises TypeError")
    assert ours["b"] == 2


def test_an_uncaught_exception_names_the_raise(tmp_path: Path) -> None:
    ours = execute(tmp_path, "def f():\n    raise ValueError('no')\na = f()")

    reason, at = ours.refusal("a")
    assert reason == "raises ValueError: no"
    assert at == "raise ValueError('no')"


def test_what_with_gives_is_not_known(tmp_path: Path) -> None:
    ours = execute(tmp_path, "import x\nwith x.manager() as m:\n    a = 1\nb = m.name")

    assert ours["a"] == 1
    assert ours.refusal("b") == ("calls `x.manager`, which is not evaluated", "x.manager()")


RAISED: dict[str, int] = {
    # Whatever its message, an exception is of its class.
    "    raise ValueError(os.environ['X'])\nexcept ValueError:\n    a = 1": 1,
    "    raise KeyError(os.environ['X'])\nexcept LookupError:\n    a = 1": 1,
    "    raise KeyError(os.environ['X'])\nexcept RuntimeError:\n    a = 2\nexcept Exception:\n"
    "    a = 3": 3,
    "    raise os.environ['X']\nexcept Exception:\n    a = 1": 1,
    "    with suppress(ValueError):\n        raise ValueError(os.environ['X'])\n    a = 1\nfinally:"
    "\n    pass": 1,
}
UNKNOWN_RAISED = (
    # Not known, it may be any: nobody may say that it is a RuntimeError.
    "    raise os.environ['X']\nexcept ValueError:\n    a = 1\nexcept RuntimeError:\n    a = 2",
    "    raise ValueError(os.environ['X'])\nexcept ValueError as error:\n    a = str(error)",
    "    with suppress(ValueError):\n        raise os.environ['X']\n    a = 1\nfinally:\n    pass",
)
RAISING = "import os\nfrom contextlib import suppress\ntry:\n"


@pytest.mark.parametrize("source", RAISED)
def test_the_class_of_an_exception_decides_who_catches_it(tmp_path: Path, source: str) -> None:
    assert execute(tmp_path, f"{RAISING}{source}\n")["a"] == RAISED[source]


@pytest.mark.parametrize("source", UNKNOWN_RAISED)
def test_what_is_not_known_of_an_exception_stays_unknown(tmp_path: Path, source: str) -> None:
    assert "`X`" in execute(tmp_path, f"{RAISING}{source}\n").refusal("a")[0]


ENDED_BY = {
    "if": "if {}['x']: pass",
    "while": "while {}['x']: pass",
    "while, later": "n = 2\nwhile {2: 1, 1: 1}[n]: n -= 1",
    "for": "for x in {}['x']: pass",
    "for over what is not iterated": "for x in 5: pass",
    "for over what raises later": "for x in map({}.__getitem__, 'x'): pass",
    "with": "with {}['x'] as x: y = 1",
    "match": "match {}['x']:\n    case 1: pass",
    "guard": "match 1:\n    case _ if {}['x']: pass",
    "assert": "assert {}['x']",
    "unpacking": "x, y = 1, 2, 3",
    "item of an item": "x = {}\nx['a']['b'] = 1",
    "del": "x = {}\ndel x['a']",
    "class": "class A:\n    x = {}['x']",
    "default": "def g(x={}['x']): pass",
    "a function that raises": "if broken(): pass",
    "a method that Python calls": "if Broken(): pass",
}


@pytest.mark.parametrize("name", ENDED_BY)
def test_a_function_ends_where_a_statement_of_it_raises(tmp_path: Path, name: str) -> None:
    body = textwrap.indent(ENDED_BY[name], "    ")
    broken = "def broken():\n    for x in 5: pass\n"
    broken += "class Broken:\n    def __bool__(self): return {}['x']\n"
    caught = "try:\n    f()\n    b = 'went on'\nexcept Exception as error:\n    b = repr(error)\n"
    function = f"{broken}def f():\n{body}\n    return 5\n"

    assert "raises" in execute(tmp_path, f"{function}a = f()\n").refusal("a")[0]
    assert execute(tmp_path, f"{function}{caught}")["b"] != "went on"


def test_a_branch_that_raises_is_not_the_one_that_runs(tmp_path: Path) -> None:
    executed = execute(
        tmp_path,
        """
        import absent

        if absent.x:
            a = 1
        else:
            raise ValueError
        b = [1, 2]
        for item in absent.items:
            if item is None:
                raise ValueError
            b.append(item)
            b = list(b)
        c = b[0]
        try:
            if absent.x:
                d = 1
            else:
                raise ValueError
        except ValueError:
            d = 2

        if absent.x:
            f = 1
        else:
            raise ImportError

        def both(x):
            if x:
                raise ValueError
            else:
                raise TypeError

        e = both(absent.x)
        """,
    )
    assert executed["a"] == 1
    assert "absent.items" in executed.refusal("b")[0]
    assert executed.refusal("d")
    assert executed.refusal("e")
    assert executed.refusal("f")  # the module that imports this one may catch that
