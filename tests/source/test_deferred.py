"""Bodies of functions that wait to be looked at are those that are there."""

from __future__ import annotations

import ast
import copy
from pathlib import Path

import django
import pytest

from pgtrigger_codegen.source import deferred
from pgtrigger_codegen.source.deferred import Deferred, Place, body_places, docstring, parse_around

BODY = """\
def first(a, b=lambda: 0):
    c = a
    return c


def second():
    pass
"""
ODD = {
    "docstring": 'def f():\n    """Says."""\n    a = 1\n    return a\n',
    "only a docstring": 'def f():\n    """Says\n    much."""\n',
    "docstring and more in its line": 'def f():\n    """Says."""; a = (1,\n    2)\n',
    "text that is no docstring": 'def f():\n    f"{a}"\n    "b"\n    return 1\n',
    "text in front of brackets": 'def f():\n    "a"\n    (b,\n     c)\n',
    "bytes": 'def f():\n    b"a"\n    return 1\n',
    "one line": "def f(): return 1\ndef g(): a = 1; return (a,\n2)\n",
    "header of several lines": "def f(\n    a,\n    b,\n):\n    return (\n        a\n    )\n",
    "body behind a header": "def f(\n    a): b = (a,\n    1)\nc = 1\n",
    "decorated first": "def f():\n    @g\n    # why\n    @h(1)\n    def i(): pass\n    return i\n",
    "broken decorator": "def f():\n    @\\\n    g\n    def i(): pass\n    return i\n",
    "decorated": "class A:\n  @g(\n    1)\n  async def f(self):\n    await a\n    return b\n",
    "semicolons": "def f():\n    a = 1; b = 2\n    return a; \n\n\nc = 1\n",
    "comments": "def f():  # a\n  # b\n\n  c  # d\n    # e\n  return c  # f\n # g\n# h\nd\n",
    "tabs": "class A:\n\tdef f(self):\n\t\ta = 1\n\t\treturn a\n\tb = 1\n",
    "wide letters": 'def f():\n    a = "ä€𝄞"\n    return "ä", a, "€"; \nb = "ä"; c = 1\n',
    "wide letters in the last line": 'def f():\n    a = 1\n    return "€𝄞", "ä" ; b\n',
    "text over lines": 'def f():\n    a = """\nb\n"""\n    return """\n"""\nc = 1\n',
    "continued": "def f():\n    a = 1 + \\\n1\n    return \\\na\nb = 1\n",
    "form feed": "class A:\n    pass\n\f\ndef f():\n    a = 1\n    return a\n",
    "in blocks": (
        "if a:\n    def f():\n        b\n        c\nelif d:\n    def f():\n        e\n        g\n"
        "else:\n    def f():\n        h\n        i\n"
        "try:\n    def f():\n        b\n        c\nexcept E:\n    def f():\n        e\n        g\n"
        "else:\n    pass\nfinally:\n    def f():\n        h\n        i\n"
        "match a:\n    case 1:\n        def f():\n            h\n            i\n"
        "with a:\n    for b in c:\n        def f():\n            yield 1\n            return\n"
    ),
    "nested": "def f():\n  def g():\n    a\n    b\n  class C:\n    def h(self): pass\n  return g\n",
    "generators": "async def f():\n    async for a in b:\n        yield a\n    return\n",
    "no end of line": "def f():\n    a = 1\n    return a",
    "nothing": "",
}


def dumped(tree: ast.AST) -> str:
    return ast.dump(tree, include_attributes=True)


def around(text: str) -> ast.Module:
    tree = parse_around(text, body_places(text, ast.parse(text)))
    assert tree is not None
    return tree


def functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.iter_child_nodes(tree) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_the_tree_is_the_same(text: str) -> None:
    assert dumped(around(text)) == dumped(ast.parse(text))


