"""Programs that are broken, each in its own way, as projects have them.

Whatever is said of one speaks of the program. Each is the text of a module with models.
"""

from __future__ import annotations

_RAISE = {
    "a key that is missing": "NAMES = {'a': 1}\nx = NAMES['b']",
    "a name that is missing": "x = nowhere",
    "an attribute that is missing": "class A: pass\nx = A().missing",
    "an attribute of a function": "def f(): pass\nx = f.missing",
    "an attribute of a method": "class A:\n    def m(self): pass\nA().m.x = 1\nx = A().m.y",
    "an attribute of a class": "class A: pass\nx = A.missing",
    "an attribute of a module": "import re\nx = re.missing",
    "an attribute of a model": "class B(models.Model): pass\nx = B.missing.more",
    "an option of a model": "class B(models.Model): pass\nx = B._meta.missing",
    "an attribute of the settings": "from django.conf import settings\nx = settings.MISSING + 1",
    "a function plus one": "def f(): pass\nx = f + 1",
    "a method plus one": "class A:\n    def m(self): pass\nx = 1 + A().m",
    "a class plus one": "class A: pass\nx = A + 1",
    "a model plus one": "class B(models.Model): pass\nx = B + 1",
    "a model's options plus one": "class B(models.Model): pass\nx = B._meta + 1",
    "a module plus one": "import re\nx = re + 1",
    "an item of a function": "x = (lambda: 0)[1]",
    "an item of a model": "class B(models.Model): pass\nx = B[0]",
    "a loop over a function": "x = [item for item in len]\ny = [item for item in (lambda: 0)]",
    "a loop over a model": "class B(models.Model): pass\nx = [item for item in B]",
    "the length of a model": "class B(models.Model): pass\nx = len(B)",
    "the text of a model": "class B(models.Model): pass\nx = f'{B}' + str(B) + '%s' % B",
    "a model as a number": "class B(models.Model): pass\nx = int(B)",
    "a model is sorted": "class B(models.Model): pass\nx = sorted([B, B])",
    "a model is matched": "class B(models.Model): pass\nmatch B:\n    case int(): x = 1\n",
    "a function is unpacked": "def f(): pass\na, b = f",
    "too many values": "a, b = 1, 2, 3",
    "too few arguments": "def f(a, b): return a\nx = f(1)",
    "too many arguments": "def f(a): return a\nx = f(1, 2, c=3)",
    "an object without a call": "class A: pass\nx = A()()",
    "a number is called": "x = 3()",
    "a registration is called twice": "x = pgtrigger.register()()()",
    "a registration has attributes": "x = pgtrigger.register(1).name",
    "a field is called": "x = models.CharField(max_length=3)()",
    "a field plus one": "x = models.CharField(max_length=3) + 1",
    "an unknown field": "from nowhere import F\nclass B(models.Model):\n    f = F()\nx = B.f + 1",
    "an unknown base": "from nowhere import Base\nclass B(Base): pass\nx = B() + B.x",
    "an unknown decorator": "from nowhere import d\n@d\ndef f(): pass\nx = f() + f",
    "classes in the wrong order": "class A: pass\nclass B(A): pass\nclass C(A, B): pass\nx = C()",
    "two layouts": "class A(int, str): pass\nx = A()",
    "a base that is none": "class A(3): pass\nx = A()",
    "a metaclass that is none": "class A(metaclass=3): pass\nx = A()",
    "a slot that is missing": "class A:\n    __slots__ = ('a',)\na = A()\na.b = 1\nx = a.b",
    "a frozen data class": (
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass A:\n    a: int = 1\n"
        "def f():\n    a = A()\n    a.a = 2\n    return a\nx = f()"
    ),
    "a data class in the wrong order": (
        "import dataclasses\n@dataclasses.dataclass\nclass A:\n    a: int = 1\n    b: int\nx = A()"
    ),
    "a member of no enum": "import enum\nclass E(enum.Enum):\n    A = 1\nx = E(2), E['B'], E.B",
    "a member given twice": "import enum\nclass E(enum.Enum):\n    A = 1\n    A = 2\nx = E.A",
    "an abstract class": (
        "import abc\nclass A(abc.ABC):\n    @abc.abstractmethod\n    def m(self): pass\nx = A()"
    ),
    "a generator that raises": "def g():\n    yield 1\n    raise ValueError('no')\nx = list(g())",
    "a property that raises": "class A:\n    @property\n    def p(self): return 1 / 0\nx = A().p",
    "an operator that raises": "class A:\n    def __add__(self, o): return o['x']\nx = A() + {}",
    "a text that raises": "class A:\n    def __str__(self): return 3\nx = f'{A()}' + str(A())",
    "a key that raises": "x = sorted([1, 2], key=lambda n: n.missing)",
    "an unhashable key": "x = {[]: 1}\ny = {{}: 2}",
    "an endless recursion": "def f(n): return f(n + 1)\nx = f(0)",
    "an exception of its own": "class Bad(Exception): pass\ndef f(): raise Bad('no')\nx = f()",
    "an exception that is none": "def f(): raise 3\nx = f()",
    "an exception from another": (
        "def f():\n    try:\n        return 1 / 0\n    except ZeroDivisionError as error:\n"
        "        raise KeyError('k') from error\nx = f()"
    ),
    "an assertion": "def f(): assert 1 == 2, 'never'\nx = f()\nassert False",
    "a pattern that is broken": "import re\nx = re.compile('(')",
    "a date that is none": "import datetime\nx = datetime.date(2024, 13, 1)",
    "a format that is broken": "x = '%d' % 'a'\ny = '{0.x}'.format(3)\nz = '{'.format()",
    "a partial call": "import functools\nx = functools.partial(lambda a: a)(1, 2, 3)",
    "a super without a class": "def f(): return super().f()\nx = f()",
    "a late import": "def f():\n    from nowhere import gone\n    return gone.x + 1\nx = f()",
    "a name before its time": "def f():\n    a = b\n    b = 1\n    return a\nx = f()",
    "a with that cannot be entered": "def f():\n    with 3 as a: return a\nx = f()\nwith f: pass",
    "a deletion": "def f():\n    a = {}\n    del a['x']\n    return a\nx = f()\ndel f.x",
}  # fmt: skip
_TRIGGERS = {
    "a trigger without a name": "pgtrigger.Protect(operation=pgtrigger.Delete)",
    "a trigger with a number for a name": "pgtrigger.Protect(name=3, operation=pgtrigger.Delete)",
    "a trigger with a function for a name": "pgtrigger.Protect(name=f, operation=pgtrigger.Delete)",
    "a trigger with a model for a name": "pgtrigger.Protect(name=B, operation=pgtrigger.Delete)",
    "a trigger on a function": "pgtrigger.Protect(name='p', operation=f)",
    "a trigger on a model": "pgtrigger.Protect(name='p', operation=B)",
    "a condition that is a function": "pgtrigger.Protect(name='p', operation=pgtrigger.Delete, "
    "condition=f)",
    "a condition that is a model": "pgtrigger.Protect(name='p', operation=pgtrigger.Delete, "
    "condition=B)",
    "a body that is a function": "pgtrigger.Trigger(name='p', operation=pgtrigger.Delete, "
    "when=pgtrigger.Before, func=f)",
    "a body that is a method": "pgtrigger.Trigger(name='p', operation=pgtrigger.Delete, "
    "when=pgtrigger.Before, func=A().m)",
    "a body that raises": "Raises(name='p', operation=pgtrigger.Delete, when=pgtrigger.Before)",
    "a body that is a number": "Three(name='p', operation=pgtrigger.Delete, when=pgtrigger.Before)",
    "a body that is not known": "Gone(name='p', operation=pgtrigger.Delete, when=pgtrigger.Before)",
    "a trigger that is a function": "f",
    "a trigger that is a model": "B",
    "a trigger that is a class": "A",
    "a trigger that is made by a method": "A().m()",
}
_BESIDE = """
from nowhere import gone
class B(models.Model):
    pass
def f(*args): return None
class A:
    def m(self): raise ValueError("no")
class Raises(pgtrigger.Trigger):
    def get_func(self, model): return self.body(model)
    def body(self, model): return {}[model.__name__]
class Three(pgtrigger.Trigger):
    def get_func(self, model): return 3
class Gone(pgtrigger.Trigger):
    def get_func(self, model): return gone(model)
"""
_HEAD = "from django.db import models\nimport pgtrigger\n"
_MODEL = "\nclass Last(models.Model):\n    class Meta:\n        triggers = [{}]\n"

BROKEN: dict[str, str] = {
    **{name: _HEAD + text + _MODEL.format("x") for name, text in _RAISE.items()},
    **{name: _HEAD + _BESIDE + _MODEL.format(text) for name, text in _TRIGGERS.items()},
}
