"""The two readers of places that can declare triggers: by LibCST, and by the tree of Python."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

import pgtrigger_codegen
from pgtrigger_codegen.source.declaring import DeclarationSite, What, declaring_sites
from pgtrigger_codegen.source.declaring_quickly import sites_of_tree
from pgtrigger_codegen.source.module import Module, parse_module

_CALLABLES: Mapping[str, What] = {
    "Protect": "trigger",
    "pgtrigger.Protect": "trigger",
    "pgtrigger.register": "register",
    "pghistory.track": "provider",
    "len": "trigger",
    "isinstance": "register",
    "Struct": "provider",
}

_PLACES = {
    "class": "class A(Model):\n    class Meta:\n        triggers = [Protect(name='a')]\n",
    "annotated": "class A:\n  class Meta:\n    triggers: list = []\n    triggers += [len(a)]\n",
    "method": "class A:\n  class Meta:\n    def f(self): triggers = [len(a)]\n",
    "decorator": (
        "@pghistory.track(len(a))\n@pgtrigger.register(Protect(name='a'))\nclass A(len(B)): pass\n"
    ),
    "registered": "pgtrigger.Protect(name='é', x=len('éé')).register(A)\n",
    "branches": (
        "if A and b:\n  len(a)\nelif not c:\n  len(b)\nelse:\n  len(c)\n"
        "x = len(a) if len(b) else len(c)\n"
    ),
    "try": "try: len(a)\nexcept len(E): len(b)\nelse: len(c)\nfinally: len(d)\n",
    "groups": "try: len(a)\nexcept* len(E): len(b)\n",
    "cases": "match len(a):\n  case A(b) if len(c): len(d)\n  case _:\n    len(e)\n",
    "functions": "@len\nasync def f(a: len(x) = len(b)) -> len(r): return lambda: len(c)\n",
    "order": "len(c=len(d), *len(b), **len(a))\nx = {len(a): len(b), **len(c), 1: len(d)}\n",
    "one line": "len(a); len(b)\n",
    "names": (
        "Protect(name='a' 'b')\nProtect(name=b'a')\nProtect(name=f'{a}')\nProtect(name=a)\n"
        'Protect(name=r"a\\"b")\nProtect(name="""a"b""")\nProtect(name="""a""" """b""")\n'
        "Protect(name=\n  '''a''')\n"
    ),
    "parentheses": "x = (Protect(name=('a')))\n",
}
_LIBCST_ALONE = {
    "condition in parentheses": "if (a): len(b)\n",
    "condition of several lines": "if a and f(\n    b\n): len(b)\n",
    "case in parentheses": "match a:\n  case (\n    A()): len(b)\n",
    "name on another line": "class \\\n  A: len(a)\n",
    "string with an expression": "f'{len(a)}'\n",
}


@pytest.mark.parametrize("text", _PLACES.values(), ids=_PLACES)
def test_the_tree_tells_what_libcst_tells(text: str) -> None:
    module = _module(text)

    expected = _by_libcst(module)

    assert expected
    assert sites_of_tree(module, module.tree.body, _CALLABLES) == expected


@pytest.mark.parametrize("text", _LIBCST_ALONE.values(), ids=_LIBCST_ALONE)
def test_libcst_is_asked_where_the_tree_does_not_tell(text: str) -> None:
    module = _module(text)

    assert _by_libcst(module)
    assert sites_of_tree(module, module.tree.body, _CALLABLES) is None


def test_both_read_our_own_code_alike() -> None:
    root = Path(pgtrigger_codegen.__file__).parent
    found = 0
    for path in sorted(root.rglob("*.py"))[::25]:
        module = parse_module("module", path, path.read_text(encoding="utf-8"))
        for statement in module.tree.body:
            sites = sites_of_tree(module, [statement], _CALLABLES)
            if sites:
                found += len(sites)
                assert sites == _by_libcst(module, [statement]), f"{path}:{statement.lineno}"
    assert found > 20


def _module(text: str) -> Module:
    return parse_module("module", Path("module.py"), text)


def _by_libcst(module: Module, statements: list[ast.stmt] | None = None) -> list[DeclarationSite]:
    places = set()
    for node in module.tree.body if statements is None else statements:
        decorators = getattr(node, "decorator_list", ())
        first = min([node.lineno, *(one.lineno for one in decorators)])
        places.add((first, node.end_lineno or first))
    return list(declaring_sites(module.text, places, _CALLABLES))
