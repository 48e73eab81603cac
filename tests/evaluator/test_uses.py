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
