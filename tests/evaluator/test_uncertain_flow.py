"""Where it is not known which way a program goes, nothing is known of what differs by the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.values.unknown import first_unknown
from tests.evaluator.code import execute

_UNKNOWN = {
    "a loop that may break": "for a in 'xy':\n    if f: break",
    "a loop that may break, its else": "for b in 'xy':\n    if f: break\nelse: a = 2",
    "a loop whose inner one may break": (
        "for b in 'xy':\n    for c in 'xy':\n        if f(c): break\n    else: a = 2"
    ),
    "a loop that may go on": "for b in 'x':\n    if f: continue\n    a = 2",
    "a loop that may go on before it adds": (
        "a = [1]\nfor b in 'x':\n    if f: continue\n    a.insert(0, 2)"
    ),
    "a loop that may return": (
        "def g():\n    for b in 'xy':\n        if f(b): return b\n    return 'z'\na = g()"
    ),
    "while that may break": "b = 0\nwhile b < 2:\n    if f: break\n    b += 1\na = b",
    "while it is not known": "while f:\n    a = 2",
    "global under a condition": ("def g():\n    global a\n    if f: a = 2\ng()"),
    "global in a call under a condition": "def g():\n    global a\n    a = 2\nif f: g()",
    "global after what may return": ("def g():\n    global a\n    if f: return\n    a = 2\ng()"),
    "global that may be deleted": "def g():\n    global a\n    if f:\n        del a\ng()",
    "nonlocal under a condition": (
        "def h():\n    b = 1\n    def g():\n        nonlocal b\n        if f: b = 2\n    g()\n"
        "    return b\na = h()"
    ),
    "global in a generator that is not followed": (
        "def g():\n    global a\n    if f:\n        yield 1\n    a = 2\nlist(g())"
    ),
    "global in a generator of which no more is asked": (
        "def g():\n    global a\n    if f:\n        yield 1\n    a = 2\nfor b in g(): pass"
    ),
    "a list in a generator that is not followed": (
        "a = [1]\ndef g():\n    if f: yield 1\n    a.insert(0, 2)\nfor _ in g(): pass"
    ),
    "else of a try": "try:\n    f()\nexcept Exception: pass\nelse: a = 2",
    "the rest of a try": "try:\n    f()\n    a = 2\nexcept Exception: pass",
    "a handler that returns": (
        "def g():\n    try:\n        f()\n        return 1\n    except Exception:\n"
        "        return 2\na = g()"
    ),
    "what follows on a handler": (
        "def g():\n    try:\n        f()\n        return 1\n    except Exception: pass\n"
        "    return 2\na = g()"
    ),
    "a handler that breaks or goes on": (
        "for a in [1, 2]:\n    try:\n        f(a)\n        break\n    except Exception: continue"
    ),
    "an assertion": "try:\n    assert f\n    a = 2\nexcept AssertionError: pass",
    "an item": "try:\n    {}[f]\n    a = 2\nexcept KeyError: pass",
    "an attribute": "try:\n    f.b.c\n    a = 2\nexcept AttributeError: pass",
    "suppressed": "import contextlib\nwith contextlib.suppress(Exception):\n    f()\n    a = 2",
    "suppressed before it returns": (
        "import contextlib\ndef g():\n    with contextlib.suppress(Exception):\n        f()\n"
        "        return 1\n    return 2\na = g()"
    ),
    "swallowed perhaps": "with f():\n    int('x')\n    a = 2",
    "`:=` in what may be evaluated": "f and (a := 2)",
    "`:=` in a chain": "1 < f < (a := 2)",
    "`:=` in a comprehension": "[a := b for b in f]",
    "`:=` in an unknown condition": "[b for b in [1] if f and (a := 2)]",
    "one of two lists": "a = [1]\n(b := [1]) and 0\nx = a if f else b\nx.insert(0, 2)",
    "one of two lists, or": "a = [1]\nx = f or a\nx.insert(0, 2)",
    "one of two lists by a branch": "a = [1]\nx = []\nif f: x = a\nx.insert(0, 2)",
    "one of two lists by a loop": "a = [1]\nwhile f():\n    x = a\nx.insert(0, 2)",
    "one of two lists by a try": (
        "a = [1]\nx = []\ntry:\n    f()\n    x = a\nexcept Exception: pass\nx.insert(0, 2)"
    ),
    "one of two lists by a function": (
        "a = [1]\ndef g(b):\n    if b: return a\n    return []\ng(f).insert(0, 2)"
    ),
    "one of two lists, kept": (
        "a = [1]\ndef g(b):\n    if b: return a\n    return []\nx = g(f)\nx.insert(0, 2)"
    ),
    "one of the lists in a dictionary": "a = [1]\nx = {'k': a}.get(f)\nx.insert(0, 2)",
    "one of two lists, an item": "a = [1]\nx = [1]\nif f: x = a\nx[0] = 2",
    "one of two lists, deleted from": "a = [1, 2]\nx = [1]\nif f: x = a\ndel x[0]",
    "one of two lists, added to": "a = [1]\nx = []\nif f: x = a\nx += [2]",
    "one of two lists, given away": "a = [1]\nx = a if f else []\nf(x)",
    "one of two lists, given to a function": (
        "a = [1]\ndef g(y): y.insert(0, 2)\nx = a if f else []\ng(x)"
    ),
    "one of two classes": "class C: a = 1\nx = f\nif f.y: x = C\nx.a = 2\na = C.a",
    "one of two classes by name": (
        "class C: a = 1\nx = f\nif f.y: x = C\nsetattr(x, 'a', 2)\na = C.a"
    ),
    "a deletion under a condition": "class C: a = 1\nif f: del C.a\na = C.a",
}


@pytest.mark.parametrize("source", _UNKNOWN.values(), ids=_UNKNOWN)
def test_what_differs_by_the_way_is_not_known(source: str, tmp_path: Path) -> None:
    executed = execute(tmp_path, f"from package import f\na = 1\n{source}")
    assert first_unknown(executed["a"]) is not None


_KNOWN = {
    "another name": "for b in 'xy':\n    if f: break",
    "a loop that surely breaks": "for a in [1, 2]: break",
    "after a loop that may break": (
        "def g():\n    for b in f:\n        break\n    return 1\na = g()"
    ),
    "after a loop that may go on": (
        "def g():\n    for b in f:\n        try:\n            b()\n        except Exception:\n"
        "            continue\n    return 1\na = g()"
    ),
    "global before a condition": "def g():\n    global a\n    a = 1\n    if f: return\ng()",
    "a handler that raises": "try:\n    f()\n    a = 1\nexcept Exception:\n    raise",
    "the same in the handler": "try:\n    f()\nexcept Exception:\n    a = 1",
    "not suppressed": "import contextlib\nwith contextlib.suppress(Exception):\n    a = 1",
    "a manager that is not known": "with f():\n    a = 1",
    "a list of its own": "a = [1]\nx = [*a] if f else []\nx.insert(0, 2)\na = a[0]",
    "read only": "a = [1]\nx = a if f else []\nx.index(1)\na = a[0]",
    "bound anew": "a = [1]\nx = a if f else []\nx = [2]\nx.insert(0, 3)\na = a[0]",
}


@pytest.mark.parametrize("source", _KNOWN.values(), ids=_KNOWN)
def test_what_is_the_same_either_way_is_known(source: str, tmp_path: Path) -> None:
    executed = execute(tmp_path, f"from package import f\na = 1\n{source}")
    assert executed["a"] == 1


def test_reasons_do_not_grow_with_conditions_in_conditions(tmp_path: Path) -> None:
    source = "from package import f\na = 1\nif f: a = 2\nif a: b = 1\nif b: c = 1\nif c: d = 1"
    reason, _ = execute(tmp_path, source).refusal("d")
    assert reason.count("depends on a condition that is not known") == 1