def test_trees_of_a_package_are_the_same() -> None:
    files = sorted(Path(django.__file__).parent.glob("[cfuv]*/**/*.py"))[::4]
    places = 0
    for file in files:
        text = file.read_text(encoding="utf-8")
        places += len(body_places(text, ast.parse(text)))
        assert dumped(around(text)) == dumped(ast.parse(text)), file
    assert places > 500


def test_a_body_is_parsed_when_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = around(BODY)
    texts: list[str] = []
    parsed = deferred.parsed

    def noted(text: str) -> ast.Module:
        texts.append(text)
        return parsed(text)

    monkeypatch.setattr(deferred, "parsed", noted)
    first, second = functions(tree)
    assert isinstance(first.body, Deferred)
    assert not isinstance(second.body, Deferred), "one line is not worth it"
    assert [ast.unparse(first.args), first.end_lineno, docstring(first, clean=True)] == [
        "a, b=lambda: 0", 3, None,
    ]  # fmt: skip
    assert texts == []
    assert ast.unparse(first.body[1]) == "return c"
    assert [text.strip("\n") for text in texts] == ["if 0:\n    c = a\n    return c"]
    assert type(first.body) is list, "whoever asks again gets what is there"
    assert len(texts) == 1


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_docstrings_are_the_same(text: str, clean: bool) -> None:
    pairs = zip(functions(around(text)), functions(ast.parse(text)), strict=True)
    for one, other in pairs:
        assert docstring(one, clean=clean) == ast.get_docstring(other, clean=clean)


def test_whatever_is_done_with_a_list_sees_the_statements() -> None:
    def body() -> Deferred:
        found = functions(around(BODY))[0].body
        assert isinstance(found, Deferred)
        return found

    kinds = [ast.Assign, ast.Return]
    nothing: list[ast.stmt] = []
    extended: list[ast.stmt] = []
    extended += body()
    extended[len(extended) :] = body()
    matched: list[ast.stmt] = []
    match body():
        case [ast.Assign() as one, ast.Return() as other]:
            matched = [one, other]
    for found in (
        body(), [*body()], list(body()), tuple(body()), body() + nothing, nothing + body(),
        body() * 1, 1 * body(), body()[:], body().copy(), [*reversed(body())][::-1],
        copy.copy(body()), copy.deepcopy(body()), sorted(body(), key=lambda node: node.lineno),
        extended[:2], extended[2:], matched,
    ):  # fmt: skip
        assert [type(node) for node in found] == kinds
    assert body()
    assert len(body()) == 2
    kept = body()
    assert kept[1] in kept
    assert (kept.index(kept[1]), kept.count(kept[1])) == (1, 1)
    assert kept == kept.copy()
    assert kept != nothing
    assert repr(kept).startswith("[<ast.Assign")
    node = functions(around(BODY))[0]
    assert dumped(copy.deepcopy(node)) == dumped(functions(ast.parse(BODY))[0])


@pytest.mark.parametrize(
    "places",
    [
        [Place(1, 4, 3, 12)],
        [Place(2, 0, 3, 12)],
        [Place(2, 4, 3, 0)],
        [Place(2, 4, 99, 12)],
        [Place(-2, 4, 3, 12)],
        [Place(3, 4, 2, 12)],
        [Place(2, 4, 3, 12), Place(2, 4, 3, 12)],
        [Place(2, 5, 3, 12)],
        [Place(2, 4, 6, 13)],
        [Place(5, 1, 7, 8)],
    ],
)
def test_places_of_no_body_do_no_harm(places: list[Place]) -> None:
    """They stand for none, or what stands there in truth is found."""
    try:
        tree = parse_around(BODY, places)
    except SyntaxError:
        return
    assert tree is None or dumped(tree) == dumped(ast.parse(BODY))


def test_what_ends_elsewhere_is_looked_up_in_the_whole_file() -> None:
    text = "def f():\n    a = 1\n    return a;\n"
    tree = parse_around(text, [Place(2, 4, 3, 13)])
    assert tree is not None
    assert dumped(tree) == dumped(ast.parse(text))
