"""Whether importing a module changes what others have, as far as its text tells."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.modules.eager_imports import EagerImports
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.values.unknown import first_unknown
from pgtrigger_codegen.source.finder import ModuleFinder
from tests.evaluator.code import execute
from tests.support.projects import write_files

_REGISTRY = """
import functools
import itertools
import logging

ITEMS = ["a"]
NAMES = {}
COUNT = itertools.count()
LIMIT = 10
log = logging.getLogger(__name__)
_cache = {}
total = 0

def register(item):
    ITEMS.append(item)
    return item

def named(name):
    def decorate(item):
        NAMES[name] = item
        return item
    return decorate

def by_way(item):
    return register(item)

def counted():
    global total
    total += 1
    return total

def pure(item):
    found = []
    found.append(item)
    log.info("%s", item)
    return found

def traced(function):
    @functools.wraps(function)
    def call(*args):
        log.debug("called")
        return function(*args)
    return call

class Registry:
    shared = []

    def __init__(self):
        self.items = []

    def add(self, item):
        self.items.append(item)
        return item

    def find(self, name):
        return [item for item in self.items if item == name]

    def put(self, item):
        self._put(item)

    def _put(self, item):
        self.items.append(item)

    @classmethod
    def share(cls, item):
        cls.shared.append(item)
        return item

registry = Registry()
class Inherited(Registry):
    def add_twice(self, item):
        super().add(item)

inherited = Inherited()

def put(items, item):
    items.append(item)

def by_name(item):
    items = registry.items
    items.append(item)

alias = register
partly = functools.partial(register, 1)

class Plain:
    kind = "a"

class Hooked:
    def __init_subclass__(cls):
        ITEMS.append(cls)

class Meta(type):
    pass

class Made(metaclass=Meta):
    pass

class Child(Hooked):
    pass

class Loud:
    def __init__(self):
        ITEMS.append(self)
