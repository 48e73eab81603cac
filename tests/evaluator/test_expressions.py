# ruff: noqa: E501  (one case, one line)
from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluator.code import check_as_python, execute

AS_PYTHON = {
    "constants": "a = 1, 'x', b'y', 2.5, None, True, 1j",
    "arithmetic": "a = 7 // 2, 7 % 2, 2 ** 8, -3, +4, ~5, 1 / 4, 3 - 5, 1 << 4, 256 >> 2",
    "bits": "a = 6 & 3, 6 | 3, 6 ^ 3, {1, 2} | {3}, {1, 2} & {2}",
    "comparison chain": "a = 1 < 2 < 3, 1 < 2 > 3, 1 == 1.0 != 2",
    "membership": "a = 'x' in 'xyz', 1 not in [1], 'k' in {'k': 1}, 3 in range(5)",
    "identity": "n = 1; a = None is None, n is not None",
    "boolean": "a = (0 or 'x', 1 and '', not [], not 'x', 0 or [] or {})",
    "short circuit": "a = (True or undefined, False and undefined)",
    "conditional": "a = 'x' if [] else 'y'",
    "f-string": "n = 3; a = f'{n}{n!r:>5}{n:03d} {{n}} {n + 1=}'",
    "f-string nested": "w = 8; a = f'{\"ab\":>{w}}{3.14159:.{w - 6}f}'",
    "f-string conversions": "a = f\"{'é'!r}{'é'!a}{'é'!s}\"",
    "implicit join": "a = 'x' 'y' f'{1}' 'z'",
    "percent": "a = '%s-%r-%03d-%%' % ('x', 'y', 7), '%(k)s' % {'k': 'v'}, '%s' % 1, b'%d' % 3",
    "format": "a = '{} {0!r:>4} {k[0]} {{}}'.format if 0 else '{} {k[0]}'.format('x', k=['y'])",
    "format with attributes": "a = '{0.real} {k.imag}'.format(5, k=6j)",
    "format_map": "a = '{x}'.format_map({'x': 1})",
    "concatenation": "a = 'x' + 'y', [1] + [2], (1,) + (2,), b'x' + b'y'",
    "long chain": "a = " + " + ".join(["'x'"] * 500),
    "repetition": "a = 'x' * 3, 2 * [1], (1,) * 2",
    "str methods": "a = ' X '.strip().lower().replace('x', 'yy').title().split('y', 1)",
    "join": "a = ', '.join(['x', 'y']), ', '.join(str(i) for i in range(3)), '-'.join(map(str, (1, 2)))",
    "list methods": "a = [3, 1]; a.append(2); a.sort(); a.insert(0, 9); b = a.index(2), a.pop(), a.copy()",
    "dict methods": "a = {'x': 1}; a.update(y=2); a.setdefault('z', 3); b = list(a.items()), a.get('q', 0)",
    "dict unpacking": "a = {'x': 1, **{'y': 2, 'x': 3}}; b = a | {'z': 1}",
    "set methods": "a = {1}; a.add(2); b = sorted(a.union({3})), a.issubset({1, 2, 3})",
    "unpacking": "a, (b, *c), *d = 1, (2, 3, 4), 5, 6; [e, f] = 'xy'",
    "star in displays": "a = [*'ab', *(1, 2)], (*[1], 2), {*[1], 2}",
    "slices": "a = 'abcdef'[1:-1:2], [1, 2, 3][::-1], (1, 2, 3)[1:], 'abc'[-1]",
    "slice assignment": "a = [1, 2, 3]; a[1:2] = [8, 9]; a[0] = 7; del a[-1]",
    "list comprehension": "a = [x * y for x in range(3) if x for y in (1, 2) if x != y]",
    "dict comprehension": "a = {k: v for k, v in zip('ab', (1, 2))}",
    "set comprehension": "a = {x % 2 for x in range(5)}",
    "generator expression": "a = list(x for x in 'ab'), sum(x for x in range(4)), any(x for x in ())",
    "comprehension scope": "x = 1; a = [x for x in range(3)]; b = x",
    "comprehension closure": "a = [f() for f in [lambda i=i: i for i in range(3)]]",
    "late binding": "a = [f() for f in [lambda: i for i in range(3)]]",
    "walrus": "a = (b := 3) + b; c = [(d := x) for x in (1, 2)]",
    "lambda": "a = (lambda x, /, y=2, *z, k, **q: (x, y, z, k, q))(1, 2, 3, k=4, j=5)",
    "builtins": "a = abs(-1), divmod(7, 2), max(1, 2), min([3, 4]), round(2.567, 2), sum([1, 2], 3), chr(65)",
    "sorting": "a = sorted({'b', 'a'}), sorted('bca', key=lambda c: -ord(c)), sorted([2, 1], reverse=True)",
    "iterators": "a = list(enumerate('ab', 1)), list(zip('ab', 'cd')), list(reversed([1, 2])), list(map(len, ['x']))",
    "filter": "a = list(filter(None, [0, 1])), list(filter(lambda x: x > 1, [1, 2]))",
    "conversions": "a = int('7'), float('1.5'), str(3), bool([]), list('ab'), tuple([1]), dict(x=1), set([1])",
    "next": "it = iter([1, 2]); a = next(it), next(it), next(it, 'end')",
    "getattr": "a = getattr('x', 'upper')(), getattr(1, 'nothing', 'default'), hasattr('x', 'lower')",
    "isinstance": "a = isinstance(1, int), isinstance('x', (int, str)), issubclass(bool, int), type(1) is int",
    "textwrap": "import textwrap; a = textwrap.dedent('''\n  x\n    y\n'''), textwrap.indent('x', '  ')",
    "functools": "from functools import partial, reduce; a = partial(int, base=2)('11'), reduce(lambda x, y: x * y, [1, 2, 3], 4)",
    "operator": """
        import operator
        a = operator.add(1, 2), operator.itemgetter(1)('ab'), operator.attrgetter('real')(5)
        b = operator.methodcaller('replace', 'x', 'y')('xz'), operator.not_(0), operator.pow(2, 5)
        c = list(map(operator.itemgetter('k'), [{'k': 1}, {'k': 2}]))
    """,
    "itertools": """
        import itertools
        a = list(itertools.chain([1], (2, 3))), list(itertools.product('ab', [1, 2]))
        b = list(itertools.islice(itertools.count(5), 3)), list(zip(itertools.count(), 'ab'))
        c = [list(g) for _, g in itertools.groupby('aab')], list(itertools.chain.from_iterable(['ab', 'c']))
        d = list(itertools.accumulate([1, 2, 3])), list(itertools.repeat('x', 2))
        counter = itertools.count(1); e = next(counter), next(counter)
    """,
    "re": r"""
        import re
        a = re.sub(r'\s+', ' ', 'x  y'), re.escape('a.b'), re.split(',', 'a,b')
        b = re.match(r'(?P<n>\w+)-(\d)', 'ab-1').groupdict(), bool(re.search('z', 'xy'))
        c = re.compile('[aeiou]').sub(lambda m: m.group().upper(), 'banana'), re.findall('a.', 'abac')
        d = re.compile('x', re.IGNORECASE).fullmatch('X').span()
    """,
    "datetime": """
        import datetime
        a = str(datetime.date(2024, 2, 29) + datetime.timedelta(days=1))
        b = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc).isoformat()
    """,
    "decimal": "from decimal import Decimal; a = str(Decimal('1.10') + 1), f'{Decimal(\"2.5\"):.2f}'",
    "uuid": "import uuid; a = str(uuid.UUID(int=5)), uuid.uuid5(uuid.NAMESPACE_DNS, 'x').hex",
    "json": "import json; a = json.dumps({'b': [1, None], 'a': 'x'}, sort_keys=True), json.loads('[1]')",
    "string template": "import string; a = string.Template('$x ${y}').substitute(x=1, y='z'), string.capwords('a b')",
    "collections": """
        from collections import OrderedDict, defaultdict, namedtuple, Counter
        a = list(OrderedDict(x=1)); d = defaultdict(list); d['k'].append(1); b = dict(d)
        P = namedtuple('P', 'x y'); p = P(1, y=2); c = p.x, p.y, tuple(p._replace(x=5)), p._asdict()
        e = Counter('aab').most_common(1)
    """,
    "hashlib": "import hashlib; a = hashlib.sha1(b'x').hexdigest()[:5], hashlib.md5('x'.encode()).hexdigest()",
    "dunder names": "a = __name__, 'x'.__class__.__name__",
    "pathlib": "from pathlib import Path; a = (Path(__file__).parent / 'sql' / 'x.sql').name, Path('a/b.c').suffix, str(Path('a') / 'b')",
}


