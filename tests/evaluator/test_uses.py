"""What modules do to each other's objects is noticed, however it is done."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.evaluator.code import execute

# What module `shared` makes, and what `main` does to it.
CHANGES = {
    "a list": ("made = []", "made.append(1)"),
    "a list that a closure closes over, not directly": (
        """
        def outer():
            seen = []
            def middle():
                def inner():
                    seen.append(1)
                return inner
            return middle()
        made = outer()
        """,
        "made()",
    ),
    "a list that a class closes over": (
        """
        def outer():
            seen = []
            class Seen:
                def add(self):
                    seen.append(1)
            return Seen
        made = outer()
        """,
        "made().add()",
    ),
    "an attribute of a function": ("def made(): pass\nmade.seen = []", "made.seen.append(1)"),
    "a default": ("def made(seen=[]):\n    seen.append(1)", "made()"),
    "an inherited attribute": (
        """
        def make():
            class Base:
                seen = []
            return Base
        class Made(make()): pass
        made = Made
        """,
        "made.seen.append(1)",
    ),
    "the attributes of an object": (
        "class Made:\n    def __init__(self): self.n = 0\nmade = Made()",
        "made.__dict__['n'] = 1",
    ),
    "an attribute of a text": ("class Text(str): pass\nmade = Text('a')", "made.seen = 1"),
    "what a text has as an attribute": (
        "class Text(str): pass\nmade = Text('a')\nmade.seen = []",
        "made.seen.append(1)",
    ),
    "an attribute of a number": (
        "class Number(int): pass\nmade = Number(1)\nmade.seen = []",
        "made.seen.append(1)",
    ),
    "an attribute of a variable of types": (
        "import typing\nmade = typing.TypeVar('made')\nmade.seen = 0",
        "made.seen = 1",
    ),
    "an item that is made when it is asked for": (
        "import collections\nmade = collections.defaultdict(list)",
        "made['a']",
    ),
    "the same by a function": (
        "import collections\nmade = collections.defaultdict(list)",
        "import operator\noperator.itemgetter('a')(made)",
    ),
    "an iterator": ("made = iter([1, 2])", "next(made)"),
    "an iterator in a list": (
        "made = [iter([1, 2])]",
        "import itertools\nlist(itertools.chain.from_iterable(made))",
    ),
    "a list in a partial": (
        "import functools\nmade = functools.partial(list.append, [])",
        "made(1)",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_what_another_module_has_made_entangles(tmp_path: Path, name: str) -> None:
    made, change = CHANGES[name]
    vm = execute(tmp_path, f"from shared import made\n{change}\n", files={"shared.py": made}).vm
    assert vm.uses.entangled == "`main` changes what `shared` has made"


@pytest.mark.parametrize("name", CHANGES)
def test_changes_of_ones_own_do_not(tmp_path: Path, name: str) -> None:
    made, change = CHANGES[name]
    shared = f"{textwrap.dedent(made)}\n{change}\n"
    vm = execute(tmp_path, "import shared\nshared.made\n", files={"shared.py": shared}).vm
    assert vm.uses.entangled is None
    assert "shared" in vm.scopes


READS = {
    "items": ("made = {'a': [1, 2]}", "made['a'][0]"),
    "all items": ("made = [1, 2]", "[*made, sorted(made), ','.join(map(str, made))]"),
    "a call": ("def made(seen=()):\n    return [*seen, 1]", "made()"),
    "a method": (
        "class Made:\n    def get(self):\n        return [self]\nmade = Made()",
        "made.get()",
    ),
    "an object of a class": ("class made:\n    pass", "one = made()\none.x = 1"),
    "a class that derives from it": ("class made:\n    pass", "class Own(made):\n    x = 1"),
    "a trigger": (
        "import pgtrigger\nmade = pgtrigger.Protect(name='a', operation=pgtrigger.Delete)",
        "[made, made.name]",
    ),
}


@pytest.mark.parametrize("name", READS)
def test_to_read_changes_nothing(tmp_path: Path, name: str) -> None:
    made, reads = READS[name]
    done = execute(tmp_path, f"from shared import made\n{reads}\n", files={"shared.py": made})
    assert done.vm.uses.entangled is None
    assert done.vm.uses.used["main"] >= {"shared"}


# What module `first` has before it uses `second`, which uses what `first` has; and what after.
HARMLESS_CIRCLES = {
    "a number": ("made = 1", "made", ""),
    "a function": ("def made(): return 1", "made()", ""),
    "a class": ("class made:\n    n = 1", "made.n", ""),
    "a variable of types": ("import typing\nmade = typing.TypeVar('made')", "made", ""),
    "a member": ("import enum\nclass E(enum.Enum):\n    A = 1\nmade = E.A", "made.value", ""),
    "what is not known": ("made = undefined", "made", ""),
    "a library": ("import json as made", "made.dumps", ""),
    "a module": ("import third as made", "made.n", ""),
    "a name that is never there": ("", "getattr(first, 'other', 1)", ""),
}
HARMFUL_CIRCLES = {
    "a name that is bound again": ("made = 1", "made", "made = 2"),
    "a name that is bound later": ("", "made", "made = 2"),
    "a name that is bound later, twice": ("", "made", "made = 1\nmade = 2"),
    "a name that is looked for": ("", "getattr(first, 'made', 1)", "for made in (2, 3): pass"),
    "what is not known at first": ("made = undefined", "made", "made = 1"),
    "a list": ("made = []", "len(made)", "made.append(1)"),
    "an object": ("class Made: pass\nmade = Made()\nmade.n = 1", "made.n", "made.n = 2"),
    "an attribute of a class": ("class made:\n    n = 1", "made.n", "made.n = 2"),
    "what a class has": ("class made:\n    n = []", "len(made.n)", "made.n.append(1)"),
    "what a function reads": ("def made(): return n\nn = 1", "made()", "n = 2"),
    "what a function finds only later": ("def made(): return n", "made()", "n = 2"),
}


def _entangled_by_circle(folder: Path, before: str, use: str, after: str) -> str | None:
    first = f"{before}\nfrom second import used\ntaken = used\n{after}\n"
    name = "" if "getattr" in use else "from first import made\n"
    second = f"import first\n{name}used = {use}\n"
    files = {"first.py": first, "second.py": second, "third.py": "n = 1"}
    vm = execute(folder, "from first import taken\ntaken\n", files=files).vm
    assert "second" in vm.scopes
    return vm.uses.entangled


@pytest.mark.parametrize("name", HARMLESS_CIRCLES)
def test_a_circle_in_which_names_mean_what_they_mean_in_the_end(tmp_path: Path, name: str) -> None:
    assert _entangled_by_circle(tmp_path, *HARMLESS_CIRCLES[name]) is None


@pytest.mark.parametrize("name", HARMFUL_CIRCLES)
def test_a_circle_in_which_it_matters_who_is_first(tmp_path: Path, name: str) -> None:
    reason = _entangled_by_circle(tmp_path, *HARMFUL_CIRCLES[name])
    assert reason is not None
    assert "circle" in reason


def test_a_package_imports_its_own_modules(tmp_path: Path) -> None:
    files = {
        "package/__init__.py": "from . import inner\nfrom package import other as renamed\n",
        "package/inner.py": "from . import other\nn = other.n + 1",
        "package/other.py": "n = 1",
    }
    source = """
        import package
        from package import inner
        values = inner.n, package.inner.n, package.renamed.n
    """
    done = execute(tmp_path, source, files=files)
    assert done["values"] == (2, 2, 1)
    assert done.vm.uses.entangled is None
