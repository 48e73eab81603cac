# ruff: noqa: E501  (one program, one line)
"""Programs that would take very long if an operation cost one step whatever its size."""

from __future__ import annotations


def _looped(operation: str, before: str = "") -> str:
    """An operation again and again, in one statement."""
    lines = [line for line in before.split("\n") if line]
    return "\n".join([*lines, "n = 0", "while True:", f"    {operation}", "    n += 1"])


_LIST = "big = list(range(90000))"
_TWO = "big = list(range(90000))\nother = list(range(90000))"
_TEXT = "big = 'x' * 90000"
_NESTED = "big = [[0] * 300] * 300\nother = [[0] * 300] * 300"
_POINT = "from dataclasses import dataclass\n@dataclass(frozen=True, order=True)\nclass P:\n    x: object\n"

EXPENSIVE = {
    "compare lists": _looped("big == other", _TWO),
    "compare nested lists": _looped("big == other", _NESTED),
    "compare with less": _looped("big < other", _TWO),
    "compare tuples": _looped("big == other", f"{_TWO}\nbig, other = tuple(big), tuple(other)"),
    "compare dictionaries": _looped(
        "big == other", f"{_TWO}\nbig, other = dict.fromkeys(big), dict.fromkeys(other)"
    ),
    "compare sets": _looped("big == other", f"{_TWO}\nbig, other = set(big), set(other)"),
    "compare texts": _looped("big == other", "big = 'x' * 90000\nother = 'x' * 89999 + 'y'"),
    "compare lists of texts": _looped(
        "big == other",
        "x = 'x' * 90000\ny = ''.join(['x'] * 90000)\nbig = [x] * 900\nother = [y] * 900",
    ),
    "compare data classes": _looped(
        "big == other", f"{_POINT}{_NESTED}\nbig, other = P(big), P(other)"
    ),
    "compare by a function": _looped("operator.eq(big, other)", f"import operator\n{_TWO}"),
    "compare by another": _looped("operator.lt(big, other)", f"import operator\n{_TWO}"),
    "copy by a slice": _looped("big = big[:]", _LIST),
    "copy half by a slice": _looped("y = big[1::2]", _LIST),
    "copy by list": _looped("y = list(big)", _LIST),
    "copy by tuple": _looped("y = tuple(big)", _LIST),
    "copy by set": _looped("y = set(big)", _LIST),
    "copy by a method": _looped("y = big.copy()", _LIST),
    "copy by dict": _looped("y = dict(big)", f"{_LIST}\nbig = dict.fromkeys(big)"),
    "copy by copy": _looped("y = copy.copy(big)", f"import copy\n{_LIST}"),
    "copy deeply": _looped("y = copy.deepcopy(big)", f"import copy\n{_LIST}"),
    "copy a data class": _looped(
        "y = asdict(big)", f"from dataclasses import asdict\n{_POINT}big = P([P(1)] * 9000)"
    ),
    "copy by a star": _looped("y = [*big]", _LIST),
    "copy by two stars": _looped("y = {**big}", "big = {str(i): i for i in range(9000)}"),
    "copy by a sum": _looped("y = big + [1]", _LIST),
    "copy by a factor": _looped("y = [0] * 90000"),
    "copy into arguments": _looped("f(*big)", f"{_LIST}\ndef f(*a): pass"),
    "copy into named arguments": _looped(
        "f(**big)", "big = {f'x{i}': i for i in range(9000)}\ndef f(**a): pass"
    ),
    "copy into a dictionary": _looped(
        "y = {}\n    y.update(big)", f"{_LIST}\nbig = dict.fromkeys(big)"
    ),
    "copy into a list": _looped("y = []\n    y.extend(big)", _LIST),
    "copy in place": _looped("y = []\n    y += big", _LIST),
    "copy into a slice": _looped("big[0:0] = [1]", _LIST),
    "insert first": _looped("big.insert(0, 1)", "big = list(range(80000))"),
    "delete first": _looped("del big[0]", "big = list(range(90000))"),
    "unpack": _looped("x, *y = big", _LIST),
    "search a list": _looped("-1 in big", _LIST),
    "search a tuple": _looped("-1 in big", f"{_LIST}\nbig = tuple(big)"),
    "search a text": _looped("'y' in big", _TEXT),
    "search a text by a method": _looped("big.find('y')", _TEXT),
    "search a list by a method": _looped("big.count(-1)", _LIST),
    "search data classes": _looped("P(-1) in big", f"{_POINT}big = [P([0] * 90)] * 9000"),
    "search by a function": _looped("operator.contains(big, -1)", f"import operator\n{_LIST}"),
    "test what is long": _looped("not big", _LIST),
    "index what is long": _looped("big[0]", _LIST),
    "look up in what is long": _looped("big.get(1)", f"{_LIST}\nbig = dict.fromkeys(big)"),
    "look up by what is long": _looped(
        "table.get(big)", f"{_LIST}\nbig = tuple(big)\ntable = {{big: 1}}"
    ),
    "store by what is long": _looped("table[big] = 1", f"{_LIST}\nbig = tuple(big)\ntable = {{}}"),
    "hash an object": f"{_POINT}b = P(1)\nfor i in range(60): b = P((b, b))\na = {{b}}",
    "hash a key": f"{_POINT}b = P(1)\nfor i in range(60): b = P((b, b))\na = {{b: 1}}",
    "hash objects": _looped("y = set(big)", f"{_POINT}big = [P(tuple(range(900)))] * 90"),
    "hash an argument": _looped(
        "f(big)",
        f"import functools\n@functools.cache\ndef f(x): return 1\n{_LIST}\nbig = tuple(big)",
    ),
    "sort": _looped("y = sorted(big)", f"{_LIST}\nbig.reverse()"),
    "sort in place": _looped("big.sort()", _LIST),
    "sort data classes": _looped(
        "y = sorted(big)", f"{_POINT}big = [P(i * 7919 % 1009) for i in range(1009)] * 80"
    ),
    "sort by a key": _looped("y = sorted(big, key=lambda x: -x)", _LIST),
    "sum": _looped("sum(big)", _LIST),
    "largest": _looped("max(big)", _LIST),
    "any of many": _looped("any(big)", "big = [0] * 90000"),
    "count": _looped("Counter(big)", f"from collections import Counter\n{_LIST}"),
    "count without end": _looped(
        "c.update(itertools.repeat(1))",
        "import itertools\nfrom collections import Counter\nc = Counter()",
    ),
    "count much": _looped(
        "c.update(itertools.repeat(1, 90000))",
        "import itertools\nfrom collections import Counter\nc = Counter()",
    ),
    "reduce lists": "import functools, operator\na = len(functools.reduce(operator.add, [[0] * 10] * 9000))",
    "reduce texts": "import functools, operator\na = len(functools.reduce(operator.add, ['x' * 10] * 9000))",
    "reduce by a lambda": "import functools\na = len(functools.reduce(lambda x, y: x + y, [[0] * 10] * 9000))",
    "reduce comparisons": "import functools, operator\nbig = [[0] * 9000] * 90\na = functools.reduce(lambda x, y: big == list(big), range(90000))",
    "accumulate lists": "import itertools\na = len(list(itertools.accumulate([[0] * 10] * 9000)))",
    "join": _looped("y = ','.join(big)", "big = ['x'] * 40000"),
    "format": _looped("y = '{}{}'.format(big, n)", _TEXT),
    "format many fields": _looped("y = big.format(1)", "big = '{0}' * 30000"),
    "format by percent": _looped(
        "y = big % other", "big = '%s' * 9000\nother = tuple(range(9000))"
    ),
    "format in a text": _looped("y = f'{big}{n}'", _TEXT),
    "format a list": _looped("y = f'{big}'", "big = list(range(9000))"),
    "repeat a text": _looped("y = 'x' * 90000"),
    "add texts": _looped("y = big + 'x'", _TEXT),
    "keep texts": _looped("y.append('x' * 90000)", "y = []"),
    "keep slices": _looped("y.append(big[1:])", f"y = []\n{_TEXT}"),
    "keep lists": _looped("y.append([0] * 90000)", "y = []"),
    "keep functions": _looped("y.append(lambda: n)", "y = []"),
    "keep classes": "y = []\ndef f():\n    class C: pass\n    y.append(C)\n" + _looped("f()"),
    "keep named tuples": _looped(
        "y.append(namedtuple('N', 'a b c'))", "from collections import namedtuple\ny = []"
    ),
    "keep data classes": "from dataclasses import dataclass\ny = []\ndef f():\n    @dataclass\n    class C:\n        x: int\n    y.append(C)\n"
    + _looped("f()"),
    "replace": _looped("y = big.replace('x', 'y')", _TEXT),
    "split": _looped("y = big.split(' ')", "big = 'x ' * 40000"),
    "encode": _looped("y = big.encode()", _TEXT),
    "search by a pattern": _looped("re.search('x*y', big)", "import re\nbig = 'x' * 20000"),
    "compile patterns": _looped("re.compile(big + str(n))", "import re\nbig = '(a|b)?' * 5000"),
    "dump": _looped("json.dumps(big)", f"import json\n{_LIST}"),
    "load": _looped("json.loads(big)", "import json\nbig = '[' + '1,' * 40000 + '1]'"),
    "digest": _looped("hashlib.sha256(big).hexdigest()", "import hashlib\nbig = b'x' * 90000"),
    "format SQL": _looped(
        "sqlparse.format(big, reindent=True)", "import sqlparse\nbig = 'SELECT a FROM b;' * 600"
    ),
    "multiply": _looped("y = big * big", "big = 3 ** 3000"),
    "divide": _looped("y = other // big", "big = 3 ** 3000\nother = 5 ** 4000"),
    "multiply decimals": _looped(
        "y = big * big", "from decimal import Decimal\nbig = Decimal('0.' + '7' * 90000)"
    ),
    "raise to many powers": _looped(
        "y = list(itertools.product(big, repeat=90000))", "import itertools\nbig = range(90000)"
    ),
    "zip": "a = list(zip(*[range(90000)] * 900))",
    "join conditions": "from django.db.models import Q\nq = Q(x=0)\n" + _looped("q |= Q(x=n)"),
    "a huge length": "class C:\n    def __len__(self): return 10**9\n    def __iter__(self): return iter(())\na = tuple(C())",
    "a huge length hint": "class C:\n    def __length_hint__(self): return 10**9\n    def __iter__(self): return iter(())\na = list(C())",
    "a huge length of a lambda": "class C:\n    __len__ = lambda self: 10**9\n    def __iter__(self): return iter(())\na = tuple(C())",
    "a huge length set later": "class C:\n    def __iter__(self): return iter(())\ndef size(self): return 10**9\nC.__length_hint__ = size\na = tuple(C())",
    "a huge length sorted": "class C:\n    def __len__(self): return 10**9\n    def __iter__(self): return iter(())\na = sorted(C())",
    "read attributes": _looped("c.big", f"class C: pass\nc = C()\n{_LIST}\nc.big = big"),
    "return much to real code": f"{_LIST}\na = sorted(range(90000), key=lambda x: big)",
    "give much to real code": f"{_LIST}\na = list(map(lambda x: 1, [big] * 9))\na = sorted([big] * 9, key=lambda x: 1)\n"
    + _looped("y = list(map(len, [big] * 9))"),
    "a long generator that yields little": "def g():\n    while True:\n        yield 1\n        if not True:\n"
    + "".join(f"            x{i} = {i}\n" for i in range(2000))
    + "a = sum(g())",
    "a long function that fails": "import pgtrigger\ndef f():\n    return undefined()\n"
    + "".join(f"    x{i} = {i}\n" for i in range(2000))
    + _looped("f()"),
    "same remainders": _looped(
        "y = set(big)", "p = 2 ** 61 - 1\nbig = [p * i for i in range(9000)]"
    ),
}