@pytest.mark.parametrize("source", AS_PYTHON.values(), ids=AS_PYTHON)
def test_expressions_are_as_python_evaluates_them(source: str, tmp_path: Path) -> None:
    check_as_python(tmp_path, source)


REFUSED = {
    "an unknown module": (
        "import requests; a = requests.get('x')",
        "calls `requests.get`",
        "requests.get('x')",
    ),
    "a method of the unknown": (
        "import requests; a = requests.get('x').text.upper()",
        "calls `requests.get`",
        "requests.get('x')",
    ),
    "the clock": (
        "import datetime; a = str(datetime.datetime.now())",
        "now",
        "datetime.datetime.now()",
    ),
    "today": ("from datetime import date; a = f'{date.today()}'", "today", "date.today()"),
    "the local time zone": (
        "import datetime; a = datetime.datetime(2024, 1, 1).astimezone().isoformat()",
        "time zone",
        "datetime.datetime(2024, 1, 1).astimezone()",
    ),
    "random": ("import random; a = [random.random()][0]", "random.random", "random.random()"),
    "uuid4": ("import uuid; a = str(uuid.uuid4())", "uuid.uuid4", "uuid.uuid4()"),
    "an undefined name": ("a = nothing + 1", "name `nothing` is not defined", "nothing"),
    "open": ("a = open('x').read()", "not absolute", "open('x')"),
    "eval": ("a = eval('1')", "calls `eval`", "eval('1')"),
    "a variable of the environment": (
        "import os; a = os.environ['HOME'] + 'x'",
        "environment variable `HOME` is not pinned",
        "os.environ['HOME']",
    ),
    "the hash of a string": ("a = str(hash('x'))", "calls `hash`", "hash('x')"),
    "the order of a set": (
        "a = ', '.join({'x', 'y'})",
        "the order of a set",
        "', '.join({'x', 'y'})",
    ),
    "the order of a set in a loop": (
        "a = [x for x in {'x', 'y'}]",
        "the order of a set",
        "{'x', 'y'}",
    ),
    "the order of a set as text": ("a = f\"{ {'x', 'y'} }\"", "the order of a set", "{'x', 'y'}"),
    "the order of a set by str": ("a = str({'x', 'y'})", "the order of a set", "str({'x', 'y'})"),
    "the order of a set in a list as text": (
        "a = str([{'x', 'y'}])",
        "the order of a set",
        "str([{'x', 'y'}])",
    ),
    "popping from a set": ("s = {'x', 'y'}; a = s.pop()", "the order of a set", "s.pop()"),
    "an address in text": ("a = f'{object()}'", "no text of its own", "object()"),
    "an address by str": ("a = str(object())", "no text of its own", "str(object())"),
    "an address by percent": ("a = '%s' % object()", "no text of its own", "'%s' % object()"),
    "an address by format": (
        "a = '{}'.format(object())",
        "no text of its own",
        "'{}'.format(object())",
    ),
    "an address in a list": ("a = repr([lambda: 1])", "no text of its own", "repr([lambda: 1])"),
    "an address in a partial": (
        "import functools; a = str(functools.partial(lambda: 1))",
        "no text of its own",
        "str(functools.partial(lambda: 1))",
    ),
    "the working directory": (
        "import os; a = os.path.abspath('x')",
        "the working directory is not known",
        "os.path.abspath('x')",
    ),
    "the working directory by a path": (
        "from pathlib import Path; a = str(Path('x').resolve())",
        "the working directory is not known",
        "Path('x').resolve()",
    ),
    "a file by a relative path": (
        "from pathlib import Path; a = Path('x').read_text()",
        "not absolute",
        "Path('x').read_text()",
    ),
    "a file opened for writing": (
        "a = open(__file__, 'w')",
        "opened with mode `w`",
        "open(__file__, 'w')",
    ),
    "writing a file": (
        "from pathlib import Path; a = Path(__file__).write_text('x')",
        "calls `pathlib.Path.write_text`",
        "Path(__file__).write_text('x')",
    ),
    "a file in another encoding": (
        "a = open(__file__, encoding='latin-1').read()",
        "encoding",
        "open(__file__, encoding='latin-1')",
    ),
    "id": ("a = id(1)", "calls `id`", "id(1)"),
    "await": ("async def f(): return 1\na = f()", "asynchronous", "f()"),
    "an error": ("a = 1 / 0", "ZeroDivisionError", "1 / 0"),
    "a missing key": ("a = {'x': 1}['y']", "KeyError", "{'x': 1}['y']"),
    "a call of a constant": ("a = 'x'()", "TypeError", "'x'()"),
    "real code behind map": (
        "import pgtrigger; a = list(map(pgtrigger.install, ['x']))",
        "pgtrigger",
        "map(pgtrigger.install, ['x'])",
    ),
    "real code behind a key": (
        "import pgtrigger; a = sorted(['x'], key=pgtrigger.install)",
        "pgtrigger",
        "sorted(['x'], key=pgtrigger.install)",
    ),
    "real code behind partial": (
        "import functools, pgtrigger; a = functools.partial(pgtrigger.uninstall, 'x')()",
        "pgtrigger",
        "functools.partial(pgtrigger.uninstall, 'x')",
    ),
    "real code behind a default factory": (
        "import collections, pgtrigger; d = collections.defaultdict(pgtrigger.install); a = d['x']",
        "pgtrigger",
        "collections.defaultdict(pgtrigger.install)",
    ),
}


