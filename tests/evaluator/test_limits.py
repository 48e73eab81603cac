# ruff: noqa: E501  (one case, one line)
"""What would never end, or not fit in memory, is not known, and is not tried."""

from __future__ import annotations

import faulthandler
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.limits.regex import check_regex
from pgtrigger_codegen.evaluator.limits.totals import LimitPassed
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from tests.evaluator.code import execute

_HANGS_AFTER = 60


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    """Ends the process instead of waiting for ever; no C code can be interrupted otherwise."""
    faulthandler.dump_traceback_later(_HANGS_AFTER, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


ENDLESS = {
    "while": "def f():\n    while True: pass\na = f()",
    "while at the top": "n = 0\nwhile True:\n    n += 1\n    a = n",
    "recursion": "def f(n): return f(n + 1)\na = f(0)",
    "mutual recursion": "def f(): return g()\ndef g(): return f()\na = f()",
    "recursion by a property": "class C:\n    @property\n    def p(self): return self.p\na = C().p",
    "recursion by text": "class C:\n    def __str__(self): return str(self)\na = f'{C()}'",
    "recursion by attribute": "class C:\n    def __getattr__(self, name): return getattr(self, name + 'x')\na = C().y",
    "a generator": "def g():\n    while True: yield 1\na = list(g())",
    "a generator of generators": "def g():\n    yield from g()\na = list(g())",
    "a sum of a generator": "def g():\n    while True: yield 1\na = sum(g())",
    "count": "import itertools\na = list(itertools.count())",
    "count in a loop": "import itertools\na = 0\nfor a in itertools.count(): pass",
    "sum of count": "import itertools\na = sum(itertools.count())",
    "cycle": "import itertools\na = max(itertools.cycle([1, 2]))",
    "repeat": "import itertools\na = tuple(itertools.repeat('x'))",
    "repeat joined": "import itertools\na = ''.join(itertools.repeat('x'))",
    "repeat searched": "import itertools\na = 1 in itertools.repeat(0)",
    "repeat unpacked": "import itertools\nx, y = itertools.repeat(0)\na = x",
    "repeat as arguments": "import itertools\na = max(*itertools.repeat(0))",
    "repeat in a display": "import itertools\na = [*itertools.repeat(0)]",
    "repeat extended": "import itertools\na = []\na.extend(itertools.repeat(0))\na = len(a)",
    "repeat added": "import itertools\na = []\na += itertools.repeat(0)\na = len(a)",
    "repeat as a slice": "import itertools\na = [1]\na[0:0] = itertools.repeat(0)\na = len(a)",
    "repeat filtered": "import itertools\na = list(filter(None, itertools.repeat(0)))",
    "repeat filtered by next": "import itertools\na = next(filter(None, itertools.repeat(0)))",
    "repeat dropped": "import itertools\na = next(itertools.dropwhile(lambda x: True, itertools.repeat(0)))",
    "repeat chained": "import itertools\na = next(itertools.chain.from_iterable(itertools.repeat([])))",
    "repeat compressed": "import itertools\na = next(itertools.compress('abc', itertools.repeat(0)))",
    "repeat sliced": "import itertools\na = next(itertools.islice(itertools.repeat(0), 10**12, None))",
    "repeat mapped": "import itertools\na = list(map(str, itertools.repeat(0)))",
    "repeat zipped": "import itertools\na = dict(zip(itertools.count(), itertools.repeat(0)))",
    "repeat grouped": "import itertools\na = [k for k, g in itertools.groupby(itertools.repeat(0))]",
    "repeat counted": "import collections, itertools\na = collections.Counter(itertools.repeat(0))",
    "repeat in a user's list": "import itertools\nclass L(list): pass\na = L(itertools.repeat(0))",
    "repeat in a dictionary's update": "import itertools\na = {}\na |= itertools.repeat((1, 2))\na = len(a)",
    "an iterator of the user's": "class I:\n    def __iter__(self): return self\n    def __next__(self): return 1\na = list(I())",
    "iter with a sentinel": "a = list(iter(lambda: 1, 2))",
    "reversed range": "a = list(reversed(range(10**12)))",
    "sum of a range": "a = sum(range(10**12))",
    "list of a range": "a = list(range(10**12))",
    "sorted range": "a = sorted(range(10**12), key=lambda x: -x)",
    "a user's list of a range": "class L(list): pass\na = L(range(10**12))",
    "membership in a range": "a = 'x' in range(10**12)",
    "a loop over a range": "a = 0\nfor i in range(10**12):\n    a += i",
    "a comprehension over a range": "a = [i for i in range(10**12)]",
    "any over a range": "a = any(i < 0 for i in range(10**12))",
    "product": "import itertools\na = list(itertools.product(range(1000), repeat=5))",
    "permutations": "import itertools\na = list(itertools.permutations(range(20)))",
    "combinations": "import itertools\na = len(list(itertools.combinations(range(60), 30)))",
    "nested lists": "a = " + "[" * 90 + "]" * 90 + "\nfor i in range(500): a = [a]\na = str(a)",
    "a regular expression": "import re\na = re.match('(a+)+$', 'a' * 40 + 'b')",
    "a compiled one": "import re\na = re.compile('(a|a)*b').search('a' * 60)",
    "many repetitions": "import re\na = re.search('a*a*a*a*a*b', 'a' * 2000)",
    "optional parts": "import re\na = re.match('a?' * 40 + 'a' * 40, 'a' * 40)",
    "a replacement": "import re\na = re.sub('', 'x' * 50000, 'y' * 50000)",
    "a regular expression of bytes": "import re\na = re.match(b'(a+)+$', b'a' * 40 + b'b')",
    "a compiled one of bytes": "import re\na = re.compile(b'(a+)+$').match(string=b'a' * 40 + b'b')",
    "a regular expression by names": "import re\na = re.sub(pattern='(a+)+$', repl='', string='a' * 40 + 'b')",
    "a text by name": "import re\na = re.match('(a+)+$', string='a' * 40 + 'b')",
    "a compiled one, its text by name": "import re\na = re.compile('(a+)+$').sub(repl='', string='a' * 40 + 'b')",
    "a pattern's method by its class": "import re\na = re.Pattern.match(re.compile('(a+)+$'), 'a' * 40 + 'b')",
    "references to groups": "import re\na = re.search(r'(a*)(a*)\\1\\2b', 'a' * 2000)",
}


@pytest.mark.parametrize("source", ENDLESS.values(), ids=ENDLESS)
def test_what_never_ends_is_not_known(source: str, tmp_path: Path) -> None:
    assert first_unknown(execute(tmp_path, source)["a"]) is not None


LARGE = {
    "repetition": "a = 'x' * 10**12",
    "repetition of a list": "a = 10**12 * [0]",
    "repetition by a function": "import operator\na = operator.mul('x', 10**12)",
    "repetition by map": "import operator\na = list(map(operator.mul, ['x'], [10**12]))",
    "repetition by partial": "import functools, operator\na = functools.partial(operator.mul, 'x')(10**12)",
    "repetition by reduce": "import functools, operator\na = functools.reduce(operator.mul, ['x', 10**6, 10**6])",
    "repetition in place": "a = 'x'\na *= 10**12",
    "repetition by an attribute": "a = 'x'.__mul__(10**12)",
    "a power": "a = 10 ** 10 ** 10",
    "a power by a function": "a = pow(10, 10**10)",
    "a shift": "a = 1 << 10**12",
    "a product": "a = 1\nfor i in range(100000): a *= 10**300",
    "squares": "a = 10\nfor i in range(64): a *= a",
    "doubling": "a = 'x'\nfor i in range(64): a += a",
    "doubling by f-string": "a = 'x'\nfor i in range(64): a = f'{a}{a}'",
    "doubling by format": "a = 'x'\nfor i in range(64): a = '{0}{0}'.format(a)",
    "doubling by percent": "a = 'x'\nfor i in range(64): a = '%s%s' % (a, a)",
    "doubling by join": "a = 'x'\nfor i in range(64): a = ''.join([a, a])",
    "doubling by replace": "a = 'x'\nfor i in range(64): a = a.replace('x', 'xx')",
    "doubling by template": "import string\na = 'x'\nfor i in range(64): a = string.Template('$a$a').substitute(a=a)",
    "doubling by sub": "import re\na = 'x'\nfor i in range(64): a = re.sub('x', 'xx', a)",
    "doubling by escape": "import re\na = '.'\nfor i in range(64): a = re.escape(a)",
    "doubling by repr": "a = chr(92)\nfor i in range(64): a = repr(a)",
    "doubling by extend": "a = [0]\nfor i in range(64): a.extend(a)\na = len(a)",
    "doubling by star": "a = [0]\nfor i in range(64): a = [*a, *a]",
    "doubling by slice": "a = [0]\nfor i in range(64): a[0:0] = a\na = len(a)",
    "doubling by in-place": "a = [0]\nfor i in range(64): a += a\na = len(a)",
    "nesting": "a = 'x'\nfor i in range(64): a = [a, a]\na = str(a)",
    "nested tuples": "a = ('x',)\nfor i in range(64): a = (a, a)\na = hash(a)",
    "nested comparison": "a, b = [], []\nfor i in range(64): a, b = [a, a], [b, b]\na = a == b",
    "nested json": "import json\na = []\nfor i in range(64): a = [a, a]\na = json.dumps(a)",
    "a width": "a = f'{1:>1000000000000}'",
    "a width by format": "a = format(1, '>1000000000000')",
    "a width from arguments": "a = '{:{}}'.format('x', 10**12)",
    "a width by percent": "a = '%*d' % (10**10, 1)",
    "a width by a method": "a = 'x'.ljust(10**12)",
    "a width by methodcaller": "import operator\na = operator.methodcaller('ljust', 10**12)('x')",
    "zeros": "a = '1'.zfill(10**12)",
    "tabs": "a = '\\t'.expandtabs(10**12)",
    "bytes": "a = bytes(10**12)",
    "bytes of a number": "a = (1).to_bytes(10**12, 'big')",
    "rounding": "a = round(5, -10**9)",
    "a decimal": "from decimal import Decimal\na = int(Decimal('1e999999999'))",
    "a formatted decimal": "from decimal import Decimal\na = f\"{Decimal('1e999999999'):f}\"",
    "a decimal's product": "from decimal import Decimal\na = Decimal('1e400')\nfor i in range(30): a *= a\na = f'{a:f}'",
    "a fraction": "from fractions import Fraction\na = Fraction('1e999999999')",
    "a fraction's power": "from fractions import Fraction\na = Fraction(3, 2) ** 10**9",
    "an indented text": "import textwrap\na = textwrap.indent('x\\n' * 20000, ' ' * 20000)",
    "a translation": "a = ('x' * 50000).translate({120: 'y' * 50000})",
    "a factor of a user's class": "class S(str): pass\na = S('x') * 10**12",
    "bytes of a number by name": "a = (1).to_bytes(byteorder='big', length=10**12)",
    "bytes of a number by its class": "a = int.to_bytes(1, 10**12, 'big')",
    "many tabs": "a = ('\\t' * 9000).expandtabs(9000)",
    "tabs by name": "a = '\\t'.expandtabs(tabsize=10**12)",
    "a width by the class": "a = str.ljust('x', 10**12)",
    "a width by percent's own method": "a = '%.*f'.__mod__((10**9, 1.0))",
    "a width by the number's own method": "a = (1).__format__('1000000000000')",
    "a width of a date": "import datetime\na = datetime.date(2020, 1, 1).strftime('%1000000000Y')",
    "a power by names": "a = pow(base=10, exp=10**10)",
    "a fraction by name": "from fractions import Fraction\na = Fraction(numerator='1e999999999')",
    "squares of a fraction": "from fractions import Fraction\na = Fraction(2, 3)\nfor i in range(64): a *= a",
    "repetition of a deque": "from collections import deque\na = deque([1]) * 10**12",
    "a sum of lists": "a = len(sum([[1] * 50] * 90000, []))",
    "a sum of lists by name": "a = len(sum([[1]] * 90000, start=[]))",
    "products by name": "import itertools\na = next(itertools.product('ab', repeat=10**9))",
    "growing texts": "import itertools\na = len(list(itertools.accumulate(itertools.repeat('x'))))",
    "an indent": "import json\na = json.dumps([1], indent=10**12)",
    "a path": "import os.path\na = os.path.join(*['x' * 90000] * 90000)",
    "a text of long items": "a = ['x' * 90000] * 9000\na = '%s' % a",
    "a text of wide lists": "a = 'x'\nfor i in range(6): a = [a] * 900\na = str(a)",
    "a text of objects": "from types import SimpleNamespace as N\na = N()\nfor i in range(60): a = N(x=a, y=a)\na = repr(a)",
    "compared objects": "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: object\n    y: object\na, b = P(1, 1), P(1, 1)\nfor i in range(60): a, b = P(a, a), P(b, b)\na = a == b",
    "doubled conditions": "from django.db.models import Q\na = Q(x=1)\nfor i in range(60): a &= a",
    "nested conditions": "from django.db.models import Q\na = Q(x=1)\nfor i in range(60): a = Q(a, ~a)",
    "doubled operations": "import pgtrigger\na = pgtrigger.Update | pgtrigger.Insert\nfor i in range(60): a |= a",
    "a template of long items": "import string\na = string.Template('$x').substitute(x=['y' * 90000] * 90000)",
    "a size of an object": "class N:\n    def __index__(self): return 10**9\na = 'x' * N()",
    "a width of an object": "class N:\n    def __index__(self): return 10**9\na = 'x'.ljust(N())",
    "bytes of an object": "class N:\n    def __index__(self): return 10**9\na = bytes(N())",
    "an expanded match": "import re\na = re.match('(.+)', 'y' * 90000).expand(template='\\\\1' * 9000)",
    "a replacement by names": "import re\na = re.sub(pattern='', repl='x' * 50000, string='y' * 50000)",
}


@pytest.mark.parametrize("source", LARGE.values(), ids=LARGE)
def test_what_is_too_large_is_not_known(source: str, tmp_path: Path) -> None:
    assert first_unknown(execute(tmp_path, source)["a"]) is not None


def test_what_follows_what_is_too_large_is_evaluated(tmp_path: Path) -> None:
    ours = execute(tmp_path, "a = 'x' * 10**12\nwhile True: pass\nb = 'fine'")

    assert ours["b"] == "fine"


def test_a_cycle_of_imports_ends(tmp_path: Path) -> None:
    files = {f"m{i}.py": f"from m{(i + 1) % 50} import x" for i in range(50)}

    assert isinstance(execute(tmp_path, "from m0 import x; a = x", files=files)["a"], Unknown)


def test_a_long_chain_of_imports_is_followed(tmp_path: Path) -> None:
    files = {f"m{i}.py": f"from m{i + 1} import x" for i in range(40)}
    files["m40.py"] = "x = 1"

    assert execute(tmp_path, "from m0 import x; a = x", files=files)["a"] == 1


@pytest.mark.parametrize(
    "source",
    [
        "a = " + "[" * 3000 + "]" * 3000,
        "a = " + " + ".join("x" * 3000),
        "a = " + "f(" * 2000 + ")" * 2000,
        "a = " + "not " * 5000 + "x",
        "def f():\n"
        + "".join(f"{' ' * (i + 1)}if x:\n" for i in range(95))
        + " " * 97
        + "pass\na = f()",
        "a = " + "lambda: " * 2000 + "1\na = a()",
        "a = x if y else " * 2000 + "z",
        "a = " + "-" * 3000 + "1",
        "a = x" + ".y" * 5000,
        "a = x" + "[0]" * 5000,
    ],
    ids=[
        "brackets",
        "sum",
        "calls",
        "not",
        "blocks",
        "lambdas",
        "conditions",
        "signs",
        "attributes",
        "items",
    ],
)
def test_deep_nesting_never_raises(source: str, tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text(source)
    # The parser itself may give up: the module is not known then, or its names are.
    execute(tmp_path, "from m import a\nb = a")


@pytest.mark.parametrize(
    "pattern", [r"(a+)+", r"(a?){30}", r"((a*)b)*", r"(?=(x+)+)y", r"(?>(x+)+)"]
)
def test_nested_repetitions_are_not_searched(pattern: str) -> None:
    with pytest.raises(LimitPassed):
        check_regex("search", pattern, "x")


@pytest.mark.parametrize(
    ("name", "pattern", "size"),
    [
        ("sub", r"\s+", 10_000),
        ("match", r"(\w+)\s*=\s*(.*)", 100),
        ("search", r"^(?:BEGIN|END);?$", 1_000),
        ("findall", r"\{(\w+)\}", 10_000),
        ("search", "(", 10),  # an error of its own
    ],
)
def test_plain_patterns_are_searched(name: str, pattern: str, size: int) -> None:
    check_regex(name, pattern, "x" * size)


def test_a_pattern_is_searched_in_text_of_some_length_only() -> None:
    check_regex("search", r"a*b*", "x" * 500)
    with pytest.raises(LimitPassed):
        check_regex("search", r"a*b*", "x" * 5_000)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("(258).to_bytes(length=2, byteorder='big')", b"\x01\x02"),
        ("str.ljust('x', 3) + 'a\\tb'.expandtabs(tabsize=2)", "x  a b"),
        ("sum([[1], [2]], start=[])", [1, 2]),
        ("pow(base=2, exp=10)", 1024),
        ("len(list(itertools.product('ab', repeat=3)))", 8),
        ("re.sub(pattern=r'(.)\\1', repl=r'\\1', string='aabb', flags=re.I)", "ab"),
        ("re.findall(b'a+', string=b'aab')", [b"aa"]),
        ("datetime.date(2020, 1, 2).strftime('%Y-%m')", "2020-01"),
        ("json.dumps([1], indent=1)", "[\n 1\n]"),
        ("[['x'] * 300] * 300 == [['x'] * 300] * 300", True),
    ],
)
def test_what_is_small_is_evaluated(source: str, value: object, tmp_path: Path) -> None:
    imports = "import datetime, itertools, json, re\n"

    assert execute(tmp_path, f"{imports}a = {source}")["a"] == value