"""

_ACTING = {
    "a method of a list": "from registry import ITEMS\nITEMS.append(1)",
    "a method by the module": "import registry\nregistry.ITEMS.append(1)",
    "a method by the package": "from package import inner\ninner.ITEMS.append(1)",
    "an item": "from registry import NAMES\nNAMES['x'] = 1",
    "a deleted item": "from registry import NAMES\ndel NAMES['x']",
    "added in place": "from registry import ITEMS\nITEMS += [1]",
    "an attribute of a module": "import registry\nregistry.LIMIT = 1",
    "several attributes": "import registry\nregistry.LIMIT, x = 1, 2",
    "an attribute of a class": "from registry import Plain\nPlain.kind = 'b'",
    "setattr": "from registry import Plain\nsetattr(Plain, 'kind', 'b')",
    "vars": "import registry\nvars(registry)['LIMIT'] = 1",
    "next": "from registry import COUNT\nx = next(COUNT)",
    "a function": "from registry import register\nregister(1)",
    "a function whose value is kept": "from registry import counted\nx = counted()",
    "a function by another name": "from registry import alias\nalias(1)",
    "a function with arguments": "from registry import partly\npartly()",
    "a function by the module": "import registry\nregistry.register(1)",
    "a function that calls another": "from registry import by_way\nby_way(1)",
    "a function of its own": "from registry import register\ndef f(): register(1)\nf()",
    "a function that imports": "def f():\n    from registry import ITEMS\n    ITEMS.append(1)\nf()",
    "a decorator": "from registry import register\n@register\ndef f(): pass",
    "a decorator of a class": "from registry import register\n@register\nclass C: pass",
    "a decorator of a method": (
        "from registry import register\nclass C:\n    @register\n    def f(self): pass"
    ),
    "a decorator that is called": "from registry import named\n@named('x')\ndef f(): pass",
    "a method of an object": "from registry import registry\nregistry.add(1)",
    "a method that calls another": "from registry import registry\nregistry.put(1)",
    "a method as a decorator": "from registry import registry\n@registry.add\nclass C: pass",
    "a method of a class": "from registry import Registry\n@Registry.share\nclass C: pass",
    "a base with a hook": "from registry import Hooked\nclass C(Hooked): pass",
    "a base whose base has a hook": "from registry import Child\nclass C(Child): pass",
    "a base with a metaclass": "from registry import Made\nclass C(Made): pass",
    "a metaclass": "from registry import Meta\nclass C(metaclass=Meta): pass",
    "an object that notes itself": "from registry import Loud\nx = Loud()",
    "under a condition": "from registry import ITEMS\nif True:\n    ITEMS.append(1)",
    "in a loop": "from registry import register\nfor x in (1, 2): register(x)",
    "in a comprehension": "from registry import register\n[register(x) for x in (1, 2)]",
    "in a try": "from registry import ITEMS\ntry:\n    ITEMS.append(1)\nfinally: pass",
    "in a class": "from registry import ITEMS\nclass C:\n    ITEMS.append(1)",
    "by another name": "import registry\nx = registry.ITEMS\nx.append(1)",
    "item by item": "from registry import ITEMS\nfor x in ITEMS: x.a = 1",
    "an import of *": "from registry import *\nITEMS.append(1)",
    "an argument of a package's function": (
        "import random\nfrom registry import ITEMS\nrandom.shuffle(ITEMS)"
    ),
    "an argument of a function of its own": (
        "from registry import ITEMS\ndef f(x): x.append(1)\nf(ITEMS)"
    ),
    "an argument of a function": "from registry import ITEMS, put\nput(ITEMS, 1)",
    "an argument by name": "import registry\nregistry.put(item=1, items=registry.ITEMS)",
    "a function with a name of its own for it": "from registry import by_name\nby_name(1)",
    "a class of its own": (
        "from registry import ITEMS\nclass C:\n    def __init__(self): ITEMS.append(1)\nC()"
    ),
    "an object of a class of its own": (
        "from registry import ITEMS\nclass C:\n    def go(self): ITEMS.append(1)\nc = C()\nc.go()"
    ),
    "a base of its own": (
        "from registry import ITEMS\nclass C:\n    def __init_subclass__(cls): ITEMS.append(cls)\n"
        "class D(C): pass"
    ),
    "a method of a base": "from registry import inherited\ninherited.add_twice(1)",
    "sys.modules": "import registry, sys\nsys.modules['registry'].LIMIT = 1",
    "a module imported by call": "import importlib\nimportlib.import_module('acting')",
    "settings by another name": "from django.conf import settings as conf\nconf.A = 1",
    "the environment": "import os\nos.environ['A'] = 'b'",
    "the environment by name": "from os import environ\nenviron.update(A='b')",
    "settings": "from django.conf import settings\nsettings.A = 1",
    "a list in settings": "from django.conf import settings\nsettings.A.append(1)",
    "what it imports": "import acting",
    "what that imports": "from leading import x",
    "a package around it": "import loud.quiet",
}

_QUIET = {
    "nothing": "",
    "reading": "from registry import ITEMS, LIMIT\nx = [*ITEMS, LIMIT]",
    "a function that changes nothing": "from registry import pure\nx = pure(1)",
    "a decorator that changes nothing": "from registry import traced\n@traced\ndef f(): pass",
    "a method that changes nothing": "from registry import registry\nx = registry.find(1)",
    "a method of a list that changes nothing": "from registry import ITEMS\nx = ITEMS.index('a')",
    "an object": "from registry import Registry\nx = Registry()",
    "an object of its own": "from registry import Registry\nx = Registry()\nx.add(1)",
    "an argument that is only read": "from registry import ITEMS, pure\nx = pure(ITEMS)",
    "an argument of a package's class": (
        "from django.db.models import TextField\nfrom registry import ITEMS\n"
        "x = TextField(choices=ITEMS)"
    ),
    "a plain base": "from registry import Plain\nclass C(Plain): pass",
    "a logger": "from registry import log\nlog.info('x')",
    "functions that nobody calls": "from registry import register\ndef f(): register(1)",
    "a lambda that nobody calls": "from registry import register\nf = lambda: register(1)",
    "what is its own": "ITEMS = []\nITEMS.append(1)\ndef f(x): ITEMS.append(x)\nf(1)",
    "a package's": "import package_elsewhere\npackage_elsewhere.register(1)",
    "the environment, read": "import os\nx = os.environ.get('A')\ny = os.path.join('a', 'b')",
    "settings, read": "from django.conf import settings\nx = settings.A.get('b')",
    "what only a type checker imports": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import acting"
    ),
    "a circle": "import circle_one",
}
_FILES = {
    "registry.py": _REGISTRY,
    "package/__init__.py": "",
    "package/inner.py": "ITEMS = []\n",
    "acting.py": "from registry import ITEMS\nITEMS.append(1)\n",
    "leading.py": "import acting\nx = 1\n",
    "loud/__init__.py": "from registry import ITEMS\nITEMS.append(1)\n",
    "loud/quiet.py": "",
    "circle_one.py": "import circle_two\n",
    "circle_two.py": "import circle_one\n",
}


def _acts(folder: Path, source: str) -> bool:
    write_files(folder, {**_FILES, "main.py": source})
    return EagerImports(ModuleLoader(ModuleFinder([folder]), complete=True)).acts("main")


@pytest.mark.parametrize("source", _ACTING.values(), ids=_ACTING)
def test_a_module_acts_that_changes_what_others_have(source: str, tmp_path: Path) -> None:
    assert _acts(tmp_path, source)


@pytest.mark.parametrize("source", _QUIET.values(), ids=_QUIET)
def test_a_module_is_quiet_that_changes_nothing_of_others(source: str, tmp_path: Path) -> None:
    assert not _acts(tmp_path, source)


def test_all_of_a_circle_acts_when_one_of_it_does(tmp_path: Path) -> None:
    files = {
        "registry.py": _REGISTRY,
        "one.py": "import two\n",
        "two.py": "import three\n",
        "three.py": "import one, acting\n",
        "acting.py": _FILES["acting.py"],
        "other.py": "import registry\n",
    }
    write_files(tmp_path, files)
    imports = EagerImports(ModuleLoader(ModuleFinder([tmp_path]), complete=True))
    found = {name: imports.acts(name) for name in ("one", "two", "three", "acting", "other")}
    assert found == {"one": True, "two": True, "three": True, "acting": True, "other": False}


@pytest.mark.parametrize(
    "source",
    [
        "import acting\nfrom registry import ITEMS\na = ITEMS[-1]",
        "from registry import ITEMS\nimport acting\na = ITEMS[-1]",
        "from acting import ITEMS\na = ITEMS[-1]",
        "import leading\nimport registry\na = registry.ITEMS[-1]",
        "import loud.quiet\nfrom registry import ITEMS\na = ITEMS[-1]",
        "def f():\n    import acting\nf()\nfrom registry import ITEMS\na = ITEMS[-1]",
    ],
)
def test_what_an_import_does_to_others_is_done_where_it_stands(source: str, tmp_path: Path) -> None:
    assert execute(tmp_path, source, files=_FILES)["a"] == 1


def test_what_is_imported_later_has_not_been_done_yet(tmp_path: Path) -> None:
    source = "from registry import ITEMS\na = ITEMS[-1]\nimport acting\nb = ITEMS[-1]"
    files = {"registry.py": "ITEMS = ['a']\n", "acting.py": _FILES["acting.py"]}
    executed = execute(tmp_path, source, files=files)
    assert (executed["a"], executed["b"]) == ("a", 1)


def test_what_may_be_imported_may_have_been_done(tmp_path: Path) -> None:
    source = """
        from elsewhere import f
        from registry import NAMES
        if f:
            import noting
        a = NAMES.get("x")
        """
    files = {**_FILES, "noting.py": "from registry import NAMES\nNAMES['x'] = 1\n"}
    executed = execute(tmp_path, textwrap.dedent(source), files=files)
    assert first_unknown(executed["a"]) is not None
