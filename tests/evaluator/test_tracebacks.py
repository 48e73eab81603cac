"""What raises says which exception, and by which lines of the user's it came, innermost last."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.values.raised import MOST_FRAMES
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from tests.evaluator.code import execute


def _told(folder: Path, source: str, name: str = "x") -> tuple[str, list[tuple[int, str]]]:
    value = execute(folder, source)[name]
    assert isinstance(value, Unknown), value
    return value.reason, [
        (note.span.line if note.span else 0, note.message) for note in value.notes
    ]


def test_each_call_on_the_way(tmp_path: Path) -> None:
    source = """\
        def inner(key):
            return {"a": 1}[key]
        class A:
            def method(self, key):
                return inner(key)
        def outer():
            a = A()
            return a.method("b")
        x = outer()
        """
    assert _told(tmp_path, source) == (
        "raises KeyError: 'b'",
        [
            (9, "`outer` is called here"),
            (8, "in `outer`, `method` is called here"),
            (5, "in `method`, `inner` is called here"),
            (2, "in `inner`, KeyError is raised here"),
        ],
    )


@pytest.mark.parametrize("caught", [False, True])
def test_an_exception_that_is_raised_and_not_caught(caught: bool, tmp_path: Path) -> None:
    body = "return raises()"
    if caught:
        body = f"try:\n        {body}\n    except KeyError:\n        pass"
    source = f"def raises():\n    raise ValueError('no')\ndef f():\n    {body}\nx = f()\n"
    line = 5 if caught else 4

    reason, notes = _told(tmp_path, source)

    assert reason == "raises ValueError: no"
    assert notes[1:] == [
        (line, "in `f`, `raises` is called here"),
        (2, "in `raises`, ValueError is raised here"),
    ]


def test_where_it_was_raised_first_counts_when_it_is_raised_again(tmp_path: Path) -> None:
    source = """\
        def g():
            raise ValueError("no")
        def f():
            try:
                g()
            except ValueError:
                raise
        x = f()
        """
    assert _told(tmp_path, source)[1][-1] == (2, "in `g`, ValueError is raised here")


def test_the_innermost_lines_are_told_where_there_are_many(tmp_path: Path) -> None:
    functions = "".join(f"def f{n}(): return f{n + 1}()\n" for n in range(20))

    _, notes = _told(tmp_path, f"{functions}def f20(): return 1 / 0\nx = f0()\n")

    assert len(notes) == MOST_FRAMES
    assert notes[-1] == (21, "in `f20`, ZeroDivisionError is raised here")
    assert notes[0] == (17, "in `f16`, `f17` is called here")


@pytest.mark.parametrize(
    "call",
    ["sorted([1, 2], key=f)", "list(map(f, [1]))", "C().p", "A(1)", "a == 2", "next(g(1))"],
)
def test_by_way_of_real_code(call: str, tmp_path: Path) -> None:
    source = f"""\
        import functools
        def f(x):
            raise ValueError("no")
        class C:
            @functools.cached_property
            def p(self): return f(1)
        class A:
            def __new__(cls, x): return f(x)
            def __eq__(self, other): return f(other)
        a = object.__new__(A)
        def g(x):
            yield f(x)
        x = {call}
        """
    reason, notes = _told(tmp_path, source)

    assert reason == "raises ValueError: no"
    assert (3, "in `f`, ValueError is raised here") in notes
    assert len(notes) <= MOST_FRAMES


def test_a_line_of_a_module_says_all(tmp_path: Path) -> None:
    assert _told(tmp_path, "x = 1 / 0\n") == ("raises ZeroDivisionError: division by zero", [])


_RAISES = 'def raises():\n    raise ValueError("no")\n'


@pytest.mark.parametrize(
    "source",
    [
        f"{_RAISES}raises()\nX = 1\n",
        f"{_RAISES}Y = raises()\nX = 1\n",
        f"{_RAISES}Y: int = raises()\nX = 1\n",
        f"{_RAISES}Y = 1\nY += raises()\nX = 1\n",
        f"{_RAISES}def f():\n    raises()\n    return 1\nX = f()\n",
        f"{_RAISES}def f():\n    a = raises()\n    return 1\nX = f()\n",
        f"{_RAISES}def f():\n    a: int = raises()\n    return 1\nX = f()\n",
        f"{_RAISES}def f():\n    a = 1\n    a += raises()\n    return 1\nX = f()\n",
        f"{_RAISES}def g():\n    raises()\ndef f():\n    g()\n    return 1\nX = f()\n",
        f"{_RAISES}def f(n):\n    f(n - 1) if n else raises()\n    return 1\nX = f(3)\n",
        f"{_RAISES}class A:\n    def __init__(self): raises()\nA()\nX = 1\n",
    ],
)
def test_nothing_happens_after_it(source: str, tmp_path: Path) -> None:
    """Whoever imports the module may catch it: Python takes the other value then."""
    importer = "try:\n    from other import X\nexcept ValueError:\n    X = 2\n"

    value = execute(tmp_path, importer, files={"other.py": source})["X"]

    assert value == 2 or isinstance(value, Unknown)
