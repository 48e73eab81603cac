"""Lists, dicts and sets that code which is not followed may have changed are not known any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.values.unknown import first_unknown
from tests.evaluator.code import execute

_PACKAGE = "from package import f\n"


@pytest.mark.parametrize(
    "source",
    [
        "import random\na = [1, 2, 3]\nrandom.shuffle(a)",
        "import heapq\na = [3]\nheapq.heappush(a, 1)",
        "import operator\na = [3]\noperator.setitem(a, 0, 1)",
        "a = []\nf(a)",
        "a = {}\nf(x=a)",
        "a = set()\nf([(a,)])",
        "a = []\nf({'x': a})",
        "import collections\na = collections.OrderedDict(b=1)\nf(a)\na = dict(a)",
        "import collections\na = collections.defaultdict(list, b=[1])\nf(a)\na = a['b']",
        "import collections\na = collections.deque([1])\nf(a)\na = list(a)",
        "import collections\na = collections.OrderedDict(b=1)\nif f: a.pop('b')\na = a.get('b')",
        "a = []\nf(*[a])",
        "a = []\nf(a, **f)",
        "a = []\nf(a.append)",
        "a = []\nf(a).go()",
        "a = []\n@f(a)\ndef g(): pass",
        "a = [[1]]\nfor b in a: f(b)",
        "a = []\ndef g(x): f(x)\ng(a)",
        "import contextlib\na = []\nwith contextlib.ExitStack() as s: s.callback(a.append, 1)",
        "a = []\nb = [a.append(x) for x in f]",
        "a = []\nb = {x: a.append(x) for x in f}",
        "a = []\nb = [a.append(x) for x in [1] if f]",
        "a = []\nb = [a.append(y) for x in [1] for y in f]",
        "a = []\ndef g(): a.append(1)\nf(g)",
        "a = []\nf(key=lambda: a.append(1))",
        "a = []\n@f\ndef g(): a.append(1)\ng()",
        "b = [[] for x in range(10_010)]\na = b[0]\nf(b)",
        "a = []\nf and a.append(1)",
        "a = []\n(a if f else [1]).append(1)",
        "a = {'b': [1]}\na[f].append(2)",
        "a = {'b': [1]}\na.get(f, []).append(2)",
        "a = [1]\nb = [a]\nb[f].append(2)",
        "a = []\nf or a.append(1)",
        "a = []\na.append(1) if f else None",
        "a = []\nfor x in [1, 2]:\n    a.append(x)\n    while True: pass",
        "a = []\ndef g():\n    while True: pass\n    a.append(1)\ng()",
        "a = {}\ndef g(x):\n    while True: pass\n    x[1] = 2\ng(a)",
        "class C: pass\nb = C()\nb.c = 1\nf(b)\na = b.c",
        "class C: pass\nb = C()\nf(b)\na = getattr(b, 'c', 1)",
        "class C: pass\nb = C()\nf(b)\na = hasattr(b, 'c')",
        "class C: pass\nb = C()\nb.c = 1\nf(frozenset([b]))\na = b.c",
        "class C:\n    def go(self): self.c = 2\nb = C()\nb.c = 1\nf(b.go)\na = b.c",
        "class C:\n    def __str__(self): return self.c\nb = C()\nb.c = 'x'\nf(b)\na = f'{b}'",
        "class C:\n    def __len__(self): return 1\nb = C()\nf(b)\na = b.c",
        "a = []\nclass C: pass\nb = C()\nb.c = a\nf(b)",
        "a = []\nclass C:\n    def go(self): a.append(1)\nf(C())",
        "a = []\nclass C:\n    @property\n    def b(self): return a.append(1)\nf(C())",
        "import types\nb = types.SimpleNamespace(c=1)\nf(b)\na = b.c",
        "a = []\nimport functools\nf(functools.partial(a.append, 1))",
        "a = []\ndef g(x=a): x.append(1)\nf(g)",
        "a = []\ndef g(): a.append(1)\ndef h(): g()\nf(h)",
        "a = 1\ndef g():\n    global a\n    a = 2\nf(g)",
        "a = 1\ndef g():\n    global a\n    a = 2\ndef h(): g()\nf(h)",
        "a = 1\ndef g():\n    global a\n    a = 2\n@f\ndef h(): g()",
        "def g():\n b = 1\n def h():\n  nonlocal b\n  b = 2\n f(h)\n return b\na = g()",
        "b = iter([1, 2])\nf(b)\na = next(b)",
        "b = (x for x in [1, 2])\nf(b)\na = next(b)",
        "def g():\n    yield 1\nb = g()\nf(b)\na = list(b)",
        "import itertools\nb = itertools.count()\nf(b)\na = [x for x, _ in zip(b, 'x')]",
        "a = []\nf({'x': a}.values())",
        "a = []\nimport collections\nf(collections.ChainMap({'x': a}))",
        "a = []\nlist(map(f, [a]))",
        "a = []\nsorted([a, a], key=f)",
        "a = []\nimport functools\nfunctools.reduce(f, [a, a])",
        "a = []\nclass C:\n    def __del__(self): a.append(1)\nb = C()\ndel b",
        "class C:\n    def __del__(self): pass\na = C()",
        "a = []\nf.b = a",
        "a = []\nf['b'] = a",
    ],
)
def test_what_may_have_changed_is_not_known(source: str, tmp_path: Path) -> None:
    assert first_unknown(execute(tmp_path, f"{_PACKAGE}{source}")["a"]) is not None


@pytest.mark.parametrize(
    "source",
    [
        "f(1, 'x', (1, 2))",
        "f(list(a))",
        "f([*a])",
        "f(len(a))",
        "f(a.index)",
        "b = [x for x in f]",
        "b = [a.index(x) for x in f]",
        "f and a.index(1)",
        "@f\ndef g(a): a.append(1)",
        "@f\ndef g(): return [*a]",
        "(a if f else [1]).index(1)",
        "f.x.append(a[0])",
        "def g(a):\n    while True: pass\n    a.append(1)\ng([])",
        "sorted(a, **f)",
        "import logging\nlogging.getLogger(__name__).info('%s', a)",
        "from logging import getLogger\nlog = getLogger()\nlog.warning('%s %s', a, f)",
        "import logging\nlogging.debug(a)",
        "import warnings\nwarnings.warn(str(a))",
        "import logging\ntry:\n    logging.error('x')\nexcept Exception:\n    a = 2",
    ],
)
def test_what_cannot_have_changed_is_known(source: str, tmp_path: Path) -> None:
    assert execute(tmp_path, f"{_PACKAGE}a = [1]\n{source}")["a"] == [1]


def test_the_reason_names_the_call(tmp_path: Path) -> None:
    unknown = first_unknown(execute(tmp_path, f"{_PACKAGE}a = []\nf(a)")["a"])
    assert unknown is not None
    assert unknown.reason == (
        "is given to what may change it: calls `package.f`, which is not evaluated"
    )