@pytest.mark.parametrize(("source", "reason", "at"), REFUSED.values(), ids=REFUSED)
def test_refuses(source: str, reason: str, at: str, tmp_path: Path) -> None:
    found, where = execute(tmp_path, source).refusal("a")

    assert reason in found
    assert where == at


def test_a_list_keeps_what_is_known_of_it(tmp_path: Path) -> None:
    ours = execute(tmp_path, "a = [1] + unknown + [2]; b = [1, unknown, 2]; c = b[0]; d = len(b)")

    assert [ours["a"][0], ours["a"][-1]] == [1, 2]
    assert ours["a"][1].spread
    assert ours["c"] == 1
    assert ours.refusal("d")[0] == "name `unknown` is not defined"


def test_an_attribute_of_an_object_that_is_not_known_is_no_text(tmp_path: Path) -> None:
    source = """
        import dataclasses
        class Plain: pass
        p = Plain(); p.x = unknown
        @dataclasses.dataclass
        class Data:
            x: str
        d = Data("known"); d.x = unknown
        a = "{0.x}".format(p)
        b = str(d)
        c = f"{d}"
        e = "%s" % d
        f = dataclasses.asdict(d)
    """
    ours = execute(tmp_path, source)

    for name in "abcef":
        assert ours.refusal(name)[0] == "name `unknown` is not defined"


