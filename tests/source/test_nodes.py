"""What is in a piece of code, and answers that are kept with it."""

from __future__ import annotations

import ast
import copy
from pathlib import Path

import pytest

from pgtrigger_codegen.source import nodes

_SHARED = (ast.expr_context, ast.operator, ast.boolop, ast.cmpop, ast.unaryop)
_FILES = sorted(Path(nodes.__file__).parents[1].rglob("*.py"))


@pytest.mark.parametrize("path", _FILES[:: len(_FILES) // 20], ids=lambda path: path.stem)
def test_walks_in_the_order_of_the_standard_library(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))

    expected = [node for node in ast.walk(tree) if not isinstance(node, _SHARED)]

    assert list(nodes.walk(tree)) == expected


def test_knows_the_fields_of_all_classes_of_nodes() -> None:
    text = """\
@a
async def f(p: int = 1, /, *q, r=2, **s) -> str:
    async with a as b, c: pass
    async for x in await y: return
    global g; nonlocal_ = 1
class C(B, metaclass=M):
    x: int = -1
    x += 1
    del x
match a:
    case {"k": 1, **rest} | [1, *others] if g: pass
    case P(1, k=2) as name: raise E from F
try: import a.b as c
except* E as e: from .m import *
else: assert a, b
finally: pass
while not a and b: break
f"{a!r:>{b}}"; [a for b in c if d]; {**a, b: c}; {a}; (yield); lambda: a if b < c else d[1:2:3]
(z := {k: v for k, v in i}); {a for a in b}; (a for a in b); [*a]
"""
    tree = ast.parse(text)

    expected = [node for node in ast.iter_child_nodes(tree) if not isinstance(node, _SHARED)]
    assert nodes.children(tree) == expected
    for node in ast.walk(tree):
        below = [part for part in ast.iter_child_nodes(node) if not isinstance(part, _SHARED)]
        assert nodes.children(node) == below


def test_finds_an_answer_once() -> None:
    node = ast.parse("a")
    asked: list[ast.AST] = []

    def find_out(one: ast.AST) -> int:
        asked.append(one)
        return len(asked)

    assert [nodes.kept(node, "question", find_out) for _ in range(2)] == [1, 1]
    assert asked == [node]
    assert nodes.kept(node, "another", lambda _: 2) == 2


def test_forgets_the_answers_of_what_was_copied() -> None:
    node = ast.parse("a")
    nodes.kept(node, "question", lambda _: 1)
    shallow = copy.copy(node)
    nodes.forget(shallow)

    assert nodes.kept(shallow, "question", lambda _: 2) == 2
    assert nodes.kept(copy.deepcopy(node), "question", lambda _: 3) == 3
    assert nodes.kept(node, "question", lambda _: 4) == 1
