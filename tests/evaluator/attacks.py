"""Source that runs a shell command where it is imported: none of it may do so where it is read.

Each text is the beginning of a module. In Python itself each makes the file `PWNED` in the working
directory, which a test checks, so that none of them is harmless by mistake. `IM` stands for a real
`import_module` that a library's module gives out under a name that no table lists, and `LEAK` for
a function whose globals lead to `eval`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

COMMAND = "__import__('os').system('touch PWNED')"
_IM = "from django.apps.config import import_module as IM\n"
_LEAK = "def LEAK(): pass\n"
_OS = "IM('os').system('touch PWNED')"

_BUILTINS = (
    'B = LEAK.__globals__["__builtins__"]\nE = B["eval"] if isinstance(B, dict) else B.eval\n'
)

ATTACKS: dict[str, str] = {
    # Attributes that lead from an object to the globals of some function.
    "globals of a function": _LEAK + _BUILTINS + f'E("{COMMAND}")',
    "globals by getattr": _LEAK
    + f"""
g = getattr(LEAK, "__glo" + "bals__")["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "globals by attrgetter": _LEAK
    + f"""
import operator
g = operator.attrgetter("__globals__")(LEAK)["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "globals by a mapped attrgetter": _LEAK
    + f"""
import operator
g = list(map(operator.attrgetter("__globals__"), [LEAK]))[0]["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "globals of a method": f"""
class A:
    def m(self): pass
g = A().m.__func__.__globals__["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "globals of a lambda in a class": f"""
class A:
    f = lambda self: 1
g = A.f.__globals__["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "globals of a property's getter": f"""
class A:
    @property
    def p(self): return 1
g = A.__dict__["p"].fget.__globals__["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "globals of a wrapped function": f"""
import functools
@functools.lru_cache(maxsize=None)
def f(): pass
g = f.__wrapped__.__globals__["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "builtins of a function": _LEAK + f'LEAK.__builtins__["eval"]("{COMMAND}")',
    "frame of a generator": f"""
def gen(): yield 1
b = gen().gi_frame.f_builtins
b["eval"]("{COMMAND}")
""",
    "frame of a generator expression": f"""
b = (x for x in [1]).gi_frame.f_builtins
b["eval"]("{COMMAND}")
""",
    "frame of a traceback": f"""
try:
    1 / 0
except ZeroDivisionError as error:
    b = error.__traceback__.tb_frame.f_builtins
b["eval"]("{COMMAND}")
""",
    "a traceback by format": f"""
import operator
try:
    {{}}["x"]
except KeyError as error:
    b = operator.attrgetter("__traceback__.tb_frame.f_builtins")(error)
b["eval"]("{COMMAND}")
""",
    "the object in an attribute error": _LEAK
    + f"""
try:
    LEAK.nothing
except AttributeError as error:
    g = error.obj.__globals__["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "subclasses of object": """
for cls in object.__subclasses__():
    if cls.__name__ == "_wrap_close":
        cls.__init__.__globals__["system"]("touch PWNED")
""",
    "subclasses by the class of a text": """
for cls in "".__class__.__mro__[-1].__subclasses__():
    if cls.__name__ == "_wrap_close":
        cls.__init__.__globals__["system"]("touch PWNED")
""",
    "subclasses by mro": """
for cls in type("").mro()[-1].__subclasses__():
    if cls.__name__ == "_wrap_close":
        cls.__init__.__globals__["system"]("touch PWNED")
""",
    "subclasses by methodcaller": """
import operator
for cls in operator.methodcaller("__subclasses__")(object):
    if cls.__name__ == "_wrap_close":
        cls.__init__.__globals__["system"]("touch PWNED")
""",
    "subclasses by a class pattern": """
class A:
    __match_args__ = ("__class__",)
match A():
    case A(cls):
        for found in cls.__base__.__subclasses__():
            if found.__name__ == "_wrap_close":
                found.__init__.__globals__["system"]("touch PWNED")
""",
    "globals by a class pattern": _LEAK
    + f"""
import types
match LEAK:
    case types.FunctionType(__globals__=found):
        g = found["__builtins__"]
        (g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "object.__getattribute__": _LEAK
    + f"""
g = object.__getattribute__(LEAK, "__globals__")["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "globals of a method of Django's": """
from django.db import models
models.CharField.deconstruct.__globals__["__builtins__"]["eval"]
models.Field.__init__.__globals__["__builtins__"]["eval"]("COMMAND")
""".replace("COMMAND", COMMAND),
    "globals of a method of django-pgtrigger's": """
import pgtrigger
pgtrigger.Trigger.get_func.__globals__["__builtins__"]["eval"]("COMMAND")
""".replace("COMMAND", COMMAND),
    "globals of a bound method of a field": """
from django.db import models
models.CharField(max_length=1).deconstruct.__func__.__globals__["__builtins__"]["eval"]("COMMAND")
""".replace("COMMAND", COMMAND),
    "code of a function": """
import types
def f(): pass
type(f)(f.__code__.replace(co_names=("os",)), {})
f.__class__(compile("COMMAND", "x", "eval"), {"__builtins__": __builtins__})()
""".replace("COMMAND", COMMAND),
    # Names that a library's module has without meaning to.
    "a function that an admitted module imports": _IM + _OS,
    "a module that an admitted module imports": """
import dataclasses
dataclasses.sys.modules["os"].system("touch PWNED")
""",
    "a module of a module": """
import json
json.decoder.scanner.re.enum.sys.modules["os"].system("touch PWNED")
""",
    "a list of functions in a module": """
import copy
copy._deepcopy_dispatch[int] = lambda x, memo: __import__("os").system("touch PWNED")
copy.deepcopy(1)
""",
    "a blessed result of get": _IM
    + """
os_ = {"a": IM}.get("a")("os")
{"a": os_.system}.get("a")("touch PWNED")
""",
    "a blessed result of pop": _IM
    + """
os_ = [IM].pop()("os")
[os_.system].pop()("touch PWNED")
""",
    "a blessed result of max": _IM + "max([IM], key=id)('os').system('touch PWNED')",
    "a blessed result of next": _IM + "next(iter([IM]))('os').system('touch PWNED')",
    "a blessed result of partial": _IM
    + """
import functools
functools.partial(IM, "os")().system("touch PWNED")
""",
    "a blessed result of nullcontext": _IM
    + """
import contextlib
contextlib.nullcontext(IM).enter_result("os").system("touch PWNED")
""",
    "a blessed result of copy": _IM + "import copy\ncopy.copy(IM)('os').system('touch PWNED')",
    "a blessed result of itemgetter": _IM
    + """
import operator
operator.itemgetter(0)([IM])("os").system("touch PWNED")
""",
    "a blessed result of reduce": _IM
    + """
import functools
functools.reduce(lambda a, b: b, [0, IM])("os").system("touch PWNED")
""",
    "a blessed result of a named tuple": _IM
    + """
import collections
collections.namedtuple("N", "f")(IM).f("os").system("touch PWNED")
""",
    "a blessed result of cast": _IM
    + """
import typing
typing.cast(object, IM)("os").system("touch PWNED")
""",
    # Calls that Python itself makes.
    "a slot of a class": _IM
    + """
class A(str): __add__ = IM
os_ = A("os") + None
class B: __add__ = os_.system
B() + "touch PWNED"
""",
    "__getitem__": _IM
    + """
class A: __getitem__ = staticmethod(IM)
class B: __getitem__ = staticmethod(A()["os"].system)
B()["touch PWNED"]
""",
    "__class_getitem__": _IM
    + """
class A: __class_getitem__ = staticmethod(IM)
class B: __class_getitem__ = A["os"].system
B["touch PWNED"]
""",
    "__contains__": _IM
    + """
import operator
class A: __contains__ = IM("os").system
"touch PWNED" in A()
""",
    "__call__": _IM
    + """
class A: __call__ = staticmethod(IM)
class B: __call__ = A()("os").system
B()("touch PWNED")
""",
    "__format__": _IM
    + """
class A: __format__ = IM("os").system
try:
    f"{A():touch PWNED}"
except TypeError:
    pass
""",
    "__missing__": _IM
    + """
class A(dict): __missing__ = IM("os").system
A()["touch PWNED"]
""",
    "__getattr__": _IM
    + """
class A: __getattr__ = IM
A.__getattr__("os").system("touch PWNED")
""",
    "__set_name__": _IM
    + """
class D: __set_name__ = lambda self, owner, name: IM("os").system("touch PWNED")
class A: x = D()
""",
    "__init_subclass__": _IM
    + """
class A:
    def __init_subclass__(cls, command, **kwargs): IM("os").system(command)
class B(A, command="touch PWNED"): pass
""",
    "__iter__ and __next__": _IM
    + """
class A:
    __next__ = lambda self: IM("os").system("touch PWNED") and None
    __iter__ = lambda self: self
next(iter(A()))
""",
    "__enter__": _IM
    + """
class A:
    __enter__ = lambda self: IM("os").system("touch PWNED")
    __exit__ = lambda self, *args: None
with A() as x: pass
""",
    "__instancecheck__": _IM
    + """
class M(type): __instancecheck__ = IM("os").system
class A(metaclass=M): pass
try:
    isinstance("touch PWNED", A)
except TypeError:
    pass
""",
    "__prepare__": _IM
    + """
class M(type):
    __prepare__ = classmethod(lambda m, n, b, **k: IM("os").system("touch PWNED") or {})
class A(metaclass=M): pass
""",
    "what a metaclass puts into the namespace": _IM
    + """
class M(type):
    def __new__(m, n, b, names):
        names["__getitem__"] = staticmethod(IM)
        return super().__new__(m, n, b, names)
class A(metaclass=M): pass
A()["os"].system("touch PWNED")
""",
    "an operator of a metaclass": _IM
    + """
class M(type): __getitem__ = staticmethod(IM)
class A(metaclass=M): pass
A["os"].system("touch PWNED")
""",
    "a call by a metaclass": _IM
    + """
class M(type): __call__ = staticmethod(IM)
class A(metaclass=M): pass
type.__call__(M, "B", (), {})("os").system("touch PWNED")
""",
    "__init__ of a metaclass": _IM
    + """
class M(type):
    def __init__(cls, name, bases, names): IM("os").system("touch PWNED")
M("A", (), {})
""",
    "annotations of a metaclass": f"""
import dataclasses
class M(type):
    def __new__(m, n, b, names):
        return type.__new__(m, n, b, {{"__annotations__": {{"x:{{{COMMAND}}}": int}}}})
class A(metaclass=M): pass
A = dataclasses.dataclass(init=False, eq=False)(A)
f"{{A()}}"
""",
    "a metaclass that is a function": _IM
    + """
def meta(name, bases, namespace): return IM("os").system("touch PWNED")
class A(metaclass=meta): pass
""",
    "__mro_entries__": _IM
    + """
class E:
    def __mro_entries__(self, bases):
        IM("os").system("touch PWNED")
        return ()
class A(E()): pass
""",
    "__reduce__": _IM
    + """
import copy
class A:
    def __reduce__(self): return IM("os").system, ("touch PWNED",)
copy.copy(A())
""",
    "__reduce_ex__": _IM
    + """
import copy
class A:
    def __reduce_ex__(self, version): return eval, ("COMMAND",)
copy.deepcopy(A())
""".replace("COMMAND", COMMAND),
    "__index__ and __hash__": _IM
    + """
class A: __hash__ = lambda self: IM("os").system("touch PWNED")
{A(): 1}
""",
    "__eq__ by in": _IM
    + """
class A:
    def __eq__(self, other): return IM("os").system(other)
"touch PWNED" in [A()]
""",
    "__bool__": _IM
    + """
class A:
    def __bool__(self): return bool(IM("os").system("touch PWNED"))
if A(): pass
""",
    "a descriptor": _IM
    + """
class D: __get__ = lambda self, instance, owner: IM("os").system("touch PWNED")
class A: x = D()
A.x
""",
    "a descriptor that gives a slot": _LEAK
    + f"""
import operator
class D:
    def __get__(self, instance, owner): return operator.attrgetter("__globals__")
class A: __add__ = D()
g = (A() + LEAK)["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "a slot that is a getter": _LEAK
    + f"""
import operator
class A: __add__ = operator.attrgetter("__globals__")
g = (A() + LEAK)["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "a cached property of a getter": f"""
import functools, operator
class A:
    def m(self): pass
    leak = functools.cached_property(operator.attrgetter("m.__func__.__globals__"))
    leak.__set_name__(None, "leak")
g = A().leak["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "a property of a getter": f"""
import operator
class A:
    def m(self): pass
    leak = property(operator.attrgetter("m.__func__.__globals__"))
g = A().leak["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "a partial method": _IM
    + """
import functools
class A: run = functools.partialmethod(lambda self, c: IM("os").system(c), "touch PWNED")
A().run()
""",
    "a static method": _IM
    + """
class A: run = staticmethod(IM)
A().run("os").system("touch PWNED")
""",
    # Calls that library code makes.
    "a default factory": _LEAK
    + f"""
import collections, functools, operator
d = collections.defaultdict(functools.partial(operator.attrgetter("__globals__"), LEAK))
g = d["x"]["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "an iterator that ends at a sentinel": _LEAK
    + f"""
import functools, operator
g = next(iter(functools.partial(operator.attrgetter("__globals__"), LEAK), 0))["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "a key of sorted": _IM
    + """
sorted(["touch PWNED"], key=IM("os").system)
""",
    "map": _IM + "list(map(IM('os').system, ['touch PWNED']))",
    "starmap": _IM
    + """
import itertools
list(itertools.starmap(IM("os").system, [("touch PWNED",)]))
""",
    "a cached getter": _LEAK
    + f"""
import functools, operator
g = functools.cache(operator.attrgetter("__globals__"))(LEAK)["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "pow with three arguments": _LEAK
    + f"""
import operator
class A: __pow__ = map
class B(type(lambda: 0)) if False else object: pass
g = list(map(operator.attrgetter("__globals__"), [LEAK]))[0]["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""".replace("class B(type(lambda: 0)) if False else object: pass\n", ""),
    "re.sub with a function": _IM
    + """
import re
re.sub("x", lambda match: str(IM("os").system("touch PWNED")), "x")
""",
    "re.sub with a real function": _IM
    + """
import re
class S(str): pass
try:
    re.sub("x", IM("os").system, "x")
except TypeError:
    IM("os").system("touch PWNED")
""",
    "an object hook": _IM
    + """
import json
json.loads('{"a": 1}', object_hook=lambda found: IM("os").system("touch PWNED"))
""",
    "an object hook that is a gadget": """
import json, operator
found = json.loads('{"a": 1}', object_hook=operator.attrgetter("__class__.__base__.__subclasses__"))
for cls in found():
    if cls.__name__ == "_wrap_close":
        cls.__init__.__globals__["system"]("touch PWNED")
""",
    "an encoder": _IM
    + """
import json
json.dumps(object(), default=lambda value: IM("os").system("touch PWNED"))
""",
    "a lazy": _IM
    + """
from django.utils.functional import lazy
str(lazy(lambda: str(IM("os").system("touch PWNED")), str)())
""",
    "a lazy in the name of a model": _IM
    + """
from django.utils.functional import lazy
NAME = lazy(lambda: str(IM("os").system("touch PWNED")), str)()
f"{NAME}"
""",
    "choices that are called": _IM
    + """
from django.db import models
field = models.CharField(max_length=9, choices=lambda: IM("os").system("touch PWNED") or [])
list(field.choices or [])
(lambda: IM("os").system("touch PWNED"))()
""",
    "a storage that is called": _IM
    + """
from django.db import models
class S:
    def __init__(self): IM("os").system("touch PWNED")
S()
models.FileField(storage=S)
""",
    "deconstructible": _IM
    + """
from django.utils.deconstruct import deconstructible
@deconstructible(path="x.A")
class A:
    def __init__(self): IM("os").system("touch PWNED")
A()
""",
    "a subclass of partial": _LEAK
    + f"""
import functools, operator
class P(functools.partial): pass
g = P(operator.attrgetter("__globals__"))(LEAK)["__builtins__"]
(g["eval"] if isinstance(g, dict) else g.eval)("{COMMAND}")
""",
    "total_ordering of a class of a library's": _IM
    + """
import dataclasses
@dataclasses.dataclass
class A:
    x: int = dataclasses.field(default_factory=lambda: IM("os").system("touch PWNED"))
A()
""",
    # Enums.
    "_missing_ of an enum": _IM
    + """
import enum
class E(enum.Enum):
    A = 1
    @classmethod
    def _missing_(cls, value): return cls.A if IM("os").system(value) == 0 else None
E("touch PWNED")
""",
    "_generate_next_value_": _IM
    + """
import enum
class E(enum.Enum):
    def _generate_next_value_(name, start, count, last): return IM("os").system("touch PWNED")
    A = enum.auto()
""",
    "a member that is a function": _IM
    + """
import enum
class E(enum.Enum): RUN = enum.member(IM)
E.RUN.value("os").system("touch PWNED")
""",
    "an enum mixed with a text": _IM
    + """
import enum
class E(str, enum.Enum):
    A = "touch PWNED"
    __add__ = IM("os").system
E.A + 1 if False else IM("os").system(E.A.value)
""",
    "type.__call__": _IM
    + """
int.__class__.__call__(IM("subprocess").Popen, "touch PWNED", shell=True).wait()
""",
    "type.__new__": _IM
    + """
T = int.__class__.__new__(int.__class__, "T", (str,), {"__add__": IM})
os_ = T("os") + None
os_.system("touch PWNED")
""",
    "type with three arguments": _IM
    + """
T = type("T", (str,), {"__add__": IM})
(T("os") + None).system("touch PWNED")
""",
    # Libraries that write code.
    "the fields of a data class": f"""
import dataclasses
@dataclasses.dataclass(init=False, repr=False)
class A: __annotations__ = {{"__class__, {COMMAND}": int}}
A() == A()
""",
    "the text of a data class": f"""
import dataclasses
@dataclasses.dataclass(init=False, eq=False)
class A: __annotations__ = {{"x:{{{COMMAND}}}": int}}
f"{{A()}}"
""",
    "the fields of a base of a data class": f"""
import dataclasses
class F:
    name = "x"
    init = compare = hash = False
    repr = True
    kw_only = False
    default = default_factory = dataclasses.MISSING
    _field_type = dataclasses._FIELD
F.name = "x:{{{COMMAND}}}"
class B: __dataclass_fields__ = {{"x": F()}}
B.__dataclass_params__ = dataclasses._DataclassParams(
    **{{n: False for n in dataclasses._DataclassParams.__slots__}}
)
@dataclasses.dataclass(init=False, eq=False)
class A(B): pass
f"{{A()}}"
""",
    "annotations that are added later": f"""
import dataclasses
class A: x: int = 1
A.__annotations__["y:{{{COMMAND}}}"] = int
A = dataclasses.dataclass(init=False, eq=False)(A)
f"{{A()}}"
""",
    "annotations of a dynamic class": f"""
import dataclasses
A = type("A", (), {{"__annotations__": {{"x:{{{COMMAND}}}": int}}}})
A = dataclasses.dataclass(init=False, eq=False)(A)
f"{{A()}}"
""",
    "globals in a template": _LEAK
    + f"""
class S(str):
    def __getattr__(self, name): return self
text = "{{0.__globals__}}".format(LEAK)
{COMMAND} if "__builtins__" in text else None
""",
    "an unbound format": _LEAK
    + f"""
text = str.format("{{0.__globals__}}", LEAK)
{COMMAND} if "__builtins__" in text else None
""",
    "a mapped format": _LEAK
    + f"""
text = list(map("{{0.__globals__}}".format, [LEAK]))[0]
{COMMAND} if "__builtins__" in text else None
""",
    "format_map": _LEAK
    + f"""
text = "{{f.__globals__}}".format_map({{"f": LEAK}})
{COMMAND} if "__builtins__" in text else None
""",
    "the globals in an f-string": _LEAK
    + f"""
text = f"{{LEAK.__globals__}}"
{COMMAND} if "__builtins__" in text else None
""",
    # Builtins.
    "eval": f'eval("{COMMAND}")',
    "exec": f'exec("{COMMAND}")',
    "compile": f'eval(compile("{COMMAND}", "x", "eval"))',
    "__import__": "__import__('os').system('touch PWNED')",
    "__builtins__": f"""
b = __builtins__
(b["eval"] if isinstance(b, dict) else b.eval)("{COMMAND}")
""",
    "builtins": f'import builtins\nbuiltins.eval("{COMMAND}")',
    "vars of a module": "import os\nvars(os)['system']('touch PWNED')",
    "globals()": "import os\nglobals()['os'].system('touch PWNED')",
    "os.system": "import os\nos.system('touch PWNED')",
    "os.path's os": "import os.path\nos.path.os.system('touch PWNED')",
    # Python 3.13 alone has it one module further down.
    "pathlib's os": (
        "import pathlib\nos = pathlib.os if hasattr(pathlib, 'os') else pathlib._local.os\n"
        "os.system('touch PWNED')"
    ),
    "a file that is written": "open('PWNED', 'w')",
    "a path that is touched": "import pathlib\npathlib.Path('PWNED').touch()",
    "a path that is opened": "import pathlib\npathlib.Path('PWNED').open('w').close()",
    "a handler of exceptions": """
import os
try:
    raise ValueError
except ValueError:
    os.system("touch PWNED")
""",
    "a decorator": "import os\n@lambda f: os.system('touch PWNED')\ndef f(): pass",
    "a default of a parameter": "import os\ndef f(*, x=os.system('touch PWNED')): pass",
    "an annotation": "import os\nx: os.system('touch PWNED') = 1",
    "a module's __getattr__": _IM
    + """
def __getattr__(name): return IM("os").system("touch PWNED")
__getattr__("x")
""",
    "a receiver": _IM
    + """
from django.dispatch import Signal
signal = Signal()
signal.connect(lambda **kwargs: IM("os").system("touch PWNED"), weak=False)
signal.send(None)
""",
    "a comprehension": "import os\n[os.system(c) for c in ['touch PWNED']]",
    "chained lookups": _IM
    + """
import functools, operator
functools.reduce(getattr, ["system"], IM("os"))("touch PWNED")
""",
    "a method of a class of the standard library": """
import string
string.Formatter().get_field("0.__class__.__base__", (1,), {})[0].__subclasses__
found = [c for c in object.__subclasses__() if c.__name__ == "_wrap_close"]
found[0].__init__.__globals__["system"]("touch PWNED")
""",
}


def _by_a_result(called: str, given: str) -> str:
    return f'{{"a": {called}}}.get("a")({given})'


def _by_a_slot(called: str, given: str) -> str:
    return f'(type("S", (), {{"__add__": {called}}})() + ({given}))'


def _by_a_bound_slot(called: str, given: str) -> str:
    return f'(type("S", (str,), {{"__add__": {called}}})({given}) + None)'


def _by_a_cached_property(called: str, given: str) -> str:
    return f'(type("S", (), {{"__mul__": __import__("functools").cache({called})}})() * ({given}))'


WAYS: dict[str, Callable[[str, str], str]] = {
    "result": _by_a_result,
    "slot": _by_a_slot,
    "bound slot": _by_a_bound_slot,
    "cached slot": _by_a_cached_property,
}
"""How a call with one argument can be written without a call of that value."""


def disguised(text: str, way: Callable[[str, str], str], *, everywhere: bool) -> str:
    """The same text with calls of one argument written in another way.

    Args:
        everywhere: Whether those are disguised, too, whose argument is no text.
    """
    return ast.unparse(_Disguise(way, everywhere).visit(ast.parse(text)))


class _Disguise(ast.NodeTransformer):
    def __init__(self, way: Callable[[str, str], str], everywhere: bool) -> None:
        self._way = way
        self._everywhere = everywhere

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
            return node
        if not (self._everywhere or isinstance(node.args[0], ast.Constant)):
            return node
        text = self._way(ast.unparse(node.func), ast.unparse(node.args[0]))
        return ast.parse(text, mode="eval").body