def test_files_beside_the_module_are_read(tmp_path: Path) -> None:
    source = """
        import os
        from pathlib import Path
        HERE = Path(__file__).resolve().parent
        a = (HERE / "x.sql").read_text()
        b = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "x.sql")).read()
        with open(HERE / "x.sql", encoding="utf-8") as file:
            c = [line.strip() for line in file]
        with (HERE / "x.sql").open() as file:
            d = file.readline()
    """

    ours = execute(tmp_path.resolve(), source, files={"x.sql": "one;\ntwo;\n"})

    assert (ours["a"], ours["b"]) == ("one;\ntwo;\n", "one;\ntwo;\n")
    assert (ours["c"], ours["d"]) == (["one;", "two;"], "one;\n")


def test_a_call_that_would_change_a_list_and_is_refused_leaves_it_unknown(tmp_path: Path) -> None:
    ours = execute(tmp_path, "import os\ns = {1}\ns.add(os.environ['X'])\na = 1 in s")

    assert ours.refusal("a")[1] == "os.environ['X']"


def test_an_assignment_that_is_not_followed_is_refused(tmp_path: Path) -> None:
    source = """
        from django.db import models
        def changed():
            field = models.Q(x=1)
            field.negated = True
            return field
        a = changed()
    """

    assert "assignment" in execute(tmp_path, source).refusal("a")[0]


def test_a_dict_of_a_class_of_the_users_is_looked_into_by_no_method_of_it(tmp_path: Path) -> None:
    source = """
        class Lazy(dict):
            def keys(self):
                return ["other"]
            def values(self):
                return [self[key] for key in self.keys()]
        a = dict(x=Lazy(one=1))
        b = list([Lazy(one=1)])[0]["one"]
    """
    assert execute(tmp_path, source)["b"] == 1


def test_choices_with_lazy_labels_are_made_by_a_call(tmp_path: Path) -> None:
    source = """
        from django.db import models
        from django.utils.translation import gettext_lazy as _
        Kind = models.TextChoices("Kind", [(k, (k, v)) for k, v in [("a", _("x")), ("b", "y")]])
        Pair = models.IntegerChoices("Pair", "ONE TWO")
        a = [Kind.a.value, Kind("b").name, [value for value, _label in Kind.choices]]
        b = Pair.TWO.value
        c = Kind(_("a"))
    """
    ours = execute(tmp_path, source)

    assert ours["a"] == ["a", "b", ["a", "b"]]
    assert ours["b"] == 2
    assert "translation" in ours.refusal("c")[0]
