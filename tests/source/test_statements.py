"""The statements of a tree are those that a walk over all of it finds, in the same order."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pgtrigger_codegen
from pgtrigger_codegen.source.statements import statements_within

KINDS = """
import a
async def f():
    async for x in y:
        from b import c
    else:
        import d
    async with e as g:
        import h
class A:
    class B:
        i = lambda: [j for j in k]
for l in m:
    import n
else:
    import o
while p:
    import q
else:
    import r
if s:
    import t
elif u:
    import v
else:
    import w
try:
    import aa
except B:
    import bb
else:
    import cc
finally:
    import dd
try:
    import ee
except* F:
    import ff
with gg:
    import hh
match ii:
    case 1 if jj:
        import kk
    case _:
        import ll
"""

FLOW = Path(pgtrigger_codegen.__file__).parent / "evaluator/python/flow"
OWN = [path.read_text() for path in sorted(FLOW.glob("*.py"))]


@pytest.mark.parametrize("source", [KINDS, *OWN])
def test_all_statements_are_found_in_the_order_of_a_walk(source: str) -> None:
    tree = ast.parse(source)

    found = list(statements_within(tree.body))

    assert found == [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
