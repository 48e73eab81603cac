"""What may move where: names must mean there what they mean here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pgtrigger_codegen.lint.fixes.moved_names import (
    import_edit,
    imports_for,
    imports_of,
    names_bound,
    names_used,
    stays_the_same,
)
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.source.module import Module, parse_module


def module(text: str, name: str = "shop.triggers") -> Module:
    return parse_module(name, Path(f"/project/{name.replace('.', '/')}.py"), text)


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("a.b(c, d=e)", {"a", "c", "e"}),
        ("[x for x in y if x in z]", {"y", "z"}),
        ("lambda q, *r: q + r + s", {"s"}),
        ("f'{a!r:{b}}'", {"a", "b"}),
    ],
)
def test_names_used(text: str, used: set[str]) -> None:
    assert names_used([expression(text)]) == used


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("a = b.c = d[e] = 1; f: int = 2; g += 1", {"a", "f", "g"}),
        ("import a.b, c as d\nfrom e import f as g", {"a", "d", "g"}),
        ("if x:\n    for y in z: w = 1\nelse: del v", {"y", "w", "v"}),
        ("try: pass\nexcept E as error: pass", {"error"}),
        ("with a as b: pass\n(c := 1)", {"b", "c"}),
        ("def f(a): b = 1\nclass C: c = 1", {"f", "C"}),
        ("match a:\n    case [b, *c]: pass", {"b", "c"}),
        ("[x for x in y]", set()),
    ],
)
def test_names_bound(text: str, bound: set[str]) -> None:
    assert names_bound(ast.parse(text).body) == bound


BEFORE = "import pgtrigger\nimport pgtrigger.utils\nKEEP = [1]\n"


@pytest.mark.parametrize(
    ("text", "names", "stays"),
    [
        (f"{BEFORE}class Order: pass\nuse(KEEP)", {"pgtrigger", "KEEP", "len"}, True),
        (f"{BEFORE}class Order: pass\nKEEP.append(2)\nuse(KEEP)", {"KEEP"}, False),
        (f"{BEFORE}class Order: pass\nKEEP[0] = 2\nuse(KEEP)", {"KEEP"}, False),
        (f"{BEFORE}class Order: pass\nKEEP.x = 2\nuse(KEEP)", {"KEEP"}, False),
        (f"{BEFORE}class Order: pass\nchange(KEEP)\nuse(KEEP)", {"KEEP"}, False),
        (f"{BEFORE}class Order: pass\nregister(KEEP)\nuse(KEEP)", {"KEEP"}, True),
        (f"{BEFORE}class Order: pass\nKEEP.count(2)\nuse(KEEP)", {"KEEP"}, True),
        (f"{BEFORE}class Order: pass\nLATE = 1\nuse(LATE)", {"LATE"}, False),
        (f"{BEFORE}class Order: pass\nuse(Order)", {"Order"}, False),
        (f"{BEFORE}class Order: pass\nuse(nowhere)", {"nowhere"}, False),
        (f"{BEFORE}len = 1; len = 2\nclass Order: pass\nuse(len)", {"len"}, False),
        (f"{BEFORE}def f():\n    global KEEP\nclass Order: pass\nuse(KEEP)", {"KEEP"}, False),
    ],
)
def test_stays_the_same(text: str, names: set[str], stays: bool) -> None:
    lines = text.split("\n")
    before = next(number for number, line in enumerate(lines, 1) if line.startswith("class"))

    assert stays_the_same(names, module(text), before=before, until=len(lines)) is stays


HERE = """\
import pgtrigger as pg
import django.utils
from pgtrigger import Protect
from shop.conditions import PAID
from .conditions import OPEN
from . import conditions
from django.db.models import *
if pg:
    import maybe
OWN = 1
"""


@pytest.mark.parametrize(
    ("name", "there", "missing"),
    [
        ("pg", "", ["import pgtrigger as pg"]),
        ("django", "", ["import django.utils"]),
        ("Protect", "", ["from pgtrigger import Protect"]),
        ("pg", "import pgtrigger as pg", []),
        ("django", "import django", []),
        ("OPEN", "from shop.conditions import OPEN", []),
        ("OPEN", "from .conditions import OPEN", []),
        ("conditions", "from shop import conditions", []),
        ("len", "", []),
        ("pg", "import psycopg as pg", None),
        ("Protect", "Protect = 1", None),
        ("Protect", "from pgtrigger import Protect\nProtect = 1", None),
        ("Protect", "class Order: pass\nfrom pgtrigger import Protect", None),
        ("PAID", "", None),
        ("OPEN", "", None),
        ("maybe", "", None),
        ("OWN", "", None),
        ("F", "from django.db.models import F", None),
        ("len", "len = 1", None),
    ],
)
def test_imports_for(name: str, there: str, missing: list[str] | None) -> None:
    target = module(f"{there}\nclass Order: pass\n", "shop.models")
    lines = target.lines
    before = next(number for number, line in enumerate(lines, 1) if line.startswith("class"))

    found = imports_for({name}, module(HERE), target, before=before, own_packages={"shop"})

    assert (None if found is None else [one.statement() for one in found]) == missing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "import a\nimport b  # why\n\nx = 1",
            "import a\nimport b  # why\nimport pg as p\n\nx = 1",
        ),
        ("'''Doc.'''\nx = 1", "'''Doc.'''\nimport pg as p\n\nx = 1"),
        ("# why\n@x\nclass A: pass", "# why\nimport pg as p\n\n@x\nclass A: pass"),
        ("from __future__ import annotations\nx = 1\nimport a", None),
    ],
)
def test_where_imports_go(text: str, expected: str | None) -> None:
    (imported,) = imports_of(module("import pg as p"))

    edit = import_edit(module(text), [imported])

    assert edit is not None
    after = SourceText(text).apply([edit]).text
    ast.parse(after)
    if expected is None:
        expected = text.replace("annotations", "annotations\nimport pg as p")
    assert after == expected


def test_nothing_to_import() -> None:
    assert import_edit(module("x = 1"), []) is None


@pytest.mark.parametrize("deep", ["-" * 2000 + "x", "x" + ".y" * 2000], ids=["signs", "attributes"])
def test_names_are_bound_however_deep_an_expression_is(deep: str) -> None:
    body = ast.parse(f"a = {deep}\nif {deep}:\n    b = 1\nfor c in {deep}:\n    import d.e\n").body
    assert names_bound(body) == {"a", "b", "c", "d"}
